package splice

// poly is the generator of CRC-32 (RFC 1952, 8), reflected: bit 31 is x^0.
const poly = 0xedb88320

// squares[k] is x to the power of 2^k, modulo poly.
var squares = newSquares()

func newSquares() (list [32]uint32) {
	list[0] = 1 << 30 // x
	for k := 1; k < len(list); k++ {
		list[k] = multiply(list[k-1], list[k-1])
	}
	return list
}

// multiply is the product of two polynomials modulo poly. It has no branches
// that depend on their bits, which no processor could foretell.
func multiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		product ^= b & -(a >> 31)
		b = b>>1 ^ poly&-(b&1)
	}
	return product
}

// shift is what a difference between two checksums becomes after n more bytes
// that are the same on both sides: CRC-32 is linear, so those bytes themselves
// do not matter. zlib's crc32_combine rests on the same.
func shift(difference, n uint32) uint32 {
	for k := 3; n != 0; n, k = n>>1, k+1 { // x^8 to the power of n
		if n&1 != 0 {
			difference = multiply(squares[k&31], difference)
		}
	}
	return difference
}
