package inject

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

var codings = []string{"gzip", "x-gzip", "deflate", "bare deflate", "br", "zstd"}

// token is the name that a coding has in Content-Encoding.
func token(coding string) string { return strings.TrimPrefix(coding, "bare ") }

// textPage is a page of about n bytes that does not compress too well.
func textPage(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("shop the price of a basket and <b>more</b> <a href=/p>things</a> to buy <i>today</i> or tomorrow")
	b := []byte("<!DOCTYPE html><html><head><meta charset=utf-8><title>x</title></head><body>")
	for len(b) < n {
		b = append(b, words[r.IntN(len(words))]...)
		b = append(b, byte('a'+r.IntN(26)), ' ')
	}
	return append(b, "</body></html>"...)
}

// withTag is the page with the tag where it belongs.
func withTag(page []byte) string {
	return strings.Replace(string(page), "<head>", "<head>"+testTag, 1)
}

func TestCodings(t *testing.T) {
	for _, coding := range codings {
		for _, size := range []int{200, 5 << 10, 300 << 10} {
			page := textPage(size)
			body := encoded(t, coding, page)
			for _, n := range []int{1 << 20, 32 << 10, 1000, 7} {
				d := &document{Options: Options{ContentEncoding: strings.ToUpper(token(coding))}, cut: pieces(n)}
				if err := d.run(body); err != nil {
					t.Fatalf("%s: %v", coding, err)
				}
				text, err := decoded(coding, d.out.Bytes(), 1<<20)
				if err != nil || string(text) != withTag(page) {
					t.Errorf("%s, %d bytes in pieces of %d: %d bytes, %v", coding, size, n, len(text), err)
				}
				checkMethod(t, coding, d, len(body))
				if h := d.head(t); h.Charset != "utf-8" || !h.Complete {
					t.Errorf("%s: %+v", coding, h)
				}
			}
		}
	}
}

// checkMethod: gzip is spliced, the others are not, and so their growth is not
// known in time.
func checkMethod(t *testing.T, coding string, d *document, size int) {
	t.Helper()
	n, exact := d.rw.Growth()
	if d.rw.Streaming() {
		t.Errorf("%s is streaming", coding)
	}
	if !strings.HasSuffix(coding, "gzip") {
		if exact || d.rw.Method() != MethodRecoded {
			t.Errorf("%s: exact %v, %s", coding, exact, d.rw.Method())
		}
		return
	}
	if !exact || int(n) != d.out.Len()-size || d.rw.Method() != MethodSpliced {
		t.Errorf("%s: exact %v, %d instead of %d, %s", coding, exact, n, d.out.Len()-size, d.rw.Method())
	}
}

func TestUnknownCoding(t *testing.T) {
	for _, name := range []string{"compress", "gzip, br", "gzip,gzip", "dcb", "aws-chunked"} {
		out, head := rewrite(t, Options{ContentEncoding: name}, []byte("<head>"), nil)
		if out != "<head>" || head.Skip != ReasonContentEncoding {
			t.Errorf("%s: %q %+v", name, out, head)
		}
	}
	for _, name := range []string{"", "identity", "Identity"} {
		if out, _ := rewrite(t, Options{ContentEncoding: name}, []byte("<head>"), nil); out != "<head>"+testTag {
			t.Errorf("%s: %q", name, out)
		}
	}
}

// TestTruncated cuts small bodies off at every byte, before the decision: the
// page passes untouched. Only where the last bytes are a checksum, or nothing
// that the text needs, may the decision have been made already.
func TestTruncated(t *testing.T) {
	page := []byte("<!-- " + strings.Repeat("a comment that hides the head ", 4))
	for _, coding := range codings {
		body := encoded(t, coding, page)
		for n := range body {
			for _, cut := range []func([]byte) [][]byte{nil, pieces(1)} {
				d := &document{Options: Options{ContentEncoding: token(coding), Charset: "utf-8"}, cut: cut}
				err := d.run(body[:n])
				if h := d.head(t); err != nil || h.Skip != ReasonTruncated {
					t.Errorf("%s, %d of %d bytes: %+v, %v", coding, n, len(body), h, err)
				}
				if !bytes.Equal(d.out.Bytes(), body[:n]) {
					t.Errorf("%s, %d of %d bytes: not untouched", coding, n, len(body))
				}
			}
		}
	}
}

// TestTruncatedLate cuts a large body off, after the decision. Of gzip, which
// is spliced, that is seen by whoever decodes it.
func TestTruncatedLate(t *testing.T) {
	for _, coding := range codings {
		if strings.HasSuffix(coding, "gzip") {
			continue
		}
		body := encoded(t, coding, textPage(300<<10))
		d := &document{Options: Options{ContentEncoding: token(coding)}, cut: pieces(4 << 10)}
		err := d.run(body[:len(body)-2000])
		if !errors.Is(err, ErrEncoding) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", coding, err)
		}
		if d.head(t).Skip != "" {
			t.Errorf("%s: %+v", coding, d.head(t))
		}
	}
}

