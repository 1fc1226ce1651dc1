package inject

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/htmlindex"
)

// TestLabels compares the table with x/text's, and its names with what may
// stand in a header.
func TestLabels(t *testing.T) {
	if len(encodings) != 228 {
		t.Errorf("%d labels, the Encoding standard has 228", len(encodings))
	}
	for label, name := range encodings {
		e, err := htmlindex.Get(label)
		if err != nil {
			t.Errorf("%s: %v", label, err)
			continue
		}
		if want, err := htmlindex.Name(e); err != nil || want != name && label != "replacement" && name != "replacement" {
			t.Errorf("%s is %s, x/text says %s, %v", label, name, want, err)
		}
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || encodings[name] != name {
			t.Errorf("%q cannot be a label in a header", name)
		}
		if got := getEncoding([]byte("\t " + strings.ToUpper(label) + "\r\n")); got != name {
			t.Errorf("%s in upper case is %q", label, got)
		}
	}
	for _, label := range []string{"", " ", "utf", "utf-8x", "utf 8", "\vutf-8", "utf-7", "utf-32", strings.Repeat("x", 100)} {
		if got := getEncoding([]byte(label)); got != "" {
			t.Errorf("%q is %q", label, got)
		}
	}
}

// TestDeclared is about the prescan (HTML, 13.2.3.2).
func TestDeclared(t *testing.T) {
	for doc, want := range map[string]string{
		``:                                                                        "",
		`<meta charset=utf-8>`:                                                    "utf-8",
		`<META CHARSET = "ISO-8859-1" />`:                                         "windows-1252",
		`<meta/charset='euc-kr'>`:                                                 "euc-kr",
		"<meta\fcharset=sjis>":                                                    "shift_jis",
		`<meta charset= utf8 >`:                                                   "utf-8",
		`<meta charset=utf-16>`:                                                   "utf-8",
		`<meta charset=utf-16be>`:                                                 "utf-8",
		`<meta charset=x-user-defined>`:                                           "windows-1252",
		`<meta charset=iso-2022-kr>`:                                              "replacement",
		`<meta charset=nonsense>`:                                                 "",
		`<meta charset=no><meta charset=koi8-r>`:                                  "koi8-r",
		`<meta charset="utf-8`:                                                    "",
		`<meta charset=utf-8`:                                                     "",
		`<metacharset=utf-8>`:                                                     "",
		`<meta>charset=utf-8>`:                                                    "",
		`<metal charset=utf-8>`:                                                   "",
		`<!-- <meta charset=koi8-r> --><meta charset=big5>`:                       "big5",
		`<!--><meta charset=koi8-r> -->`:                                          "koi8-r",
		`<!---><meta charset=koi8-r> -->`:                                         "koi8-r",
		`<!-- --!><meta charset=koi8-r>`:                                          "", // the prescan knows no "--!>"
		`<a title="<meta charset=koi8-r>"><meta charset=big5>`:                    "big5",
		`</a title='<meta charset=koi8-r>'><meta charset=big5>`:                   "big5",
		`<a <meta charset=koi8-r>`:                                                "",
		`<!x <meta charset=koi8-r>`:                                               "",
		`<?xml encoding="koi8-r"?>`:                                               "", // nothing moves it
		`<? <meta charset=koi8-r><meta charset=big5>`:                             "big5",
		`</ <meta charset=koi8-r><meta charset=big5>`:                             "big5",
		`1 < 2 <meta charset=big5>`:                                               "big5",
		`<meta http-equiv=content-type content="text/html; charset=gbk">`:         "gbk",
		`<meta content="text/html; charset=gbk" http-equiv=Content-Type>`:         "gbk",
		`<meta content="text/html; charset=gbk">`:                                 "",
		`<meta http-equiv=refresh content="text/html; charset=gbk">`:              "",
		`<meta http-equiv=content-type content="charset charset = 'gbk' x">`:      "gbk",
		`<meta http-equiv=content-type content="CHARSET=gbk;x">`:                  "gbk",
		`<meta http-equiv=content-type content="charset='gbk">`:                   "",
		`<meta http-equiv=content-type content="charset=">`:                       "",
		`<meta http-equiv=content-type content="charset">`:                        "",
		`<meta http-equiv=content-type content='charset="gbk" charset=big5'>`:     "gbk",
		`<meta http-equiv=content-type content=charset=gbk charset=big5>`:         "big5",
		`<meta charset=big5 http-equiv=content-type content=charset=gbk>`:         "big5",
		`<meta charset=no http-equiv=content-type content=charset=gbk>`:           "",
		`<meta charset=big5 charset=gbk>`:                                         "big5",
		`<meta http-equiv=x http-equiv=content-type content=charset=gbk>`:         "",
		`<meta content=charset=gbk content=charset=big5 http-equiv=content-type>`: "gbk",
		`<meta = charset=gbk>`:                                                    "gbk",
		`<meta x = / charset=gbk>`:                                                "gbk",
		`<meta x='>' charset=gbk>`:                                                "gbk",
		`<meta charset=&#117;tf-8>`:                                               "", // no character references here

		// What only looks like an element to the standard's prescan is one to
		// Firefox, and not to Blink.
		`<script>"<meta charset=koi8-r>"</script><meta charset=big5>`: "",
		`<title><meta charset=koi8-r></title>`:                        "",
		`<script>"<meta charset=big5>"</script><meta charset=big5>`:   "big5",
		`<script/x>"</script><title>x</title><meta charset=big5>`:     "big5",
		`<STYLE>a{}</STYLE ><meta charset=big5>`:                      "big5",
	} {
		if d := declared([]byte(doc), true); d.encoding != want {
			t.Errorf("%s: %q, want %q", doc, d.encoding, want)
		}
		// A prefix says nothing yet, or what the whole says.
		for n := range len(doc) {
			if d := declared([]byte(doc)[:n], false); !d.more && d.encoding != want {
				t.Errorf("%s: after %d bytes %+v", doc, n, d)
			}
		}
	}
}

