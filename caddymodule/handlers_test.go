package caddymodule_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// longPage is one that encode finds worth compressing.
var longPage = strings.Replace(page, "</body>", strings.Repeat("<p>Umsatz</p>\n", 4000)+"</body>", 1)

// TestEncode shows that encode compresses what we made of a page, that sizes
// are exact, and that validators go round.
func TestEncode(t *testing.T) {
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Etag", `"abc"`)
		if r.Header.Get("If-None-Match") == `"abc"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.URL.Path == "/compressed" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, longPage)
			_ = z.Close()
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(longPage)))
		_, _ = io.WriteString(w, longPage)
	})
	s := startSite(t, upstream, "encode\ncobrowse\nreverse_proxy {up}")
	for _, path := range []string{"/plain", "/compressed"} {
		for _, coding := range []string{"identity", "gzip", "zstd"} {
			t.Run(path+" "+coding, func(t *testing.T) {
				got := s.get(path, "Accept-Encoding: "+coding)
				if coding != "identity" && (got.header.Get("Content-Encoding") != coding || len(got.body) > len(longPage)/10) {
					t.Fatalf("not compressed: %d bytes, header %v", len(got.body), got.header)
				}
				wire := int64(len(got.body))
				got.body = decompress(t, got.body, got.header.Get("Content-Encoding"))
				injected(t, got, longPage)
				if coding == "identity" && path == "/plain" && got.length != wire {
					t.Errorf("Content-Length %d for %d bytes", got.length, wire)
				}
				tag := got.header.Get("Etag")
				if !strings.HasPrefix(tag, `"abc-cb.`) {
					t.Fatalf("Etag %q", tag)
				}
				again := s.get(path, "Accept-Encoding: "+coding, "If-None-Match: "+tag)
				if again.status != http.StatusNotModified || again.body != "" {
					t.Errorf("revalidation of %s: status %d", tag, again.status)
				}
			})
		}
	}
	if got := s.get("/plain", "If-None-Match: \"abc\"", "Accept-Encoding: identity"); got.status != http.StatusOK {
		t.Errorf("a copy from before us was confirmed: status %d", got.status)
	}
}

func decompress(t testing.TB, body, coding string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(body)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestErrorRoutes shows that an error behind us reaches Caddy's error routes as
// it was, that what they answer is theirs alone, and that the site's own error
// pages are pages like any other.
func TestErrorRoutes(t *testing.T) {
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, page)
	})
	const errorPage = "<!DOCTYPE html><html><head><title>Error</title></head><body>{err.status_code}</body></html>"
	s := startSite(t, upstream, `
	encode
	handle_errors {
		header Content-Type "text/html; charset=utf-8"
		respond "`+errorPage+`"
	}
	route {
		cobrowse
		error /teapot "short and stout" 418
		reverse_proxy /down 127.0.0.1:1
		reverse_proxy {up}
	}`)
	for path, status := range map[string]int{"/teapot": http.StatusTeapot, "/down": http.StatusBadGateway} {
		got := s.get(path)
		if want := strings.Replace(errorPage, "{err.status_code}", strconv.Itoa(status), 1); got.status != status || got.body != want {
			t.Errorf("%s: status %d, body %q, want %q", path, got.status, got.body, want)
		}
		for name := range got.header {
			if name == "Etag" || name == "X-Cobrowse" {
				t.Errorf("%s: the error page has our %s", path, name)
			}
		}
	}
	got := s.get("/missing")
	if got.status != http.StatusNotFound {
		t.Errorf("status %d", got.status)
	}
	injected(t, got, page)
}

// TestOtherHandlers shows that pages of Caddy's own handlers are pages.
func TestOtherHandlers(t *testing.T) {
	s := startSite(t, serveHTML(page), `
	cobrowse
	root testdata/www
	templates
	file_server`)
	got := s.get("/")
	injected(t, got, "<!DOCTYPE html>\n<html>\n<head>\n<title>A page from a file</title>\n</head>\n<body>2 + 2</body>\n</html>\n")
}

// TestDryRun shows a dry run through Caddy: counted, but not touched.
func TestDryRun(t *testing.T) {
	s := startSite(t, serveHTML(page), "cobrowse {\n inject {\n dry_run\n expose\n }\n }\n reverse_proxy {up}")
	before := s.metric(`caddy_cobrowse_injections_total{result="dry-run",site="site"}`)
	if got := s.get("/"); got.body != page || got.header.Get("X-Cobrowse") != "skipped; reason=dry-run" {
		t.Errorf("got %+v", got)
	}
	if after := s.metric(`caddy_cobrowse_injections_total{result="dry-run",site="site"}`); after != before+1 {
		t.Errorf("counted %v", after-before)
	}
}
