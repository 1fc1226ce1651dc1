package sandbox_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// client is a program at the other end of a socket.
type client struct {
	t *testing.T
	c *websocket.Conn
}

const patience = 30 * time.Second

func serve(t *testing.T, s http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv.URL
}

func dial(t *testing.T, url string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url+"/sdkapi/zcb/sandbox/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = c.CloseNow() })
	return &client{t, c}
}

func (c *client) write(kind websocket.MessageType, data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.c.Write(ctx, kind, data)
}

func (c *client) send(f map[string]any) {
	c.t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.write(websocket.MessageText, b); err != nil {
		c.t.Fatal(err)
	}
}

// next returns the next frame, or nil when the connection has ended.
func (c *client) next() map[string]any {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := c.c.Read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			c.t.Fatal("nothing came")
		}
		return nil
	}
	var f map[string]any
	if err := json.Unmarshal(data, &f); err != nil {
		c.t.Fatal(err)
	}
	return f
}

// until reads up to a frame of a type.
func (c *client) until(kind string) map[string]any {
	c.t.Helper()
	for {
		f := c.next()
		if f == nil {
			c.t.Fatalf("the connection ended before %s", kind)
		}
		if f["t"] == kind {
			return f
		}
	}
}

// refusedWith reads up to an error and wants its code, and the end after it.
func (c *client) refusedWith(code int) {
	c.t.Helper()
	if f := c.until("error"); f["code"] != float64(code) {
		c.t.Errorf("refused with %v, want %d", f, code)
	}
	if f := c.next(); f != nil {
		c.t.Errorf("after the error came %v", f)
	}
}

var all = map[string]any{"agentDraw": true, "customerDraw": true, "assist": true, "consent": false, "multiTab": false}

// pair is a customer and an agent in a session.
func pair(t *testing.T, url, name string) (customer, agent *client) {
	t.Helper()
	customer = dial(t, url)
	customer.send(map[string]any{"t": "start", "token": mint(t, token.RoleCustomer, "c-"+name, name), "browser": name, "settings": all})
	pin := customer.until("started")["pin"]
	agent = dial(t, url)
	agent.send(map[string]any{"t": "join", "token": mint(t, token.RoleAgent, "a-"+name, "Ann"), "pin": pin})
	agent.until("joined")
	customer.until("record")
	return customer, agent
}

// works proves that a session goes on, in both directions.
func works(t *testing.T, customer, agent *client, mark int) {
	t.Helper()
	customer.send(map[string]any{"t": "events", "e": []any{mark}})
	for {
		if e := agent.until("events")["e"].([]any); e[0] == float64(mark) {
			break
		}
	}
	agent.send(map[string]any{"t": "draw", "s": map[string]any{"id": fmt.Sprint(mark), "tool": "pen", "color": "#000000", "points": []any{1, 2}}})
	customer.until("draw")
}

func TestBadTokens(t *testing.T) {
	url := serve(t, newService(t, func(c *sandbox.Config) { c.Limits.AddressAttempts = 1000 }))
	good := mint(t, token.RoleCustomer, "u", "U")
	parts := strings.Split(good, ".")
	other, err := token.New(token.Config{Key: "another key", Secrets: []string{testSecret}})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.Mint(token.Grant{Role: token.RoleCustomer, UserID: "u", Lifetime: token.MinLifetime})
	if err != nil {
		t.Fatal(err)
	}
	for name, jwt := range map[string]string{
		"empty":       "",
		"no JWT":      "x",
		"tampered":    parts[0] + "." + parts[1] + "A." + parts[2],
		"alg none":    base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".",
		"another key": foreign,
		"an agent's":  mint(t, token.RoleAgent, "u", "U"),
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, url)
			c.send(map[string]any{"t": "start", "token": jwt, "settings": all})
			c.refusedWith(2001)
		})
	}
	t.Run("a customer's at the desk", func(t *testing.T) {
		c := dial(t, url)
		c.send(map[string]any{"t": "join", "token": good, "pin": "123456"})
		c.refusedWith(2001)
	})
}

