package splice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func build() *streamBuilder { return new(streamBuilder) }

// few is a code for 'a' to 'd', 'x', end of block and lengths of 3, 4 and 258.
var few = map[int]uint8{'a': 3, 'b': 3, 'c': 3, 'd': 3, 'x': 3, endOfBlock: 3, 257: 3, 258: 4, 285: 4}

// wide is a code for distances of 1, 2, 5 and 6, and from 24,577 on.
var wide = map[int]uint8{0: 2, 1: 2, 4: 2, 29: 2}

// streams are what encoders may write, and what they hardly ever do.
func streams() map[string][]byte {
	abc := strings.Repeat("abcdefghijklmnopqrstuvwxyz", 4)
	list := map[string][]byte{
		"empty":                build().stored(true, "").member(),
		"one stored block":     build().stored(true, abc).member(),
		"several stored ones":  build().stored(false, "abc").stored(false, "").stored(true, "def").member(),
		"fixed":                build().fixed(true).lits("abcdef").match(4, 6).match(258, 3).end().member(),
		"short matches":        build().fixed(true).lits("abcdef").match(3, 6).match(4, 6).match(5, 7).match(3, 1).end().member(),
		"overlapping":          build().fixed(true).lits("ab").match(258, 1).match(258, 2).match(3, 1).end().member(),
		"dynamic":              build().dynamic(true, few, wide).lits("abcdx").match(4, 5).match(258, 5).match(3, 1).end().member(),
		"empty blocks":         build().fixed(false).end().stored(false, "").fixed(false).end().fixed(false).lits("abc").end().fixed(true).end().member(),
		"a block that repeats": build().fixed(false).lits("abcdeabcd").end().dynamic(true, map[int]uint8{endOfBlock: 1, 257: 1}, map[int]uint8{2: 1}).match(3, 3).match(3, 3).end().member(),
		"no distance code":     build().dynamic(true, few, nil).lits("abcd").end().member(),
		"one distance code":    build().fixed(false).lits("abcd").end().dynamic(true, few, map[int]uint8{3: 1}).match(4, 4).match(3, 4).end().member(),
		"258 as 284 and 31":    longMatch().member(),
		"farthest":             build().stored(false, far("xyz")).fixed(true).match(3, window).match(258, window).lits("end").end().member(),
		"all kinds":            build().stored(false, "abcd").fixed(false).match(6, 4).end().dynamic(false, few, wide).match(4, 5).lits("x").end().stored(false, "").fixed(true).match(20, 10).end().member(),
	}
	for phase := range 8 {
		// A literal of 144 and more has nine bits in a fixed block.
		b := build().stored(false, far("abc")).fixed(false).lits(strings.Repeat("\xff", phase)).match(100, 1000)
		list[fmt.Sprintf("phase %d", phase)] = b.match(258, 30000).match(258, 2000).match(258, 258).lits("the end").end().fixed(true).lits("z").end().member()
	}
	return list
}

// longMatch has a match of 258 that is not spelled as it should be.
func longMatch() *streamBuilder {
	b := build().fixed(true).lits("abc")
	b.symbol(b.code.lit[284])
	b.put(31, 5)
	b.symbol(b.code.dist[2])
	for range maxMatch {
		b.text = append(b.text, b.text[len(b.text)-3])
	}
	return b.end()
}

// far is text that is as long as the longest distance.
func far(start string) string {
	return start + strings.Repeat("0123456789abcdef", window/16)[len(start):]
}

// places are where in a text something is put in: everywhere, if it is short.
func places(text []byte) (list []int) {
	for at := range len(text) + 1 {
		if len(text) < 700 || at%3000 == 0 || at > len(text)-10 || at > window-3 && at < window+3 {
			list = append(list, at)
		}
	}
	return list
}

