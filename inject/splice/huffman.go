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
// bits begin with:
//
//	bits 0-7    how many bits it has, those of the code and the extra ones
//	bits 8-11   how many of them are the code's (in this table)
//	bits 12-15  flags
//	bits 16-31  the literal, or the base of a length or distance
//
// For a pointer to a second table: how many bits to skip, how many bits that
// table is looked up by, and where it starts.
const (
	isLiteral = 1 << 15
	isSpecial = 1 << 14 // neither literal nor length nor distance
	isPointer = 1 << 13 // special: a second table follows
	isEnd     = 1 << 12 // special: end of block. Without both: no such symbol
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
func newLitSymbols() (list [288]uint32) {
	for i := range list {
		switch {
		case i < endOfBlock:
			list[i] = uint32(i)<<16 | isLiteral
		case i == endOfBlock:
			list[i] = isSpecial | isEnd
		case i < 265:
			list[i] = uint32(i-257+minMatch) << 16
		case i < 285:
			extra := uint32(i-261) / 4
			list[i] = (minMatch+(4+uint32(i-261)%4)<<extra)<<16 | extra
		case i == 285:
			list[i] = maxMatch << 16
		default:
			list[i] = isSpecial
		}
	}
	return list
}

func newDistSymbols() (list [32]uint32) {
	for i := range list {
		switch {
		case i < 4:
			list[i] = uint32(i+1) << 16
		case i < 30:
			extra := uint32(i-2) / 2
			list[i] = (1+(2+uint32(i)%2)<<extra)<<16 | extra
		default:
			list[i] = isSpecial
		}
	}
	return list
}

// tables are the two Huffman codes of a block, to decode and to encode.
type tables struct {
	lit   [litSize]uint32
	dist  [distSize]uint32
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
	return t.lens[endOfBlock] > 0 &&
		buildTable(t.lit[:], litRoot, t.lens[:], litSymbols[:], t.codes[:]) &&
		buildTable(t.dist[:], distRoot, padded[:], distSymbols[:], nil)
}

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
// by copying whenever the length grows.
func buildTable(table []uint32, root uint, lens []uint8, symbols []uint32, codes []uint16) bool {
	var s sorter
	complete, ok := s.sort(lens)
	if !ok {
		return false
	}
	if !complete {
		fillSparse(table[:1<<root], &s, symbols, codes)
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
				table[code] = symbols[sym] + uint32(length<<8|length)
			} else {
				if code&(1<<root-1) != second.prefix {
					second.begin(table, code, root, s.width(length, root, remaining))
				}
				second.fill(table, code>>root, length-root, symbols[sym])
			}
			code = nextCode(code, length)
		}
	}
	return true
}

// subtable is the second-level table that is being filled: all codes with the
// same first bits.
type subtable struct{ prefix, start, end uint }

func (t *subtable) begin(table []uint32, code, root, width uint) {
	t.prefix = code & (1<<root - 1)
	t.start, t.end = t.end, t.end+1<<width
	table[t.prefix] = uint32(t.start<<16 | isSpecial | isPointer | width<<8 | root)
}

// fill enters the rest of a code, so many bits.
func (t *subtable) fill(table []uint32, rest, length uint, symbol uint32) {
	for k := t.start + rest; k < t.end; k += 1 << length {
		table[k] = symbol + uint32(length<<8|length)
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
func fillSparse(table []uint32, s *sorter, symbols []uint32, codes []uint16) {
	for i := range table {
		table[i] = isSpecial | 1<<8 | 1
		if s.n == 1 && i&1 == 0 {
			table[i] = symbols[s.sorted[0]] + 1<<8 + 1
		}
	}
	if s.n == 1 && codes != nil {
		codes[s.sorted[0]] = 0
	}
}