// TestOthersAreUndisturbed runs attacks beside a session that must not notice.
func TestOthersAreUndisturbed(t *testing.T) {
	url := serve(t, newService(t, func(c *sandbox.Config) {
		c.Limits.AddressAttempts, c.Limits.PINAttempts, c.Limits.PageFrame = 1_000_000, 5, 1<<20
	}))
	customer, agent := pair(t, url, "victim")
	for i, attack := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"bad PINs", func(t *testing.T) {
			jwt := mint(t, token.RoleAgent, "x", "X")
			for n := range 8 {
				c := dial(t, url)
				c.send(map[string]any{"t": "join", "token": jwt, "pin": fmt.Sprintf("X%d", n)})
				c.refusedWith(map[bool]int{true: 1006, false: 1011}[n < 5])
			}
		}},
		{"bad secrets", func(t *testing.T) {
			for range 20 {
				c := dial(t, url)
				c.send(map[string]any{"t": "resume", "id": "x", "secret": "y", "settings": all})
				c.refusedWith(1011)
			}
		}},
		{"malformed frames", func(t *testing.T) {
			for _, frame := range []string{"", "{", "null", "[]", `{"t":"events","e":[]}`, `{"t":"pong"}`, strings.Repeat("[", 10000), "\x00\xff"} {
				c := dial(t, url)
				if err := c.write(websocket.MessageText, []byte(frame)); err != nil {
					t.Fatal(err)
				}
				if f := c.next(); f != nil && f["t"] != "error" {
					t.Errorf("%q was answered %v", frame, f)
				}
			}
			c := dial(t, url)
			if err := c.write(websocket.MessageBinary, []byte(`{"t":"ping"}`)); err != nil {
				t.Fatal(err)
			}
			c.refusedWith(9999)
		}},
		{"huge frames", func(t *testing.T) {
			c := dial(t, url)
			_ = c.write(websocket.MessageText, bytes.Repeat([]byte("x"), 100<<10)) // before a token: 64 KiB
			if f := c.next(); f != nil {
				t.Errorf("answered %v", f)
			}
			c, _ = pair(t, url, "huge")
			_ = c.write(websocket.MessageText, bytes.Repeat([]byte(" "), 2<<20))
			for f := c.next(); f != nil; f = c.next() {
			}
		}},
		{"too many frames", func(t *testing.T) {
			c, _ := pair(t, url, "flood")
			for range 5000 {
				if c.write(websocket.MessageText, []byte(`{"t":"events","e":[1]}`)) != nil {
					return
				}
			}
			c.refusedWith(9999)
		}},
	} {
		t.Run(attack.name, func(t *testing.T) {
			attack.run(t)
			works(t, customer, agent, i)
		})
	}
}

// TestManySessions relays for 200 sessions at once; nothing is lost or mixed up.
func TestManySessions(t *testing.T) {
	const sessions, events = 200, 50
	service := newService(t, func(c *sandbox.Config) { c.Limits.AddressSessions = sessions })
	url := serve(t, service)
	var all sync.WaitGroup
	for i := range sessions {
		customer, agent := pair(t, url, fmt.Sprint("s", i))
		all.Go(func() {
			for n := range events {
				customer.send(map[string]any{"t": "events", "e": []any{i, n}})
			}
		})
		all.Go(func() {
			for n := range events {
				f := agent.next()
				for f != nil && f["t"] != "events" {
					f = agent.next()
				}
				if e, _ := f["e"].([]any); len(e) != 2 || e[0] != float64(i) || e[1] != float64(n) {
					t.Errorf("session %d: event %d is %v", i, n, f)
					return
				}
			}
		})
	}
	all.Wait()
	if n := service.Sessions(); n != sessions {
		t.Errorf("%d sessions", n)
	}
}

func TestSlowReaderIsLetGo(t *testing.T) {
	url := serve(t, newService(t, func(c *sandbox.Config) { c.Limits.Backlog, c.Limits.Rate = 1<<20, 1e6 }))
	customer, agent := pair(t, url, "slow")
	random := make([]byte, 100<<10) // incompressible
	_, _ = rand.Read(random)
	chunk := base64.StdEncoding.EncodeToString(random)
	const sent = 400
	for range sent { // the agent reads nothing meanwhile
		customer.send(map[string]any{"t": "events", "e": []any{chunk}})
	}
	customer.send(map[string]any{"t": "ping"})
	customer.until("pong") // the customer is not held up
	got := 0
	for f := agent.next(); f != nil; f = agent.next() {
		got++
	}
	if got >= sent {
		t.Errorf("all %d frames waited for a reader that did not read", got)
	}
}

