package inject

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// TestEmptyBlocks: input that decodes to nothing is not held without bounds.
func TestEmptyBlocks(t *testing.T) {
	stored := bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 100_000)
	gz := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, stored...)
	skippable := bytes.Repeat([]byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}, 100_000)
	for coding, body := range map[string][]byte{
		"gzip": gz, "deflate": append([]byte{0x78, 0x01}, stored...), "bare deflate": stored, "zstd": skippable,
	} {
		for _, n := range []int{1 << 20, 1000} {
			d := &document{Options: Options{ContentEncoding: token(coding)}, cut: pieces(n)}
			if err := d.run(body); err != nil {
				t.Fatal(err)
			}
			if h := d.head(t); h.Skip != ReasonPending || !bytes.Equal(d.out.Bytes(), body) {
				t.Errorf("%s in pieces of %d: %+v", coding, n, h)
			}
			if first := d.writes[0]; n == 1000 && first > DefaultPending+n {
				t.Errorf("%s: %d bytes were held", coding, first)
			}
		}
	}
}

// bomb is a page of start and n spaces, which are almost nothing compressed.
func bomb(t *testing.T, coding, start string, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := encoders[coding](&b)
	_, _ = io.WriteString(w, start)
	for chunk := bytes.Repeat([]byte(" "), 1<<20); n > 0; n -= len(chunk) {
		_, _ = w.Write(chunk)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBombs(t *testing.T) {
	const size = 4 << 20
	o := Options{Charset: "utf-8"}
	for _, coding := range []string{"gzip", "deflate", "bare deflate", "br", "zstd"} {
		o.ContentEncoding = token(coding)
		for name, c := range map[string]struct {
			start string
			skip  Reason
		}{
			"white space before head": {"", ReasonInflation},
			"a comment before head":   {"<!--", ReasonInflation},
			"after head":              {"<head></head><body>", ReasonInflation},
		} {
			if coding == "gzip" && name == "after head" {
				continue // see TestSplicedBomb
			}
			body := bomb(t, coding, c.start, size)
			for _, n := range []int{1 << 20, 512} {
				out, head := rewrite(t, o, body, pieces(n))
				if out != string(body) || head.Skip != c.skip && head.Skip != ReasonHold {
					t.Errorf("%s, %s, pieces of %d: %+v", coding, name, n, head)
				}
			}
		}
		if coding == "gzip" {
			continue // it is not inflated any further
		}
		// It begins like a page, so that the decision is made.
		page := string(textPage(2 << 20))
		d := &document{Options: o, cut: pieces(32 << 10), keep: io.Discard}
		d.Limits.Size = 3 << 20
		if err := d.run(bomb(t, coding, page, size)); !errors.Is(err, ErrInflation) {
			t.Errorf("%s after the decision: %v", coding, err)
		}
	}
}

// TestRatioLate: the ratio counts after the decision too.
func TestRatioLate(t *testing.T) {
	for _, coding := range []string{"deflate", "br", "zstd"} {
		d := &document{Options: Options{ContentEncoding: coding}, cut: pieces(64), flush: 20, keep: io.Discard}
		d.Limits.Probe = 64 << 10
		if err := d.run(bomb(t, coding, string(textPage(4<<10)), 8<<20)); !errors.Is(err, ErrInflation) {
			t.Errorf("%s: %v", coding, err)
		}
	}
}

// TestHeldMemory counts what is held before the decision, at every byte.
func TestHeldMemory(t *testing.T) {
	limits := Limits{Hold: 8 << 10, Pending: 16 << 10, Probe: 32 << 10}
	for _, coding := range append(codings, "") {
		for _, start := range []string{"<!--", "<head><style>", "<head></head>"} {
			body := encoded(t, coding, append([]byte(start), textPage(200<<10)...))
			for _, n := range []int{1, 100, 1 << 20} {
				o := Options{ContentEncoding: token(coding), Limits: limits}
				o.Decide = func(*Head) Edit { return Edit{Tag: testTag} }
				r := New(io.Discard, o)
				for _, p := range pieces(n)(body) {
					if _, err := r.Write(p); err != nil {
						t.Fatal(err)
					}
					if r.page != nil && len(r.page.hold) > max(limits.Hold, limits.Probe)+16<<10 {
						t.Fatalf("%s: %d bytes of text held", coding, len(r.page.hold))
					}
					if h := held(r); h > limits.Pending+feedStep+n {
						t.Fatalf("%s: %d compressed bytes held", coding, h)
					}
					if r.Decided() && (r.page != nil || held(r) > 0) {
						t.Fatalf("%s: something is held after the decision", coding)
					}
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// held is how many compressed bytes are kept.
func held(r *Rewriter) int {
	switch c := r.coded.(type) {
	case *recoder:
		return len(c.pending)
	case *splicer:
		if !c.inserted && !r.streaming {
			return len(c.s.Fed())
		}
	}
	return 0
}