// TestWindow moves a declaration over the end of the window of 1,024 bytes: it
// counts wherever it starts within it.
func TestWindow(t *testing.T) {
	const meta = `<meta charset="euc-kr">`
	for start := 990; start <= 1040; start++ {
		doc := `<!DOCTYPE html><head><!--` + strings.Repeat("x", start-28) + `-->` + meta + `<title>x</title></head><body>` + strings.Repeat("x", 3000)
		if strings.Index(doc, meta) != start {
			t.Fatalf("declaration at %d", strings.Index(doc, meta))
		}
		want := ""
		if start < window {
			want = "euc-kr"
		}
		for _, n := range []int{1, 7, 1000, 1024, 1 << 20} {
			out, head := rewrite(t, Options{}, []byte(doc), pieces(n))
			if head.Charset != want || head.Skip != "" || !strings.HasPrefix(out, `<!DOCTYPE html><head>`+testTag) {
				t.Errorf("at %d in pieces of %d: %+v", start, n, head)
			}
		}
		for _, o := range []Options{{Charset: "utf-8"}, {Charset: "windows-1252"}} {
			if _, head := rewrite(t, o, []byte(doc), nil); head.Charset != "" {
				t.Errorf("with charset %s in the header: %+v", o.Charset, head)
			}
		}
		if _, head := rewrite(t, Options{}, []byte("\xEF\xBB\xBF"+doc), nil); head.Charset != "" {
			t.Errorf("with a byte order mark: %+v", head)
		}
	}
}

// TestWindowWait: the end of head is no reason to decide before the window has
// been seen, since a declaration may follow; a flush is.
func TestWindowWait(t *testing.T) {
	head := []byte("<head><title>x</title></head><body>")
	r := New(new(bytes.Buffer), Options{})
	_, _ = r.Write(head)
	if r.Decided() || !r.PointKnown() {
		t.Errorf("decided %v, point known %v", r.Decided(), r.PointKnown())
	}
	if _ = r.Flush(); !r.Decided() {
		t.Error("not decided after a flush")
	}
	r.Discard()
	for _, o := range []Options{{Charset: "utf-8"}, {}} {
		doc := head
		if o.Charset == "" {
			doc = append([]byte("<meta charset=utf-8>"), head...)
		}
		r := New(new(bytes.Buffer), o)
		if _, _ = r.Write(doc); !r.Decided() {
			t.Errorf("%+v: waits for nothing", o)
		}
		r.Discard()
	}
}