// TestStreams: every stream, at every place, in one piece and in many.
func TestStreams(t *testing.T) {
	for name, body := range streams() {
		t.Run(name, func(t *testing.T) {
			text, err := inflated(body, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range places(text) {
				whole := checkSplice(t, body, at, run{hold: true})
				for _, r := range []run{
					{chunk: 1}, {chunk: 7, ahead: 300}, {chunk: 64, hold: true}, {chunk: 3, flush: true}, {ahead: 50},
				} {
					if r.chunk == 1 && len(body) > 2000 && at%7 != 0 {
						continue
					}
					if cut := checkSplice(t, body, at, r); !bytes.Equal(cut.out, whole.out) {
						t.Fatalf("at %d, %+v: %s", at, r, firstDifference(cut.out, whole.out))
					}
				}
			}
		})
	}
}

// TestTags: empty, and longer than a stored block can be.
func TestTags(t *testing.T) {
	body := gzipped(t, 6, page(60<<10), 0)
	for _, n := range []int{1, maxStored, maxStored + 1, 2 * maxStored, 2*maxStored + 1} {
		tag := strings.Repeat("t", n)
		for _, at := range []int{0, 45, 20000} {
			early := checkSplice(t, body, at, run{tag: tag})
			late := checkSplice(t, body, at, run{tag: tag, hold: true, chunk: 1000})
			if !bytes.Equal(early.out, late.out) {
				t.Errorf("%d bytes at %d: %s", n, at, firstDifference(early.out, late.out))
			}
		}
	}
	r := run{}
	if r.splice(body, 45); r.failed != nil {
		t.Fatal(r.failed)
	}
	if got, err := inflated(r.out, false); err != nil || !bytes.Equal(got, page(60<<10)) {
		t.Errorf("an empty tag: %v", err)
	}
}

// TestSuffix: the copied part is the input's, bar the trailer.
func TestSuffix(t *testing.T) {
	text := page(300 << 10)
	for level := 1; level <= 9; level++ {
		body := gzipped(t, level, text, 0)
		r := checkSplice(t, body, 40, run{})
		same := 0
		for a, b := body[:len(body)-trailerSize], r.out[:len(r.out)-trailerSize]; same < len(a) && a[len(a)-1-same] == b[len(b)-1-same]; {
			same++
		}
		if decoded := len(body) - same; decoded > len(body)/5 {
			t.Errorf("level %d: only the last %d of %d bytes are copied", level, same, len(body))
		}
	}
}

// header is a gzip header with all that it can have, for the same body.
func header(body []byte, flags byte, fields ...string) []byte {
	h := bytes.Clone(body[:10])
	h[3] = flags
	return slices.Concat(h, []byte(strings.Join(fields, "")), body[10:])
}

// TestHeaders: the fields of the header stay as they are.
func TestHeaders(t *testing.T) {
	body := gzipped(t, 6, page(5<<10), 0)
	for name, c := range map[string]struct {
		body []byte
		n    int
	}{
		"extra":            {header(body, flagExtra, "\x05\x00hello"), 17},
		"empty extra":      {header(body, flagExtra, "\x00\x00"), 12},
		"name":             {header(body, flagName, "index.html\x00"), 21},
		"comment":          {header(body, flagComment, "caf\xe9\x00"), 15},
		"all":              {header(body, flagExtra|flagName|flagComment, "\x01\x00x", "n\x00", "\x00"), 16},
		"text":             {header(body, 1), 10},
		"header checksum":  {withHeaderSum(header(body, flagName|flagHeaderCRC, "n\x00")), 14},
		"as long as it is": {header(body, flagExtra, "\xf4\x0f", strings.Repeat("e", 0xff4)), maxMemberHeader},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 1, 5} {
				r := checkSplice(t, c.body, 45, run{chunk: chunk})
				if !bytes.Equal(r.out[:c.n], c.body[:c.n]) {
					t.Errorf("the header became %q", r.out[:c.n])
				}
			}
		})
	}
}

