package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// open sends a document request and returns the response with its body unread.
func open(t *testing.T, c *http.Client, url string, fields ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// readUntil reads from r until what was read ends in suffix.
func readUntil(t *testing.T, r io.Reader, suffix string) string {
	t.Helper()
	var got []byte
	one := make([]byte, 1)
	for !strings.HasSuffix(string(got), suffix) {
		if _, err := io.ReadFull(r, one); err != nil {
			t.Fatalf("after %q: %v", got, err)
		}
		got = append(got, one[0])
	}
	return string(got)
}

func TestEventsArriveOneByOne(t *testing.T) {
	next := make(chan struct{})
	m := newTestMiddleware(t, Config{})
	srv := front(t, m, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, event := range []string{"one", "two", "three"} {
			_, _ = io.WriteString(w, "data: "+event+"\n\n")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-next:
			case <-r.Context().Done():
				return
			}
		}
	}))
	// Even where the browser calls the stream a document.
	resp := open(t, client(), srv.URL, document)
	for _, event := range []string{"one", "two", "three"} {
		if got := readUntil(t, resp.Body, "\n\n"); got != "data: "+event+"\n\n" {
			t.Fatalf("got %q", got)
		}
		next <- struct{}{} // the next event is sent only after this one was read
	}
}

func TestWebSocket(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	srv := front(t, m, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		kind, msg, err := c.Read(r.Context())
		if err == nil {
			_ = c.Write(r.Context(), kind, append([]byte("echo "), msg...))
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
	}))
	for name, header := range map[string]http.Header{
		"plain":                        {},
		"disguised as a document load": {"Sec-Fetch-Dest": {"document"}, "Accept": {"text/html"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			c, _, err := websocket.Dial(ctx, srv.URL, &websocket.DialOptions{HTTPHeader: header})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			if err := c.Write(ctx, websocket.MessageText, []byte("hallo")); err != nil {
				t.Fatal(err)
			}
			if _, msg, err := c.Read(ctx); err != nil || string(msg) != "echo hallo" {
				t.Errorf("got %q, %v", msg, err)
			}
		})
	}
}

// TestStreamedDocument shows that a page which the site sends in parts reaches
// the browser in the same parts, over HTTP/1.1 and HTTP/2.
func TestStreamedDocument(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			next := make(chan struct{})
			m := newTestMiddleware(t, Config{})
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				for _, part := range []string{"<!DOCTYPE html>\n<html><head><title>1</title>", "</head><body>2", "3</body></html>"} {
					_, _ = io.WriteString(w, part)
					_ = http.NewResponseController(w).Flush()
					select {
					case <-next:
					case <-r.Context().Done():
						return
					}
				}
			}))
			defer upstream.Close()
			target, _ := url.Parse(upstream.URL)
			srv := httptest.NewUnstartedServer(m.Wrap(newTarget(target)))
			srv.EnableHTTP2 = proto == "HTTP/2.0"
			srv.StartTLS()
			defer srv.Close()
			resp := open(t, srv.Client(), srv.URL, document)
			if resp.Proto != proto {
				t.Fatalf("spoke %s", resp.Proto)
			}
			if got := readUntil(t, resp.Body, "</title>"); got != "<!DOCTYPE html>\n<html><head>"+m.tag.plain+"<title>1</title>" {
				t.Fatalf("first part %q", got)
			}
			next <- struct{}{}
			if got := readUntil(t, resp.Body, "2"); got != "</head><body>2" {
				t.Fatalf("second part %q", got)
			}
			next <- struct{}{}
			readUntil(t, resp.Body, "3</body></html>")
			next <- struct{}{}
		})
	}
}

