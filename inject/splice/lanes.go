package splice

import (
	"encoding/binary"
	"math"
	"slices"
)

// The second pass is a chain: where a symbol begins is known only when the one
// before it has been looked up, and a processor that could do four things at
// once waits. So three lanes decode at the same time, each a third of what lies
// ahead. The second and the third hardly ever begin at a symbol, and decode
// nonsense at first. But Huffman codes fall into step by themselves (of 1,700
// starts on real pages, half after 5 symbols, 99 % after 50), and from there on
// what a lane has found is true. Where in the text that is becomes known when
// the lane before comes to the same bit. If it never does, only time is lost.
const (
	laneCount = 3
	markSteps = 8   // from one mark to the next
	maxMarks  = 128 // of a lane
	minLane   = 256 // bytes of input that make a lane worth its while

	// laneAfter is from which text of a block on there are lanes: many blocks of
	// hardly any text would each set them off in vain.
	laneAfter = 64

	laneWindow = 8 << 10 // how far lanes see, in bytes: twice as far as they are to go; a power of two
)

// lane is what one lane has found: after every few symbols a mark, and for the
// symbols between two marks, where in the text begins what they repeat.
type lane struct {
	marks    [maxMarks + 1]place
	earliest [maxMarks]int32 // from the tag's place on, and where the lane took its start to be
	n        int             // marks, but for the first
}

// lanes are all of them, and how much has been used of what they found.
type lanes struct {
	list   [laneCount]lane
	after  int // where in the text the current block has come so far that there may be lanes
	on     bool
	in     *laneInput
	origin int // the first bit of in
	end    int // how many bits of in there are

	k      int   // the lane that is being followed
	i      int   // the last of its marks that has been passed
	met    bool  // its place in the text is known:
	moved  int   // so much behind where it took it to be
	walker place // not met: goes along with it from a mark on, symbol by symbol
}

// place is how far a lane has come: in bits 0 to 31 in the input, from the
// origin on, in bits; in bits 32 to 51 in the text, from the tag's place on. What
// is above means nothing. An entry of the table of literals and lengths can be
// added.
type place uint64

const (
	textBits  = 20
	aboveText = 64 - valueShift - textBits
)

func newPlace(bit, pos int) place { return place(pos<<valueShift | bit) }

func (p place) bit() int { return int(uint32(p)) }

func (p place) pos() int { return int(p >> valueShift & (1<<textBits - 1)) }

// reach is where in the text the match at p begins to repeat whose distance has
// that entry, and its bits in v; or, now and then, one byte before. It is in the
// upper bits. A literal has the entry 0, and reaches p.
func (p place) reach(dist, v uint64) int64 {
	extra := v >> (dist >> codeShift & 63) & (dist >> maskShift & 0xffff)
	return int64(p-place(dist)-place(extra<<valueShift)) << aboveText
}

// laneInput is input that can be read at any place, wherever it ends. What is
// found behind its end is not used.
type laneInput [laneWindow + 8]byte

func (in *laneInput) at(p place) uint64 {
	return binary.LittleEndian.Uint64(in[p>>3&(laneWindow-1):]) >> (p & 7)
}

// leap is skim for what is behind the place. It takes what lanes have found from
// mark to mark; only where one of the symbols between two marks repeats what
// stands before the place, skim finds out which.
func (s *Splicer) leap(limit int) {
	l := &s.lanes
	if s.pos < l.after {
		s.skim(min(limit, l.after), s.at)
		return
	}
	if l.on && l.met {
		l.pass(s.bit - l.origin)
	}
	for l.on || s.startLanes(limit) {
		if !l.met && !l.meet(s.tables, s.bit-l.origin, s.pos-s.at) {
			if l.on {
				return // the next symbol may be where they meet
			}
			continue
		}
		found := &l.list[l.k]
		if l.i == found.n {
			l.nextLane(s.bit - l.origin)
			continue
		}
		mark := found.marks[l.i+1]
		bit, pos := l.origin+mark.bit(), s.at+mark.pos()+l.moved
		if mark.bit() > l.end || pos > limit {
			l.on = false
			break
		}
		if int(found.earliest[l.i])+l.moved < 0 {
			if s.skim(pos, s.at); s.bit < bit {
				return
			}
		}
		s.bit, s.pos = bit, pos
		l.i++
	}
	s.skim(limit, s.at)
}

// startLanes lets the lanes run ahead from where s stands, if that is worth
// while. They go as far as there is certainly use for it: a page has more than
// one byte of text for each bit.
func (s *Splicer) startLanes(limit int) bool {
	l := &s.lanes
	l.origin = s.bit &^ 7
	l.end = min(len(s.in)*8-l.origin, 8*laneWindow)
	size := min(limit-s.pos, l.end) / laneCount
	if size < 8*minLane {
		return false
	}
	first := l.origin / 8
	s.in = slices.Grow(s.in, max(0, first+len(l.in)-len(s.in)))
	l.in = (*laneInput)(s.in[first : first+len(l.in)])
	l.run(s.tables, newPlace(s.bit-l.origin, s.pos-s.at), place(size))
	l.on, l.met = true, true
	l.k, l.i, l.moved = 0, 0, 0
	return true
}

