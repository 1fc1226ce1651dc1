package splice

import (
	"errors"
	"hash/crc32"
	"io"
	"sync"
)

// State is how far a pass has come.
type State uint8

const (
	// More: the input is used up.
	More State = iota
	// Enough: there is as much text as was asked for.
	Enough
	// End: the input is used up at the end of a member, so that the stream is
	// complete if no more input comes.
	End
	// Settled: from here on the input passes as it is, but for the trailer, and
	// [Splicer.Growth] is exact.
	Settled
	// Corrupt: the input is no gzip stream, or one that is not taken apart: a
	// reserved flag, a header of more than 4 KiB.
	Corrupt
)

// Errors of [Splicer.Write] and [Splicer.Close], besides those of the writer.
var (
	// ErrCorrupt: after Insert the stream turned out to be corrupt.
	ErrCorrupt = errors.New("corrupt gzip stream")
	// ErrClosed: a call after Close.
	ErrClosed = errors.New("splicer is closed")
)

// Splicer is one gzip stream on its way to a writer. Its methods are called in
// this order: Feed and Look until the place is known, Edit, Insert, then Write
// and Flush, Close, Free. It is not safe for concurrent use.
type Splicer struct {
	bitReader // the input: all of it before Insert, what is left of it after
	block
	bitWriter        // the output that has not been written yet
	text      []byte // decoded, from the first member on
	members   []member

	stage stage
	final bool // the block that has been entered is the member's last
	begun int  // first pass: where in the text it begins

	editing  bool
	at       int                 // the place in the text
	base     int                 // where the text of its member begins
	pos      int                 // second pass: the place in the text
	run      int                 // from here on the input goes out as it is
	opened   bool                // the tag's block has begun, or all of it is in out
	split    int                 // where in out the tag goes, while it is not known yet
	trailer  int                 // where in out the trailer is that must be patched; -1
	settled  bool                // see Settled
	header   [maxHeader + 8]byte // of the current block, from bit 0 on
	headBits int
	writing  *tables // the codes of the block that is being written
	staying  bool    // in the fixed code, until it would escape again
	lanes    lanes

	dst      io.Writer
	tag      []byte
	delta    uint32 // by what the tag changes the checksum of the text so far
	consumed int64  // input that has left in
	written  int64  // output that has left out
	copied   int64  // copying: input that has been copied or held back
	growth   int64
	expected int64  // how long the input is; 0 = unknown
	before   int64  // copying, with a length: how much there is before the trailer
	tail     []byte // copying: the last bytes, which may be the trailer
	verbatim bool   // copying: there will be no trailer any more
	err      error
}

var pool = sync.Pool{New: func() any { return new(Splicer) }}

// maxKept is the largest buffer that is kept for another stream, in bytes.
const maxKept = 256 << 10

// New returns a Splicer, if there is one with the memory of an earlier stream.
func New() *Splicer {
	s := pool.Get().(*Splicer)
	s.in, s.bit = s.in[:0], 0
	s.out, s.acc, s.n = s.out[:0], 0, 0
	s.text, s.members, s.tag, s.tail = s.text[:0], s.members[:0], s.tag[:0], s.tail[:0]
	s.stage, s.final, s.block.final = stageMember, false, false
	s.editing, s.opened, s.settled, s.verbatim = false, false, false, false
	s.at, s.base, s.pos, s.run, s.split, s.trailer = 0, 0, 0, 0, -1, -1
	s.headBits, s.delta = 0, 0
	s.consumed, s.written, s.copied, s.growth = 0, 0, 0, 0
	s.expected, s.before = 0, 0
	s.dst, s.err = nil, nil
	return s
}

// Free gives the memory back. The Splicer, and the slices it returned, must not
// be used any more.
func (s *Splicer) Free() {
	s.dst = nil
	if cap(s.in)+cap(s.out)+cap(s.text) <= 3*maxKept {
		pool.Put(s)
	}
}

// Expect says how many compressed bytes there will be in all, if that is known.
// The trailer is then known when it comes, and nothing is held back that could
// be it: fewer bytes are copied, and the last ones go out with those before
// them. With fewer bytes than that, Close returns [io.ErrUnexpectedEOF].
func (s *Splicer) Expect(length int64) { s.expected = length }

// Feed takes compressed bytes, before Insert. It keeps nothing of p.
func (s *Splicer) Feed(p []byte) { s.in = append(s.in, p...) }

// Fed returns all that has been fed, before Insert. It is valid until the next
// call.
func (s *Splicer) Fed() []byte { return s.in }

// Text returns the text that Look has decoded, from its beginning. It is valid
// until the next call.
func (s *Splicer) Text() []byte { return s.text }

// Insert gives the bytes to put in, where the output goes from now on, and the
// compressed bytes that have come but not been fed. All that there is of the
// output is written: at once, unless that is more than 48 KiB. Edit must have
// been called. It keeps nothing of tag and rest.
func (s *Splicer) Insert(dst io.Writer, tag, rest []byte) error {
	s.dst = dst
	before := crc32.ChecksumIEEE(s.text[s.base:s.at])
	s.delta = before ^ crc32.Update(before, crc32.IEEETable, tag)
	s.tag = append(s.tag[:0], tag...)
	if s.opened {
		s.insertLate()
	}
	if s.trailer >= 0 {
		s.patch(s.out[s.trailer:], uint32(s.pos-s.at))
		s.trailer = -1
	}
	if s.stage != stageCopy && len(rest) > 0 {
		s.goOn(rest)
	} else {
		s.emit(rest)
	}
	return s.err
}

// Write takes the next compressed bytes, after Insert, and writes what has come
// of them. It keeps nothing of p.
func (s *Splicer) Write(p []byte) (int, error) {
	switch {
	case s.err != nil:
	case s.stage == stageCopy:
		s.copy(p)
	default:
		s.goOn(p)
	}
	if s.err != nil {
		return 0, s.err
	}
	return len(p), nil
}

// goOn is the second pass over more input.
func (s *Splicer) goOn(p []byte) {
	s.in = append(s.in, p...)
	if s.rewrite() == Corrupt {
		s.fail(ErrCorrupt)
	}
	s.emit(nil)
}

// Flush writes what is held back as a possible trailer, if it is none: after
// the marker of a flush, a decoder is to see all text before it.
func (s *Splicer) Flush() error {
	if s.err == nil && s.stage == stageCopy && s.expected == 0 && endsInFlush(s.tail) {
		s.out = append(s.out, s.tail...)
		s.tail = s.tail[:0]
		s.send(nil)
	}
	return s.err
}

// Close says that the input is complete, and writes what is left. The error is
// [io.ErrUnexpectedEOF] where the stream ends too early; behind the part that
// is decoded that cannot be seen, unless by whoever decodes all of it.
func (s *Splicer) Close() error {
	if s.err != nil {
		return s.err
	}
	short := s.stage != stageCopy || !s.verbatim && len(s.tail) < trailerSize
	if !short && !s.verbatim {
		s.endTrailer()
	} else {
		s.out = append(s.out, s.tail...)
	}
	s.send(nil)
	if short {
		s.fail(io.ErrUnexpectedEOF)
	}
	err := s.err
	s.fail(ErrClosed)
	return err
}

// Growth is by how many bytes the stream becomes longer, and whether that is
// certain already. It is valid after Insert, and exact once Settled.
func (s *Splicer) Growth() (n int64, exact bool) { return s.growth, s.settled }

// fail ends everything; the first error stays.
func (s *Splicer) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}
