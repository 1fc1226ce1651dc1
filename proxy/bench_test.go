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

// BenchmarkServeHTTP measures what we add to a request: everything between
// the proxy around us and the handler behind us.
func BenchmarkServeHTTP(b *testing.B) {
	body := []byte("<!DOCTYPE html><html><head><title>x</title></head><body>" + strings.Repeat("x", 20<<10))
	strict := []string{"script-src 'nonce-R4nd0m' 'strict-dynamic'; object-src 'none'; base-uri 'none'"}
	benches := []struct {
		name, dest, contentType string
		policy                  []string
	}{
		{"not a document", "empty", "application/json", nil},
		{"document that is no HTML", "document", "application/pdf", nil},
		{"document, 20 KB", "document", "text/html; charset=utf-8", nil},
		{"document, 20 KB, strict policy", "document", "text/html; charset=utf-8", strict},
	}
	for _, bb := range benches {
		b.Run(bb.name, func(b *testing.B) {
			m := newTestMiddleware(b, Config{})
			r := httptest.NewRequest(http.MethodGet, "/konto/umsatz.html", nil)
			r.Header.Set("Sec-Fetch-Dest", bb.dest)
			r.Header.Set("Accept-Encoding", "gzip, br, zstd")
			w := &nullWriter{make(http.Header)}
			length := []string{strconv.Itoa(len(body))}
			contentType := []string{bb.contentType}
			next := func(w http.ResponseWriter, _ *http.Request) error {
				h := w.Header()
				h["Content-Type"], h["Content-Length"] = contentType, length
				if bb.policy != nil {
					h[policyField] = bb.policy
				}
				w.WriteHeader(http.StatusOK)
				_, err := w.Write(body)
				return err
			}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.h)
				if err := m.ServeHTTP(w, r, next); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
