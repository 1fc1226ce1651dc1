// Package site is the web site of Harbour & Vale Savings Bank, an invented bank
// whose pages were built with tables and frames in 2003 and patched ever since.
//
// It exists because a proxy that edits pages is only as good as the pages it
// was tried on. Each page is believable and shows one thing that naive
// rewriting breaks: a charset declared late, a policy with a nonce, a download
// that is HTML, a stream that must not be held. The catalogue in catalogue.go
// lists them all, and README.md of the example says what each one is for.
//
// Use [New] as the upstream of a demo or of a test:
//
//	upstream := httptest.NewServer(site.New())
//
// Every answer is the same bytes each time, except for session identifiers and
// nonces, which come from the random source given to [NewWithRandom].
package site

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
)

// site is what the handlers share. It is filled by the constructor and only
// read afterwards, but for the sessions, which guard themselves.
type site struct {
	views    *views
	random   io.Reader
	sessions *sessions
}

// New returns the whole site as a handler. It never sets timers or starts
// goroutines of its own, so it needs no Close.
func New() http.Handler {
	return NewWithRandom(rand.Reader)
}

// NewWithRandom is [New] with a random source of the caller's, so that nonces
// and session identifiers can be foretold. Reads from it are not serialised:
// it must be safe for concurrent use where requests are.
func NewWithRandom(random io.Reader) http.Handler {
	s := &site{views: newViews(), random: random, sessions: newSessions(random)}
	mux := http.NewServeMux()
	s.routeBank(mux)
	s.routeStatic(mux)
	s.routeCharsets(mux)
	s.routePolicies(mux)
	s.routeDocuments(mux)
	s.routeVariants(mux)
	s.routeStreams(mux)
	s.routeErrors(mux)
	return mux
}

// show answers with a page of the site's own look, in UTF-8. The length is
// known, so that net/http sends Content-Length and no chunks.
func (s *site) show(w http.ResponseWriter, status int, p page) {
	body := s.views.render(p)
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/html; charset=utf-8")
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// fixed returns a handler that shows the same page to everybody, rendered once.
func (s *site) fixed(p page) http.HandlerFunc {
	return body("text/html; charset=utf-8", s.views.render(p))
}

// body returns a handler that answers 200 with the same bytes each time.
func body(contentType string, data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data)
	}
}
