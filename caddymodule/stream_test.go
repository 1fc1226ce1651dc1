package caddymodule_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/quic-go/quic-go/http3"
)

// stepwise is an upstream that sends the next part of a response only after the
// test has received the one before. A response that is held back anywhere
// therefore never ends, which the deadline of the test reports.
type stepwise struct{ next chan struct{} }

func (u stepwise) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Upgrade") == "websocket":
		echo(w, r)
		return
	case r.URL.Path == "/events":
		w.Header().Set("Content-Type", "text/event-stream")
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	for i := range 3 {
		if r.URL.Path == "/events" {
			_, _ = fmt.Fprintf(w, "data: event %d\n\n", i)
		} else {
			_, _ = io.WriteString(w, parts[i])
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-u.next:
		case <-r.Context().Done():
			return
		}
	}
}

// parts are those of a page. The first one is long enough for encode to decide
// that it compresses.
var parts = []string{
	"<!DOCTYPE html><html><head><title>a</title></head><body>" + strings.Repeat("-", 1000) + "\n",
	"<p>b</p>\n",
	"</body></html>\n",
}

// echo is a WebSocket that answers what it gets.
func echo(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	for {
		kind, message, err := ws.Read(r.Context())
		if err != nil || ws.Write(r.Context(), kind, message) != nil {
			return
		}
	}
}

// clients are one for each version of HTTP.
func clients(t testing.TB) map[string]*http.Client {
	t.Helper()
	insecure := func() *tls.Config { return &tls.Config{InsecureSkipVerify: true} } //nolint:gosec // the certificate is the test's own
	h1 := &http.Transport{TLSClientConfig: insecure(), DisableCompression: true}
	h2 := &http.Transport{TLSClientConfig: insecure(), DisableCompression: true, ForceAttemptHTTP2: true}
	h3 := &http3.Transport{TLSClientConfig: insecure(), DisableCompression: true}
	t.Cleanup(func() {
		h1.CloseIdleConnections()
		h2.CloseIdleConnections()
		_ = h3.Close()
	})
	return map[string]*http.Client{"HTTP/1.1": {Transport: h1}, "HTTP/2.0": {Transport: h2}, "HTTP/3.0": {Transport: h3}}
}

// TestStreaming shows that events and pages arrive part by part, over all
// versions of HTTP, with encode around us.
func TestStreaming(t *testing.T) {
	up := stepwise{next: make(chan struct{})}
	s := startSiteWith(t, up, "", "https", "encode\ncobrowse\nreverse_proxy {up}")
	for proto, client := range clients(t) {
		for _, path := range []string{"/events", "/page"} {
			for _, coding := range []string{"identity", "gzip"} {
				t.Run(proto+path+" "+coding, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					defer cancel()
					readSteps(t, ctx, s, up, client, proto, path, coding)
				})
			}
		}
	}
}

// readSteps reads a stepwise response.
func readSteps(t *testing.T, ctx context.Context, s *site, up stepwise, client *http.Client, proto, path, coding string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", coding)
	req.Header.Set("Sec-Fetch-Dest", map[string]string{"/events": "empty", "/page": "document"}[path])
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Proto != proto {
		t.Fatalf("protocol %s", resp.Proto)
	}
	if got := resp.Header.Get("Content-Encoding"); (got == "gzip") != (coding == "gzip") {
		t.Fatalf("Content-Encoding %q", got)
	}
	var body io.Reader = resp.Body
	if coding == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			t.Fatal(err)
		}
	}
	lines := bufio.NewReader(body)
	var text strings.Builder
	for range 3 {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("after %q: %v", &text, err)
			}
			text.WriteString(line)
			if line != "\n" && path == "/events" {
				continue // an event ends with an empty line
			}
			break
		}
		up.next <- struct{}{}
	}
	if _, err := lines.ReadByte(); err != io.EOF {
		t.Errorf("the end: %v", err)
	}
	if path == "/events" {
		if text.String() != "data: event 0\n\ndata: event 1\n\ndata: event 2\n\n" {
			t.Errorf("events %q", &text)
		}
		return
	}
	injected(t, answer{status: resp.StatusCode, body: text.String()}, strings.Join(parts, ""))
}

// TestWebSocket shows that an upgrade passes through us, plain and over TLS.
func TestWebSocket(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			s := startSiteWith(t, stepwise{}, "", scheme, "encode\ncobrowse\nreverse_proxy {up}")
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			ws := dial(t, ctx, s)
			defer ws.CloseNow()
			say(t, ctx, ws, "Grüezi")
			if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWebSocketOverHTTP3 upgrades a stream of HTTP/3 (RFC 9220).
func TestWebSocketOverHTTP3(t *testing.T) {
	s := startSiteWith(t, stepwise{}, "", "https", "encode\ncobrowse\nreverse_proxy {up}")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	body, send := io.Pipe()
	defer send.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodConnect, s.url("/socket"), body)
	if err != nil {
		t.Fatal(err)
	}
	req.Proto = "websocket" // http3 makes the pseudo-header :protocol of it
	req.Header = http.Header{"Sec-Websocket-Version": {"13"}, "Sec-Fetch-Dest": {"empty"}}
	resp, err := clients(t)["HTTP/3.0"].Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	// A text frame, masked with zeros, and its echo (RFC 6455, section 5.2).
	if _, err := send.Write([]byte("\x81\x82\x00\x00\x00\x00hi")); err != nil {
		t.Fatal(err)
	}
	echo := make([]byte, 4)
	if _, err := io.ReadFull(resp.Body, echo); err != nil || string(echo) != "\x81\x02hi" {
		t.Errorf("echo %q, %v", echo, err)
	}
}

// dial opens a WebSocket through the site, as a browser's script does.
func dial(t testing.TB, ctx context.Context, s *site) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(ctx, s.url("/socket"), &websocket.DialOptions{
		HTTPClient: clients(t)["HTTP/1.1"],
		HTTPHeader: http.Header{"Sec-Fetch-Dest": {"empty"}, "Origin": {s.origin()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// say sends a message and waits for its echo.
func say(t testing.TB, ctx context.Context, ws *websocket.Conn, message string) {
	t.Helper()
	if err := ws.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		t.Fatal(err)
	}
	if _, got, err := ws.Read(ctx); err != nil || string(got) != message {
		t.Fatalf("echo %q, %v", got, err)
	}
}
