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
	total := int(e & 63)
	t.bits = skipped + total
	switch {
	case t.bits > left:
		return t, More
	case e&isLiteral != 0:
		t.literal, t.length = byte(e>>extraShift), 1
		return t, Enough
	case e&isSpecial != 0 && e&isEnd != 0:
		return t, Enough
	case e&isSpecial != 0:
		return t, Corrupt
	}
	t.length = lengthOf(e, v>>skipped)
	v >>= t.bits
	e, skipped = lookUp(s.tables.dist[:], distRoot, v)
	t.distBits = skipped + int(e&63)
	t.bits += t.distBits
	switch {
	case t.bits > left:
		return t, More
	case e&isSpecial != 0:
		return t, Corrupt
	}
	t.dist = distanceOf(e, v>>skipped)
	return t, Enough
}

// lookUp returns the entry for the bits of v, and how many of them the pointer
// to a second table took.
func lookUp(table []uint64, root int, v uint64) (entry uint64, skipped int) {
	entry = table[v&(1<<root-1)]
	if entry&isPointer != 0 {
		return second(table, entry, v>>root), root
	}
	return entry, 0
}

// second follows a pointer.
func second(table []uint64, pointer, v uint64) (entry uint64) {
	return table[pointer>>valueShift&0xffff+v&(1<<(pointer>>extraShift&15)-1)]
}

// base is the length or distance of an entry without its extra bits.
func base(entry uint64) int { return int(entry >> valueShift & 0xffff) }

// lengthOf is the length that an entry and its extra bits stand for.
func lengthOf(entry, v uint64) int {
	extra := entry >> extraShift & 15
	return base(entry) + int(v>>((entry-extra)&63)&(1<<extra-1))
}

// distanceOf is the distance that an entry and its extra bits stand for.
func distanceOf(entry, v uint64) int {
	return base(entry) + int(v>>(entry>>codeShift&63)&(entry>>maskShift&0xffff))
}

// lengthSymbol returns the symbol of a match's length, and its extra bits.
func lengthSymbol(n int) (sym int, extra uint64, bits uint) {
	sym = lengthSymbols[n-minMatch]
	e := litSymbols[sym]
	return sym, uint64(n - base(e)), uint(e & 63)
}

var lengthSymbols = newLengthSymbols()

func newLengthSymbols() (list [maxMatch - minMatch + 1]int) {
	for sym := endOfBlock + 1; sym < maxLits; sym++ {
		e := litSymbols[sym]
		for n := base(e); n < base(e)+1<<(e&63) && n <= maxMatch; n++ {
			list[n-minMatch] = sym // 258 is in the reach of 284, but 285's own
		}
	}
	return list
}
