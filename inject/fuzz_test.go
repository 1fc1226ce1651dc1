package inject

import (
	"bytes"
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
		checkInsertion(t, doc, whole, head)
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
func checkInsertion(t *testing.T, doc []byte, out string, head Head) {
	t.Helper()
	if head.Skip != "" {
		if out != string(doc) {
			t.Fatalf("%s, but changed: %q became %q", head.Skip, doc, out)
		}
		return
	}
	f := newFinder(Options{})
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
	if !utf8.Valid(doc) || misparsed(doc) {
		return
	}
	if d := differsByTag(doc, out); d != "" {
		t.Fatalf("%q became %q: %s", doc, out, d)
	}
	if head.Complete && !slices.Equal(head.Policies, headPolicies(doc)) {
		t.Fatalf("policies of %q: %q, x/net/html says %q", doc, head.Policies, headPolicies(doc))
	}
}

// misparsed says whether x/net/html departs from the standard on a document.
func misparsed(doc []byte) bool {
	return false
}

func equalHeads(a, b Head) bool {
	return a.Skip == b.Skip && a.Charset == b.Charset && a.Complete == b.Complete && slices.Equal(a.Policies, b.Policies)
}

func goldenDocuments(testing.TB) [][]byte {
	return [][]byte{
		[]byte(`<html><head><meta http-equiv="Content-Security-Policy" content="default-src 'self' &quot;x"><title>x</title><script><!--<script></script>--></script><template><meta http-equiv=content-security-policy content=x></template><noscript><meta http-equiv=content-security-policy content=y></noscript></head><meta http-equiv=content-security-policy content=z><body>`),
	}
}
