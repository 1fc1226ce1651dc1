package inject

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// faultCodings are the ways of a body through a Rewriter.
var faultCodings = []string{"", "gzip", "deflate", "br", "zstd"}

// longPage does not compress to the size of any buffer on the way, so that a
// connection is given memory of ours itself. Pages of different seeds differ.
func longPage(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	page := []byte("<!DOCTYPE html><head><title>t</title></head><body>")
	for range 200 << 10 {
		page = append(page, byte('0'+r.IntN(64)))
	}
	return page
}

// resetStream is the connection of a client that has reset its stream: net/http's
// writer for HTTP/2 returns an error then, while the frame that is on its way may
// still have the bytes.
type resetStream struct {
	writes int // that succeed
	kept   []byte
	copied []byte
}

func (w *resetStream) Write(p []byte) (int, error) {
	if w.writes--; w.writes >= 0 {
		return len(p), nil
	}
	if w.kept == nil {
		w.kept, w.copied = p, bytes.Clone(p)
	}
	return 0, io.ErrClosedPipe
}

// TestMemoryOfALostWrite shows that bytes which a failed write was given are not
// used again for other documents: they would go out to the wrong client.
func TestMemoryOfALostWrite(t *testing.T) {
	for _, coding := range faultCodings {
		for writes := range 4 {
			lost := &resetStream{writes: writes}
			d := &document{Options: Options{ContentEncoding: coding}, cut: pieces(9 << 10), keep: lost}
			if d.run(encoded(t, coding, longPage(1))) == nil {
				break // all is written in fewer
			}
			for seed := range uint64(4) {
				other := &document{Options: Options{ContentEncoding: coding}, cut: pieces(9 << 10), keep: io.Discard}
				if err := other.run(encoded(t, coding, longPage(2+seed))); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(lost.kept, lost.copied) {
				t.Errorf("%q, write %d: its bytes are another document's now", coding, writes+1)
			}
		}
	}
}

// faulty is a document whose reading panics in the middle of a Rewriter's work.
type faulty struct {
	document
	calls int    // writes that go well
	next  string // the call that panics
}

// run sends the body through, and returns as much of it as was written.
func (f *faulty) run(t *testing.T, body []byte) []byte {
	t.Helper()
	f.Decide = func(h *Head) Edit {
		f.heads = append(f.heads, *h)
		return Edit{Tag: testTag}
	}
	f.rw = New(&f.out, f.Options)
	defer f.rw.Discard()
	var errs []error
	sent := 0
	for piece := range slices.Chunk(body, 4<<10) {
		if f.calls--; f.calls == -1 {
			// What no document can do, or it would be mended:
			f.rw.page.finder.sniffed, f.rw.page.finder.markup, f.rw.page.finder.blank = true, false, -1<<40
			f.rw.page.finder.scanner.pos = -1 << 40
			if f.next == "close" {
				break
			}
			if f.next == "flush" {
				errs = append(errs, f.rw.Flush())
			}
		}
		n, err := f.rw.Write(bytes.Clone(piece))
		sent += n
		errs = append(errs, err)
	}
	if err := errors.Join(append(errs, f.rw.Close())...); err != nil {
		t.Error(err)
	}
	return body[:sent]
}

// TestFaultPassesThePage shows that a panic in here before the decision costs
// nobody a page: it goes out as it came, and the caller is told why.
func TestFaultPassesThePage(t *testing.T) {
	long := longPage(1)
	page := slices.Concat([]byte("<!DOCTYPE html><!--"), long[:30<<10], []byte("-->"), long)
	for _, coding := range faultCodings {
		for calls := range 4 {
			for _, next := range []string{"write", "flush", "close"} {
				t.Run(fmt.Sprintf("%s/%d/%s", coding, calls, next), func(t *testing.T) {
					f := &faulty{document: document{Options: Options{ContentEncoding: coding}}, calls: calls, next: next}
					want := f.run(t, encoded(t, coding, page))
					if !bytes.Equal(f.out.Bytes(), want) {
						t.Errorf("%d bytes came out of %d", f.out.Len(), len(want))
					}
					h := f.head(t)
					if h.Skip == ReasonTruncated && next == "close" {
						return // which was seen before anything was read
					}
					if h.Skip != ReasonInternal || h.Fault == nil {
						t.Errorf("skip %q, fault %v", h.Skip, h.Fault)
					}
				})
			}
		}
	}
}

// TestFaultAfterTheDecision shows that a panic of the writer's passes, and that
// nothing of the document is used again.
func TestFaultAfterTheDecision(t *testing.T) {
	for _, coding := range faultCodings {
		panics := writerFunc(func([]byte) (int, error) { panic(coding) })
		r := New(panics, Options{ContentEncoding: coding, Decide: func(*Head) Edit { return Edit{Tag: testTag} }})
		func() {
			defer func() {
				if v := recover(); v != coding {
					t.Errorf("%q: panic %v", coding, v)
				}
			}()
			_, _ = r.Write(encoded(t, coding, longPage(1)))
			_ = r.Close()
		}()
		if r.reusable() {
			t.Errorf("%q: the memory is used again", coding)
		}
		if _, err := r.Write([]byte("more")); err == nil {
			t.Errorf("%q: the document goes on", coding)
		}
		r.Discard()
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
