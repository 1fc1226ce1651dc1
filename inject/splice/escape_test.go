package splice

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// Every distance is written as the fixed code has it.
func TestFixedDistance(t *testing.T) {
	for dist := 1; dist <= window; dist++ {
		v, n := fixedDistance(dist)
		e, _ := lookUp(fixedTables.dist[:], distRoot, v)
		if got := distanceOf(e, v); got != dist || uint(e&63) != n || v>>n != 0 {
			t.Fatalf("%d became %d, of %d bits instead of %d", dist, got, n, e&63)
		}
	}
}

// escapes is a stream of two blocks. The first has all letters; the second begins
// with matches that repeat letters which it has no codes for, and has so many
// symbols of one bit after them.
func escapes(symbols int) []byte {
	few := map[int]uint8{'a': 1, endOfBlock: 3, 257: 3, 258: 3, 259: 3}
	b := build().stored(false, "<x>defghijklmnop").dynamic(true, few, map[int]uint8{7: 1, 8: 1})
	b.match(3, 16).match(4, 19)
	for range symbols {
		b.lits("a")
	}
	return b.end().member()
}

// A block goes on in the fixed code to its end where that is shorter than its
// header, and only there.
func TestEscapeStays(t *testing.T) {
	longer := func(symbols int) int {
		body := escapes(symbols)
		whole := checkSplice(t, body, 10, run{hold: true})
		if cut := checkSplice(t, body, 10, run{chunk: 1}); string(cut.out) != string(whole.out) {
			t.Errorf("%d symbols: %s", symbols, firstDifference(cut.out, whole.out))
		}
		return len(whole.out) - len(body)
	}
	none, some, many, more := longer(0), longer(100), longer(2000), longer(4000)
	if want := none + 100*7/8; some < want-1 || some > want+1 {
		t.Errorf("100 symbols of 1 bit became 8 bits: %d bytes longer, and %d without them", some, none)
	}
	if many != more || many < some {
		t.Errorf("2000 symbols make it %d bytes longer, 4000 %d", many, more)
	}
}

// To decide that, not much of a block is waited for, even if its own codes are
// longer than the fixed ones, so that the end could be any number of bytes away.
func TestEscapeWaits(t *testing.T) {
	lits := map[int]uint8{'b': 1, 257: 2, endOfBlock: 3, 'c': 4, 'd': 5, 'e': 6, 'f': 7, 'g': 8, 'h': 9, 'i': 10, 'j': 11, 'a': 11}
	b := build().stored(false, "<x>klmnopqrstuvw").dynamic(true, lits, map[int]uint8{7: 1, 8: 1})
	body := b.match(3, 16).lits(strings.Repeat("a", window)).end().member()
	checkSplice(t, body, 10, run{hold: true})
	s := New()
	defer s.Free()
	s.Feed(body[:100])
	if s.Look(10) != Enough || s.Edit(10) != More {
		t.Fatal("100 bytes are too many or too few")
	}
	err := s.Insert(io.Discard, []byte(testTag), nil)
	for p := range slices.Chunk(body[100:], 50) {
		if err == nil {
			_, err = s.Write(p)
		}
		if len(s.in) > 4<<10 {
			t.Fatalf("%d bytes wait", len(s.in))
		}
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
}
