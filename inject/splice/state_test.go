package splice

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// visible is what a client has of the text when it got so much of a body.
func visible(body []byte) string {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(z)
	return string(text)
}

// TestFlush: whatever the upstream has flushed, the client can see.
func TestFlush(t *testing.T) {
	for _, parts := range [][]string{
		{"<html><head>", "<title>slow</title>", "</head><body>one", "two", "two and two", "<p>the end"},
		{"<html><head>", far("abc"), far("def"), "tail one", "tail two", strings.Repeat("x", 9), "", "end"},
	} {
		var upstream bytes.Buffer
		w := gzip.NewWriter(&upstream)
		r := run{tag: testTag}
		s := New()
		want := ""
		for i, part := range parts {
			_, _ = io.WriteString(w, part)
			_ = w.Flush()
			want += part
			if i == 0 {
				want += testTag
				s.Feed(upstream.Bytes())
				s.Look(len(part))
				s.Edit(len(part))
				r.failed = s.Insert(&r, []byte(testTag), nil)
			} else if _, err := s.Write(upstream.Bytes()); err != nil {
				r.failed = err
			}
			upstream.Reset()
			if err := errors.Join(r.failed, s.Flush()); err != nil {
				t.Fatal(err)
			}
			if got := visible(r.out); got != want {
				t.Fatalf("after part %d: %s", i, firstDifference([]byte(got), []byte(want)))
			}
		}
		_ = w.Close()
		_, err := s.Write(upstream.Bytes())
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if got, err := inflated(r.out, false); err != nil || string(got) != want {
			t.Errorf("in the end: %v, %s", err, firstDifference(got, []byte(want)))
		}
		s.Free()
	}
}

// TestEscape: literals that have no code in a short block that repeats what
// an earlier one has.
func TestEscape(t *testing.T) {
	text := page(30 << 10)
	for _, flush := range []int{100, 256, 1 << 10, 4 << 10, 16 << 10} {
		for level := 1; level <= 9; level++ {
			for name, body := range map[string][]byte{
				"stdlib": gzipped(t, level, text, flush), "klauspost": klauspostGzipped(t, level, text, flush),
			} {
				r := checkSplice(t, body, 40, run{hold: true})
				if !r.exact {
					t.Errorf("%s, level %d, flush %d: growth is not exact", name, level, flush)
				}
			}
		}
	}
}

// TestBomb: a page that inflates to many megabytes costs no more than
// any other.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, "<html><head></head>")
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	for range 40 {
		_, _ = w.Write(spaces)
	}
	_ = w.Close()
	r := run{tag: testTag, chunk: 4 << 10, ahead: 2 << 10}
	if r.splice(b.Bytes(), 12); r.failed != nil || !r.settled {
		t.Fatalf("%+v", r.failed)
	}
	z, err := gzip.NewReader(bytes.NewReader(r.out))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, z) // checks the checksum
	if want := int64(19 + len(testTag) + 40<<20); err != nil || n != want {
		t.Errorf("%d bytes instead of %d, %v", n, want, err)
	}
	if len(r.out) > b.Len()+1000 {
		t.Errorf("%d bytes became %d", b.Len(), len(r.out))
	}
}

