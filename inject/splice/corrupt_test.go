package splice

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestCorrupt: what is no gzip stream is told before anything is written, or
// fails after it.
func TestCorrupt(t *testing.T) {
	fine := func() *streamBuilder { return build().fixed(false).lits("abcd").end() }
	over := map[int]uint8{'a': 1, 'b': 1, endOfBlock: 1}
	list := map[string][]byte{
		"text":                 []byte("<!DOCTYPE html><head></head><p>a server that lies"),
		"other method":         {0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0},
		"reserved flag":        header(gzipped(t, 6, page(300), 0), 0x20),
		"header without end":   header(gzipped(t, 6, page(300), 0), flagName, strings.Repeat("n", maxMemberHeader)),
		"long extra field":     header(gzipped(t, 6, page(300), 0), flagExtra, "\xff\xff", strings.Repeat("e", 1<<16)),
		"reserved block":       raw([]byte{7}, nil),
		"stored length":        raw([]byte{1, 5, 0, 5, 0, 'h', 'e', 'l', 'l', 'o'}, nil),
		"too many codes":       raw(build().dynamic(true, over, nil).out, nil),
		"no end of block":      build().dynamic(true, map[int]uint8{'a': 1, 'b': 1}, nil).lits("ab").member(),
		"incomplete":           build().dynamic(true, map[int]uint8{'a': 2, endOfBlock: 2}, nil).lits("a").end().member(),
		"too many distances":   fine().dynamic(true, few, map[int]uint8{0: 1, 1: 1, 2: 1}).end().member(),
		"distance before text": build().fixed(true).lits("abc").badMatch(4, 100).end().member(),
		"no such distance":     fine().dynamic(true, few, map[int]uint8{0: 1}).badDistance().member(),
		"symbol 286":           fine().fixed(true).badSymbol(286).end().member(),
		"repeat at first":      raw(repeatAtFirst(), nil),
		"checksum":             flipped(gzipped(t, 6, page(300), 0), 8),
		"length":               flipped(gzipped(t, 6, page(300), 0), 1),
	}
	for name, body := range list {
		t.Run(name, func(t *testing.T) {
			if _, err := inflated(body, false); err == nil && name != "reserved flag" && !strings.HasPrefix(name, "header") {
				t.Error("the standard library takes it")
			}
			for _, chunk := range []int{0, 1, 3} {
				r := run{tag: testTag, chunk: chunk}
				if r.splice(body, 1<<20); !r.corrupt && !r.short {
					t.Errorf("place not found, pieces of %d: %+v", chunk, r)
				}
				if !bytes.Equal(r.out, body[:len(r.out)]) {
					t.Error("not untouched")
				}
			}
		})
	}
}

// TestCorruptLate: after Insert there is no way back.
func TestCorruptLate(t *testing.T) {
	for name, body := range map[string][]byte{
		"distance": build().stored(false, "<head>").fixed(true).lits("abc").badMatch(4, 100).end().member(),
		"block":    build().stored(false, "<head>").stored(false, "x").bits(7, 3).member(),
	} {
		r := run{tag: testTag, chunk: 1, flush: true}
		if r.splice(body, 6); !errors.Is(r.failed, ErrCorrupt) {
			t.Errorf("%s: %+v", name, r)
		}
		whole := run{tag: testTag}
		if whole.splice(body, 6); !whole.corrupt || !bytes.Equal(whole.out, body) {
			t.Errorf("%s, seen in time: %+v", name, whole)
		}
	}
}

func (b *streamBuilder) bits(v uint64, n uint) *streamBuilder {
	b.put(v, n)
	return b
}

func (b *streamBuilder) badSymbol(sym int) *streamBuilder {
	b.symbol(b.code.lit[sym])
	return b
}

// badMatch has a distance beyond the text.
func (b *streamBuilder) badMatch(length, dist int) *streamBuilder {
	n := len(b.text)
	b.text = append(make([]byte, window), b.text...)
	b.match(length, dist)
	b.text = b.text[window : window+n]
	return b
}

// badDistance has the bit that the only code of a single distance is not.
func (b *streamBuilder) badDistance() *streamBuilder {
	b.symbol(b.code.lit[257])
	return b.bits(1, 1).end()
}

// repeatAtFirst is a dynamic block whose lengths begin with "as before".
func repeatAtFirst() []byte {
	b := build().bits(1|dynamic<<1, 3).bits(0, 5).bits(0, 5).bits(0, 4) // lengths for 16, 17, 18 and 0
	return b.bits(1, 3).bits(0, 3).bits(1, 3).bits(0, 3).bits(0, 48).bits(0, 48).out
}

// flipped changes a bit of the n-th byte from the end.
func flipped(body []byte, n int) []byte {
	body[len(body)-n] ^= 4
	return body
}
