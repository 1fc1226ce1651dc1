package audit

import "math/bits"

// numbers is a set of line numbers: a bit each, in words by number/64. Lines
// mostly come without gaps, so a million takes some 300 KB.
type numbers map[uint64]uint64

func (n numbers) add(number uint64) { n[number/64] |= 1 << (number % 64) }

func (n numbers) has(number uint64) bool { return n[number/64]&(1<<(number%64)) != 0 }

// count returns how many of from..to are in the set. It visits the words that
// exist or the words of the range, whichever are fewer: a range may be as wide as
// a number can be.
func (n numbers) count(from, to uint64) uint64 {
	first, last := from/64, to/64
	var total uint64
	if last-first > uint64(len(n)) {
		for word, members := range n {
			if first <= word && word <= last {
				total += inRange(word, members, from, to)
			}
		}
		return total
	}
	for word := first; word <= last; word++ {
		total += inRange(word, n[word], from, to)
	}
	return total
}

// inRange counts the members of one word that are in from..to.
func inRange(word, members, from, to uint64) uint64 {
	if word == from/64 {
		members &= ^uint64(0) << (from % 64)
	}
	if word == to/64 {
		members &= ^uint64(0) >> (63 - to%64)
	}
	return uint64(bits.OnesCount64(members)) //nolint:gosec // at most 64
}
