package splice

import (
	"encoding/binary"
	"math"
)

// rewriteCodes takes the symbols of a block. Those that the insertion does not
// concern are skipped by skim and leap, and copied later as one run of bits,
// unless the block goes on in the fixed code.
func (s *Splicer) rewriteCodes() State {
	s.lanes.on = false // what they have found is of another block, or of less input
	for {
		switch {
		case s.past(s.pos):
			s.reopen()
			return Enough
		case s.escaped() && s.staying:
		case s.escaped():
			if state := s.stay(); state != Enough {
				return state
			}
		case !s.opened:
			s.skim(s.at, math.MinInt32)
		case len(s.text) >= s.at+maxMatch:
			s.leap(s.at + window)
		}
		if s.past(s.pos) {
			continue
		}
		t, state := s.symbol()
		if state != Enough {
			return state
		}
		if t.length == 0 {
			s.endCodes(&t)
			return Enough
		}
		if t.dist > s.pos-s.base {
			return Corrupt
		}
		if s.pos == s.at && !s.opened {
			s.verbatimTo(s.bit)
			s.openWithin()
		}
		s.rememberSymbol(&t)
		s.fix(&t)
		s.pos += t.length
		s.bit += t.bits
	}
}

// endCodes is the end of the block.
func (s *Splicer) endCodes(t *symbol) {
	s.bit += t.bits
	s.stage = stageBoundary
	if s.escaped() {
		s.code(endOfBlock)
		s.run = s.bit
	}
}

// rememberSymbol is remember for a symbol.
func (s *Splicer) rememberSymbol(t *symbol) {
	if s.pos != len(s.text) || s.pos >= s.at+maxMatch {
		return
	}
	if t.dist == 0 {
		s.text = append(s.text, t.literal)
	} else {
		s.text = appendMatch(s.text, t.dist, t.length)
	}
}

// fix rewrites a symbol if the insertion lies within it or between it and what
// it repeats.
func (s *Splicer) fix(t *symbol) {
	end := s.pos + t.length
	switch {
	case s.pos < s.at && s.at < end:
		s.verbatimTo(s.bit)
		s.repeat(t, s.pos, s.at-s.pos, 0)
		s.openWithin()
		s.cross(t, s.at, end-s.at)
	case s.opened && t.dist > 0 && s.pos-t.dist < s.at:
		s.verbatimTo(s.bit)
		s.cross(t, s.pos, t.length)
	case s.escaped():
		s.translate(t)
	default:
		return
	}
	s.run = s.bit + t.bits
}

// cross writes n bytes at pos that a match repeats from before the place: that
// which comes from there as literals, and the rest, if any, as a shorter match
// of the same distance, since both its ends have moved.
func (s *Splicer) cross(t *symbol, pos, n int) {
	s.repeat(t, pos, n, min(n, s.at-(pos-t.dist)))
}

// repeat writes n bytes at pos: so many of them as literals, and the rest as a
// match, if it is long enough and its length has a code.
func (s *Splicer) repeat(t *symbol, pos, n, literals int) {
	rest := n - literals
	if rest > 0 && !s.hasLength(rest) {
		literals, rest = n, 0
	}
	s.literals(pos-t.dist, literals, t.dist)
	if rest == 0 {
		return
	}
	s.match(t, rest)
}

// match writes a match of that length, at the distance that it has.
func (s *Splicer) match(t *symbol, n int) {
	sym, extra, bits := lengthSymbol(n)
	s.code(sym)
	s.put(extra, bits)
	if s.escaped() {
		s.put(fixedDistance(t.dist))
	} else {
		s.copyBits(s.in, s.bit+t.bits-t.distBits, s.bit+t.bits)
	}
}

func (s *Splicer) hasLength(n int) bool {
	return n >= minMatch && s.writing.lens[lengthSymbols[n-minMatch]] > 0
}

// code writes the code of a literal, a length or the end of block.
func (s *Splicer) code(sym int) {
	s.put(uint64(s.writing.codes[sym]), uint(s.writing.lens[sym]))
}

// literals writes n bytes of the text from that place on, which are repeated
// after dist bytes.
func (s *Splicer) literals(from, n, dist int) {
	if n == 0 {
		return
	}
	source := s.text[from : from+min(n, dist)]
	for _, c := range source {
		if s.tables.lens[c] == 0 {
			s.escape()
			break
		}
	}
	for i, k := 0, 0; i < n; i++ {
		s.code(int(source[k]))
		if k++; k == len(source) {
			k = 0
		}
	}
}

// skim is the inner loop of the second pass. It takes symbols that end at limit
// or before and can be copied as they are: it stops before a match that repeats
// what stands before cross, before the end of the block, and before what is
// incomplete or corrupt. No text is made.
func (s *Splicer) skim(limit, cross int) {
	in, tables := s.in, s.tables
	pos, end := s.bit>>3, len(s.in)-16
	p := s.pos
	room := limit - 2 // for three literals
	if pos > end || p >= room {
		return
	}
	skip := uint(s.bit & 7)
	buf := binary.LittleEndian.Uint64(in[pos:]) >> skip
	pos += 7
	have := 56 - skip // its low byte counts; what borrows from it does no harm
	for p < room && pos <= end {
		buf |= binary.LittleEndian.Uint64(in[pos:]) << (have & 63)
		pos += int((63-have)>>3) & 7
		have |= 56
		e := tables.lit[buf&(1<<litRoot-1)]
		if e&isLiteral != 0 {
			p++
			buf >>= e & 63
			have -= uint(e)
			e = tables.lit[buf&(1<<litRoot-1)]
			if e&isLiteral != 0 {
				p++
				buf >>= e & 63
				have -= uint(e)
				e = tables.lit[buf&(1<<litRoot-1)]
			}
		}
		start := uint(pos)<<3 - have&63 // of the symbol that is not taken yet
		if e&isPointer != 0 {
			buf >>= litRoot
			have -= litRoot
			e = second(tables.lit[:], e, buf)
		}
		if e&isLiteral != 0 {
			p++
			buf >>= e & 63
			have -= uint(e)
			continue
		}
		length := lengthOf(e, buf)
		if e&isSpecial != 0 || p+length > limit {
			s.pos, s.bit = p, int(start)
			return
		}
		buf >>= e & 63
		have -= uint(e)
		if have&63 < maxDistBits {
			buf |= binary.LittleEndian.Uint64(in[pos:]) << (have & 63)
			pos += int((63-have)>>3) & 7
			have |= 56
		}
		e = tables.dist[buf&(1<<distRoot-1)]
		if e&isPointer != 0 {
			buf >>= distRoot
			have -= distRoot
			e = second(tables.dist[:], e, buf)
		}
		if e&isSpecial != 0 || p-distanceOf(e, buf) < cross {
			s.pos, s.bit = p, int(start)
			return
		}
		buf >>= e & 63
		have -= uint(e)
		p += length
	}
	s.pos, s.bit = p, pos<<3-int(have&63)
}