func TestAddressesAreBlocked(t *testing.T) {
	url := serve(t, newService(t, func(c *sandbox.Config) { c.Limits.AddressAttempts = 3 }))
	for range 3 {
		c := dial(t, url)
		c.send(map[string]any{"t": "start", "token": "bad", "settings": all})
		c.refusedWith(2001)
	}
	_, resp, err := websocket.Dial(t.Context(), url+"/sdkapi/zcb/sandbox/socket", nil)
	if err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("error %v, response %v", err, resp)
	}
}

func TestOrigins(t *testing.T) {
	url := serve(t, newService(t, nil))
	for origin, want := range map[string]int{
		shopURL: 101, url: 101, "": 101, "https://evil.example": 403, "null": 403, "https://shop.example.evil.example": 403, "http://shop.example": 403,
	} {
		t.Run(origin, func(t *testing.T) {
			h := http.Header{}
			if origin != "" {
				h.Set("Origin", origin)
			}
			c, resp, err := websocket.Dial(t.Context(), url+"/sdkapi/zcb/sandbox/socket", &websocket.DialOptions{HTTPHeader: h})
			if c != nil {
				defer c.CloseNow()
			}
			if resp == nil || resp.StatusCode != want {
				t.Errorf("%v, %v", err, resp)
			}
		})
	}
}

func TestWhoSaysNothingIsLetGo(t *testing.T) {
	url := serve(t, newService(t, func(c *sandbox.Config) { c.Limits.Hello, c.Limits.Sockets = 50*time.Millisecond, 1 }))
	c := dial(t, url)
	_, resp, err := websocket.Dial(t.Context(), url+"/sdkapi/zcb/sandbox/socket", nil)
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a second connection where one is allowed: %v", err)
	}
	if f := c.next(); f != nil {
		t.Errorf("answered %v", f)
	}
}

// TestSilentConnectionsAreFew: an address that opens connections and says
// nothing does not keep others out, and those that speak do not count.
func TestSilentConnectionsAreFew(t *testing.T) {
	url := serve(t, newService(t, func(c *sandbox.Config) {
		c.Limits.AddressWaiting = 3
		c.ClientIP = func(r *http.Request) string { return r.Header.Get("X-Address") }
	}))
	try := func(address string) (*websocket.Conn, int) {
		c, resp, _ := websocket.Dial(t.Context(), url+"/sdkapi/zcb/sandbox/socket", &websocket.DialOptions{HTTPHeader: http.Header{"X-Address": {address}}})
		if c != nil {
			t.Cleanup(func() { _ = c.CloseNow() })
		}
		return c, resp.StatusCode
	}
	for i := range 4 { // these speak
		c, _ := try("192.0.2.1")
		speaker := &client{t, c}
		speaker.send(map[string]any{"t": "start", "token": mint(t, token.RoleCustomer, fmt.Sprint("c", i), "C"), "browser": fmt.Sprint(i), "settings": all})
		speaker.until("started")
	}
	for i, want := range []int{101, 101, 101, 503} {
		if _, got := try("192.0.2.1"); got != want {
			t.Errorf("connection %d: %d, want %d", i, got, want)
		}
	}
	if _, got := try("192.0.2.2"); got != 101 {
		t.Errorf("another address: %d", got)
	}
}

// TestManyBytesAreReadSlowly: above the rate a customer is slowed down, not
// thrown out, and nothing is lost.
func TestManyBytesAreReadSlowly(t *testing.T) {
	url := serve(t, newService(t, func(c *sandbox.Config) { c.Limits.Bytes, c.Limits.PageFrame = 8<<20, 1<<18 }))
	customer, agent := pair(t, url, "loud")
	chunk := strings.Repeat("x", 200<<10)
	const sent = 20 // 4 MiB: 3 above the burst
	began := time.Now()
	for i := range sent {
		customer.send(map[string]any{"t": "events", "e": []any{i, chunk}})
	}
	for i := range sent {
		if e := agent.until("events")["e"].([]any); e[0] != float64(i) {
			t.Fatalf("event %v, want %d", e[0], i)
		}
	}
	// The least that the rate allows: no machine is too fast for it.
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("3 MiB above the burst took %v at 8 MiB a second", took)
	}
}

func TestShutdownLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := sandbox.New(sandbox.Config{Key: testKey, Verify: verifier(t)})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	customer, agent := pair(t, srv.URL, "x")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client{customer, agent} {
		for f := c.next(); f != nil; f = c.next() {
		}
	}
	if _, resp, err := websocket.Dial(t.Context(), srv.URL+"/sdkapi/zcb/sandbox/socket", nil); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the end: %v", err)
	}
	srv.Close()
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

