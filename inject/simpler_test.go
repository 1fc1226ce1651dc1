package inject

import (
	"bytes"
	"regexp"
	"testing"

	"golang.org/x/net/html"
)

// simpler are methods that are in use elsewhere; the package doc quotes what
// they get wrong. They return the insertion point, or -1.
var simpler = []struct {
	name string
	find func([]byte) int
}{
	{`replace "<head>"`, after(`<head>`)},
	{`<head[^>]*>`, after(`(?i)<head[^>]*>`)},
	{`<head(\s[^>]*)?>`, after(`(?i)<head(\s[^>]*)?>`)},
	{`head, else html, else doctype, else the start`, func(b []byte) int {
		for _, re := range []string{`(?i)<head(\s[^>]*)?>`, `(?i)<html(\s[^>]*)?>`, `(?i)<!doctype[^>]*>`} {
			if i := after(re)(b); i >= 0 {
				return i
			}
		}
		return 0
	}},
	{"the start", func([]byte) int { return 0 }},
	{"before </head>", func(b []byte) int { return bytes.Index(b, []byte("</head>")) }},
	{"x/net/html's tokenizer", tokenizerPoint},
}

func after(pattern string) func([]byte) int {
	re := regexp.MustCompile(pattern)
	return func(b []byte) int {
		if m := re.FindIndex(b); m != nil {
			return m[1]
		}
		return -1
	}
}

// tokenizerPoint scans tokens for the first that opens head.
func tokenizerPoint(b []byte) int {
	z := html.NewTokenizer(bytes.NewReader(b))
	for pos := 0; ; {
		kind := z.Next()
		raw := len(z.Raw())
		switch kind {
		case html.ErrorToken:
			return len(b)
		case html.TextToken:
			if len(bytes.TrimLeft([]byte(html.UnescapeString(string(z.Raw()))), " \t\n\f\r")) > 0 {
				return pos
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "html":
			case "head":
				return pos + raw
			default:
				return pos
			}
		case html.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "head", "body", "html", "br":
				return pos
			}
		}
		pos += raw
	}
}

// TestSimplerMethods counts how many of html5lib's documents each method gets
// wrong. All of them must get more wrong than those that nobody can do.
func TestSimplerMethods(t *testing.T) {
	docs := html5lib(t)
	ours := 0
	for _, doc := range docs {
		if _, head := rewrite(t, Options{Charset: "utf-8"}, doc, nil); head.Skip != "" {
			ours++
		}
	}
	for _, m := range simpler {
		wrong := 0
		for _, doc := range docs {
			if i := m.find(doc); i < 0 || differsByTag(doc, insert(doc, i, testTag)) != "" {
				wrong++
			}
		}
		t.Logf("%-50s %5d of %d", m.name, wrong, len(docs))
		if wrong <= ours {
			t.Errorf("%s gets %d wrong, we leave %d alone", m.name, wrong, ours)
		}
	}
	t.Logf("%-50s %5d", "this package leaves alone", ours)
}
