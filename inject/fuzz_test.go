package inject

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRewriter checks what must hold for any document whatever: what goes out
// is what came in, plus the tag at one place; the same however it is cut; and
// where x/net/html can be asked, with the same tree.
func FuzzRewriter(f *testing.F) {
	for _, doc := range html5lib(f) {
		f.Add(doc, uint16(3), uint8(0))
	}
	for _, doc := range goldenDocuments(f) {
		f.Add(doc, uint16(7), uint8(1))
	}
	f.Fuzz(func(t *testing.T, doc []byte, cut uint16, flags uint8) {
		o := Options{Marker: testMarker, RequireMarkup: flags&2 != 0}
		if flags&1 == 0 {
			o.Charset = "utf-8"
		}
		if flags&4 != 0 {
			o.Limits.Hold = 64
		}
		whole, head := rewrite(t, o, doc, nil)
		checkInsertion(t, o, doc, whole, head)
		if bytes.Contains(doc, []byte(testMarker)) {
			return // the oracle looks for our element by it
		}
		if o.Charset == "utf-8" && head.Skip == "" {
			checkTree(t, doc, []byte(whole), head)
		}
		for _, c := range []func([]byte) [][]byte{pieces(1), pieces(1 + int(cut)%40), at(int(cut) % (len(doc) + 1))} {
			out, h := rewrite(t, o, doc, c)
			if out != whole || !equalHeads(h, head) {
				t.Fatalf("in pieces: %q %+v\nin one:   %q %+v", out, h, whole, head)
			}
		}
	})
}

// checkInsertion checks that out is doc with the tag inserted once, or doc.
func checkInsertion(t *testing.T, o Options, doc []byte, out string, head Head) {
	t.Helper()
	if head.Skip != "" {
		if out != string(doc) {
			t.Fatalf("%s, but changed: %q became %q", head.Skip, doc, out)
		}
		return
	}
	f := newFinder(o)
	f.sniff(doc, true)
	tag := string(f.encode(nil, testTag))
	for i := 0; ; i++ {
		n := strings.Index(out[i:], tag)
		if n < 0 {
			t.Fatalf("no tag, or not only a tag, in %q of %q", out, doc)
		}
		i += n
		if out[:i]+out[i+len(tag):] == string(doc) {
			return
		}
	}
}

// checkTree asks x/net/html, as far as it can be trusted.
func checkTree(t *testing.T, doc, out []byte, head Head) {
	t.Helper()
	if !utf8.Valid(doc) {
		return
	}
	if d := differsByTag(doc, out); d != "" {
		t.Fatalf("%q became %q: %s", doc, out, d)
	}
	if head.Complete && !slices.Equal(head.Policies, headPolicies(doc)) {
		t.Fatalf("policies of %q: %q, x/net/html says %q", doc, head.Policies, headPolicies(doc))
	}
}

func equalHeads(a, b Head) bool {
	return a.Skip == b.Skip && a.Charset == b.Charset && a.Complete == b.Complete && slices.Equal(a.Policies, b.Policies)
}

// FuzzMeta puts anything into head and another policy in the place of each
// that is found: then that is what a browser must read, and nothing else may
// have changed.
func FuzzMeta(f *testing.F) {
	for _, doc := range goldenDocuments(f) {
		f.Add(doc, "default-src 'self' \"&quot;")
	}
	for _, value := range []string{`"a&amp;b"`, `'a"b&#39;'`, `a/`, `=a&lt`, `"&copy=&copy;&eacute"`, "\"a\r\nb\"", "'é'"} {
		f.Add([]byte("<link>"+policyMeta(value)+"<META content="+value+" http-equiv='Content-Security-Policy'/>"), "img-src 'none'")
	}
	f.Fuzz(func(t *testing.T, inner []byte, fresh string) {
		if !utf8.Valid(inner) || !utf8.ValidString(fresh) || strings.ContainsAny(fresh, "\x00\r") || fresh == "" {
			return
		}
		doc := slices.Concat([]byte("<head>"), inner, []byte("</head><body>"))
		var want []string
		d := &document{Options: Options{Charset: "utf-8"}, edit: func(h *Head) Edit {
			want = slices.Repeat([]string{fresh}, len(h.Policies))
			return Edit{Tag: testTag, Policies: want}
		}}
		if err := d.run(doc); err != nil {
			t.Fatal(err)
		}
		h := d.head(t)
		if h.Skip != "" || bytes.Contains(doc, []byte(testMarker)) {
			return
		}
		out := d.out.Bytes()
		if growth, exact := d.rw.Growth(); growth != int64(len(out)-len(doc)) || !exact {
			t.Fatalf("growth %d, is %d", growth, len(out)-len(doc))
		}
		if got := headPolicies(out); h.Complete && !slices.Equal(got, want) {
			t.Fatalf("%q became %q: policies %q, want %q", doc, out, got, want)
		}
		// Putting the old ones back gives the old tree.
		back := &document{Options: d.Options, edit: func(*Head) Edit { return Edit{Tag: "<!---->", Policies: h.Policies} }}
		if err := back.run(out); err != nil {
			t.Fatal(err)
		}
		if h.Complete {
			restored := bytes.Replace(back.out.Bytes(), []byte("<!---->"+testTag), []byte(testTag), 1)
			if d := differsByTag(doc, restored); d != "" {
				t.Fatalf("%q became %q, and then %q: %s", doc, out, restored, d)
			}
		}
	})
}

