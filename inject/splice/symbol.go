package splice

// symbol is one symbol of a block that is not stored: a literal (length 1, no
// distance), a match, or the end of the block (length 0).
type symbol struct {
	literal  byte
	length   int
	dist     int
	bits     int // all bits of it
	distBits int // those of the distance, which are its last
}

// symbol reads the next symbol without taking it. It is the slow way, for the
// few that need a closer look and for the end of the input: an incomplete
// symbol is More, and what no code stands for is Corrupt.
func (s *Splicer) symbol() (t symbol, state State) {
	v, left := s.peek(), s.left()
	e, skipped := lookUp(s.tables.lit[:], litRoot, v)
	total := int(e & 0xff)
	t.bits = skipped + total
	switch {
	case t.bits > left:
		return t, More
	case e&isLiteral != 0:
		t.literal, t.length = byte(e>>16), 1
		return t, Enough
	case e&isEnd != 0:
		return t, Enough
	case e&isSpecial != 0:
		return t, Corrupt
	}
	t.length = value(e, v>>skipped)
	v >>= t.bits
	e, skipped = lookUp(s.tables.dist[:], distRoot, v)
	t.distBits = skipped + int(e&0xff)
	t.bits += t.distBits
	switch {
	case t.bits > left:
		return t, More
	case e&isSpecial != 0:
		return t, Corrupt
	}
	t.dist = value(e, v>>skipped)
	return t, Enough
}

// lookUp returns the entry for the bits of v, and how many of them the pointer
// to a second table took.
func lookUp(table []uint32, root int, v uint64) (entry uint32, skipped int) {
	entry = table[v&(1<<root-1)]
	if entry&isPointer != 0 {
		v >>= root
		return table[entry>>16+uint32(v)&(1<<(entry>>8&15)-1)], root
	}
	return entry, 0
}

// value is the length or distance that an entry and its extra bits stand for.
func value(entry uint32, v uint64) int {
	return int(entry>>16) + int(uint32(v)&(1<<(entry&31)-1)>>(entry>>8&15))
}

// lengthSymbol returns the symbol of a match's length, and its extra bits.
func lengthSymbol(n int) (sym int, extra uint64, bits uint) {
	sym = lengthSymbols[n-minMatch]
	e := litSymbols[sym]
	return sym, uint64(n) - uint64(e>>16), uint(e & 0xff)
}

var lengthSymbols = newLengthSymbols()

func newLengthSymbols() (list [maxMatch - minMatch + 1]int) {
	for sym := endOfBlock + 1; sym < maxLits; sym++ {
		e := litSymbols[sym]
		for n := e >> 16; n < e>>16+1<<(e&0xff) && n <= maxMatch; n++ {
			list[n-minMatch] = sym // 258 is in the reach of 284, but 285's own
		}
	}
	return list
}
