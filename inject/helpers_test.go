package inject

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a coroutine outlives its document.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTag is as long as the real one.
const testTag = `<script src="/_cobrowse/loader-0123456789ab.js" async></script>`

const testMarker = "/_cobrowse/loader-"

// document is one run of a Rewriter.
type document struct {
	Options
	cut    func(body []byte) [][]byte // nil = in one piece
	edit   func(*Head) Edit           // nil = the tag, policies as they are
	flush  int                        // flush after so many pieces, 0 = never
	keep   io.Writer                  // where to write instead of a buffer
	rw     *Rewriter
	heads  []Head
	writes []int // the sizes of the writes
	out    bytes.Buffer
}

func (d *document) Write(p []byte) (int, error) {
	d.writes = append(d.writes, len(p))
	if d.keep != nil {
		return d.keep.Write(p)
	}
	return d.out.Write(p)
}

// run sends the body through and returns the first error.
func (d *document) run(body []byte) error {
	d.Decide = func(h *Head) Edit {
		d.heads = append(d.heads, Head{h.Skip, h.Charset, h.Complete, slices.Clone(h.Policies), h.Fault})
		if d.edit != nil {
			return d.edit(h)
		}
		return Edit{Tag: testTag}
	}
	d.rw = New(d, d.Options)
	defer d.rw.Discard()
	pieces := [][]byte{body}
	if d.cut != nil {
		pieces = d.cut(body)
	}
	for i, p := range pieces {
		p = bytes.Clone(p)
		if _, err := d.rw.Write(p); err != nil {
			return err
		}
		clear(p) // whoever keeps p will be found out
		if i+1 == d.flush {
			if err := d.rw.Flush(); err != nil {
				return err
			}
		}
	}
	return d.rw.Close()
}

// head is what Decide was told.
func (d *document) head(tb testing.TB) Head {
	tb.Helper()
	if len(d.heads) != 1 {
		tb.Fatalf("Decide was called %d times", len(d.heads))
	}
	return d.heads[0]
}

// rewrite runs a document that must not fail.
func rewrite(tb testing.TB, o Options, body []byte, cut func([]byte) [][]byte) (string, Head) {
	tb.Helper()
	d := &document{Options: o, cut: cut}
	if err := d.run(body); err != nil {
		tb.Fatalf("rewriting %q: %v", shorten(body), err)
	}
	return d.out.String(), d.head(tb)
}

// pieces cuts a body into pieces of n bytes.
func pieces(n int) func([]byte) [][]byte {
	return func(b []byte) [][]byte { return slices.Collect(slices.Chunk(b, n)) }
}

// at cuts a body in two.
func at(n int) func([]byte) [][]byte {
	return func(b []byte) [][]byte { return [][]byte{b[:n], b[n:]} }
}

// insert puts s into b.
func insert(b []byte, at int, s string) []byte {
	return slices.Concat(b[:at], []byte(s), b[at:])
}

func shorten(b []byte) []byte { return b[:min(len(b), 300)] }

// newFinder is a finder as New makes it.
func newFinder(o Options) *finder {
	o.Limits.setDefaults()
	f := new(finder)
	f.reset(&o)
	return f
}
