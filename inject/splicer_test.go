package inject

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestSplicedLikeIdentity: a gzip body is edited as its text would be.
func TestSplicedLikeIdentity(t *testing.T) {
	var documents [][]byte
	documents = append(documents, html5lib(t)...)
	for _, doc := range goldenDocuments(t) {
		documents = append(documents, doc)
	}
	documents = append(documents, benchPage(2<<10), benchPage(40<<10), textPage(120<<10), nil, []byte("\xEF\xBB\xBF<p>"))
	spliced := 0
	for i, doc := range documents {
		if raceEnabled && i%5 != 0 {
			continue
		}
		want, head := rewrite(t, Options{}, doc, nil)
		body := encoded(t, "gzip", doc)
		for _, cut := range []func([]byte) [][]byte{nil, pieces(1 + i%50)} {
			d := &document{Options: Options{ContentEncoding: "gzip"}, cut: cut}
			if i%2 == 0 {
				d.Length = int64(len(body))
			}
			if err := d.run(body); err != nil {
				t.Fatalf("%q: %v", shorten(doc), err)
			}
			got, err := decoded("gzip", d.out.Bytes(), 1<<20)
			if h := d.head(t); err != nil || string(got) != want || !equalHeads(h, head) {
				t.Fatalf("%q: %+v, %v, %q instead of %+v, %q", shorten(doc), h, err, shorten(got), head, want[:min(len(want), 300)])
			}
			if d.rw.Method() == MethodSpliced {
				spliced++
			}
			if n, exact := d.rw.Growth(); exact && int(n) != d.out.Len()-len(body) {
				t.Fatalf("%q: %d bytes became %d, growth %d", shorten(doc), len(body), d.out.Len(), n)
			}
		}
	}
	if spliced < len(documents) && !raceEnabled {
		t.Errorf("only %d of %d are spliced", spliced, 2*len(documents))
	}
}

// TestMethod names how documents go through.
func TestMethod(t *testing.T) {
	policy := []byte("<head>" + policyMeta("default-src 'self'") + "<p>")
	for name, c := range map[string]struct {
		coding string
		page   []byte
		want   Method
	}{
		"identity":              {"", textPage(500), MethodInserted},
		"gzip":                  {"gzip", textPage(500), MethodSpliced},
		"x-gzip":                {"x-gzip", textPage(500), MethodSpliced},
		"gzip with a policy":    {"gzip", policy, MethodRecoded},
		"br":                    {"br", textPage(500), MethodRecoded},
		"no place":              {"gzip", []byte("<!-- x"), MethodUntouched},
		"no place in the text":  {"", []byte("<!-- x"), MethodUntouched},
		"identity and a policy": {"", policy, MethodInserted},
	} {
		d := &document{Options: Options{ContentEncoding: c.coding}}
		if err := d.run(encoded(t, c.coding, c.page)); err != nil || d.rw.Method() != c.want {
			t.Errorf("%s: %s, %v", name, d.rw.Method(), err)
		}
	}
	if m := New(io.Discard, Options{}).Method(); m != "" {
		t.Errorf("undecided: %s", m)
	}
}

// atFirst notes what is known of the growth at the first write.
type atFirst struct {
	bytes.Buffer
	rw    **Rewriter
	n     int64
	exact bool
}

func (w *atFirst) Write(p []byte) (int, error) {
	if w.Len() == 0 {
		w.n, w.exact = (*w.rw).Growth()
	}
	return w.Buffer.Write(p)
}