// TestLegacyEncodings writes the same page in every encoding that is ASCII's
// superset, with text before the insertion point, and expects the tag there.
func TestLegacyEncodings(t *testing.T) {
	samples := []string{
		"日本語のページ表示ソ能", "中文页面", "中文頁面許功蓋", "한국어 페이지", "Русская страница", "Ελληνική σελίδα",
		"Türkçe sayfa", "עמוד בעברית", "صفحة عربية", "Česká stránka", "Trang tiếng Việt", "naïve café", "ภาษาไทย",
	}
	tried := 0
	for label, name := range encodings {
		e, err := htmlindex.Get(name)
		if err != nil || label != name || name == "replacement" || strings.HasPrefix(name, "utf-16") || name == "iso-2022-jp" {
			continue
		}
		for _, sample := range samples {
			const page = "<!DOCTYPE html><!-- %s --><html lang='%s' title=\"%s\"><head data-x=\"%s>\"><meta charset=%s><title>%s</title><body>%s"
			s := fmt.Sprintf(page, sample, sample, sample, sample, name, sample, sample)
			body, err := e.NewEncoder().String(s)
			if err != nil {
				continue // the encoding lacks these characters
			}
			tried++
			want := strings.Replace(body, "<meta", testTag+"<meta", 1)
			for _, o := range []Options{{Charset: name}, {}} {
				out, head := rewrite(t, o, []byte(body), pieces(3))
				if out != want {
					t.Errorf("%s: %q", name, out)
				}
				if o.Charset == "" && head.Charset != encodings[name] && name != "x-user-defined" {
					t.Errorf("%s: %+v", name, head)
				}
			}
		}
	}
	if tried < 80 {
		t.Errorf("only %d pages could be written", tried)
	}
}

// toUTF16 encodes s, with a byte order mark if s begins with one.
func toUTF16(s string, big bool) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func TestUTF16(t *testing.T) {
	const page = "\uFEFF<!DOCTYPE html><!-- 😀 㰀 --><html title='㸾'><head>|<meta http-equiv=content-security-policy content='img-src 😀 &amp;x'><title>日本語</title></head>"
	before, after, _ := strings.Cut(page, "|")
	edited := strings.Replace(after, "'img-src 😀 &amp;x'", "'img-src 😀 &amp;y &#39;self&#39;'", 1)
	for _, big := range []bool{false, true} {
		for _, odd := range []string{"", "x"} {
			label := map[bool]string{false: "utf-16", true: "UTF-16BE"}[big]
			for _, c := range []struct {
				o    Options
				skip int // of the page's first bytes
			}{
				{Options{}, 0},
				{Options{Charset: "koi8-r"}, 0},
				{Options{Charset: "no-such"}, 0},
				{Options{Charset: label}, 0},
				{Options{Charset: label}, 2},
				{Options{RequireMarkup: true}, 0},
			} {
				body := append(toUTF16(before+after, big)[c.skip:], odd...)
				want := append(toUTF16(before+testTag+edited, big)[c.skip:], odd...)
				for _, n := range []int{1, 3, 1 << 20} {
					d := &document{Options: c.o, cut: pieces(n), edit: func(h *Head) Edit {
						e := Edit{Tag: testTag}
						for _, p := range h.Policies {
							e.Policies = append(e.Policies, strings.Replace(p, "&x", "&y 'self'", 1))
						}
						return e
					}}
					if err := d.run(body); err != nil {
						t.Fatal(err)
					}
					h := d.head(t)
					if !bytes.Equal(d.out.Bytes(), want) || h.Charset != "" || len(h.Policies) != 1 || h.Policies[0] != "img-src 😀 &x" {
						t.Errorf("big-endian %v, %+v, pieces of %d: %+v\n%q", big, c, n, h, d.out.String())
					}
				}
			}
		}
	}
}