// TestStall covers sites that pause at awkward places. The clock of the hold is
// shortened; what is asserted is what arrives while the site still waits.
func TestStall(t *testing.T) {
	tests := []struct {
		name         string
		first, rest  string
		length       bool // the site names a Content-Length, so that nobody flushes
		hold, grace  time.Duration
		early        string // what must arrive while the site stalls; "" = nothing has to
		wantInjected bool
	}{
		{"before head, short", "<!DOCTYPE html>", "<html><head></head></html>", false, time.Hour, time.Hour, "", true},
		{"before head, too long", "<!DOCTYPE html><!-- ", " --><html><head></head></html>", true, time.Millisecond, time.Millisecond, "<!DOCTYPE html><!-- ", false},
		{"before head, too long, flushed", "<!DOCTYPE html><!-- ", " --><html><head></head></html>", false, time.Millisecond, time.Millisecond, "<!DOCTYPE html><!-- ", false},
		{"within head, flushed", "<html><head><title>", "x</title></head></html>", false, time.Hour, time.Hour, "<title>", true},
		{"within head, with a length", "<html><head><title>", "x</title></head></html>", true, time.Hour, time.Millisecond, "<title>", true},
		{"after head, flushed", "<html><head></head><body>", "x</html>", false, time.Hour, time.Hour, "<body>", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newTestMiddleware(t, Config{})
			m.holdTimeout, m.headGrace = tt.hold, tt.grace
			resume := make(chan struct{})
			srv := front(t, m, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				if tt.length {
					w.Header().Set("Content-Length", itoa(len(tt.first)+len(tt.rest)))
				}
				_, _ = io.WriteString(w, tt.first)
				_ = http.NewResponseController(w).Flush()
				select {
				case <-resume:
				case <-r.Context().Done():
				}
				_, _ = io.WriteString(w, tt.rest)
			}))
			var body io.Reader
			early := ""
			if tt.early == "" {
				time.AfterFunc(50*time.Millisecond, func() { close(resume) })
				body = open(t, client(), srv.URL, document).Body
			} else {
				body = open(t, client(), srv.URL, document).Body
				early = readUntil(t, body, tt.early)
				close(resume)
			}
			rest, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			got := early + string(rest)
			if injected := strings.Contains(got, m.tag.plain); injected != tt.wantInjected {
				t.Errorf("injected = %t", injected)
			}
			if strings.Replace(got, m.tag.plain, "", 1) != tt.first+tt.rest {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestEarlyHintsAndTrailers(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	for name, head := range map[string]string{"injected": "<html><head>", "untouched": "<!--"} {
		t.Run(name, func(t *testing.T) {
			srv := front(t, m, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				h := w.Header()
				h.Set("Link", "</s.css>; rel=preload")
				w.WriteHeader(http.StatusEarlyHints)
				h.Set("Content-Type", "text/html")
				h.Set("Trailer", "X-Sum, Content-Digest")
				w.WriteHeader(http.StatusOK)
				_, _ = io.WriteString(w, head)
				h.Set("X-Sum", "42")
				h.Set("Content-Digest", "sha-256=:x:")
			}))
			hints := 0
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
					if code == http.StatusEarlyHints && h.Get("Link") != "" {
						hints++
					}
					return nil
				},
			})
			r, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			resp, err := client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if hints != 1 {
				t.Errorf("%d early hints", hints)
			}
			if injected := strings.Contains(string(body), m.tag.plain); injected != (name == "injected") {
				t.Errorf("body %q", body)
			}
			if resp.Trailer.Get("X-Sum") != "42" {
				t.Errorf("trailers %v", resp.Trailer)
			}
			if digest := resp.Trailer.Get("Content-Digest"); (digest == "") != (name == "injected") {
				t.Errorf("digest trailer %q", digest)
			}
		})
	}
}

// TestUpstreamReset cuts the site's connection at different places. The
// browser must see a broken response, never one that looks whole.
func TestUpstreamReset(t *testing.T) {
	for _, sent := range []string{"", "<!DOCTYPE html>", "<html><head>", "<html><head></head><body>text"} {
		for _, coding := range []string{"", "gzip"} {
			t.Run(coding+" after "+sent, func(t *testing.T) {
				count := newCounter()
				m := newTestMiddleware(t, Config{Observer: count})
				srv := front(t, m, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					conn, buf, err := http.NewResponseController(w).Hijack()
					if err != nil {
						return
					}
					body := sent
					field := ""
					if coding == "gzip" {
						body = gzipped(t, sent)
						body = body[:len(body)-4] // its trailer never comes
						field = "Content-Encoding: gzip\r\n"
					}
					_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10000\r\n" + field + "\r\n" + body)
					_ = buf.Flush()
					_ = conn.Close()
				}))
				r, _ := http.NewRequest("GET", srv.URL, nil)
				r.Header.Set("Sec-Fetch-Dest", "document")
				r.Header.Set("Accept-Encoding", "gzip")
				resp, err := client().Do(r)
				if err == nil {
					defer resp.Body.Close()
					var b []byte
					if b, err = io.ReadAll(resp.Body); err == nil {
						t.Errorf("a cut page looks whole: %d %q", resp.StatusCode, b)
					}
				}
				// The browser may see the end before the handler has returned.
				for range 200 {
					if count.total() > 0 {
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
				if count.total() != 1 {
					t.Errorf("%d decisions were counted", count.total())
				}
			})
		}
	}
}

// TestErrorOfNext shows that an error of the handler behind us leaves the
// response to whoever handles it: nothing held is written, no field changed.
func TestErrorOfNext(t *testing.T) {
	fault := errors.New("upstream gone")
	for _, written := range []string{"", "<html>", "<!-- "} {
		t.Run(written, func(t *testing.T) {
			m := newTestMiddleware(t, Config{})
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			w := httptest.NewRecorder()
			err := m.ServeHTTP(w, r, func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, written)
				return fault
			})
			if !errors.Is(err, fault) {
				t.Errorf("error %v", err)
			}
			if w.Body.Len() > 0 || w.Header().Get("Vary") != "" {
				t.Errorf("left %q, %v", w.Body, w.Header())
			}
			w.WriteHeader(http.StatusTeapot)
			if w.Code != http.StatusTeapot {
				t.Errorf("the header had left with %d", w.Code)
			}
		})
	}
}

