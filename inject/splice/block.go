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
	var table [128]uint32
	if !buildPrecode(&table, &lens) {
		return Corrupt
	}
	return b.readLengths(r, &table, lits, dists)
}

// buildPrecode fills the decoding table of the code length code: the symbol,
// shifted left by four, and its bits. zlib refuses a code that is not complete,
// other decoders take one of a single symbol; so does this, to leave the
// judgement to whoever gets the page.
func buildPrecode(table *[128]uint32, lens *[19]uint8) bool {
	var s sorter
	if _, ok := s.sort(lens[:]); !ok || s.n == 0 {
		return false
	}
	for i := range table {
		table[i] = noLength<<4 | 1
	}
	var code, length uint = 0, 1
	for seen := 0; length <= 7; length++ {
		for range s.count[length] {
			entry := uint32(s.sorted[seen])<<4 | uint32(length)
			seen++
			for k := code; k < 128; k += 1 << length {
				table[k] = entry
			}
			code = nextCode(code, length)
		}
	}
	return true
}

// readLengths reads the lengths of the two codes, and makes the tables.
func (b *block) readLengths(r *bitReader, table *[128]uint32, lits, dists int) State {
	var lens [maxLits + maxDists]uint8
	total := lits + dists
	end := len(r.in) * 8
	for n := 0; n < total; {
		v := r.peek()
		entry := table[v&127]
		length := int(entry & 15)
		v >>= length
		sym := entry >> 4
		if sym < 16 {
			if r.bit += length; r.bit > end {
				return More
			}
			lens[n] = uint8(sym)
			n++
			continue
		}
		repeat := &repeats[sym-16]
		if r.bit += length + repeat.bits; r.bit > end {
			return More
		}
		count := repeat.base + int(v&(1<<repeat.bits-1))
		if n+count > total || sym == 16 && n == 0 || sym == noLength {
			return Corrupt
		}
		var l uint8
		if sym == 16 {
			l = lens[n-1]
		}
		for ; count > 0; count-- {
			lens[n] = l
			n++
		}
	}
	if !b.own.build(lens[:lits], lens[lits:total]) {
		return Corrupt
	}
	return Enough
}

// repeats are the code length symbols 16, 17 and 18, and noLength.
var repeats = [4]struct{ bits, base int }{{2, 3}, {3, 3}, {7, 11}, {}}

// noLength is what bits stand for that are not in the code length code.
const noLength = 19
