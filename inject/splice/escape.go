package splice

import "math/bits"

// A match that becomes literals may have one that has no code in its block: in
// short blocks, that is, which repeat what an earlier one has. Then the block ends
// there, and goes on in the fixed code, which has all. To go back to its own code
// costs another header, of some 70 bytes; to stay, two or three bits a symbol. So
// it stays if the end of the block, or the next of its matches for which it would
// have to escape, is that near. Where its header is to be repeated anyway, since
// copying begins, it may as well stay until then.

// maxAhead is how many symbols are looked at for that. In the fixed code, those
// of a page have cost more than a header long before.
const maxAhead = 1 << 10

// escaped says that the current block goes on in the fixed code.
func (s *Splicer) escaped() bool { return s.writing != s.tables }

// escape ends the block that is being written, and begins one of the fixed code.
func (s *Splicer) escape() {
	if !s.escaped() {
		s.code(endOfBlock)
		s.put(fixed<<1, 3)
		s.writing = fixedTables
	}
	s.staying = false
}

// stay decides whether the block is to stay in the fixed code, which it does
// until it would escape again, and otherwise goes back. It is More if there is too
// little input to tell.
func (s *Splicer) stay() State {
	bit, pos := s.bit, s.pos
	longer := 0
	state := Enough
	for n := 0; longer <= s.headBits && n < maxAhead; n++ {
		var t symbol
		if t, state = s.symbol(); state != Enough {
			break
		}
		if s.staying = t.length == 0 || s.past(s.pos) || s.wouldEscape(&t); s.staying {
			break
		}
		longer += fixedBits(&t) - t.bits
		s.bit += t.bits
		s.pos += t.length
	}
	s.bit, s.pos = bit, pos
	if state == Enough && !s.staying {
		s.code(endOfBlock)
		s.repeatHeader()
	}
	return state
}

// wouldEscape says whether a match has a literal without a code that repeats what
// stands before the place.
func (s *Splicer) wouldEscape(t *symbol) bool {
	if from := s.pos - t.dist; t.dist > 0 && from >= s.base && from < s.at {
		for _, c := range s.text[from:min(from+t.length, s.at)] {
			if s.tables.lens[c] == 0 {
				return true
			}
		}
	}
	return false
}

// translate writes a symbol in the fixed code.
func (s *Splicer) translate(t *symbol) {
	if t.dist == 0 {
		s.code(int(t.literal))
	} else {
		s.match(t, t.length)
	}
}

// fixedBits is how many bits a symbol has in the fixed code.
func fixedBits(t *symbol) int {
	if t.dist == 0 {
		return int(fixedTables.lens[t.literal])
	}
	sym, _, extra := lengthSymbol(t.length)
	_, dist := fixedDistance(t.dist)
	return int(uint(fixedTables.lens[sym]) + extra + dist)
}

// fixedDistance is the code of a distance in the fixed code, with its extra bits,
// and how many bits that is (RFC 1951, 3.2.5 and 3.2.6).
func fixedDistance(dist int) (code uint64, length uint) {
	const codeBits = 5
	d := uint(dist - 1)
	sym, extra := d, 0
	if n := bits.Len(d); n > 2 {
		extra = n - 2
		sym = uint(2*extra) + d>>extra
	}
	return uint64(bits.Reverse8(uint8(sym))>>(8-codeBits)) | uint64(d&(1<<extra-1))<<codeBits, uint(codeBits + extra)
}
