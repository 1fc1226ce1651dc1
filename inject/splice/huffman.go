package splice

import (
	"encoding/binary"
	"math/bits"
)

// Sizes of the decoding tables: a first lookup by so many bits, and room for
// all second-level tables that any complete code of so many symbols and 15 bits
// can need (zlib's "enough" computes these).
const (
	litRoot  = 10
	litSize  = 1334 // 288 symbols
	distRoot = 8
	distSize = 402 // 32 symbols
	maxBits  = 15  // RFC 1951, 3.2.7

	maxDistBits = maxBits + 13 // of a distance, with its extra bits
)

// An entry of a decoding table says all about the symbol that the looked-up
// bits begin with. It can be added to a [place] as it is, so nothing else may
// stand in its bits 6 to 51:
//
//	bits 0-5    how many bits it has, those of the code and the extra ones
//	bits 32-47  1 for a literal, or the base of a length or distance
//	bits 52-59  the literal, or in bits 52-55 how many bits of a length are extra
//	bits 60-63  flags
//
// Of distances, which are never added,
//
//	bits 6-11   how many bits the code has
//	bits 16-31  which bits behind it are extra, as a mask
//
// The extra bits of most lengths belong to what is looked up: those have none,
// and bits 32-47 are the length itself. A pointer to a second table says there
// where that starts, in bits 52-55 how many bits it is looked up by, and in bits
// 0-5 how many to skip before.
const (
	isLiteral = 1 << 63
	isSlow    = 1 << 62 // it cannot just be added to a place: all below, and lengths with extra bits
	isPointer = 1 << 61 // a second table follows
	isSpecial = 1 << 60 // neither literal nor length nor distance
	isEnd     = 1 << 56 // special: end of block. Without it: no such symbol

	noSymbol = isSlow | isSpecial

	codeShift  = 6
	maskShift  = 16
	valueShift = 32
	extraShift = 52
)

// endOfBlock is the symbol that ends a block.
const endOfBlock = 256

var (
	litSymbols  = newLitSymbols()
	distSymbols = newDistSymbols()
	fixedTables = newFixedTables()
)

// newLitSymbols returns the entries of literals and lengths, without the
// code's length (RFC 1951, 3.2.5).
func newLitSymbols() (list [288]uint64) {
	for i := range list {
		switch {
		case i < endOfBlock:
			list[i] = uint64(i)<<extraShift | 1<<valueShift | isLiteral
		case i == endOfBlock:
			list[i] = noSymbol | isEnd
		case i < 265:
			list[i] = uint64(i-257+minMatch) << valueShift
		case i < 285:
			extra := uint64(i-261) / 4
			list[i] = (minMatch+(4+uint64(i-261)%4)<<extra)<<valueShift | extra<<extraShift | extra | isSlow
		case i == 285:
			list[i] = maxMatch << valueShift
		default:
			list[i] = noSymbol
		}
	}
	return list
}

func newDistSymbols() (list [32]uint64) {
	for i := range list {
		switch {
		case i < 4:
			list[i] = uint64(i+1) << valueShift
		case i < 30:
			extra := uint64(i-2) / 2
			list[i] = (1+(2+uint64(i)%2)<<extra)<<valueShift | (1<<extra-1)<<maskShift | extra
		default:
			list[i] = noSymbol
		}
	}
	return list
}

// tables are the two Huffman codes of a block, to decode and to encode.
type tables struct {
	lit   [litSize]uint64
	dist  [distSize]uint64
	lens  [288]uint8  // of the literal and length codes; 0 = no code
	codes [288]uint16 // reversed
}

// newFixedTables returns the codes of fixed blocks (RFC 1951, 3.2.6).
func newFixedTables() *tables {
	t := new(tables)
	for i := range t.lens {
		switch {
		case i < 144:
			t.lens[i] = 8
		case i < 256:
			t.lens[i] = 9
		case i < 280:
			t.lens[i] = 7
		default:
			t.lens[i] = 8
		}
	}
	var dists [32]uint8
	for i := range dists {
		dists[i] = 5
	}
	if !t.build(t.lens[:], dists[:]) {
		panic("the fixed codes are complete")
	}
	return t
}

// build makes the tables from the lengths of the codes. It is false where zlib
// refuses them: too many codes, too few, or none for the end of block.
func (t *tables) build(lits, dists []uint8) bool {
	clear(t.lens[copy(t.lens[:], lits):])
	var padded [32]uint8
	copy(padded[:], dists)
	if t.lens[endOfBlock] == 0 ||
		!buildTable(t.lit[:], litRoot, 1, t.lens[:], litSymbols[:], t.codes[:]) ||
		!buildTable(t.dist[:], distRoot, 1|1<<codeShift, padded[:], distSymbols[:], nil) {
		return false
	}
	t.joinExtra()
	return true
}

