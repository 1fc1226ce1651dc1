package splice

import (
	"encoding/binary"
	"math/bits"
)

// streamBuilder writes DEFLATE blocks that no encoder writes.
type streamBuilder struct {
	bitWriter
	text []byte
	code *testCodes // of the open block
}

// testCodes are canonical Huffman codes (RFC 1951, 3.2.2), made in the plainest
// way.
type testCodes struct{ lit, dist []testCode }

type testCode struct {
	bits uint64 // reversed
	n    uint
}

func canonical(lens []uint8) []testCode {
	codes := make([]testCode, len(lens))
	next := uint16(0)
	for n := uint8(1); n <= maxBits; n++ {
		for sym, l := range lens {
			if l == n {
				codes[sym] = testCode{uint64(bits.Reverse16(next) >> (16 - n)), uint(n)}
				next++
			}
		}
		next <<= 1
	}
	return codes
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (b *streamBuilder) stored(final bool, payload string) *streamBuilder {
	b.put(flag(final)|stored<<1, 3)
	b.fill()
	n := uint16(len(payload))
	b.out = binary.LittleEndian.AppendUint16(b.out, n)
	b.out = binary.LittleEndian.AppendUint16(b.out, ^n)
	b.out = append(b.out, payload...)
	b.text = append(b.text, payload...)
	return b
}

func (b *streamBuilder) fixed(final bool) *streamBuilder {
	b.put(flag(final)|fixed<<1, 3)
	lens := make([]uint8, 288)
	copy(lens, fixedTables.lens[:])
	b.code = &testCodes{lit: canonical(lens), dist: canonical([]uint8{
		5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
	})}
	return b
}

// dynamic opens a block whose codes have these lengths. It describes them by a
// code length code of four bits for each of the lengths.
func (b *streamBuilder) dynamic(final bool, lits map[int]uint8, dists map[int]uint8) *streamBuilder {
	litLens, distLens := make([]uint8, maxLits), make([]uint8, maxDists)
	for sym, n := range lits {
		litLens[sym] = n
	}
	for sym, n := range dists {
		distLens[sym] = n
	}
	b.put(flag(final)|dynamic<<1, 3)
	b.put(maxLits-257, 5)
	b.put(maxDists-1, 5)
	b.put(19-4, 4)
	pre := make([]uint8, 19)
	for _, sym := range codeOrder {
		if sym < 16 {
			pre[sym] = 4
		}
		b.put(uint64(pre[sym]), 3)
	}
	codes := canonical(pre)
	for _, n := range append(litLens, distLens...) {
		b.put(codes[n].bits, codes[n].n)
	}
	b.code = &testCodes{lit: canonical(litLens), dist: canonical(distLens)}
	return b
}

func (b *streamBuilder) symbol(c testCode) {
	if c.n == 0 {
		panic("no such symbol in this block")
	}
	b.put(c.bits, c.n)
}

func (b *streamBuilder) lits(s string) *streamBuilder {
	for _, c := range []byte(s) {
		b.symbol(b.code.lit[c])
	}
	b.text = append(b.text, s...)
	return b
}

func (b *streamBuilder) match(length, dist int) *streamBuilder {
	sym, extra, n := lengthSymbol(length)
	b.symbol(b.code.lit[sym])
	b.put(extra, n)
	for sym = maxDists - 1; dist < base(distSymbols[sym]); sym-- {
	}
	b.symbol(b.code.dist[sym])
	b.put(uint64(dist-base(distSymbols[sym])), uint(distSymbols[sym]&63))
	for range length {
		b.text = append(b.text, b.text[len(b.text)-dist])
	}
	return b
}

func (b *streamBuilder) end() *streamBuilder {
	b.symbol(b.code.lit[endOfBlock])
	return b
}

// member is the whole as a gzip member.
func (b *streamBuilder) member() []byte {
	b.fill()
	return raw(b.out, b.text)
}
