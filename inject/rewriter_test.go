package inject

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestMarker: only the src of a script that runs counts.
func TestMarker(t *testing.T) {
	ours := strings.Replace(testTag, "0123456789ab", "ffff", 1)
	for name, c := range map[string]struct {
		doc    string
		marked bool
	}{
		"ours":                    {"<head>" + ours, true},
		"ours further down":       {"<head><title>x</title><link><script>1</script>" + ours, true},
		"ours without head":       {ours + "<p>", true},
		"absolute URL":            {`<head><script async src='https://shop.example` + testMarker + `x.js'></script>`, true},
		"unquoted":                {`<head><script src=` + testMarker + `x.js></script>`, true},
		"in text":                 {"<head><title>" + testMarker + "</title></head><body>" + testMarker, false},
		"in a comment":            {"<head><!-- " + ours + " -->", false},
		"comment before the head": {"<!-- " + ours + " --><head>", false},
		"in a script's text":      {"<head><script>'" + testMarker + "'</script>", false},
		"another attribute":       {`<head><script data-src="` + testMarker + `"></script>`, false},
		"preloaded":               {`<head><link rel=preload href="` + testMarker + `x.js">`, false},
		"in a template":           {"<head><template>" + ours + "</template>", false},
		"second src":              {`<head><script src=x src="` + testMarker + `"></script>`, false},
		"in body":                 {"<head></head><body>" + ours, false},
	} {
		for _, n := range []int{1, 1 << 20} {
			for _, charset := range []string{"utf-8", ""} {
				out, head := rewrite(t, Options{Marker: testMarker, Charset: charset}, []byte(c.doc), pieces(n))
				if (head.Skip == ReasonAlreadyInjected) != c.marked || (out == c.doc) != c.marked {
					t.Errorf("%s: %+v", name, head)
				}
			}
			out, head := rewrite(t, Options{Marker: testMarker}, toUTF16("\uFEFF"+c.doc, true), pieces(n))
			if (head.Skip == ReasonAlreadyInjected) != c.marked || c.marked != (out == string(toUTF16("\uFEFF"+c.doc, true))) {
				t.Errorf("%s in UTF-16: %+v", name, head)
			}
		}
		if _, head := rewrite(t, Options{}, []byte(c.doc), nil); head.Skip != "" {
			t.Errorf("%s without a marker: %+v", name, head)
		}
	}
}

func TestRequireMarkup(t *testing.T) {
	for doc, want := range map[string]Reason{
		"": ReasonNoMarkup, " \n": ReasonNoMarkup, "x": ReasonNoMarkup, ` {"html": "<head>"}`: ReasonNoMarkup,
		"&#32;<head>": ReasonNoMarkup, "\xEF\xBB\xBF": ReasonNoMarkup, "\xEF\xBB\xBF x": ReasonNoMarkup,
		"<head>": "", " \r\n\t\f<p>": "", "\xEF\xBB\xBF\n<p>": "", "<!--": ReasonNoPoint,
		strings.Repeat(" ", DefaultHold) + "<head>": ReasonNoMarkup,
	} {
		for _, n := range []int{1, 1 << 20} {
			out, head := rewrite(t, Options{RequireMarkup: true}, []byte(doc), pieces(n))
			if head.Skip != want || want != "" && out != doc {
				t.Errorf("%q: %+v", shorten([]byte(doc)), head)
			}
		}
	}
}

// TestHold: the search ends at the limit, to the byte, and however the bytes come.
func TestHold(t *testing.T) {
	for _, n := range []int{1, 7, 100, 1 << 20} {
		for _, hold := range []int{64, 1000, DefaultHold} {
			o := Options{Charset: "utf-8", Limits: Limits{Hold: hold}}
			for _, at := range []int{hold - 20, hold - 7, hold - 6, hold, hold + 100} {
				doc := "<!--" + strings.Repeat("x", at-7) + "--><head><title>x</title>" + strings.Repeat("y", 300)
				out, head := rewrite(t, o, []byte(doc), pieces(n))
				if at+len("<head>") <= hold {
					if head.Skip != "" || !strings.Contains(out, "<head>"+testTag) {
						t.Errorf("head at %d of %d, pieces of %d: %+v", at, hold, n, head)
					}
				} else if head.Skip != ReasonHold || out != doc {
					t.Errorf("head at %d of %d, pieces of %d: %+v", at, hold, n, head)
				}
			}
			// The point is known, but the end of head does not come.
			doc := "<head><style>" + strings.Repeat("x", 2*hold) + "</style>" + policyMeta("x") + "</head>"
			out, head := rewrite(t, o, []byte(doc), pieces(n))
			if head.Complete || len(head.Policies) != 0 || !strings.HasPrefix(out, "<head>"+testTag) {
				t.Errorf("endless head, hold %d, pieces of %d: %+v", hold, n, head)
			}
		}
	}
}

