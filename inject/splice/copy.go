package splice

import (
	"bytes"
	"encoding/binary"
)

// firstWrite is how much is copied together into the first write of a call, so
// that there is none of a few bytes only.
const firstWrite = 4 << 10

// maxJoined is up to how many bytes are copied together into one write. A write
// that goes down to a socket costs as much as copying some hundred kilobytes.
const maxJoined = 48 << 10

// startCopy begins to copy at the current bit, at which the output stands too.
// The rest of the current byte goes out here, since it cannot be the trailer's.
func (s *Splicer) startCopy() {
	s.stage = stageCopy
	if k := s.bit & 7; k > 0 {
		s.put(uint64(s.in[s.bit/8])>>k, uint(8-k))
		s.align()
	}
	s.run = s.bit
	s.settled = true
	start := s.consumed + int64(s.bit/8)
	s.growth += s.written + int64(len(s.out)) - start
	s.before = s.expected - trailerSize - start
}

// emit writes the output that there is, and drops the input that it is of.
// Where copying has begun, that is all input, and rest follows it.
func (s *Splicer) emit(rest []byte) {
	if s.err != nil {
		return
	}
	i := s.bit / 8
	if s.stage == stageCopy {
		s.queue(s.in[i:])
		s.in, s.bit = s.in[:0], 0
		s.copy(rest)
		return
	}
	s.send(nil)
	s.in = s.in[:copy(s.in, s.in[i:])]
	s.consumed += int64(i)
	s.bit -= 8 * i
	s.run = s.bit
}

// copy writes what is queued and p, but for what may be the trailer: in one
// write, unless p is large, and without a copy of p where nothing stands
// before it.
func (s *Splicer) copy(p []byte) {
	n := s.unheld(len(p))
	large := len(s.out)+len(s.tail)+len(p) > maxJoined
	if nothing := len(s.out)+len(s.tail) == 0; n > 0 && (large || nothing && n == len(p)) {
		if s.expected > 0 && n < len(p) {
			n = max(n-firstWrite, 0) // the trailer has company in its write
		}
		s.out = append(s.out, s.tail...)
		s.tail = s.tail[:0]
		s.pass(n)
		s.send(p[:n])
		p = p[n:]
	}
	s.queue(p)
	s.send(nil)
}

// unheld is how many of the next n bytes cannot be the trailer's.
func (s *Splicer) unheld(n int) int {
	switch {
	case s.verbatim:
		return n
	case s.expected > 0:
		return int(min(int64(n), max(s.before, 0)))
	}
	return max(n-trailerSize, 0)
}

// pass counts bytes that are copied.
func (s *Splicer) pass(n int) {
	s.copied += int64(n)
	s.before -= int64(n)
}

// queue adds p to the output, but for what may be the trailer. Without a length
// to go by, that is the last bytes so far.
func (s *Splicer) queue(p []byte) {
	if s.verbatim || s.expected > 0 {
		n := s.unheld(len(p))
		s.pass(n)
		s.out = append(s.out, p[:n]...)
		if p = p[n:]; len(p) > 0 {
			s.queueTrailer(p)
		}
		return
	}
	s.pass(len(p))
	s.out = append(s.out, s.tail...)
	s.out = append(s.out, p...)
	n := max(len(s.out)-trailerSize, len(s.out)-len(s.tail)-len(p))
	s.tail = append(s.tail[:0], s.out[n:]...)
	s.out = s.out[:n]
}

// queueTrailer takes the trailer, which begins in tail, and what follows it.
func (s *Splicer) queueTrailer(p []byte) {
	k := min(len(p), trailerSize-len(s.tail))
	s.tail = append(s.tail, p[:k]...)
	s.pass(k)
	if len(s.tail) == trailerSize {
		s.endTrailer()
		s.queue(p[k:])
	}
}

// endTrailer patches the trailer, which is in tail, and adds it to the output.
// The length of the text after the place comes with it.
func (s *Splicer) endTrailer() {
	if s.likelyTrailer() {
		s.patch(s.tail, isize(s.tail)-uint32(s.at-s.base))
	}
	s.out = append(s.out, s.tail...)
	s.tail = s.tail[:0]
	s.verbatim = true
}

// send writes the output that there is, and then p.
func (s *Splicer) send(p []byte) {
	if room := firstWrite - len(s.out); room > 0 && len(s.out) > 0 && len(p) > 0 {
		k := min(room, len(p))
		s.out = append(s.out, p[:k]...)
		p = p[k:]
	}
	s.written += int64(len(s.out))
	for _, b := range [...][]byte{s.out, p} {
		if len(b) > 0 && s.err == nil {
			if _, err := s.dst.Write(b); err != nil {
				s.fail(err)
			}
		}
	}
	s.out = s.out[:0]
}

// patch makes a trailer fit the text with the tag in it, rest bytes before its
// end. A checksum or length that was wrong stays wrong.
func (s *Splicer) patch(trailer []byte, rest uint32) {
	sum := binary.LittleEndian.Uint32(trailer)
	binary.LittleEndian.PutUint32(trailer, sum^shift(s.delta, rest))
	binary.LittleEndian.PutUint32(trailer[4:], isize(trailer)+uint32(len(s.tag)))
}

// likelyTrailer says whether the last bytes can be a trailer. Those of a stream
// that was cut off hardly ever give a length that the text can have: at least
// what has been decoded, and no more than DEFLATE can make of the rest.
func (s *Splicer) likelyTrailer() bool {
	rest := int64(isize(s.tail)) - int64(s.pos-s.base)
	return rest >= 0 && rest <= maxRatio*(s.copied+1)
}

// maxRatio is how many bytes of text one byte of input can make: a match of
// 258 has two bits at least.
const maxRatio = 4 * maxMatch

// isize is the length that a trailer gives, modulo 2^32.
func isize(trailer []byte) uint32 { return binary.LittleEndian.Uint32(trailer[4:]) }

// endsInFlush says whether the bytes end in an empty stored block, the marker
// of a flush. As a trailer's ISIZE it would be that of a page of 4 GiB.
func endsInFlush(b []byte) bool { return bytes.HasSuffix(b, []byte{0, 0, 0xff, 0xff}) }
