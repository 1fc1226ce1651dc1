package inject

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
)

const (
	// step is how many compressed bytes a decoder gets at once: few, so that
	// what it has taken but not yet used does not hide an inflation.
	step = 2 << 10
	// ratioFloor is how much text there must be before Limits.Ratio counts.
	// A small page of much the same rows may exceed it for a while.
	ratioFloor = 64 << 10
)

// recoder is the way of a compressed body through a [Rewriter]: decode, change,
// encode. Decoders pull their input while Write pushes it, so the decoder runs
// in a coroutine ([iter.Pull]), which stands still in its read whenever the
// input is used up. Each call of Write, Flush or Close runs either the caller
// or the coroutine, never both.
//
// Until the decision the compressed bytes are kept, so that the document can
// still pass untouched, to the byte.
type recoder struct {
	r      *Rewriter
	coding coding
	*recoderMemory

	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	in      []byte // what the decoder has not taken yet
	eof     bool   // nothing follows in
	taken   int64  // compressed bytes
	decoded int64  // bytes of text

	ready   bool // the decision can be made, but more input may tell of an inflation
	ended   bool // the coroutine has nothing more to do
	current []byte
	encoder encoder
}

// recoderMemory is what is used again for other documents.
type recoderMemory struct {
	src     *bufio.Reader
	out     *bufio.Writer // encoders write a few hundred bytes at a time
	pending []byte        // the body so far, without current
}

// errStopped makes a decoder give up.
var errStopped = errors.New("decoding was stopped")

var recoders = sync.Pool{New: func() any {
	return &recoderMemory{src: bufio.NewReaderSize(nil, step), out: bufio.NewWriterSize(nil, 8<<10)}
}}

func newRecoder(r *Rewriter, c coding) *recoder {
	rc := &recoder{r: r, coding: c, recoderMemory: recoders.Get().(*recoderMemory)}
	rc.src.Reset((*source)(rc))
	rc.next, rc.stop = iter.Pull(rc.run)
	return rc
}

// write takes the next compressed bytes.
func (rc *recoder) write(p []byte) {
	if rc.ended || len(p) == 0 {
		return // behind the end of the stream: browsers ignore it as well
	}
	rc.in, rc.current = p, p
	rc.next()
	rc.in, rc.current = nil, nil
	if !rc.r.decided {
		rc.pending = append(rc.pending, p...)
	}
}

// flush decides if that is possible, and gives out what the encoder holds.
func (rc *recoder) flush() {
	r := rc.r
	if !r.decided && r.page.finder.read(r.page.hold, false, true) {
		rc.commit()
	}
	if rc.encoder != nil && r.err == nil {
		r.err = rc.encoder.Flush()
	}
	if r.err == nil {
		r.err = rc.out.Flush()
	}
}

// close lets the decoder see the end of its input.
func (rc *recoder) close() {
	rc.eof = true
	if !rc.ended {
		rc.next()
	}
	if rc.encoder != nil && rc.r.err == nil {
		rc.r.err = rc.encoder.Close()
	}
	if rc.r.err == nil {
		rc.r.err = rc.out.Flush()
	}
}

// free ends the coroutine and gives memory back.
func (rc *recoder) free() {
	rc.stop()
	if !rc.r.reusable() {
		return
	}
	if rc.encoder != nil {
		rc.coding.free(rc.encoder)
	}
	rc.src.Reset(nil)
	rc.out.Reset(nil)
	rc.pending = rc.pending[:0]
	if cap(rc.pending) <= 2*DefaultPending {
		recoders.Put(rc.recoderMemory)
	}
}

// run is the coroutine.
func (rc *recoder) run(yield func(struct{}) bool) {
	rc.yield = yield
	err := rc.coding.decode((*sink)(rc), rc.src)
	rc.ended = true
	if rc.taken == 0 {
		err = io.ErrUnexpectedEOF // decoders do not agree on whether nothing is a stream
	}
	r := rc.r
	switch {
	case r.closed || r.streaming || r.err != nil: // nothing is left to be said
	case !r.decided && err == nil:
		r.page.finder.read(r.page.hold, true, false)
		rc.commit()
	case !r.decided:
		rc.pass(reasonFor(err))
	case err != nil && err != errTrailing:
		r.err = fmt.Errorf("%w: %w", ErrEncoding, err)
	}
}

