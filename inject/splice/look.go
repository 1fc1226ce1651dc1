package splice

import "encoding/binary"

// stage is what comes next in the input.
type stage uint8

const (
	stageMember   stage = iota // a member's header, or the end
	stageBoundary              // a block's header, or the trailer after the final block
	stageStored                // the payload of a stored block
	stageCodes                 // the symbols of another block
	stageTrailer
	stageCopy // second pass: whatever is left, bit for bit
)

// Look decodes what has been fed until [Splicer.Text] has at least n bytes, or
// up to 257 more, since it does not stop inside a match. It returns Enough
// then; More where the input ended first; End where that was also the end of a
// member, so that the stream may be complete; or Corrupt. After [Splicer.Edit],
// which reads the same input, it does nothing.
func (s *Splicer) Look(n int) State {
	if s.editing {
		return Enough
	}
	s.growText(n + maxMatch + 8)
	for len(s.text) < n || len(s.members) == 0 {
		state := Enough
		switch s.stage {
		case stageMember:
			state = s.lookMember()
		case stageBoundary:
			if s.final {
				s.align()
				s.stage = stageTrailer
			} else if state = s.readBlock(&s.bitReader); state == Enough {
				s.enterBlock()
			}
		case stageStored:
			state = s.lookStored(n)
		case stageCodes:
			state = s.lookCodes(n)
		case stageTrailer:
			state = s.lookTrailer()
		}
		if state != Enough {
			return state
		}
	}
	return Enough
}

// enterBlock sets the stage after a block's header.
func (s *Splicer) enterBlock() {
	s.final = s.block.final
	s.begun = len(s.text)
	s.stage = stageCodes
	if s.kind == stored {
		s.stage = stageStored
	}
}

func (s *Splicer) lookMember() State {
	rest := s.in[s.bit/8:]
	if len(rest) == 0 && len(s.members) > 0 {
		return End
	}
	n, state := readMember(rest)
	if state != Enough {
		return state
	}
	s.bit += 8 * n
	m := member{in: s.bit / 8, text: len(s.text)}
	if n := len(s.members); n > 1 && s.members[n-1].text == m.text && s.members[n-2].text == m.text {
		s.members[n-1] = m // of several without text, two are enough: see begin
	} else {
		s.members = append(s.members, m)
	}
	s.stage = stageBoundary
	s.final = false
	return Enough
}

func (s *Splicer) lookStored(n int) State {
	i := s.bit / 8
	k := min(s.length, len(s.in)-i, n-len(s.text))
	s.text = append(s.text, s.in[i:i+k]...)
	s.bit += 8 * k
	s.length -= k
	switch {
	case s.length == 0:
		s.stage = stageBoundary
	case s.left() == 0:
		return More
	}
	return Enough
}

func (s *Splicer) lookTrailer() State {
	if s.left() < 8*trailerSize {
		return More
	}
	i := s.bit / 8
	if !intact(s.in[i:i+trailerSize], s.text[s.members[len(s.members)-1].text:]) {
		return Corrupt
	}
	s.bit += 8 * trailerSize
	s.stage = stageMember
	return Enough
}

// lookCodes decodes symbols into the text, the last few one by one.
func (s *Splicer) lookCodes(n int) State {
	base := s.members[len(s.members)-1].text
	for len(s.text) < n {
		s.lookFast(n, base)
		if len(s.text) >= n {
			break
		}
		t, state := s.symbol()
		if state != Enough {
			return state
		}
		s.bit += t.bits
		switch {
		case t.length == 1 && t.dist == 0:
			s.text = append(s.text, t.literal)
		case t.length == 0:
			s.stage = stageBoundary
			return Enough
		case t.dist > len(s.text)-base:
			return Corrupt
		default:
			s.text = appendMatch(s.text, t.dist, t.length)
		}
	}
	return Enough
}

// lookFast is the inner loop of the first pass. It stops before a symbol that
// is not text, one that may reach beyond the input, and corrupt ones.
func (s *Splicer) lookFast(n, base int) {
	in, text, tables := s.in, s.text[:cap(s.text)], s.tables
	pos, end := s.bit>>3, len(s.in)-16
	p := len(s.text)
	limit := n - 2 // room for three literals
	if pos > end || p >= limit {
		return
	}
	skip := uint(s.bit & 7)
	buf := binary.LittleEndian.Uint64(in[pos:]) >> skip
	pos += 7
	have := 56 - skip
	start := s.bit // of the symbol that is not read yet
	for p < limit && pos <= end {
		buf |= binary.LittleEndian.Uint64(in[pos:]) << (have & 63)
		pos += int((63 - have) >> 3)
		have |= 56
		e := tables.lit[buf&(1<<litRoot-1)]
		if e&isLiteral != 0 {
			text[p] = byte(e >> extraShift)
			p++
			buf >>= e & 63
			have -= uint(e & 63)
			e = tables.lit[buf&(1<<litRoot-1)]
			if e&isLiteral != 0 {
				text[p] = byte(e >> extraShift)
				p++
				buf >>= e & 63
				have -= uint(e & 63)
				e = tables.lit[buf&(1<<litRoot-1)]
			}
		}
		start = pos<<3 - int(have)
		if e&isPointer != 0 {
			buf >>= litRoot
			have -= litRoot
			e = second(tables.lit[:], e, buf)
		}
		if e&isLiteral != 0 {
			text[p] = byte(e >> extraShift)
			p++
			buf >>= e & 63
			have -= uint(e & 63)
			start = pos<<3 - int(have)
			continue
		}
		if e&isSpecial != 0 {
			break
		}
		length := lengthOf(e, buf)
		buf >>= e & 63
		have -= uint(e & 63)
		if have < maxDistBits {
			buf |= binary.LittleEndian.Uint64(in[pos:]) << (have & 63)
			pos += int((63 - have) >> 3)
			have |= 56
		}
		e = tables.dist[buf&(1<<distRoot-1)]
		if e&isPointer != 0 {
			buf >>= distRoot
			have -= distRoot
			e = second(tables.dist[:], e, buf)
		}
		dist := distanceOf(e, buf)
		if e&isSpecial != 0 || dist > p-base {
			break
		}
		buf >>= e & 63
		have -= uint(e & 63)
		copyMatch(text, p, dist, length)
		p += length
		start = pos<<3 - int(have)
	}
	s.text = text[:p]
	s.bit = start
}

// copyMatch writes length bytes to text[p:], from dist before, of which the
// last ones may be among those that it writes (RFC 1951, 3.2.3).
func copyMatch(text []byte, p, dist, length int) {
	from := p - dist
	for dst := text[p : p+length]; len(dst) > 0; {
		k := copy(dst, text[from:p])
		dst = dst[k:]
		p += k
	}
}

func appendMatch(text []byte, dist, length int) []byte {
	for range length {
		text = append(text, text[len(text)-dist])
	}
	return text
}

// growText makes room for n bytes of text.
func (s *Splicer) growText(n int) {
	if cap(s.text) < n {
		s.text = append(make([]byte, 0, 2*cap(s.text)+n), s.text...)
	}
}
