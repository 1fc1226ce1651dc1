package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// writesSeen is a server that notes how it is written to: sizes, and "f" for a
// flush.
type writesSeen struct {
	nullWriter
	seen []string
	body bytes.Buffer
}

func (w *writesSeen) Write(p []byte) (int, error) {
	w.seen = append(w.seen, strconv.Itoa(len(p)))
	return w.body.Write(p)
}

func (w *writesSeen) FlushError() error {
	w.seen = append(w.seen, "f")
	return nil
}

// TestOpening shows which writes of a site are joined: the first one, where
// net/http itself might keep it, with the second.
func TestOpening(t *testing.T) {
	const flush = -1
	m := newTestMiddleware(t, Config{})
	m.openingGrace = time.Hour // writes decide here, however slow the machine is
	tag := len(m.tag.plain)
	fault := errors.New("the site has failed")
	tests := []struct {
		name   string
		writes []int
		length bool // the site tells it
		err    error
		want   string
	}{
		{"a small page", []int{1500}, true, nil, fmt.Sprint(1500 + tag)},
		{"a page in one write", []int{3900}, true, nil, fmt.Sprint(3900 + tag)},
		{"the same of unknown length", []int{3900}, false, nil, fmt.Sprint(3900 + tag)},
		{"as a proxy reads it", []int{3900, 16000}, true, nil, fmt.Sprint(3900 + tag + 16000)},
		{"as a proxy reads it, unknown length", []int{3900, 16000, 500}, false, nil, fmt.Sprint(3900+tag+16000, 500)},
		{"more than there is room for", []int{3900, 60000, 500}, true, nil, fmt.Sprint(openingRoom, 3900+tag+60000-openingRoom, 500)},
		{"a flush ends the wait", []int{3900, flush, 16000}, true, nil, fmt.Sprint(3900+tag, " f ", 16000)},
		{"short writes wait in net/http", []int{1000, 1000, 1000}, true, nil, fmt.Sprint(1000+tag, 1000, 1000)},
		{"long ones would leave", []int{6000, 6000}, true, nil, fmt.Sprint(6000+tag, 6000)},
		{"the site fails", []int{3900}, true, fault, fmt.Sprint(3900 + tag)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page := newSiteAnswer(200, "text/html", 100_000, 1).body
			total := 0
			for _, n := range tt.writes {
				total += max(n, 0)
			}
			if tt.err != nil {
				total++ // what is missing
			}
			w := &writesSeen{nullWriter: nullWriter{make(http.Header)}}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header = browserHeader("document")
			err := m.ServeHTTP(w, r, func(w http.ResponseWriter, _ *http.Request) error {
				w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
				if tt.length {
					w.Header()["Content-Length"] = []string{strconv.Itoa(total)}
				}
				at := 0
				for _, n := range tt.writes {
					if n == flush {
						_ = http.NewResponseController(w).Flush()
						continue
					}
					if done, err := w.Write(page[at : at+n]); done != n || err != nil {
						t.Errorf("a write of %d returns %d, %v", n, done, err)
					}
					at += n
				}
				return tt.err
			})
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if got := strings.Join(w.seen, " "); got != strings.Join(strings.Fields(tt.want), " ") {
				t.Errorf("writes of %s, want %s", got, tt.want)
			}
			sent := strings.Replace(w.body.String(), m.tag.plain, "", 1)
			if tt.err == nil && sent != string(page[:total]) {
				t.Error("the page has changed beyond our tag")
			}
		})
	}
}