// TestMembers: what follows the member that has the place is copied.
func TestMembers(t *testing.T) {
	text := page(20 << 10)
	one := func(from, to int) []byte { return gzipped(t, 6, text[from:to], 0) }
	empty := gzipped(t, 6, nil, 0)
	for name, body := range map[string][]byte{
		"two":              append(one(0, 3000), one(3000, len(text))...),
		"a small first":    append(one(0, 10), one(10, len(text))...),
		"an empty first":   append(bytes.Clone(empty), one(0, len(text))...),
		"many empty ones":  append(bytes.Repeat(empty, 50), append(one(0, 100), append(bytes.Repeat(empty, 3), one(100, len(text))...)...)...),
		"empty ones after": append(one(0, 5000), bytes.Repeat(empty, 3)...),
		"nothing else":     bytes.Repeat(empty, 3),
	} {
		t.Run(name, func(t *testing.T) {
			text, _ := inflated(body, false)
			for _, at := range []int{0, 1, 9, 10, 11, 99, 100, 101, 2999, 3000, 3001, 4999, 5000, len(text)} {
				if at > len(text) {
					continue
				}
				whole := checkSplice(t, body, at, run{})
				for _, r := range []run{{chunk: 1}, {chunk: 19, ahead: 500, hold: true}, {chunk: len(body)/2 + 1}} {
					if cut := checkSplice(t, body, at, r); !bytes.Equal(cut.out, whole.out) {
						t.Fatalf("at %d, %+v: %s", at, r, firstDifference(cut.out, whole.out))
					}
				}
			}
		})
	}
}

// TestTrailingData: it stays, so that the length that was promised is kept.
func TestTrailingData(t *testing.T) {
	text := page(4 << 10)
	for _, garbage := range []string{"\x00", "garbage", strings.Repeat("\x00", 512)} {
		body := append(gzipped(t, 6, text, 0), garbage...)
		for _, chunk := range []int{0, 1, len(body) - len(garbage)} {
			r := run{tag: testTag, chunk: chunk}
			r.splice(body, 45)
			if r.failed != nil || !r.settled || r.growth != int64(len(r.out)-len(body)) {
				t.Fatalf("%q: %+v", garbage, r.failed)
			}
			clean, found := bytes.CutSuffix(r.out, []byte(garbage))
			got, err := inflated(clean, false)
			if !found || err != nil || !bytes.Equal(got, slices.Concat(text[:45], []byte(testTag), text[45:])) {
				t.Errorf("%q in pieces of %d: %v", garbage, chunk, err)
			}
		}
		// Where the place is not known yet, it is no stream to be edited.
		r := run{tag: testTag}
		if r.splice(body, len(text)+1); !r.corrupt || !bytes.Equal(r.out, body) {
			t.Errorf("%q: not passed", garbage)
		}
	}
}

// TestTruncated cuts streams off at every byte. Whoever decodes what comes of
// it gets the beginning of the page with the tag, and an error.
func TestTruncated(t *testing.T) {
	text := page(120 << 10)
	list := streams()
	list["page"] = gzipped(t, 6, page(2<<10), 0)
	list["stored page"] = gzipped(t, 0, text[:50<<10], 0)
	list["long page"] = gzipped(t, 9, text, 0)
	for name, body := range list {
		t.Run(name, func(t *testing.T) {
			text, err := inflated(body, false)
			if err != nil {
				t.Fatal(err)
			}
			at := min(45, len(text)/2)
			want := slices.Concat(text[:at], []byte(testTag), text[at:])
			for n := 0; n < len(body); n += 1 + len(body)/200 {
				r := run{tag: testTag, chunk: max(1, n/3)}
				r.splice(body[:n], at)
				if r.corrupt || r.failed != nil && !errors.Is(r.failed, io.ErrUnexpectedEOF) {
					t.Fatalf("%d of %d bytes: corrupt %v, %v", n, len(body), r.corrupt, r.failed)
				}
				if r.short {
					if !bytes.Equal(r.out, body[:n]) {
						t.Fatalf("%d of %d bytes: not untouched", n, len(body))
					}
					continue
				}
				whole := r.out
				if r.settled {
					// What is taken for a trailer cannot be told from one.
					whole = whole[:max(0, len(whole)-trailerSize)]
				}
				if got, err := inflated(whole, false); err == nil || !bytes.HasPrefix(want, got) {
					t.Fatalf("%d of %d bytes: %v, %s", n, len(body), err, firstDifference(got, want))
				}
			}
		})
	}
}
