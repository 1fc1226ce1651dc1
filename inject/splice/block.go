package splice

// Kinds of blocks (RFC 1951, 3.2.3).
const (
	stored = iota
	fixed
	dynamic
)

// Limits of the format.
const (
	minMatch = 3
	maxMatch = 258
	window   = 32 << 10 // the longest distance

	maxLits  = 286
	maxDists = 30
	// maxHeader is the longest header of a block, in bytes: three bits, 14 for
	// the counts, 19 lengths of three bits, and then, for each code, seven bits
	// and seven extra ones.
	maxHeader = (3+14+19*3+(maxLits+maxDists)*14)/8 + 1
)

// block is the DEFLATE block that is being read.
type block struct {
	kind   int
	final  bool
	length int     // stored: bytes of the payload still to come
	tables *tables // the others: own or fixedTables
	own    tables
	start  int // the header's first bit, BFINAL
	end    int // the bit after it
}

// codeOrder is in which order the lengths of the code length code come
// (RFC 1951, 3.2.7).
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readBlock reads the header of a block, of which all must be there: otherwise
// nothing is read and the state is More.
func (b *block) readBlock(r *bitReader) State {
	start := r.bit
	if r.left() < 3 {
		return More
	}
	v := r.peek()
	b.start = start
	b.final = v&1 != 0
	b.kind = int(v >> 1 & 3)
	r.bit += 3
	state := Corrupt
	switch b.kind {
	case stored:
		state = b.readStored(r)
	case fixed:
		b.tables = fixedTables
		state = Enough
	case dynamic:
		b.tables = &b.own
		state = b.readCodes(r)
	}
	if state == More {
		r.bit = start
	}
	b.end = r.bit
	return state
}

func (b *block) readStored(r *bitReader) State {
	r.align()
	if r.left() < 32 {
		return More
	}
	v := r.peek()
	b.length = int(v & 0xffff)
	if b.length != int(^v>>16&0xffff) {
		return Corrupt
	}
	r.bit += 32
	return Enough
}

// readCodes reads the codes of a dynamic block (RFC 1951, 3.2.7).
func (b *block) readCodes(r *bitReader) State {
	if r.left() < 14 {
		return More
	}
	v := r.peek()
	lits, dists, codes := int(v&31)+257, int(v>>5&31)+1, int(v>>10&15)+4
	r.bit += 14
	if lits > maxLits || dists > maxDists {
		return Corrupt
	}
	if r.left() < 3*codes {
		return More
	}
	var lens [19]uint8
	v = r.peek() // all 57 bits that 19 lengths have
	for _, sym := range codeOrder[:codes] {
		lens[sym] = uint8(v & 7)
		v >>= 3
	}
	r.bit += 3 * codes
	var table [1 << precodeBits]uint8
	if !buildPrecode(&table, &lens) {
		return Corrupt
	}
	return b.readLengths(r, &table, lits, dists)
}

// precodeBits is the longest code of the code length code.
const precodeBits = 7

// buildPrecode fills the decoding table of the code length code: the symbol,
// shifted left by three, and its bits. zlib refuses a code that is not complete,
// other decoders take one of a single symbol; so does this, to leave the
// judgement to whoever gets the page.
func buildPrecode(table *[1 << precodeBits]uint8, lens *[19]uint8) bool {
	var count [precodeBits + 1]int
	for _, l := range lens {
		count[l]++
	}
	left := 1
	for _, n := range count[1:] {
		if left = left<<1 - n; left < 0 {
			return false
		}
	}
	if single := len(lens)-count[0] == 1 && count[1] == 1; left > 0 && !single {
		return false
	}
	table[0], table[1] = noLength<<3|1, noLength<<3|1
	var code uint
	size := uint(2)
	for length := uint(1); length <= precodeBits; length++ {
		if length > 1 {
			copy(table[size:2*size], table[:size])
			size *= 2
		}
		for sym, l := range lens {
			if uint(l) == length {
				table[code] = uint8(sym<<3) | l
				code = nextCode(code, length)
			}
		}
	}
	return true
}

// readLengths reads the lengths of the two codes, and makes the tables.
func (b *block) readLengths(r *bitReader, table *[1 << precodeBits]uint8, lits, dists int) State {
	var lens [maxLits + maxDists]uint8
	total := lits + dists
	end := len(r.in) * 8
	for n := 0; n < total; {
		v := r.peek()
		for stop := r.bit + 57 - precodeBits - 7; r.bit <= stop && n < total; {
			entry := table[v&(1<<precodeBits-1)]
			length := uint(entry & 7)
			v >>= length
			sym := entry >> 3
			if sym < 16 {
				if r.bit += int(length); r.bit > end {
					return More
				}
				lens[n] = sym
				n++
				continue
			}
			repeat := &repeats[sym&3]
			count := int(repeat.base + uint(v)&(1<<repeat.bits-1))
			v >>= repeat.bits
			if r.bit += int(length + repeat.bits); r.bit > end {
				return More
			}
			if n+count > total || sym == 16 && n == 0 || sym == noLength {
				return Corrupt
			}
			if sym == 16 {
				for i := range count {
					lens[n+i] = lens[n-1]
				}
			}
			n += count
		}
	}
	if !b.own.build(lens[:lits], lens[lits:total]) {
		return Corrupt
	}
	return Enough
}

// repeats are the code length symbols 16, 17 and 18, and noLength.
var repeats = [4]struct{ bits, base uint }{{2, 3}, {3, 3}, {7, 11}, {}}

// noLength is what bits stand for that are not in the code length code.
const noLength = 19
