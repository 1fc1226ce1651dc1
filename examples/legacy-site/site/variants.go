package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
)

func (s *site) routeVariants(mux *http.ServeMux) {
	terms := s.views.render(page{Title: "Terms and conditions", View: "terms"})
	identity := body("text/html; charset=utf-8", terms)
	gz := coded("gzip", gzipped(terms))
	br := coded("br", brotlied(terms))

	mux.HandleFunc("GET /terms/gzip", gz)
	mux.HandleFunc("GET /terms/br", br)
	mux.HandleFunc("GET /terms", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding")
		switch accepted := r.Header.Get("Accept-Encoding"); {
		case accepts(accepted, "br"):
			br(w, r)
		case accepts(accepted, "gzip"):
			gz(w, r)
		default:
			identity(w, r)
		}
	})
	mux.HandleFunc("GET /news", news(s.views.render(page{Title: "News", View: "news"})))
}

// news serves a page with validators: http.ServeContent answers conditional
// requests and ranges (RFC 9110, sections 13 and 14). The policy is on the 304
// too, and a browser then uses that one for the page it has kept.
func news(page []byte) http.HandlerFunc {
	sum := sha256.Sum256(page)
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	modified := time.Date(2003, time.November, 3, 9, 0, 0, 0, time.UTC)
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Etag", etag)
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Security-Policy", "default-src 'self'")
		http.ServeContent(w, r, "", modified, bytes.NewReader(page))
	}
}

// coded serves HTML that was compressed beforehand.
func coded(coding string, data []byte) http.HandlerFunc {
	next := body("text/html; charset=utf-8", data)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", coding)
		next(w, r)
	}
}

// accepts tells whether an Accept-Encoding header names a coding without
// forbidding it by a weight of 0 (RFC 9110, section 12.5.3).
func accepts(header, coding string) bool {
	for member := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(member, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		weight := strings.ReplaceAll(params, " ", "")
		return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
	}
	return false
}

// gzipped compresses without a time stamp, so that the bytes never change.
func gzipped(data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(data) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

func brotlied(data []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriter(&out)
	_, _ = w.Write(data) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