// TestOpeningOfAPause shows that what waits for a second write does not wait for
// a site that pauses without a flush.
func TestOpeningOfAPause(t *testing.T) {
	next := make(chan struct{})
	m := newTestMiddleware(t, Config{})
	m.openingGrace = time.Millisecond
	srv := httptest.NewServer(m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := newSiteAnswer(200, "text/html", 10_000, 1)
		body := answer.body
		answer.body = append(body[:3900:3900], "first"...)
		_ = answer.serve(w, r)
		select {
		case <-next:
		case <-r.Context().Done():
			return
		}
		_, _ = w.Write(body[3905:])
	})))
	t.Cleanup(srv.Close)
	resp := open(t, client(), srv.URL, document)
	first := readUntil(t, resp.Body, "first")
	close(next) // the rest comes only after that was read
	rest, err := io.ReadAll(resp.Body)
	if err != nil || len(first)+len(rest) != 10_000+len(m.tag.plain) {
		t.Errorf("%d and %d bytes, %v", len(first), len(rest), err)
	}
}

// fallingWriter loses its client at the nth write.
type fallingWriter struct {
	nullWriter
	left int
}

func (w *fallingWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// TestOpeningToNobody shows that a client who has left is reported to the site,
// or ends the response where the site has nothing more to say.
func TestOpeningToNobody(t *testing.T) {
	for _, writes := range [][]int{{3900, 16000}, {3900}} {
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			m := newTestMiddleware(t, Config{})
			m.openingGrace = time.Hour
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header = browserHeader("document")
			var reported error
			defer func() {
				if v := recover(); (v == http.ErrAbortHandler) != (len(writes) == 1) { //nolint:errorlint // the value that was panicked with
					t.Errorf("panic %v", v)
				}
				if len(writes) > 1 && !errors.Is(reported, io.ErrClosedPipe) {
					t.Errorf("the site is told %v", reported)
				}
			}()
			_ = m.ServeHTTP(&fallingWriter{nullWriter: nullWriter{make(http.Header)}}, r, func(w http.ResponseWriter, _ *http.Request) error {
				w.Header()["Content-Type"] = []string{"text/html"}
				for _, n := range writes {
					_, reported = w.Write(newSiteAnswer(200, "text/html", n, 1).body)
				}
				return nil
			})
		})
	}
}

// countedListener counts the writes to its connections: the system calls.
type countedListener struct {
	net.Listener
	writes atomic.Int64
}

type countedConn struct {
	net.Conn
	writes *atomic.Int64
}

func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countedConn{c, &l.writes}, err
}

func (c countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// TestSystemCalls counts what a page costs net/http's server in system calls,
// with us and without: never more, and one less for most pages.
func TestSystemCalls(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	m.openingGrace = time.Hour
	for _, tt := range []struct {
		writes       []int
		alone, wants int64
	}{
		{[]int{2048}, 1, 1},
		{[]int{3900}, 2, 2},
		{[]int{3900, 16500}, 3, 2},
		{[]int{3900, 32 << 10, 32 << 10, 20000}, 5, 4},
		{[]int{20480}, 2, 2},
	} {
		t.Run(fmt.Sprint(tt.writes), func(t *testing.T) {
			site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				total := 0
				for _, n := range tt.writes {
					total += n
				}
				answer := newSiteAnswer(200, "text/html; charset=utf-8", total, 1)
				body := answer.body
				answer.body = nil
				_ = answer.serve(w, nil)
				for _, n := range tt.writes {
					_, _ = w.Write(body[:n])
					body = body[n:]
				}
			})
			count := func(h http.Handler) int64 {
				srv := httptest.NewUnstartedServer(h)
				l := &countedListener{Listener: srv.Listener}
				srv.Listener = l
				srv.Start()
				defer srv.Close()
				if a := ask(t, http.MethodGet, srv.URL, document); a.StatusCode != http.StatusOK {
					t.Fatal(a.Status)
				}
				return l.writes.Load()
			}
			if alone := count(site); alone != tt.alone {
				t.Errorf("%d system calls without us, want %d", alone, tt.alone)
			}
			if ours := count(m.Wrap(site)); ours != tt.wants {
				t.Errorf("%d system calls, want %d", ours, tt.wants)
			}
		})
	}
}