// TestMemory: after the insertion nothing is held but what is incomplete.
func TestMemory(t *testing.T) {
	for name, body := range map[string][]byte{
		"page":         gzipped(t, 6, page(300<<10), 0),
		"flushed":      klauspostGzipped(t, 1, page(300<<10), 50),
		"stored":       gzipped(t, 0, page(300<<10), 0),
		"empty blocks": build().stored(false, "<head>").repeated(100_000).fixed(true).end().member(),
	} {
		s := New()
		s.Feed(body[:200])
		s.Look(6)
		s.Edit(6)
		if err := s.Insert(io.Discard, []byte(testTag), nil); err != nil {
			t.Fatal(err)
		}
		for p := range slices.Chunk(body[200:], 100) {
			if _, err := s.Write(p); err != nil {
				t.Fatal(err)
			}
			if held := len(s.in) + len(s.out); held > maxHeader {
				t.Fatalf("%s: %d bytes are held", name, held)
			}
			if len(s.text) > 6+2*maxMatch {
				t.Fatalf("%s: %d bytes of text", name, len(s.text))
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s.Free()
	}
}

// repeated appends empty stored blocks, as a server does that only flushes.
func (b *streamBuilder) repeated(n int) *streamBuilder {
	for range n {
		b.stored(false, "")
	}
	return b
}

// TestAllocations: none in steady state.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	body, tag := gzipped(t, 6, page(300<<10), 0), []byte(testTag)
	n := testing.AllocsPerRun(50, func() {
		s := New()
		defer s.Free()
		s.Feed(body[:32<<10])
		s.Look(2000)
		s.Edit(40)
		err := s.Insert(io.Discard, tag, nil)
		if _, werr := s.Write(body[32<<10:]); errors.Join(err, werr, s.Close()) != nil {
			t.Fatal(err, werr)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations a page", n)
	}
}

// TestWrites: none is of a few bytes only, where there is more to write.
func TestWrites(t *testing.T) {
	body := gzipped(t, 6, page(500<<10), 0)
	r := run{tag: testTag, chunk: 32 << 10, ahead: 2000}
	if r.splice(body, 40); r.failed != nil {
		t.Fatal(r.failed)
	}
	for i, n := range r.writes[:len(r.writes)-1] {
		if n < firstWrite {
			t.Errorf("write %d of %d has %d bytes", i, len(r.writes), n)
		}
	}
}

// failing is a writer that takes only so much.
type failing struct{ room int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestWriterFails: the writer's error ends it, and stays.
func TestWriterFails(t *testing.T) {
	body := gzipped(t, 6, page(100<<10), 0)
	for _, room := range []int{0, 5000, len(body)} {
		s := New()
		s.Feed(body[:500])
		s.Look(100)
		s.Edit(40)
		err := s.Insert(&failing{room}, []byte(testTag), nil)
		for p := range slices.Chunk(body[500:], 1000) {
			if err == nil {
				_, err = s.Write(p)
			}
		}
		if err == nil {
			err = s.Close()
		}
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d: %v", room, err)
		}
		if _, again := s.Write(body); again == nil || s.Close() == nil {
			t.Errorf("room for %d: the error is forgotten", room)
		}
		s.Free()
	}
}

// TestClosed: nothing comes after Close.
func TestClosed(t *testing.T) {
	body := gzipped(t, 6, page(1000), 0)
	s := New()
	defer s.Free()
	s.Feed(body)
	s.Look(100)
	s.Edit(40)
	err := errors.Join(s.Insert(io.Discard, []byte("x"), nil), s.Flush(), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Write: %v", err)
	}
	if !errors.Is(s.Flush(), ErrClosed) || !errors.Is(s.Close(), ErrClosed) {
		t.Error("Flush or Close after Close")
	}
}

// mostGrowth is by how much a stream can become longer, whatever it is.
const mostGrowth = 4 * window

// hostile are streams whose matches repeat what stands before the place, at
// window, in a block with no literals and the longest header.
func hostile() map[string][]byte {
	begin := func() *streamBuilder {
		lits := map[int]uint8{endOfBlock: 2, 257: 1, 285: 2}
		return build().stored(false, far("abc")).dynamic(true, lits, map[int]uint8{0: 1, 29: 1})
	}
	short, long, mixed := begin(), begin(), begin()
	for range 3000 {
		short.match(3, window)
	}
	for range 126 {
		long.match(258, window)
	}
	for i := range 3000 { // far apart: it goes back to the block's code in between
		mixed.match(3, []int{window, 1, 1, 1}[min(i%400, 3)])
	}
	return map[string][]byte{
		"short": short.end().member(), "long": long.end().member(), "mixed": mixed.end().member(),
	}
}

// TestHostile: nothing makes a stream much longer, however it is cut.
func TestHostile(t *testing.T) {
	for name, body := range hostile() {
		whole := checkSplice(t, body, window, run{hold: true})
		if n := len(whole.out) - len(body); n > mostGrowth {
			t.Errorf("%s: %d bytes became %d longer", name, len(body), n)
		}
		if cut := checkSplice(t, body, window, run{chunk: 40}); !bytes.Equal(cut.out, whole.out) {
			t.Errorf("%s: %s", name, firstDifference(cut.out, whole.out))
		}
		t.Logf("%s: %d bytes became %d", name, len(body), len(whole.out))
	}
}