// TestWait: the decision waits for the end of head, and for no more.
func TestWait(t *testing.T) {
	for _, doc := range []string{
		"<!DOCTYPE html><html><head><title>x</title>\n<script>'</head>'</script></head>\n|<p",
		"<title>x</title>|x",
		"<head></head><body|",
		"<!-- x -->|x",
		"<head>&Tab;&#32|x",
		"<frameset|",
	} {
		doc, rest, _ := strings.Cut(doc, "|")
		var out bytes.Buffer
		o := Options{Charset: "utf-8", Decide: func(*Head) Edit { return Edit{Tag: testTag} }}
		r := New(&out, o)
		for i := range len(doc) {
			if r.Decided() || r.Streaming() {
				t.Errorf("%q: decided after %q", doc, doc[:i])
			}
			_, _ = r.Write([]byte{doc[i]})
		}
		if next := (rest + " ")[0]; !r.Decided() {
			_, _ = r.Write([]byte{next})
			if rest == "<p" {
				_, _ = r.Write([]byte("p>"))
			}
		}
		if !r.Decided() || !r.Streaming() {
			t.Errorf("%q: not decided", doc)
		}
		r.Discard()
	}
}

// TestFlush: it ends the wait for the end of head, not that for the point.
func TestFlush(t *testing.T) {
	doc := "<!DOCTYPE html><html><head><title>x</title>" + policyMeta("x") + "</head><body>"
	point := strings.Index(doc, "<title>")
	for n := range len(doc) {
		for _, charset := range []string{"", "utf-8"} {
			d := &document{Options: Options{Charset: charset}, cut: at(n), flush: 1}
			if err := d.run([]byte(doc)); err != nil {
				t.Fatal(err)
			}
			if d.out.String() != strings.Replace(doc, "<title>", testTag+"<title>", 1) {
				t.Errorf("flush after %q: %q", doc[:n], d.out.String())
			}
			// From the point on, until the end of head, a flush decides early.
			if h := d.head(t); h.Complete != (n < point) {
				t.Errorf("flush after %q: %+v", doc[:n], h)
			}
		}
	}
}

