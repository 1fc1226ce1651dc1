package splice

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"testing"
)

// FuzzSplice puts a tag anywhere into anything, cut anyhow. What no decoder
// reads goes through untouched or fails; what the standard library reads, it
// still reads, with the tag in it.
func FuzzSplice(f *testing.F) {
	for _, body := range streams() {
		f.Add(body, uint16(3), uint16(5), uint8(0))
		f.Add(body[10:], uint16(0), uint16(1), uint8(1))
	}
	for _, level := range []int{-2, 0, 1, 6, 9} {
		f.Add(gzipped(f, level, page(3<<10), 500), uint16(300), uint16(64), uint8(2))
		f.Add(klauspostGzipped(f, level, page(40<<10), 0), uint16(39), uint16(1000), uint8(4))
	}
	f.Add(append(gzipped(f, 6, page(300), 0), gzipped(f, 6, page(300), 0)...), uint16(500), uint16(1), uint8(8))
	f.Fuzz(func(t *testing.T, body []byte, place, chunk uint16, flags uint8) {
		bare := flags&1 != 0
		if bare { // blocks alone: make a member of them, with the right checksum
			body = asMember(body)
		}
		text, members, err := reference(body)
		at := int(place)
		if at > len(text) && flags&16 == 0 {
			at %= len(text) + 1
		}
		r := run{tag: testTag, ahead: int(flags >> 5 * 100), hold: flags&2 != 0}
		cut, flushed := r, r
		cut.chunk, cut.hold = 1+int(chunk)%2000, flags&4 != 0
		flushed.chunk, flushed.flush = 1+int(chunk)%300, true
		cut.known, flushed.known = chunk&1 != 0, chunk&2 != 0
		cut.split = chunk&4 != 0
		r.splice(body, at)
		cut.splice(body, at)
		flushed.splice(body, at)
		for _, r := range []run{r, cut, flushed} {
			checkAnything(t, body, r)
			if err == nil && at <= len(text) {
				checkText(t, body, text, members, at, r)
			}
		}
		if bothDone := r.failed == nil && cut.failed == nil && !r.corrupt && !cut.corrupt; bothDone && !r.short && !bytes.Equal(r.out, cut.out) {
			t.Fatalf("in pieces of %d: %s", cut.chunk, firstDifference(cut.out, r.out))
		}
	})
}

// checkAnything is what holds whatever the input is.
func checkAnything(t *testing.T, body []byte, r run) {
	t.Helper()
	switch {
	case (r.corrupt || r.short) && !bytes.Equal(r.out, body[:min(len(r.out), len(body))]):
		t.Fatal("not untouched")
	case r.failed != nil && !errors.Is(r.failed, ErrCorrupt) && !errors.Is(r.failed, io.ErrUnexpectedEOF):
		t.Fatal(r.failed)
	case r.settled && r.failed == nil && r.growth != int64(len(r.out)-len(body)):
		t.Fatalf("growth %d, but %d became %d", r.growth, len(body), len(r.out))
	case len(r.out) > len(body)+mostGrowth:
		t.Fatalf("%d became %d", len(body), len(r.out))
	}
}

// checkText is what holds where the standard library reads all of the input.
func checkText(t *testing.T, body, text []byte, members, at int, r run) {
	t.Helper()
	if members > 1 && len(text) > at+window {
		return // the end of the first one cannot be seen
	}
	if r.corrupt && (members > 1 || body[3]&flagReserved != 0) {
		return // the library ignores those flags
	}
	if r.corrupt || r.short || r.failed != nil {
		t.Fatalf("corrupt %v, short %v, %v", r.corrupt, r.short, r.failed)
	}
	want := slices.Concat(text[:at], []byte(r.tag), text[at:])
	got, _, err := reference(r.out)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("at %d: %v, %s", at, err, firstDifference(got, want))
	}
}

// reference is what the standard library makes of a body, up to 1 MB.
func reference(body []byte) (text []byte, members int, err error) {
	const limit = 1 << 20
	src := bytes.NewReader(body)
	z, err := gzip.NewReader(src)
	for ; err == nil; err = z.Reset(src) {
		z.Multistream(false)
		members++
		part, err := io.ReadAll(io.LimitReader(z, limit))
		if text = append(text, part...); err != nil {
			return text, members, err
		}
		if len(text) >= limit {
			return text, members, errors.New("too long")
		}
	}
	if err == io.EOF && members > 0 {
		err = nil
	}
	return text, members, err
}