// nextLane goes over to the next lane, if there is one.
func (l *lanes) nextLane(bit int) {
	l.k++
	l.on = l.k < laneCount
	if !l.on {
		return
	}
	l.met, l.i = false, 0
	l.pass(bit)
	l.walker = l.list[l.k].marks[l.i]
}

// pass takes the marks up to that bit.
func (l *lanes) pass(bit int) {
	found := &l.list[l.k]
	for l.i < found.n && found.marks[l.i+1].bit() <= bit {
		l.i++
	}
}

// meet says whether the lane comes to that bit of the input, which is at pos in
// the text. If the lane has ended before, lanes are of no more use.
func (l *lanes) meet(t *tables, bit, pos int) bool {
	for l.walker.bit() < bit {
		next, _ := t.next(l.in.at(l.walker), l.walker, 0)
		if next == l.walker {
			l.on = false
			return false
		}
		l.walker = next
	}
	if l.met = l.walker.bit() == bit; l.met {
		l.moved = pos - l.walker.pos()
		l.pass(bit)
	}
	return l.met
}

// run is the inner loop. It ends when each lane has come to where the next one
// began, or cannot go on; or when the first one cannot. It takes no branch that
// depends on the symbols, but for rare ones. Each step is up to two literals and
// another symbol: as much as 57 bits have in any case, with codes as long as the
// first lookups see. It is written out since calls cost a tenth.
func (l *lanes) run(t *tables, start, size place) {
	in := l.in
	a, b, c := start, start+size, start+2*size
	first, second, third := &l.list[0], &l.list[1], &l.list[2]
	first.marks[0], second.marks[0], third.marks[0] = a, b, c
	endA, endB, endC := b.bit(), c.bit(), (c + size).bit()
	n := 0
	for again := true; again && n < maxMarks; n++ {
		var fromA, fromB, fromC int64 = math.MaxInt64, math.MaxInt64, math.MaxInt64
		for range markSteps {
			v := in.at(a)
			e := t.literal(v)
			a += place(e)
			v >>= e & 63
			e = t.literal(v)
			a += place(e)
			v >>= e & 63
			e = t.lit[v&(1<<litRoot-1)]
			v >>= e & 63
			d := t.distance(v, e)
			if (e|d)&isSlow == 0 {
				fromA = min(fromA, a.reach(d, v))
				a += place(e + d&63)
			} else {
				a, fromA = t.next(in.at(a), a, fromA)
			}

			v = in.at(b)
			e = t.literal(v)
			b += place(e)
			v >>= e & 63
			e = t.literal(v)
			b += place(e)
			v >>= e & 63
			e = t.lit[v&(1<<litRoot-1)]
			v >>= e & 63
			d = t.distance(v, e)
			if (e|d)&isSlow == 0 {
				fromB = min(fromB, b.reach(d, v))
				b += place(e + d&63)
			} else {
				b, fromB = t.next(in.at(b), b, fromB)
			}

			v = in.at(c)
			e = t.literal(v)
			c += place(e)
			v >>= e & 63
			e = t.literal(v)
			c += place(e)
			v >>= e & 63
			e = t.lit[v&(1<<litRoot-1)]
			v >>= e & 63
			d = t.distance(v, e)
			if (e|d)&isSlow == 0 {
				fromC = min(fromC, c.reach(d, v))
				c += place(e + d&63)
			} else {
				c, fromC = t.next(in.at(c), c, fromC)
			}
		}
		wait := first.add(n, a, fromA, endA)
		again = second.add(n, b, fromB, endB)
		again = third.add(n, c, fromC, endC) || again || wait
		again = again && first.marks[n] != a
	}
	first.n, second.n, third.n = n, n, n
}

// add makes a mark, and says whether the lane can go on and has to.
func (l *lane) add(n int, p place, earliest int64, end int) bool {
	l.marks[n+1] = p
	l.earliest[n] = int32(earliest >> (valueShift + aboveText))
	return p.bit() < end && p != l.marks[n]
}

// literal is the entry of the literal that comes next, or else 0.
func (t *tables) literal(v uint64) uint64 {
	e := t.lit[v&(1<<litRoot-1)]
	return e & uint64(int64(e)>>63)
}

// distance is the entry of the distance after a length, or 0 after a literal.
func (t *tables) distance(v, e uint64) uint64 {
	return t.dist[v&(1<<distRoot-1)] &^ uint64(int64(e)>>63)
}

// next takes one symbol, whatever it is. Where there is none, p stays.
func (t *tables) next(v uint64, p place, earliest int64) (place, int64) {
	e, taken := lookUp(t.lit[:], litRoot, v)
	if e&isLiteral != 0 {
		return p + place(e) + place(taken), earliest
	}
	if e&isSpecial != 0 {
		return p, earliest
	}
	length := lengthOf(e, v>>taken)
	taken += int(e & 63)
	v >>= taken
	d, more := lookUp(t.dist[:], distRoot, v)
	if d&isSpecial != 0 {
		return p, earliest
	}
	earliest = min(earliest, p.reach(d, v>>more))
	return p + newPlace(taken+more+int(d&63), length), earliest
}