func TestShutdownKeepsToItsLimit(t *testing.T) {
	s, err := sandbox.New(sandbox.Config{Key: testKey, Verify: verifier(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// Either may win, but nothing hangs, and nothing else is returned.
	if err := s.Shutdown(ctx); err != nil && err != context.Canceled {
		t.Error(err)
	}
}

func TestRoutes(t *testing.T) {
	agent := mint(t, token.RoleAgent, "a", "Ann")
	s := newService(t, nil)
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.Handle("/_cobrowse/sandbox/", http.StripPrefix("/_cobrowse/sandbox", s))
	url := serve(t, mux)
	desk, built := http.StatusOK, sandbox.Bundled() == nil
	if !built {
		desk = http.StatusServiceUnavailable
	}
	for _, tc := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/static/resource/sdk/" + testKey + "/js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/static/resource/sdk/" + testKey + "/js/3.10.x", 200, "text/javascript; charset=utf-8"},
		{"HEAD", "/_cobrowse/sandbox/static/resource/sdk/" + testKey + "/js/2.5.0", 200, "text/javascript; charset=utf-8"},
		{"GET", "/static/resource/sdk/other/js/3.10.x", 404, ""},
		{"GET", "/static/resource/sdk/" + testKey + "/js/3/x", 404, ""},
		{"GET", "/static/resource/sdk/" + testKey + "/js/", 404, ""},
		{"GET", "/sdkapi/zcb/frame-templates/desk?access_token=" + agent, desk, "text/html; charset=utf-8"},
		{"GET", "/_cobrowse/sandbox/sdkapi/zcb/frame-templates/desk?access_token=" + agent, desk, "text/html; charset=utf-8"},
		{"GET", "/sdkapi/zcb/sandbox/licences.txt", 200, "text/plain; charset=utf-8"},
		{"GET", "/sdkapi/zcb/sandbox/socket", 426, ""},
		{"POST", "/static/resource/sdk/" + testKey + "/js", 405, ""},
		{"GET", "/", 404, ""},
	} {
		t.Run(tc.method+" "+strings.Split(tc.path, "?")[0], func(t *testing.T) {
			req, _ := http.NewRequestWithContext(t.Context(), tc.method, url+tc.path, nil)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tc.status || tc.kind != "" && resp.Header.Get("Content-Type") != tc.kind {
				t.Errorf("%d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
			}
		})
	}
	t.Run("an SDK that is known already", func(t *testing.T) {
		path := url + "/static/resource/sdk/" + testKey + "/js"
		resp, err := http.Get(path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if built && !bytes.Contains(body, []byte("MIT License")) {
			t.Error("rrweb's licence is not with the script")
		}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		req.Header.Set("If-None-Match", resp.Header.Get("Etag"))
		resp, err = http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusNotModified {
			t.Errorf("%v %v", err, resp)
		}
		resp.Body.Close()
	})
}

func TestDeskRefusals(t *testing.T) {
	if sandbox.Bundled() != nil {
		t.Skip("without the bundle the desk only says so: TestRoutes")
	}
	url := serve(t, newService(t, func(c *sandbox.Config) { c.Limits.AddressAttempts = 2 }))
	get := func(token string) (int, string, http.Header) {
		resp, err := http.Get(url + "/sdkapi/zcb/frame-templates/desk?access_token=" + token)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body), resp.Header
	}
	status, body, header := get(mint(t, token.RoleAgent, "a", "Ann"))
	if status != 200 || !strings.Contains(body, "desk.js") {
		t.Errorf("%d %s", status, body)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") || !strings.HasSuffix(csp, "frame-ancestors 'self' "+shopURL) {
		t.Errorf("policy %s", csp)
	}
	if header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", header)
	}
	for _, bad := range []string{mint(t, token.RoleCustomer, "c", "Mia"), "x"} {
		if status, body, _ := get(bad); status != 401 || !strings.Contains(body, "Code 124") || strings.Contains(body, "desk.js") {
			t.Errorf("%d %s", status, body)
		}
	}
	if status, body, _ := get(mint(t, token.RoleAgent, "a", "Ann")); status != 429 || !strings.Contains(body, "Too many attempts") {
		t.Errorf("%d %s", status, body)
	}
}
