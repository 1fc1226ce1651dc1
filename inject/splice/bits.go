package splice

import "encoding/binary"

// bitReader reads a byte slice bit by bit, the least significant bit of each
// byte first (RFC 1951, 3.1.1).
type bitReader struct {
	in  []byte
	bit int // the next bit to read
}

// left is how many bits there are still to read.
func (r *bitReader) left() int { return len(r.in)*8 - r.bit }

// peek returns at least the next 57 bits, or all that are left; beyond the end
// there are zeros.
func (r *bitReader) peek() uint64 {
	i := r.bit >> 3
	if i+8 <= len(r.in) {
		return binary.LittleEndian.Uint64(r.in[i:]) >> (r.bit & 7)
	}
	var v uint64
	for k, b := range r.in[min(i, len(r.in)):] {
		v |= uint64(b) << (8 * k)
	}
	return v >> (r.bit & 7)
}

// align skips to the next byte.
func (r *bitReader) align() { r.bit = (r.bit + 7) &^ 7 }

// bitWriter appends bits to a byte slice in the same order. Whole bytes are in
// out at once; up to seven bits wait in acc.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint // bits in acc
}

// put appends the lowest k bits of v, which has no others; k is at most 48.
func (w *bitWriter) put(v uint64, k uint) {
	w.acc |= v << w.n
	for w.n += k; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
}

// fill completes the current byte with zeros.
func (w *bitWriter) fill() {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
}

// copyBits appends the bits from up to to of src. Most of them it takes 56 at a
// time: once the output stands at the beginning of a byte, seven of its bytes
// are seven and a bit of the input's, always at the same bit.
func (w *bitWriter) copyBits(src []byte, from, to int) {
	const step = 56
	if to-from >= 2*step {
		k := uint(-w.n & 7)
		w.put(binary.LittleEndian.Uint64(src[from>>3:])>>(from&7)&(1<<k-1), k)
		from += int(k)
		n := min((to-from)/step, (len(src)-8-from>>3)/(step/8)+1)
		w.copyWords(src[from>>3:], uint(from&7), n)
		from += n * step
	}
	r := bitReader{in: src, bit: from}
	for r.bit < to {
		k := min(to-r.bit, 32)
		w.put(r.peek()&(1<<k-1), uint(k))
		r.bit += k
	}
}

// copyWords appends n times 56 bits of src, from that bit of its first byte on.
// The output stands at the beginning of a byte, and src has a byte more.
func (w *bitWriter) copyWords(src []byte, bit uint, n int) {
	const size = 7
	w.reserve(n*size + 8)
	out := w.out[len(w.out) : len(w.out)+n*size+8]
	w.out = w.out[:len(w.out)+n*size]
	for ; n > 0 && len(src) >= 8 && len(out) >= 8; n-- {
		binary.LittleEndian.PutUint64(out, binary.LittleEndian.Uint64(src)>>(bit&7))
		src, out = src[size:], out[size:]
	}
}

// reserve makes room for n more bytes.
func (w *bitWriter) reserve(n int) {
	if cap(w.out)-len(w.out) < n {
		w.out = append(make([]byte, 0, 2*cap(w.out)+n), w.out...)
	}
}
