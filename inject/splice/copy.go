package splice

import (
	"bytes"
	"encoding/binary"
)

// firstWrite is how much is copied together into the first write of a call, so
// that there is none of a few bytes only.
const firstWrite = 4 << 10

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
	s.growth += s.written + int64(len(s.out)) - s.consumed - int64(s.bit/8)
}

// emit writes the output that there is, and drops the input that it is of.
func (s *Splicer) emit() {
	if s.err != nil {
		return
	}
	i := s.bit / 8
	if s.stage == stageCopy {
		s.copy(s.in[i:])
		s.in, s.bit = s.in[:0], 0
		return
	}
	s.send(nil)
	s.in = s.in[:copy(s.in, s.in[i:])]
	s.consumed += int64(i)
	s.bit -= 8 * i
	s.run = s.bit
}

// copy writes p, but holds back its last bytes.
func (s *Splicer) copy(p []byte) {
	s.copied += int64(len(p))
	if s.verbatim {
		s.send(p)
		return
	}
	s.out = append(s.out, s.tail...)
	if len(p) >= trailerSize {
		n := len(p) - trailerSize
		s.tail = append(s.tail[:0], p[n:]...)
		s.send(p[:n])
		return
	}
	s.out = append(s.out, p...)
	n := max(len(s.out)-trailerSize, len(s.out)-len(s.tail)-len(p))
	s.tail = append(s.tail[:0], s.out[n:]...)
	s.out = s.out[:n]
	s.send(nil)
}

// send writes the output that there is, and then p.
func (s *Splicer) send(p []byte) {
	if room := firstWrite - len(s.out); room > 0 && len(p) > 0 {
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
	if len(s.tail) < trailerSize {
		return false
	}
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