// TestUTF16Unmarked: without mark and header, "<?x" in UTF-16 is UTF-16.
func TestUTF16Unmarked(t *testing.T) {
	for _, big := range []bool{false, true} {
		doc := toUTF16("<?xml version='1.0'?><html><head></head>", big)
		out, head := rewrite(t, Options{}, doc, pieces(1))
		if want := toUTF16("<?xml version='1.0'?><html><head>"+testTag+"</head>", big); out != string(want) {
			t.Errorf("%q %+v", out, head)
		}
	}
}

func TestEncodingSkips(t *testing.T) {
	const esc = "\x1b$B%F\x1b(B" // テ
	for name, c := range map[string]struct {
		charset, doc string
		want         Reason
	}{
		"unknown":                    {"no-such", "<head>", ReasonCharset},
		"unknown but marked":         {"no-such", "\xEF\xBB\xBF<head>", ""},
		"utf-7":                      {"UTF-7", "<head>", ReasonUTF7},
		"unicode-1-1-utf-7":          {"unicode-1-1-utf-7", "<head>", ReasonUTF7},
		"utf-32":                     {"utf-32le", "<head>", ReasonUTF32},
		"utf-32le by mark":           {"", "\xFF\xFE\x00\x00<\x00\x00\x00", ReasonUTF32},
		"utf-32be by mark":           {"utf-8", "\x00\x00\xFE\xFF\x00\x00\x00<", ReasonUTF32},
		"replacement":                {"ISO-2022-KR", "<head>", ReasonReplacement},
		"replacement by declaration": {"", "<head><meta charset=hz-gb-2312>", ReasonReplacement},
		"quoted white space":         {" utf-8 ", "<head>", ""},

		"escape before the point":       {"iso-2022-jp", "<!--" + esc + "--><head>", ReasonEscape},
		"escape after the point":        {"iso-2022-jp", "<head><title>" + esc + "</title>", ""},
		"escape in the head tag":        {"csISO2022JP", "<head title='" + esc + "'>", ReasonEscape},
		"escape, declared iso-2022-jp":  {"", "<!--" + esc + "--><head><meta charset=iso-2022-jp>", ReasonEscape},
		"escape, declared utf-8":        {"", "<!--" + esc + "--><head><meta charset=utf-8>", ""},
		"escape, nothing declared":      {"", "<!--" + esc + "--><head>", ReasonEscape},
		"escape, utf-8 in the header":   {"utf-8", "<!--" + esc + "--><head><meta charset=iso-2022-jp>", ""},
		"escape, marked":                {"iso-2022-jp", "\xEF\xBB\xBF<!--" + esc + "--><head>", ""},
		"no escape, iso-2022-jp":        {"", "<head><meta charset=iso-2022-jp><title>" + esc, ""},
		"escape far before declaration": {"", "<!--" + esc + strings.Repeat("x", 2000) + "--><head><meta charset=utf-8>", ReasonEscape},
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 2, 1 << 20} {
				out, head := rewrite(t, Options{Charset: c.charset}, []byte(c.doc), pieces(n))
				if head.Skip != c.want {
					t.Errorf("in pieces of %d: %+v, want %q", n, head, c.want)
				}
				if (out == c.doc) != (c.want != "") {
					t.Errorf("in pieces of %d: %q", n, out)
				}
			}
		})
	}
}

// TestEscapeEndsHead: behind an escape nothing is certain, so policies there
// are not touched, and the head is not complete; unless the page says that it
// is not ISO-2022-JP.
func TestEscapeEndsHead(t *testing.T) {
	const policy = "<meta http-equiv=content-security-policy content=x>"
	doc := "<head>%s" + policy + "<title>\x1b$B%%F\x1b(B</title>" + policy + "</head>"
	for meta, want := range map[string]int{"": 1, "<meta charset=iso-2022-jp>": 1, "<meta charset=utf-8>": 2} {
		for _, n := range []int{1, 1 << 20} {
			_, head := rewrite(t, Options{}, fmt.Appendf(nil, doc, meta), pieces(n))
			if len(head.Policies) != want || head.Complete != (want == 2) {
				t.Errorf("%q in pieces of %d: %+v", meta, n, head)
			}
		}
	}
}
