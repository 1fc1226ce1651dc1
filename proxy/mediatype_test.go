package proxy

import (
	"mime"
	"strings"
	"testing"
)

func TestParseContentType(t *testing.T) {
	tests := []struct{ in, mediaType, charset string }{
		{"text/html", "text/html", ""},
		{"text/html; charset=utf-8", "text/html", "utf-8"},
		{"Text/HTML;CHARSET=UTF-8", "text/html", "UTF-8"},
		{`text/html; charset="windows-1252"`, "text/html", "windows-1252"},
		{`text/html; charset="a\"b"; x=y`, "text/html", `a"b`},
		{`text/html; x="; charset=no"; charset=yes`, "text/html", "yes"},
		{"text/html; charset=one; charset=two", "text/html", "one"},
		{"text/html; charset=; charset=two", "text/html", "two"},
		{"text/html; boundary; charset=utf-8 ", "text/html", "utf-8"},
		{" text/html ;charset= utf-8", "text/html", " utf-8"},
		{`text/html; charset="unclosed`, "text/html", "unclosed"},
		{"", "", ""},
		{";", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			if mt, cs := parseContentType(tt.in); mt != tt.mediaType || cs != tt.charset {
				t.Errorf("got %q, %q; want %q, %q", mt, cs, tt.mediaType, tt.charset)
			}
		})
	}
}

// FuzzParseContentType compares with the standard library wherever that
// accepts the value: what it understands, we understand alike.
func FuzzParseContentType(f *testing.F) {
	for _, s := range []string{"text/html; charset=utf-8", `text/html; a="b;c"; charset="x\"y"`, "text/html;charset", `a/b; c="`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r >= 0x7f }) {
			return // no field value has these (RFC 9110, section 5.5); the library trims some
		}
		mediaType, charset := parseContentType(s)
		want, params, err := mime.ParseMediaType(s)
		if err != nil || strings.Contains(s, "*") { // RFC 2231 continuations are none of HTTP's
			return
		}
		if mediaType != want {
			t.Errorf("%q: type %q, want %q", s, mediaType, want)
		}
		if c := params["charset"]; c != "" && charset != c {
			t.Errorf("%q: charset %q, want %q", s, charset, c)
		}
	})
}

func TestListHas(t *testing.T) {
	lines := []string{"public, Max-Age=60", `no-transform;x, private="a"`}
	for name, want := range map[string]bool{"no-transform": true, "max-age": true, "PUBLIC": true, "private": true, "age": false, "": false} {
		if listHas(lines, name) != want {
			t.Errorf("listHas(%q) = %t", name, !want)
		}
	}
}

func TestAcceptsCoding(t *testing.T) {
	tests := []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{"gzip"}, true},
		{[]string{"br, GZIP;q=0.5"}, true},
		{[]string{"br", "gzip"}, true},
		{[]string{"gzip;q=0"}, false},
		{[]string{"gzip; q=0.000"}, false},
		{[]string{"gzip;q=0.001"}, true},
		{[]string{"x-gzip, *"}, false},
	}
	for _, tt := range tests {
		if got := acceptsCoding(tt.lines, "gzip"); got != tt.want {
			t.Errorf("%q: %t", tt.lines, got)
		}
	}
}

func TestETags(t *testing.T) {
	e := newETags("h1")
	for tag, want := range map[string]string{
		`"a"`: `"a-cb.h1"`, `W/"a"`: `W/"a-cb.h1"`, `""`: `"-cb.h1"`, `"a,b"`: `"a,b-cb.h1"`,
		`a`: `a`, `"`: `"`, `"a`: `"a`, `"a"b"`: `"a"b"`,
	} {
		if got := e.mark(tag); got != want {
			t.Errorf("mark(%s) = %s, want %s", tag, got, want)
		}
	}
	for list, want := range map[string]string{
		`"a-cb.h1"`:                   `"a"`,
		`W/"a-cb.h1", "b", "c-cb.h1"`: `W/"a", "c"`,
		`"a,b-cb.h1"`:                 `"a,b"`,
		`"a-cb.h0"`:                   ``,
		`*`:                           ``,
		`"a-cb.h1`:                    ``,
		`"a-cb.h1-gzip"`:              ``,
		`garbage "a-cb.h1"`:           `garbage "a"`,
		` , ,"a-cb.h1"`:               `"a"`,
		`"x-cb.h1-cb.h1"`:             `"x-cb.h1"`,
	} {
		if got := e.unmark([]string{list}); got != want {
			t.Errorf("unmark(%s) = %s, want %s", list, got, want)
		}
	}
}

// FuzzETags checks that marking and unmarking are inverse, whatever stands
// around the tag in the list.
func FuzzETags(f *testing.F) {
	f.Add("abc", `"x"`, true)
	f.Add("a,b", `W/"y`, false)
	f.Fuzz(func(t *testing.T, opaque, around string, weak bool) {
		if strings.ContainsAny(opaque, "\"\r\n") || strings.Contains(around, `"`) {
			return
		}
		e := newETags("0123456789ab")
		tag := `"` + opaque + `"`
		if weak {
			tag = "W/" + tag
		}
		if got := e.unmark([]string{e.mark(tag)}); got != tag {
			t.Errorf("%s came back as %s", tag, got)
		}
		if got := e.unmark([]string{`"other", ` + e.mark(tag) + ", " + around}); got != tag {
			t.Errorf("%s came back from a list as %s", tag, got)
		}
	})
}
