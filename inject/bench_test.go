package inject

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// benchPage is a page of about n bytes with an ordinary head.
func benchPage(n int) []byte {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>A shop &mdash; things to buy</title>\n")
	for range 12 {
		b.WriteString("<link rel=\"stylesheet\" href=\"/static/css/vendor.3f2a9c.css\" integrity=\"sha384-oqVuAfXRKap7fdgcCY5uykM6\" crossorigin=\"anonymous\">\n")
	}
	b.WriteString("<style>\n" + strings.Repeat("body > .a { margin: 0 auto }\n", 40) + "</style>\n</head>\n<body>\n")
	for b.Len() < n {
		b.WriteString("<div class=\"item\"><a href=\"/p/12345\">Product</a> <span class='price'>12,00</span></div>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return []byte(b.String())
}

func benchRewrite(b *testing.B, o Options, body []byte, size int) {
	o.Decide = func(*Head) Edit { return Edit{Tag: testTag} }
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r := New(io.Discard, o)
		for rest := body; len(rest) > 0; {
			n := min(size, len(rest))
			if _, err := r.Write(rest[:n]); err != nil {
				b.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRewriter is a whole page. Its time does not depend on the page's
// size, since only head is read and only the first write is copied.
func BenchmarkRewriter(b *testing.B) {
	for _, c := range []struct {
		name        string
		page, write int
		charset     string
	}{
		{"20KB/one write", 20 << 10, 1 << 20, "utf-8"},
		{"20KB/one write/prescan", 20 << 10, 1 << 20, ""},
		{"20KB/4KB writes", 20 << 10, 4 << 10, "utf-8"},
		{"1MB/32KB writes", 1 << 20, 32 << 10, "utf-8"},
	} {
		b.Run(c.name, func(b *testing.B) {
			benchRewrite(b, Options{Charset: c.charset, Marker: testMarker}, benchPage(c.page), c.write)
		})
	}
}

// BenchmarkCodings is a page of 100 KB that is decoded and encoded anew. The
// MB/s are of compressed bytes.
func BenchmarkCodings(b *testing.B) {
	page := textPage(100 << 10)
	for _, name := range []string{"deflate", "br", "zstd"} {
		b.Run(name, func(b *testing.B) {
			benchRewrite(b, Options{ContentEncoding: name, Charset: "utf-8"}, encoded(b, name, page), 32<<10)
		})
	}
}

// BenchmarkPoint is the search for the insertion point alone, beside what else
// could be used for it.
func BenchmarkPoint(b *testing.B) {
	page := benchPage(20 << 10)
	b.Run("scanner", func(b *testing.B) {
		b.ReportAllocs()
		var s scanner
		for b.Loop() {
			s.reset("")
			for n := 64; s.point < 0; n += 64 {
				s.run(page[:n])
			}
		}
	})
	b.Run("tokenizer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			z := html.NewTokenizer(bytes.NewReader(page))
			for {
				if z.Next() == html.StartTagToken {
					if name, _ := z.TagName(); string(name) == "head" {
						break
					}
				}
			}
		}
	})
	b.Run("regexp", func(b *testing.B) {
		b.ReportAllocs()
		re := regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)
		for b.Loop() {
			if re.FindIndex(page) == nil {
				b.Fatal("not found")
			}
		}
	})
}

// BenchmarkHead is the scan of all of head.
func BenchmarkHead(b *testing.B) {
	page := benchPage(20 << 10)
	b.ReportAllocs()
	var s scanner
	for b.Loop() {
		s.reset(testMarker)
		s.run(page)
	}
	b.SetBytes(int64(s.pos))
}

// BenchmarkSpliced is a gzip page, of which only the beginning is decoded.
func BenchmarkSpliced(b *testing.B) {
	for _, size := range []int{2 << 10, 20 << 10, 100 << 10, 1 << 20} {
		b.Run(strconv.Itoa(size>>10)+"KB", func(b *testing.B) {
			benchRewrite(b, Options{ContentEncoding: "gzip", Charset: "utf-8", Marker: testMarker}, encoded(b, "gzip", textPage(size)), 32<<10)
		})
	}
}