func TestGiveUp(t *testing.T) {
	const why Reason = "hold-timeout"
	for _, coding := range []string{"", "gzip"} {
		for start, want := range map[string]string{"<html><!--": "<html><!--", "<head><title>": "<head>" + testTag + "<title>", "": ""} {
			var out bytes.Buffer
			var head Head
			calls := 0
			o := Options{ContentEncoding: coding, Charset: "utf-8", Decide: func(h *Head) Edit {
				calls++
				head = *h
				return Edit{Tag: testTag}
			}}
			var upstream bytes.Buffer
			w := io.Writer(&upstream)
			flush := func() {}
			if coding == "gzip" {
				z := encoders[coding](&upstream)
				w, flush = z, func() { _ = z.Flush() }
			}
			r := New(&out, o)
			_, _ = io.WriteString(w, start)
			flush()
			_, err := r.Write(upstream.Bytes())
			if r.PointKnown() != (want != start) {
				t.Errorf("%q: point known %v", start, r.PointKnown())
			}
			err = errors.Join(err, r.GiveUp(why), r.GiveUp("twice"), r.Flush())
			if err != nil || calls != 1 || !r.Decided() || r.PointKnown() {
				t.Fatalf("%q: %v, %d calls", start, err, calls)
			}
			if skipped := want == start; (head.Skip == why) != skipped || skipped && out.String() != upstream.String() {
				t.Errorf("%s %q: %+v", coding, start, head)
			}
			if text, _ := decoded(coding, out.Bytes(), 1<<20); string(text) != want {
				t.Errorf("%s %q: %q", coding, start, text)
			}
			r.Discard()
			if err := r.GiveUp(why); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestUntouched: without a tag the original bytes go out, whatever else the
// edit says.
func TestUntouched(t *testing.T) {
	page := append([]byte("<head>"+policyMeta("x")), textPage(100<<10)...)
	for _, coding := range append(codings, "") {
		body := encoded(t, coding, page)
		for _, n := range []int{1000, 1 << 20} {
			d := &document{Options: Options{ContentEncoding: token(coding)}, cut: pieces(n)}
			d.edit = func(*Head) Edit { return Edit{Policies: []string{"y"}} }
			if err := d.run(body); err != nil {
				t.Fatal(err)
			}
			if growth, exact := d.rw.Growth(); !bytes.Equal(d.out.Bytes(), body) || growth != 0 || !exact || !d.rw.Streaming() {
				t.Errorf("%s: untouched %v, growth %d %v", coding, bytes.Equal(d.out.Bytes(), body), growth, exact)
			}
		}
		r := New(&bytes.Buffer{}, Options{ContentEncoding: token(coding)}) // no Decide
		_, err := r.Write(body)
		if err = errors.Join(err, r.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestWrites: few writes, of which the first is not tiny, and none of them
// copies more than it must.
func TestWrites(t *testing.T) {
	page := benchPage(100 << 10)
	for _, c := range []struct {
		page []byte
		cut  int
		want string
	}{
		{page[:3000], 1 << 20, fmt.Sprint([]int{3000 + len(testTag)})},
		{page, 1 << 20, fmt.Sprint([]int{firstWrite, len(page) + len(testTag) - firstWrite})},
		{page[:10000], 5000, fmt.Sprint([]int{5000 + len(testTag), 5000})},
		{page[:20000], 10000, fmt.Sprint([]int{firstWrite, 10000 + len(testTag) - firstWrite, 10000})},
	} {
		d := &document{Options: Options{Charset: "utf-8"}, cut: pieces(c.cut)}
		if err := d.run(c.page); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(d.writes); got != c.want {
			t.Errorf("writes of %s, want %s", got, c.want)
		}
	}
}

var errFull = errors.New("full")

// full fails after n writes.
type full struct{ n int }

func (f *full) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestFailingWriter: an error of dst comes out of whatever caused it, and ends
// the document.
func TestFailingWriter(t *testing.T) {
	page := textPage(200 << 10)
	for _, coding := range append(codings, "") {
		body := encoded(t, coding, page)
		for n := range 2 {
			d := &document{Options: Options{ContentEncoding: token(coding)}, cut: pieces(8 << 10), keep: &full{n}}
			if err := d.run(body); !errors.Is(err, errFull) {
				t.Errorf("%s, write %d: %v", coding, n, err)
			}
		}
		d := &document{Options: Options{ContentEncoding: token(coding)}, cut: pieces(8 << 10), keep: &full{0}}
		d.edit = func(*Head) Edit { return Edit{} }
		if err := d.run(body); !errors.Is(err, errFull) {
			t.Errorf("%s, untouched: %v", coding, err)
		}
	}
}

// TestOnce: Decide is called once, before the first byte goes out, and Close
// and Discard may be called again.
func TestOnce(t *testing.T) {
	for _, doc := range []string{"", "<head>", "<!--", "x"} {
		var out bytes.Buffer
		calls := 0
		r := New(&out, Options{Decide: func(*Head) Edit {
			if calls++; out.Len() > 0 {
				t.Errorf("%q: %q went out before Decide", doc, out.String())
			}
			return Edit{Tag: testTag}
		}})
		_, err := io.WriteString(r, doc)
		err = errors.Join(err, r.Flush(), r.Close(), r.Close())
		r.Discard()
		if err != nil || calls != 1 || !r.Decided() {
			t.Errorf("%q: %d calls, %v", doc, calls, err)
		}
		if _, err := r.Write([]byte("x")); !errors.Is(err, ErrClosed) {
			t.Errorf("Write after Close: %v", err)
		}
		if err := r.Flush(); !errors.Is(err, ErrClosed) {
			t.Errorf("Flush after Close: %v", err)
		}
	}
	r := New(io.Discard, Options{Decide: func(*Head) Edit { t.Error("Decide after Discard"); return Edit{} }})
	r.Discard()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestAllocations: a page costs its Rewriter and nothing else, whatever its
// size and however it comes.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops things at random under the race detector")
	}
	o := Options{Charset: "utf-8", Marker: testMarker, Decide: func(*Head) Edit { return Edit{Tag: testTag} }}
	for _, size := range []int{4 << 10, 1 << 20} {
		page := benchPage(size)
		for _, n := range []int{100, 4 << 10, 1 << 20} {
			allocations := testing.AllocsPerRun(50, func() {
				r := New(io.Discard, o)
				for rest := page; len(rest) > 0; rest = rest[min(n, len(rest)):] {
					_, _ = r.Write(rest[:min(n, len(rest))])
				}
				_ = r.Close()
			})
			if allocations > 3 { // one, and what a garbage collection takes from the pools
				t.Errorf("%d bytes in pieces of %d: %v allocations", size, n, allocations)
			}
		}
	}
}
