package splice

import "encoding/binary"

// maxStored is how long a stored block's payload may be.
const maxStored = 1<<16 - 1

// open begins the stored block of the tag, between two blocks. What is put in
// ends at a byte whatever it is, so that all that follows can be made without
// knowing it.
func (s *Splicer) open() {
	s.put(stored<<1, 3)
	s.fill()
	s.opened = true
	if s.dst == nil {
		s.split = len(s.out)
		return
	}
	s.out = appendStored(s.out, s.tag)
}

// openWithin is open within a block, which goes on after it with the same
// codes.
func (s *Splicer) openWithin() {
	s.code(endOfBlock)
	s.open()
	s.repeatHeader()
}

// insertLate puts the tag in between what is there of the output.
func (s *Splicer) insertLate() {
	n := len(s.out)
	size := storedSize(len(s.tag))
	s.reserve(size)
	s.out = s.out[:n+size]
	copy(s.out[s.split+size:], s.out[s.split:n])
	appendStored(s.out[:s.split], s.tag) // just fills the gap
	if s.trailer >= 0 {
		s.trailer += size
	}
	if s.settled {
		s.growth += int64(size) // what was counted then did not have the tag
	}
	s.split = -1
}

// appendStored appends b as stored blocks, less the first one's three bits and
// padding.
func appendStored(out, b []byte) []byte {
	for {
		n := min(len(b), maxStored)
		out = binary.LittleEndian.AppendUint16(out, uint16(n))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(n))
		out = append(out, b[:n]...)
		if b = b[n:]; len(b) == 0 {
			return out
		}
		out = append(out, stored<<1)
	}
}

// storedSize is how much appendStored appends for n bytes.
func storedSize(n int) int {
	blocks := max(1, (n+maxStored-1)/maxStored)
	return n + 5*blocks - 1
}

// reopen ends the current block and begins it anew so that its bits stand at
// the same place of a byte as in the input, where copying starts.
func (s *Splicer) reopen() {
	s.verbatimTo(s.bit)
	if !s.final && !s.escaped() && s.n == uint(s.bit&7) {
		s.startCopy() // as it is already, by one chance of eight
		return
	}
	s.code(endOfBlock)
	s.pad(s.bit - s.headBits)
	s.copyBits(s.header[:], 0, s.headBits)
	s.startCopy()
}

// pad writes empty blocks until the output stands at the same bit of a byte as
// that place of the input. One of the fixed code has 10 bits, which makes up
// for any even difference. For an odd one there is a dynamic block of 91 bits:
// its codes are complete, since decoders may refuse others.
func (s *Splicer) pad(bit int) {
	if (bit-int(s.n))&1 != 0 {
		s.put(oddBlock[0], 48)
		s.put(oddBlock[1], 43)
	}
	for s.n != uint(bit&7) {
		s.put(fixed<<1, 10)
	}
}

// oddBlock is an empty dynamic block of 48 and 43 bits: codes of one bit for
// the symbols 255 and 256 and for one distance, 256 for the end of the block.
var oddBlock = newOddBlock()

func newOddBlock() (bits [2]uint64) {
	var n uint
	put := func(v uint64, k uint) {
		for ; k > 0; k-- {
			bits[n/48] |= v & 1 << (n % 48)
			v >>= 1
			n++
		}
	}
	put(dynamic<<1, 3)
	put(0, 5)  // 257 literals and lengths
	put(0, 5)  // one distance
	put(14, 4) // 18 lengths of the code length code, the last one of symbol 1
	for _, sym := range codeOrder[:18] {
		if sym == 1 || sym == 18 {
			put(1, 3)
		} else {
			put(0, 3)
		}
	}
	// Symbol 1 has the code 0, symbol 18 the code 1.
	put(1, 1)
	put(138-11, 7)
	put(1, 1)
	put(117-11, 7)
	put(0, 3) // symbols 255 and 256, and the distance
	put(1, 1) // end of block
	return bits
}