func TestPanicOfNextPasses(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Sec-Fetch-Dest", "document")
	w := httptest.NewRecorder()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // a panic's value
			t.Errorf("recovered %v", v)
		}
		if w.Body.Len() > 0 {
			t.Errorf("left %q", w.Body)
		}
	}()
	_ = m.ServeHTTP(w, r, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!--")
		panic(http.ErrAbortHandler)
	})
}

// TestFaultOfOursLeavesThePage breaks the decision on purpose.
func TestFaultOfOursLeavesThePage(t *testing.T) {
	count := newCounter()
	m := newTestMiddleware(t, Config{Observer: count})
	m.policies = nil // Plan will panic
	srv := front(t, m, serve(200, page, htmlType, `ETag: "v1"`, "Content-Security-Policy: default-src 'self'"))
	got := ask(t, "GET", srv.URL, document)
	if got.StatusCode != 200 || got.body != page || got.Header.Get("Etag") != `"v1"` {
		t.Errorf("got %d %q %v", got.StatusCode, got.body, got.Header)
	}
	if count.of(ReasonInternal) != 1 {
		t.Error("the fault was not counted")
	}
}

// sendfileWriter tells whether a body arrived by ReadFrom.
type sendfileWriter struct {
	*httptest.ResponseRecorder
	readFrom int64
}

func (s *sendfileWriter) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(s.ResponseRecorder, r)
	s.readFrom += n
	return n, err
}

func TestSendfileIsKept(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	big := "<html><head></head><body>" + strings.Repeat("x", 300<<10)
	for contentType, want := range map[string]int64{
		"application/pdf": int64(len(big)),              // all of it
		"text/html":       int64(len(big)) - (32 << 10), // all but the first buffer
	} {
		t.Run(contentType, func(t *testing.T) {
			w := &sendfileWriter{ResponseRecorder: httptest.NewRecorder()}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			err := m.ServeHTTP(w, r, func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Content-Type", contentType)
				_, err := w.(io.ReaderFrom).ReadFrom(struct{ io.Reader }{strings.NewReader(big)})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if w.readFrom != want {
				t.Errorf("%d bytes by ReadFrom, want %d", w.readFrom, want)
			}
			if strings.Replace(w.Body.String(), m.tag.plain, "", 1) != big {
				t.Error("the body differs")
			}
		})
	}
}

// TestHijackThroughUs shows that a handler behind us finds the server's Hijack.
func TestHijackThroughUs(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	srv := httptest.NewServer(m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 299 Mine\r\nContent-Length: 0\r\n\r\n")
	})))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: shop.example\r\nSec-Fetch-Dest: document\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "299 Mine") {
		t.Errorf("got %q, %v", line, err)
	}
}

// TestSiteKeepsItsHeaderMap has a handler that holds on to its header map, as
// many do, while a timer of ours decides: the race detector watches.
func TestSiteKeepsItsHeaderMap(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	m.holdTimeout, m.headGrace = 20*time.Millisecond, time.Millisecond
	srv := httptest.NewServer(m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html")
		h.Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "<html><head><title>")
		if got := w.Header().Get("Content-Type"); got != "text/html" {
			t.Errorf("the site reads its own Content-Type as %q", got)
		}
		for i := range 200 {
			h.Set("X-Sum", itoa(i))
			h.Set("X-Late", itoa(i))
			time.Sleep(time.Millisecond)
		}
		_, _ = io.WriteString(w, "</title></head></html>")
		h.Set("X-Sum", "42")
		h.Set(http.TrailerPrefix+"X-After", "43")
	})))
	defer srv.Close()
	resp := open(t, client(), srv.URL, document)
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), m.tag.plain) {
		t.Errorf("got %q, %v", body, err)
	}
	if resp.Trailer.Get("X-Sum") != "42" || resp.Trailer.Get("X-After") != "43" {
		t.Errorf("trailers %v", resp.Trailer)
	}
	if resp.Header.Get("X-Late") != "" {
		t.Error("a field that was set too late became a header")
	}
}

// TestHeaderAlone has a site that flushes its header and then thinks: the
// header must not wait for ever.
func TestHeaderAlone(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	m.holdTimeout = time.Millisecond
	resume := make(chan struct{})
	srv := httptest.NewServer(m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-resume:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, page)
	})))
	defer srv.Close()
	resp := open(t, client(), srv.URL, document) // returns once the header is here
	close(resume)
	got, err := io.ReadAll(resp.Body)
	if err != nil || strings.Replace(string(got), m.tag.plain, "", 1) != page {
		t.Errorf("got %q, %v", got, err)
	}
}