// joinExtra makes one entry of a length's code and its extra bits, where the
// first lookup sees them all.
func (t *tables) joinExtra() {
	for sym := firstExtra; sym < lastExtra; sym++ {
		e := litSymbols[sym]
		extra := e >> extraShift & 15
		length := uint64(t.lens[sym])
		if length == 0 || length+extra > litRoot {
			continue
		}
		e = e&^(isSlow|15<<extraShift) + length
		for i := uint64(t.codes[sym]); i < 1<<litRoot; i += 1 << length {
			t.lit[i] = e + i>>length&(1<<extra-1)<<valueShift
		}
	}
}

// The lengths of these symbols, but for the last, have extra bits.
const firstExtra, lastExtra = 265, 285

// sorter orders symbols by the length of their codes.
type sorter struct {
	count  [maxBits + 1]int // codes of each length; that of 0 does not count
	sorted [288]uint16
	n      int
}

// sort returns false for a code that is over-subscribed, or incomplete and not
// one of the exceptions: a single code of one bit, or none at all. The number of
// lengths is a multiple of eight; most of a page's are zero, in long runs.
func (s *sorter) sort(lens []uint8) (complete, ok bool) {
	for rest := lens; len(rest) >= 8; rest = rest[8:] {
		if binary.LittleEndian.Uint64(rest) != 0 {
			for _, l := range rest[:8] {
				s.count[l]++
			}
		}
	}
	var next [maxBits + 2]int
	left := 1
	for l := 1; l <= maxBits; l++ {
		left = left<<1 - s.count[l]
		if left < 0 {
			return false, false
		}
		next[l+1] = next[l] + s.count[l]
	}
	s.n = next[maxBits+1]
	for sym := 0; sym+8 <= len(lens); sym += 8 {
		if binary.LittleEndian.Uint64(lens[sym:]) == 0 {
			continue
		}
		for i, l := range lens[sym : sym+8] {
			if l > 0 {
				s.sorted[next[l]] = uint16(sym + i)
				next[l]++
			}
		}
	}
	if left > 0 {
		return false, s.n == 0 || s.n == 1 && s.count[1] == 1
	}
	return true, true
}

// buildTable fills a decoding table, and codes with the reversed codes unless
// that is nil. It is libdeflate's method: codes are visited in order of length,
// which is the order of their values read from the first bit; the table doubles
// by copying whenever the length grows. Each bit of a code adds unit to its entry.
func buildTable(table []uint64, root uint, unit uint64, lens []uint8, symbols []uint64, codes []uint16) bool {
	var s sorter
	complete, ok := s.sort(lens)
	if !ok {
		return false
	}
	if !complete {
		fillSparse(table[:1<<root], unit, &s, symbols, codes)
		return true
	}
	var code uint
	size := uint(1) // of what is filled, up to 1 << root
	second := subtable{prefix: 1 << root, end: 1 << root}
	sorted := s.sorted[:s.n]
	for length := uint(1); length <= maxBits; length++ {
		if length <= root {
			copy(table[size:2*size], table[:size])
			size *= 2
		}
		for remaining := s.count[length]; remaining > 0; remaining-- {
			sym := sorted[0]
			sorted = sorted[1:]
			if codes != nil {
				codes[sym] = uint16(code)
			}
			if length <= root {
				table[code] = symbols[sym] + unit*uint64(length)
			} else {
				if code&(1<<root-1) != second.prefix {
					second.begin(table, code, root, s.width(length, root, remaining))
				}
				second.fill(table, code>>root, length-root, symbols[sym]+unit*uint64(length-root))
			}
			code = nextCode(code, length)
		}
	}
	return true
}

// subtable is the second-level table that is being filled: all codes with the
// same first bits.
type subtable struct{ prefix, start, end uint }

func (t *subtable) begin(table []uint64, code, root, width uint) {
	t.prefix = code & (1<<root - 1)
	t.start, t.end = t.end, t.end+1<<width
	table[t.prefix] = uint64(t.start<<valueShift|width<<extraShift|root) | isSlow | isPointer
}

// fill enters the rest of a code, so many bits.
func (t *subtable) fill(table []uint64, rest, length uint, entry uint64) {
	for k := t.start + rest; k < t.end; k += 1 << length {
		table[k] = entry
	}
}

// width is by how many bits a second table is looked up, whose first code is of
// that length: as few as all codes with the same beginning need.
func (s *sorter) width(length, root uint, remaining int) uint {
	width := length - root
	for used := remaining; used < 1<<width; {
		width++
		used = used<<1 + s.count[root+width]
	}
	return width
}

// nextCode is the code of that length that follows a reversed code.
func nextCode(code, length uint) uint {
	zeros := code ^ (1<<length - 1)
	if zeros == 0 {
		return code // the last one
	}
	bit := uint(1) << (bits.Len(zeros) - 1)
	return code&(bit-1) | bit
}

// fillSparse makes the table of a code that has a single code or none.
func fillSparse(table []uint64, unit uint64, s *sorter, symbols []uint64, codes []uint16) {
	for i := range table {
		table[i] = noSymbol | 1
		if s.n == 1 && i&1 == 0 {
			table[i] = symbols[s.sorted[0]] + unit
		}
	}
	if s.n == 1 && codes != nil {
		codes[s.sorted[0]] = 0
	}
}
