package proxy

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// nullWriter is a ResponseWriter that costs as little as one can.
type nullWriter struct{ h http.Header }

func (w *nullWriter) Header() http.Header         { return w.h }
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteHeader(int)             {}

// browserHeader is what Chromium sends with a navigation, or with a fetch.
func browserHeader(dest string) http.Header {
	h := http.Header{
		"Accept-Encoding":    {"gzip, deflate, br, zstd"},
		"Accept-Language":    {"de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"},
		"Cookie":             {"session=5f2c7f5e0b3f4b0e9a; consent=1"},
		"Referer":            {"https://bank.example/konto/"},
		"Sec-Ch-Ua":          {`"Chromium";v="142", "Not_A Brand";v="99"`},
		"Sec-Ch-Ua-Mobile":   {"?0"},
		"Sec-Ch-Ua-Platform": {`"Linux"`},
		"Sec-Fetch-Dest":     {dest},
		"Sec-Fetch-Site":     {"same-origin"},
		"User-Agent":         {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"},
	}
	if dest == "document" {
		h["Accept"] = []string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"}
		h["Sec-Fetch-Mode"] = []string{"navigate"}
		h["Sec-Fetch-User"] = []string{"?1"}
		h["Upgrade-Insecure-Requests"] = []string{"1"}
	} else {
		h["Accept"] = []string{"*/*"}
		h["Sec-Fetch-Mode"] = []string{"cors"}
	}
	return h
}

// siteAnswer is the site behind us in a benchmark.
type siteAnswer struct {
	status int
	header http.Header
	body   []byte
	writes int // in how many parts the body comes
}

// newSiteAnswer has the fields that a site sends in any case.
func newSiteAnswer(status int, contentType string, length, writes int) *siteAnswer {
	page := "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Account overview</title>\n" +
		"<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n"
	body := []byte(page + strings.Repeat("x", max(0, length-len(page))))[:length]
	return &siteAnswer{
		status: status, body: body, writes: writes,
		header: http.Header{
			"Cache-Control":  {"private, max-age=0"},
			"Content-Length": {strconv.Itoa(length)},
			"Content-Type":   {contentType},
			"Date":           {"Mon, 23 Nov 2026 04:00:00 GMT"},
			"Etag":           {`"5f2c-6118"`},
			"Last-Modified":  {"Mon, 16 Nov 2026 04:00:00 GMT"},
			"Set-Cookie":     {"visit=1; Path=/"},
			"Vary":           {"Accept-Encoding"},
		},
	}
}

// with adds one more field.
func (a *siteAnswer) with(name, value string) *siteAnswer {
	a.header[name] = []string{value}
	return a
}

// serve answers as a reverse proxy does: field by field.
func (a *siteAnswer) serve(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	for name, values := range a.header {
		for _, value := range values {
			h.Add(name, value)
		}
	}
	w.WriteHeader(a.status)
	part := (len(a.body) + a.writes - 1) / max(1, a.writes)
	for rest := a.body; len(rest) > 0; {
		n := min(part, len(rest))
		if _, err := w.Write(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// BenchmarkServeHTTP measures what we add to a request: everything between
// the proxy around us and the handler behind us. "without us" is the same
// handler alone.
func BenchmarkServeHTTP(b *testing.B) {
	const (
		html = "text/html; charset=utf-8"
		// hosts is the policy of a site that lists where things come from.
		hosts = "default-src 'self'; script-src 'self' https://cdn.example; style-src 'self' 'unsafe-inline'; " +
			"img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; report-uri /csp"
		strict = "script-src 'nonce-R4nd0m' 'strict-dynamic'; object-src 'none'; base-uri 'none'"
	)
	benches := []struct {
		name, dest string
		site       *siteAnswer
	}{
		{"not a document", "empty", newSiteAnswer(200, "application/json", 2<<10, 1)},
		{"document that is no HTML", "document", newSiteAnswer(200, "application/pdf", 2<<10, 1)},
		{"document, 304", "document", newSiteAnswer(304, html, 0, 0)},
		{"document, 2 KB", "document", newSiteAnswer(200, html, 2<<10, 1)},
		{"document, 20 KB", "document", newSiteAnswer(200, html, 20<<10, 1)},
		{"document, 20 KB, 4 writes", "document", newSiteAnswer(200, html, 20<<10, 4)},
		{"document, 2 KB, policy of hosts", "document", newSiteAnswer(200, html, 2<<10, 1).with("Content-Security-Policy", hosts)},
		{"document, 2 KB, strict policy", "document", newSiteAnswer(200, html, 2<<10, 1).with("Content-Security-Policy", strict)},
	}
	for _, bb := range benches {
		m := newTestMiddleware(b, Config{})
		r := httptest.NewRequest(http.MethodGet, "/konto/umsatz.html", nil)
		r.Header = browserHeader(bb.dest)
		if bb.site.status == http.StatusNotModified {
			r.Header["If-None-Match"] = []string{m.etags.mark(bb.site.header.Get("Etag"))}
		}
		run := func(b *testing.B, serve func(w http.ResponseWriter) error) {
			b.ReportAllocs()
			for b.Loop() {
				w := &nullWriter{http.Header{"Server": {"Caddy"}}} // new for each request, as net/http's is
				if err := serve(w); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.Run(bb.name, func(b *testing.B) {
			run(b, func(w http.ResponseWriter) error { return m.ServeHTTP(w, r, bb.site.serve) })
		})
		b.Run(bb.name+", without us", func(b *testing.B) {
			run(b, func(w http.ResponseWriter) error { return bb.site.serve(w, r) })
		})
	}
}