// reasonFor names what is wrong with a compressed body.
func reasonFor(err error) Reason {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ReasonTruncated
	}
	return ReasonCorrupt
}

// pass lets the document through untouched.
func (rc *recoder) pass(why Reason) {
	rc.r.page.finder.skip = why
	rc.commit()
}

// commit makes the decision, and writes what is held: compressed as it came,
// or the text, changed, to an encoder.
func (rc *recoder) commit() {
	r := rc.r
	changes := r.decide(r.page.hold)
	if changes == nil {
		r.streaming = true
		r.err = r.page.write(r.dst, rc.pending, rc.current, nil)
	} else {
		r.method, r.exact = MethodRecoded, false
		rc.out.Reset(r.dst)
		rc.encoder = rc.coding.encoder(rc.out)
		r.err = r.page.write(rc.encoder, r.page.hold, nil, changes)
	}
	r.freePage()
	rc.pending = rc.pending[:0]
}

// source is the decoder's input.
type source recoder

// Read gives what has been written. When that is used up it makes a decision
// that is ready to be made, and lets the caller of Write go on until there is
// more.
func (s *source) Read(p []byte) (int, error) {
	rc := (*recoder)(s)
	r := rc.r
	for len(rc.in) == 0 && !r.streaming && r.err == nil {
		if rc.ready && !r.decided {
			rc.commit()
			continue
		}
		if rc.eof {
			return 0, io.EOF
		}
		if !rc.yield(struct{}{}) {
			return 0, errStopped
		}
	}
	if !r.decided && rc.taken >= int64(r.opts.Limits.Pending) {
		if rc.ready {
			rc.commit()
		} else {
			rc.pass(ReasonPending)
		}
	}
	if r.streaming || r.err != nil {
		return 0, errStopped
	}
	n := copy(p[:min(len(p), step)], rc.in)
	rc.in = rc.in[n:]
	rc.taken += int64(n)
	return n, nil
}

// sink takes the decoder's output.
type sink recoder

// Write takes decoded text: it is held until the decision, and encoded after.
func (s *sink) Write(p []byte) (int, error) {
	rc := (*recoder)(s)
	r := rc.r
	if r.streaming || r.err != nil {
		return 0, errStopped // what a stopped decoder still had
	}
	rc.decoded += int64(len(p))
	if r.decided {
		if rc.inflates(int64(r.opts.Limits.Probe)) || rc.decoded > r.opts.Limits.Size {
			r.err = ErrInflation
		} else {
			_, r.err = rc.encoder.Write(p)
		}
		return len(p), r.err
	}
	r.page.hold = append(r.page.hold, p...)
	rc.ready = rc.ready || r.page.finder.read(r.page.hold, false, false)
	switch {
	case rc.inflates(ratioFloor):
		rc.pass(ReasonInflation)
	case rc.ready && (r.page.finder.skip != "" || rc.decoded >= int64(r.opts.Limits.Probe)):
		rc.commit()
	}
	switch {
	case r.err != nil:
		return 0, r.err
	case r.streaming:
		return 0, errStopped
	}
	return len(p), nil
}

// inflates says whether the body, of which there must be so much text, is
// larger than Limits.Ratio allows.
func (rc *recoder) inflates(floor int64) bool {
	return rc.decoded > floor && rc.decoded > rc.taken*int64(rc.r.opts.Limits.Ratio)
}

// buffers are for decoded text on its way to a sink.
var buffers = sync.Pool{New: func() any { return new([16 << 10]byte) }}

func getBuffer() *[16 << 10]byte  { return buffers.Get().(*[16 << 10]byte) }
func putBuffer(b *[16 << 10]byte) { buffers.Put(b) }
