package splice

import (
	"bytes"
	"strings"
	"testing"
)

// leaps follows a block from its first text on, and compares what lanes say with
// what the symbols are, one after the other. It returns how many symbols they
// took at once, and how many it took to look at each.
func leaps(t *testing.T, body []byte) (leapt, single int) {
	t.Helper()
	s := New()
	defer s.Free()
	s.Feed(body)
	if s.Look(1) != Enough || s.stage != stageCodes {
		t.Fatal("the stream does not begin with symbols")
	}
	s.bit, s.pos, s.at, s.opened, s.lanes.after = s.end, 0, 0, true, laneAfter
	places := map[int]int{} // the text before each symbol, by its first bit
	number := map[int]int{} // the symbols before it
	for {
		places[s.bit], number[s.bit] = s.pos, len(number)
		sym, state := s.symbol()
		if state != Enough || sym.length == 0 {
			break
		}
		s.bit += sym.bits
		s.pos += sym.length
	}
	last := s.bit
	for s.bit, s.pos = s.end, 0; s.bit < last; {
		before := number[s.bit]
		s.leap(window)
		if pos, ok := places[s.bit]; !ok || pos != s.pos {
			t.Fatalf("bit %d: text %d, but it is %d, at a symbol: %v", s.bit, s.pos, pos, ok)
		}
		leapt += number[s.bit] - before
		if s.pos >= window || s.bit >= last {
			break
		}
		sym, _ := s.symbol()
		s.bit += sym.bits
		s.pos += sym.length
		single++
	}
	return leapt, single
}

// Lanes take the most of a page, whoever compressed it.
func TestLanes(t *testing.T) {
	for name, body := range map[string][]byte{
		"level 1": gzipped(t, 1, page(60<<10), 0), "level 6": gzipped(t, 6, page(60<<10), 0),
		"klauspost": klauspostGzipped(t, 5, page(60<<10), 0), "Huffman only": gzipped(t, -2, page(8<<10), 0),
	} {
		t.Run(name, func(t *testing.T) {
			if leapt, single := leaps(t, body); leapt < 20*single {
				t.Errorf("%d symbols were leapt over, %d were not", leapt, single)
			}
		})
	}
}

// Codes that are all of one length never fall into step: what a lane decodes
// that begins within a symbol stays nonsense, and must not be used.
func TestLanesOutOfStep(t *testing.T) {
	for skew := range 8 { // the lanes' starts are at different bits of a code
		b := new(streamBuilder)
		text := strings.Repeat("an all too regular text ", 600) + strings.Repeat("!", 3*skew)
		body := b.fixed(true).lits(text).end().member()
		leaps(t, body)
		checkSplice(t, body, 3, run{hold: true})
	}
}

// What stands behind the input in its memory is never taken for a part of it.
func TestLanesBehindTheEnd(t *testing.T) {
	body := gzipped(t, 6, page(60<<10), 0)
	for n := 2000; n < 9000; n += 331 {
		whole, pieces := run{tag: testTag, ahead: 600}, run{tag: testTag, ahead: 600, chunk: 97}
		whole.splice(body[:n], 50) // it ends within a symbol, most likely
		pieces.splice(body[:n], 50)
		if whole.short || !bytes.Equal(whole.out, pieces.out) {
			t.Fatalf("%d bytes: %s", n, firstDifference(whole.out, pieces.out))
		}
	}
}
