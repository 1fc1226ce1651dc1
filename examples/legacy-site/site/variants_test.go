package site

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestCodedTermsAreTheTerms(t *testing.T) {
	server := newServer(t)
	_, want := get(t, server, "/terms", nil)
	_, zipped := get(t, server, "/terms/gzip", nil)
	reader, err := gzip.NewReader(strings.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(reader); err != nil || string(got) != want {
		t.Errorf("gzip: %v, equal: %v", err, string(got) == want)
	}
	_, brotlied := get(t, server, "/terms/br", nil)
	if got, err := io.ReadAll(brotli.NewReader(strings.NewReader(brotlied))); err != nil || string(got) != want {
		t.Errorf("br: %v, equal: %v", err, string(got) == want)
	}
}

func TestAccepts(t *testing.T) {
	tests := []struct {
		header string
		want   bool
	}{
		{"", false},
		{"gzip", true},
		{"GZIP", true},
		{"br, gzip;q=0.5", true},
		{"gzip; q=1.0", true},
		{"gzip;q=0", false},
		{"gzip; q=0.000", false},
		{"x-gzip", false},
	}
	for _, tt := range tests {
		if got := accepts(tt.header, "gzip"); got != tt.want {
			t.Errorf("accepts(%q): %v, want %v", tt.header, got, tt.want)
		}
	}
}

func TestNewsRevalidates(t *testing.T) {
	server := newServer(t)
	first, page := get(t, server, "/news", nil)
	etag := first.Header.Get("ETag")
	if first.StatusCode != http.StatusOK || !strings.HasPrefix(etag, `"`) {
		t.Fatalf("status %d, ETag %q, want 200 and a strong one", first.StatusCode, etag)
	}
	tests := []struct {
		name, header, value string
		status, length      int
	}{
		{"same ETag", "If-None-Match", etag, 304, 0},
		{"other ETag", "If-None-Match", `"other"`, 200, len(page)},
		{"same date", "If-Modified-Since", "Mon, 03 Nov 2003 09:00:00 GMT", 304, 0},
		{"range", "Range", "bytes=0-99", 206, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, body := get(t, server, "/news", map[string]string{tt.header: tt.value})
			if response.StatusCode != tt.status || len(body) != tt.length {
				t.Errorf("status %d with %d bytes, want %d with %d", response.StatusCode, len(body), tt.status, tt.length)
			}
			if got := response.Header.Get("Content-Security-Policy"); got != "default-src 'self'" {
				t.Errorf("policy %q", got)
			}
		})
	}
}
