package proxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// resetStream is the server's writer for a client that has reset its stream. As
// net/http's does over HTTP/2, it returns an error while it may still have what it
// was given; and it would send what comes after that.
type resetStream struct {
	nullWriter
	t            *testing.T
	kept, copied []byte
	lost         chan struct{}
}

func (w *resetStream) Write(p []byte) (int, error) {
	if w.kept != nil {
		w.t.Error("bytes were written behind those that are lost")
		return len(p), nil
	}
	w.kept, w.copied = p, bytes.Clone(p)
	close(w.lost)
	return 0, io.ErrClosedPipe
}

// TestMemoryOfALostWrite shows that bytes which the server may still have are not
// used again for another client's page, and that nothing is sent behind a gap.
func TestMemoryOfALostWrite(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	page := func(n int, fill string) []byte {
		return []byte("<!DOCTYPE html><head></head>" + strings.Repeat(fill, n))
	}
	serve := func(w http.ResponseWriter, next func(http.ResponseWriter)) {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler { //nolint:errorlint // a panic's value
				t.Errorf("panic %v", v)
			}
		}()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = browserHeader("document")
		_ = m.ServeHTTP(w, r, func(w http.ResponseWriter, _ *http.Request) error {
			w.Header()["Content-Type"] = []string{"text/html"}
			next(w)
			return nil
		})
	}
	type body struct{ io.Reader } // without WriteTo
	rest := func() io.Reader { return body{bytes.NewReader(page(40_000, "a"))} }
	tests := []struct {
		name  string
		grace time.Duration
		next  func(w http.ResponseWriter, lost <-chan struct{}) error
	}{
		{"second write", time.Hour, func(w http.ResponseWriter, _ <-chan struct{}) error {
			_, _ = w.Write(page(3900, "a"))
			_, err := w.Write(page(30_000, "a"))
			return err
		}},
		{"pause, then a write", time.Millisecond, func(w http.ResponseWriter, lost <-chan struct{}) error {
			_, _ = w.Write(page(3900, "a"))
			<-lost
			_, err := w.Write(page(3900, "a"))
			return err
		}},
		{"pause, then the rest", time.Millisecond, func(w http.ResponseWriter, lost <-chan struct{}) error {
			_, _ = w.Write(page(3900, "a"))
			<-lost
			_, err := w.(io.ReaderFrom).ReadFrom(rest())
			return err
		}},
		{"all at once", time.Hour, func(w http.ResponseWriter, _ <-chan struct{}) error {
			_, err := w.(io.ReaderFrom).ReadFrom(rest())
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m.openingGrace = tt.grace
			lost := &resetStream{nullWriter: nullWriter{make(http.Header)}, t: t, lost: make(chan struct{})}
			serve(lost, func(w http.ResponseWriter) {
				if err := tt.next(w, lost.lost); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("the site is told %v", err)
				}
			})
			m.openingGrace = time.Hour
			for range 4 {
				serve(&nullWriter{make(http.Header)}, func(w http.ResponseWriter) {
					_, _ = w.Write(page(3900, "b"))
					_, _ = w.(io.ReaderFrom).ReadFrom(body{bytes.NewReader(page(40_000, "b"))})
				})
				serve(&nullWriter{make(http.Header)}, func(w http.ResponseWriter) {
					_, _ = w.(io.ReaderFrom).ReadFrom(body{bytes.NewReader(page(40_000, "b"))})
				})
			}
			if !bytes.Equal(lost.kept, lost.copied) {
				t.Error("they are another page's now")
			}
		})
	}
}