func TestCorrupt(t *testing.T) {
	page := textPage(300 << 10)
	for _, coding := range codings {
		t.Run(coding, func(t *testing.T) {
			o := Options{ContentEncoding: token(coding)}
			for name, body := range map[string][]byte{
				"not compressed at all": []byte("<!DOCTYPE html><head></head><p>a server that lies about its coding</p>"),
				"one byte":              {0xff},
				"early":                 corrupted(encoded(t, coding, page), 10),
			} {
				out, head := rewrite(t, o, body, nil)
				if out != string(body) || head.Skip != ReasonCorrupt && head.Skip != ReasonTruncated {
					t.Errorf("%s: %+v, untouched %v", name, head, out == string(body))
				}
			}
			switch coding {
			case "bare deflate":
				return // it has no checksum: all there is to see may be other text
			case "gzip", "x-gzip":
				return // it is spliced: the rest is for the browser to see
			}
			d := &document{Options: o, cut: pieces(4 << 10)}
			body := encoded(t, coding, page)
			if err := d.run(corrupted(body, len(body)-3000)); !errors.Is(err, ErrEncoding) {
				t.Errorf("late: %v", err)
			}
			if _, err := d.rw.Write(body); !errors.Is(err, ErrClosed) {
				t.Errorf("Write after Discard: %v", err)
			}
		})
	}
}

// corrupted overwrites 64 bytes from at on.
func corrupted(body []byte, at int) []byte {
	body = bytes.Clone(body)
	for i := range body[at : at+64] {
		body[at+i] = 0xff
	}
	return body
}

func TestSeveralMembers(t *testing.T) {
	page := textPage(100 << 10)
	for _, coding := range []string{"gzip", "zstd"} {
		for _, split := range []int{0, 3, 40, 90 << 10} {
			if coding == "gzip" && split > 32<<10 {
				continue // package splice cannot see it
			}
			body := append(encoded(t, coding, page[:split]), encoded(t, coding, page[split:])...)
			for _, n := range []int{1 << 20, 100} {
				out, _ := rewrite(t, Options{ContentEncoding: coding}, body, pieces(n))
				text, err := decoded(coding, []byte(out), 1<<20)
				if err != nil || string(text) != withTag(page) {
					t.Errorf("%s split at %d, pieces of %d: %v", coding, split, n, err)
				}
			}
		}
	}
}

// TestTrailingData: before the decision it is a reason to leave the page
// alone; after it, the page is complete and what follows is dropped, as
// browsers drop it, or stays, where the page is spliced. Brotli's decoder cannot tell, so that there it is dropped
// at any time, and zstd allows none.
func TestTrailingData(t *testing.T) {
	for _, coding := range []string{"gzip", "deflate", "bare deflate", "br"} {
		for name, c := range map[string]struct {
			page    string
			skipped bool
		}{
			"before the decision": {"<html><head><title>x", coding != "br"},
			"after the decision":  {"<html><head></head><body>x", false},
		} {
			body := encoded(t, coding, []byte(c.page))
			for _, garbage := range []string{"\x00", "x", "\x1fx", strings.Repeat("garbage", 1000)} {
				o := Options{ContentEncoding: token(coding), Charset: "utf-8"}
				// The garbage comes later, so that it cannot be seen in time.
				out, head := rewrite(t, o, append(bytes.Clone(body), garbage...), at(len(body)))
				if c.skipped {
					if head.Skip != ReasonCorrupt || out != string(body)+garbage {
						t.Errorf("%s %s: %+v", coding, name, head)
					}
					continue
				}
				if coding == "gzip" {
					var found bool
					if out, found = strings.CutSuffix(out, garbage); !found {
						t.Errorf("%s: %q is gone", name, garbage)
					}
				}
				text, err := decoded(coding, []byte(out), 1<<20)
				if head.Skip != "" || err != nil || string(text) != withTag([]byte(c.page)) {
					t.Errorf("%s %s: %+v %q %v", coding, name, head, text, err)
				}
			}
		}
	}
}

// TestFlushCoding: what the upstream has flushed goes out with our flush.
func TestFlushCoding(t *testing.T) {
	for _, coding := range codings {
		var upstream bytes.Buffer
		w := encoders[coding](&upstream)
		var out bytes.Buffer
		o := Options{ContentEncoding: token(coding), Charset: "utf-8"}
		o.Decide = func(*Head) Edit { return Edit{Tag: testTag} }
		r := New(&out, o)
		send := func(s string) {
			_, _ = io.WriteString(w, s)
			_ = w.Flush()
			if _, err := r.Write(upstream.Bytes()); err != nil {
				t.Fatal(err)
			}
			upstream.Reset()
			if err := r.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		visible := func() string {
			text, _ := decoded(coding, out.Bytes(), 1<<20) // truncated, of course
			return string(text)
		}
		send("<html>")
		if r.Decided() || r.PointKnown() {
			t.Errorf("%s: decided before the point is known", coding)
		}
		send("<head><title>slow")
		if want := "<html><head>" + testTag + "<title>slow"; visible() != want {
			t.Errorf("%s: %q", coding, visible())
		}
		send("</title><p>one")
		if want := "<html><head>" + testTag + "<title>slow</title><p>one"; visible() != want {
			t.Errorf("%s: %q", coding, visible())
		}
		_ = w.Close()
		if _, err := r.Write(upstream.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStopped: a document that is given up at any point leaves nothing behind;
// TestMain looks for coroutines.
func TestStopped(t *testing.T) {
	for _, coding := range codings {
		body := encoded(t, coding, textPage(20<<10))
		for n := 0; n < len(body); n += 97 {
			var out bytes.Buffer
			o := Options{ContentEncoding: token(coding)}
			o.Decide = func(*Head) Edit { return Edit{Tag: testTag} }
			r := New(&out, o)
			if _, err := r.Write(body[:n]); err != nil {
				t.Fatal(err)
			}
			written := out.Len()
			r.Discard()
			r.Discard()
			if out.Len() != written {
				t.Fatalf("%s: Discard wrote", coding)
			}
			if _, err := r.Write(body[n:]); !errors.Is(err, ErrClosed) {
				t.Fatalf("%s: Write after Discard: %v", coding, err)
			}
			if err := errors.Join(r.Close(), r.GiveUp("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
}