// FuzzPrescan checks that a declaration is what it says it is, and that more
// text does not change what has been said.
func FuzzPrescan(f *testing.F) {
	for _, doc := range goldenDocuments(f) {
		f.Add(doc, uint16(100))
	}
	f.Add([]byte(`<!--><a b='>'/><META HTTP-EQUIV=content-type content="x; charset = 'sjis'">`), uint16(20))
	f.Add([]byte(`<script><meta charset=koi8-r></script></b><?x><meta/charset=utf-16>`), uint16(30))
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		whole := declared(text, true)
		if whole.more || whole.encoding != "" && encodings[whole.encoding] != whole.encoding || strings.HasPrefix(whole.encoding, "utf-16") {
			t.Fatalf("%q: %+v", text, whole)
		}
		if whole.encoding != "" && indexFold(text[:min(len(text), window+4)], "<meta") < 0 {
			t.Fatalf("%q: %+v without a meta element in the window", text, whole)
		}
		part := declared(text[:int(cut)%(len(text)+1)], false)
		if !part.more && part != whole {
			t.Fatalf("%q: %+v, but after %d bytes %+v", text, whole, int(cut)%(len(text)+1), part)
		}
		if d := declared(append(bytes.Repeat([]byte(" "), window), text...), true); d.encoding != "" {
			t.Fatalf("%q: %+v beyond the window", text, d)
		}
	})
}

// FuzzCodings sends anything through every coding, as it is and compressed:
// before the decision a failure gives the input back, after it there is an
// error, and what does not fail is the text with the tag in it.
func FuzzCodings(f *testing.F) {
	for i, coding := range codings {
		for _, doc := range goldenDocuments(f) {
			f.Add(doc, uint8(i), uint16(5), true)
			f.Add(encoded(f, coding, doc), uint8(i), uint16(9), false)
		}
		f.Add(encoded(f, coding, bytes.Repeat([]byte(" "), 1<<20)), uint8(i), uint16(1), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8, cut uint16, compress bool) {
		coding := codings[int(which)%len(codings)]
		text := body
		if compress {
			body = encoded(t, coding, body)
		}
		d := &document{Options: Options{Charset: "utf-8", ContentEncoding: token(coding)}, cut: pieces(1 + int(cut)%500)}
		d.Limits = Limits{Hold: 4 << 10, Pending: 8 << 10, Probe: 32 << 10, Size: 2 << 20}
		err := d.run(body)
		h := d.head(t)
		switch {
		case h.Skip != "":
			if err != nil || !bytes.Equal(d.out.Bytes(), body) {
				t.Fatalf("%s: %+v, but not untouched: %v", coding, h, err)
			}
			return
		case err != nil:
			if !errors.Is(err, ErrEncoding) && !errors.Is(err, ErrInflation) {
				t.Fatalf("%s: %v", coding, err)
			}
			return
		}
		written := coding
		if token(coding) == "deflate" { // as it came, whatever we took it for
			written = "deflate"
			if !isZlib(body[:min(2, len(body))]) {
				written = "bare deflate"
			}
		}
		if !compress {
			// Another decoder may refuse data after the end, and what is
			// spliced is as truncated as it came.
			if text, err = decoded(written, body, 8<<20); err != nil {
				return
			}
		}
		if !compress {
			if text, err = decoded(written, body, 8<<20); err != nil {
				return // data after the end, or what is beyond the spliced part
			}
		}
		out, err := decoded(written, d.out.Bytes(), 8<<20)
		if err != nil {
			t.Fatalf("%s: what we wrote does not decode: %v", coding, err)
		}
		checkInsertion(t, Options{Charset: "utf-8"}, text, string(out), h)
	})
}