// TestExactGrowth: whoever asks for it knows the growth at the first write,
// unless a flush ends the wait.
func TestExactGrowth(t *testing.T) {
	body := encoded(t, "gzip", textPage(200<<10))
	for _, c := range []struct {
		size       int
		ask, flush bool
		want       bool
	}{
		{size: 100, ask: true, want: true},
		{size: 1 << 20, ask: true, want: true},
		{size: 1 << 20, want: true},
		{size: 500},
		{size: 500, ask: true, flush: true},
	} {
		var r *Rewriter
		w := &atFirst{rw: &r}
		length := int64(0)
		if c.ask {
			length = int64(len(body))
		}
		r = New(w, Options{
			ContentEncoding: "gzip", Charset: "utf-8", Length: length,
			Decide: func(*Head) Edit { return Edit{Tag: testTag} },
		})
		for p := range slices.Chunk(body, c.size) {
			_, err := r.Write(p)
			if c.flush && err == nil {
				err = r.Flush()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if w.exact != c.want || w.exact && int(w.n) != w.Len()-len(body) {
			t.Errorf("%+v: exact %v, %d instead of %d", c, w.exact, w.n, w.Len()-len(body))
		}
		if n, exact := r.Growth(); !exact || int(n) != w.Len()-len(body) {
			t.Errorf("%+v: in the end %d, %v", c, n, exact)
		}
	}
}

// TestSplicedWrites: a page whose length is known needs no more writes than it
// comes in, and its trailer none of its own.
func TestSplicedWrites(t *testing.T) {
	body := encoded(t, "gzip", textPage(1<<20))
	for _, size := range []int{4 << 10, 32 << 10, len(body)} {
		for _, length := range []int{0, len(body)} {
			d := &document{Options: Options{ContentEncoding: "gzip", Charset: "utf-8", Length: int64(length)}, cut: pieces(size)}
			if err := d.run(body); err != nil {
				t.Fatal(err)
			}
			most := (len(body) + size - 1) / size
			if size > 48<<10 {
				most += 2 // too much to be copied together
			}
			if length == 0 {
				most++ // the trailer, which is known when the end is
			}
			if len(d.writes) > most {
				t.Errorf("%d bytes in pieces of %d, length %d: %d writes, %v", len(body), size, length, len(d.writes), d.writes)
			}
		}
	}
}

// TestSplicedBomb: what inflates behind the head is not inflated.
func TestSplicedBomb(t *testing.T) {
	body := bomb(t, "gzip", "<head></head><body>", 32<<20)
	d := &document{Options: Options{ContentEncoding: "gzip", Charset: "utf-8"}, cut: pieces(4 << 10)}
	if err := d.run(body); err != nil {
		t.Fatal(err)
	}
	if h := d.head(t); h.Skip != "" || d.rw.Method() != MethodSpliced || d.out.Len() > len(body)+1000 {
		t.Errorf("%+v, %s, %d bytes", h, d.rw.Method(), d.out.Len())
	}
	text, err := decoded("gzip", d.out.Bytes(), 64<<20)
	if err != nil || !strings.HasPrefix(string(text[:200]), "<head>"+testTag+"</head><body>  ") {
		t.Errorf("%v, %q", err, text[:200])
	}
}

// TestSplicedCutOff: a body that ends early within the part that is decoded is
// an error after the decision, and passes untouched before it.
func TestSplicedCutOff(t *testing.T) {
	body := encoded(t, "gzip", textPage(100<<10))
	for _, n := range []int{200, 1000, 5000} {
		d := &document{Options: Options{ContentEncoding: "gzip", Length: int64(len(body))}, cut: pieces(100)}
		if err := d.run(body[:n]); err != nil || d.head(t).Skip != ReasonTruncated || !bytes.Equal(d.out.Bytes(), body[:n]) {
			t.Errorf("%d bytes: %v, %+v", n, err, d.head(t))
		}
	}
}

// TestSplicedAllocations: a gzip page costs its Rewriter and nothing else.
func TestSplicedAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops things at random under the race detector")
	}
	o := Options{ContentEncoding: "gzip", Charset: "utf-8", Marker: testMarker, Decide: func(*Head) Edit { return Edit{Tag: testTag} }}
	for _, size := range []int{4 << 10, 1 << 20} {
		body := encoded(t, "gzip", textPage(size))
		for _, n := range []int{100, 4 << 10, 1 << 20} {
			allocations := testing.AllocsPerRun(50, func() {
				r := New(io.Discard, o)
				for p := range slices.Chunk(body, n) {
					_, _ = r.Write(p)
				}
				_ = r.Close()
			})
			if allocations > 3 { // one, and what a garbage collection takes from the pools
				t.Errorf("%d bytes in pieces of %d: %v allocations", size, n, allocations)
			}
		}
	}
}

// FuzzSpliced: whatever the text is, and however it is compressed and cut, a
// gzip body comes out as its text would.
func FuzzSpliced(f *testing.F) {
	for _, doc := range html5lib(f) {
		f.Add(doc, uint16(7), uint8(6))
	}
	f.Add(benchPage(5<<10), uint16(100), uint8(0x11))
	f.Fuzz(func(t *testing.T, doc []byte, cut uint16, flags uint8) {
		want, head := rewrite(t, Options{}, doc, nil)
		var b bytes.Buffer
		w := must(gzip.NewWriterLevel(&b, int(flags%10)))
		for p := range slices.Chunk(doc, 1+int(cut)) {
			_, _ = w.Write(p)
			if flags&16 != 0 {
				_ = w.Flush()
			}
		}
		_ = w.Close()
		o := Options{ContentEncoding: "gzip"}
		if flags&32 != 0 {
			o.Length = int64(b.Len())
		}
		out, h := rewrite(t, o, b.Bytes(), pieces(1+int(cut)%999))
		got, err := decoded("gzip", []byte(out), 1<<22)
		if h.Skip == ReasonInflation && head.Skip == "" {
			return // a policy, and text that compresses too well to be encoded anew
		}
		if err != nil || string(got) != want || !equalHeads(h, head) {
			t.Fatalf("%q: %+v, %v, %q instead of %+v, %q", shorten(doc), h, err, shorten(got), head, want)
		}
	})
}
