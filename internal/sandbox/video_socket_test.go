package sandbox_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const videoSocket = "/sdkapi/zcb/sandbox/video"

func dialVideo(t *testing.T, url string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url+videoSocket, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return &client{t, c}
}

// ask sends a join and returns the connection.
func ask(t *testing.T, url, signature, session string) *client {
	t.Helper()
	c := dialVideo(t, url)
	c.send(map[string]any{"t": "join", "signature": signature, "session": session, "name": "Mia"})
	return c
}

// videoService is a service that knows video credentials.
func videoService(t *testing.T, change func(*sandbox.Config)) *sandbox.Service {
	t.Helper()
	return newService(t, func(c *sandbox.Config) {
		withVideo(t)(c)
		if change != nil {
			change(c)
		}
	})
}

// craft signs any header and claims, with HMAC of any kind.
func craft(header string, claims map[string]any, secret string, kind func() hash.Hash) string {
	payload, _ := json.Marshal(claims)
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode(payload)
	mac := hmac.New(kind, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// TestVideoSignatures: whatever is wrong with a signature keeps its bearer out,
// with Zoom's one code, and counts as a failure.
func TestVideoSignatures(t *testing.T) {
	s := videoService(t, func(c *sandbox.Config) { c.Limits.AddressAttempts = 1000 })
	url := serve(t, s)
	now := time.Now().Unix()
	const jwt = `{"alg":"HS256","typ":"JWT"}`
	good := map[string]any{"app_key": videoKey, "role_type": 0, "tpc": "help", "version": 1, "iat": now, "exp": now + 1800}
	with := func(changes map[string]any) string {
		claims := maps.Clone(good)
		for name, value := range changes {
			claims[name] = value
			if value == nil {
				delete(claims, name)
			}
		}
		return craft(jwt, claims, videoSecret, sha256.New)
	}
	ask(t, url, with(nil), "HELP").until("joined")
	parts := strings.Split(with(nil), ".")
	encode := base64.RawURLEncoding.EncodeToString
	for name, signature := range map[string]string{
		"empty":              "",
		"no JWT":             "x",
		"another secret":     craft(jwt, good, "guessed", sha256.New),
		"the Cobrowse one":   craft(jwt, good, testSecret, sha256.New),
		"no secret":          craft(jwt, good, "", sha256.New),
		"HS512":              craft(`{"alg":"HS512","typ":"JWT"}`, good, videoSecret, sha512.New),
		"HS512 as HS256":     craft(jwt, good, videoSecret, sha512.New),
		"alg none":           encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".",
		"alg None, signed":   craft(`{"alg":"None","typ":"JWT"}`, good, videoSecret, sha256.New),
		"a key of their own": craft(`{"alg":"HS256","typ":"JWT","jwk":{"kty":"oct","k":"Z3Vlc3NlZA"}}`, good, "guessed", sha256.New),
		"another header":     craft(`{"alg":"HS256","typ":"JWT","kid":"1"}`, good, videoSecret, sha256.New),
		"tampered":           parts[0] + "." + encode([]byte(`{"app_key":"`+videoKey+`","role_type":1,"tpc":"help","version":1}`)) + "." + parts[2],
		"bits behind":        with(nil) + "=",
		"another SDK key":    with(map[string]any{"app_key": testKey}),
		"no SDK key":         with(map[string]any{"app_key": nil}),
		"expired":            with(map[string]any{"iat": now - 3600, "exp": now - 1}),
		"from the future":    with(map[string]any{"iat": now + 600, "exp": now + 4000}),
		"too short a life":   with(map[string]any{"exp": now + 1799}),
		"too long a life":    with(map[string]any{"exp": now + 48*3600 + 1}),
		"no exp":             with(map[string]any{"exp": nil}),
		"no iat":             with(map[string]any{"iat": nil}),
		"no version":         with(map[string]any{"version": nil}),
		"version 2":          with(map[string]any{"version": 2}),
		"role 2":             with(map[string]any{"role_type": 2}),
		"role as text":       with(map[string]any{"role_type": "1"}),
		"no role":            with(map[string]any{"role_type": nil}),
		"no tpc":             with(map[string]any{"tpc": nil}),
		"another tpc":        with(map[string]any{"tpc": "board"}),
		"tpc, longer":        with(map[string]any{"tpc": "help2"}),
		"long identity":      with(map[string]any{"user_identity": strings.Repeat("x", 36)}),
		"a Cobrowse token":   mint(t, token.RoleAgent, "a", "A"),
	} {
		t.Run(name, func(t *testing.T) { ask(t, url, signature, "help").refusedWith(200) })
	}
	if n := s.VideoSessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// TestVideoSignatureElsewhere: a signature for a session is no key to the desk,
// to a shared page, or to another session.
func TestVideoSignatureElsewhere(t *testing.T) {
	url := serve(t, videoService(t, nil))
	signature := sign(t, token.RoleHost, "mine", "eve")
	ask(t, url, sign(t, token.RoleAttendee, "victim", "mia"), "victim").until("joined")
	ask(t, url, signature, "victim").refusedWith(200)
	c := dial(t, url)
	c.send(map[string]any{"t": "start", "token": signature, "settings": all})
	c.refusedWith(2001)
}

func TestVideoFailuresBlock(t *testing.T) {
	url := serve(t, videoService(t, func(c *sandbox.Config) { c.Limits.AddressAttempts = 4 }))
	ask(t, url, "bad", "help").refusedWith(200)
	ask(t, url, sign(t, token.RoleHost, "mine", "eve"), "help").refusedWith(200)
	first := dialVideo(t, url)
	first.send(map[string]any{"t": "ping"})
	first.refusedWith(4003)
	in := dialVideo(t, url)
	in.send(map[string]any{"t": "join", "signature": sign(t, token.RoleHost, "mine", "eve"), "session": "mine", "passcode": "1"})
	in.until("joined")
	ask(t, url, sign(t, token.RoleAttendee, "mine", "x"), "mine").refusedWith(3004)
	_, resp, err := websocket.Dial(t.Context(), url+videoSocket, nil)
	if err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("error %v, response %v", err, resp)
	}
	in.send(map[string]any{"t": "ping"})
	in.until("pong") // who is in stays in
}

func TestVideoThirdUser(t *testing.T) {
	url := serve(t, videoService(t, func(c *sandbox.Config) { c.Limits.VideoUsers = 2 }))
	one := ask(t, url, sign(t, token.RoleAttendee, "help", "mia"), "help")
	one.until("joined")
	two := ask(t, url, sign(t, token.RoleHost, "help", "ann"), "help")
	two.until("joined")
	ask(t, url, sign(t, token.RoleAttendee, "help", "eve"), "help").refusedWith(200)
	talk(t, one, two)
}

// talk proves that a room goes on.
func talk(t *testing.T, one, two *client) {
	t.Helper()
	one.send(map[string]any{"t": "signal", "to": "u2", "candidate": map[string]any{"candidate": "x"}})
	if f := two.until("signal"); f["from"] != "u1" {
		t.Errorf("signal %v", f)
	}
	two.send(map[string]any{"t": "state", "audio": true})
	one.until("state")
}

// TestVideoAttacks runs attacks beside a room that must not notice.
func TestVideoAttacks(t *testing.T) {
	url := serve(t, videoService(t, func(c *sandbox.Config) { c.Limits.AddressAttempts = 1_000_000 }))
	one := ask(t, url, sign(t, token.RoleAttendee, "help", "mia"), "help")
	one.until("joined")
	two := ask(t, url, sign(t, token.RoleHost, "help", "ann"), "help")
	two.until("joined")
	inside := func(t *testing.T) *client { // in a room of their own
		c := ask(t, url, sign(t, token.RoleAttendee, "mine", ""), "mine")
		c.until("joined")
		return c
	}
	for name, run := range map[string]func(t *testing.T){
		"malformed frames": func(t *testing.T) {
			for _, frame := range []string{"", "{", "null", "[]", `{"t":"signal"}`, strings.Repeat("[", 10000), "\x00\xff"} {
				c := inside(t)
				if err := c.write(websocket.MessageText, []byte(frame)); err != nil {
					t.Fatal(err)
				}
				c.refusedWith(9999)
			}
			c := inside(t)
			if err := c.write(websocket.MessageBinary, []byte(`{"t":"ping"}`)); err != nil {
				t.Fatal(err)
			}
			c.refusedWith(9999)
		},
		"huge frames": func(t *testing.T) {
			for _, c := range []*client{dialVideo(t, url), inside(t)} {
				_ = c.write(websocket.MessageText, bytes.Repeat([]byte(" "), 65<<10))
				if f := c.next(); f != nil {
					t.Errorf("answered %v", f)
				}
			}
		},
		"too many frames": func(t *testing.T) {
			c := inside(t)
			for range 5000 {
				if c.write(websocket.MessageText, []byte(`{"t":"state","audio":true}`)) != nil {
					return
				}
			}
			c.refusedWith(9999)
		},
		"signals to others' rooms": func(t *testing.T) {
			c := inside(t)
			for _, to := range []string{"u1", "u2", "u3"} {
				c.send(map[string]any{"t": "signal", "to": to, "description": map[string]any{"type": "offer", "sdp": "v=0"}})
			}
			c.send(map[string]any{"t": "ping"})
			c.until("pong")
		},
		"ending as an attendee": func(t *testing.T) {
			c := inside(t)
			c.send(map[string]any{"t": "end"})
			c.refusedWith(4003)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t)
			talk(t, one, two)
		})
	}
}

func TestVideoWithoutCredentials(t *testing.T) {
	url := serve(t, newService(t, nil))
	ask(t, url, sign(t, token.RoleHost, "help", "ann"), "help").refusedWith(200)
}

func TestVideoOrigins(t *testing.T) {
	url := serve(t, videoService(t, nil))
	for origin, want := range map[string]int{shopURL: 101, url: 101, "https://evil.example": 403, "null": 403} {
		c, resp, err := websocket.Dial(t.Context(), url+videoSocket, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if c != nil {
			defer c.CloseNow()
		}
		if resp == nil || resp.StatusCode != want {
			t.Errorf("%s: %v, %v", origin, err, resp)
		}
	}
}

func TestVideoSaysNothing(t *testing.T) {
	url := serve(t, videoService(t, func(c *sandbox.Config) { c.Limits.Hello = 50 * time.Millisecond }))
	if f := dialVideo(t, url).next(); f != nil {
		t.Errorf("got %v", f)
	}
}

// TestVideoLeavesNothing: no goroutine after the end, and no line about what
// browsers told each other.
func TestVideoLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("a call", func(t *testing.T) {
		var mu sync.Mutex
		var log bytes.Buffer
		s := videoService(t, func(c *sandbox.Config) {
			c.Logger = slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		url := serve(t, s)
		signature := sign(t, token.RoleAttendee, "help", "mia")
		one := ask(t, url, signature, "help")
		one.until("joined")
		two := ask(t, url, sign(t, token.RoleHost, "help", "ann"), "help")
		two.until("joined")
		one.send(map[string]any{"t": "signal", "to": "u2", "description": map[string]any{"type": "offer", "sdp": "c=IN IP4 203.0.113.9"}})
		two.until("signal")
		ask(t, url, signature+"x", "help").refusedWith(200)
		one.send(map[string]any{"t": "signal", "to": "u2", "description": map[string]any{"type": "203.0.113.9", "sdp": "203.0.113.9"}})
		one.refusedWith(9999)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(log.String(), "code=9999") {
			t.Errorf("the log has nothing: %s", &log)
		}
		for _, secret := range []string{"203.0.113.9", signature, "eyJ", "help"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log has %s: %s", secret, &log)
			}
		}
	})
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

type lockedWriter struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

// TestToolkitFiles: both files, under every version and for every site.
func TestToolkitFiles(t *testing.T) {
	s := newService(t, nil)
	url := serve(t, s)
	for path, want := range map[string]string{
		"/uitoolkit/2.5.0-1/videosdk-ui-toolkit.min.umd.js": "text/javascript; charset=utf-8",
		"/uitoolkit/2.5.0-1/videosdk-ui-toolkit.css":        "text/css; charset=utf-8",
		"/uitoolkit/9/videosdk-ui-toolkit.min.umd.js":       "text/javascript; charset=utf-8",
		"/uitoolkit//videosdk-ui-toolkit.css":               "",
		"/uitoolkit/videosdk-ui-toolkit.css":                "",
		"/uitoolkit/1/2/videosdk-ui-toolkit.css":            "",
		"/uitoolkit/2.5.0-1/index.js":                       "",
		"/uitoolkit/":                                       "",
	} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		h := resp.Header
		switch {
		case want == "":
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s: status %d", path, resp.StatusCode)
			}
		case sandbox.Bundled() != nil:
			if resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%s without the bundle: status %d", path, resp.StatusCode)
			}
		case resp.StatusCode != http.StatusOK || h.Get("Content-Type") != want || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" ||
			h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Content-Type-Options") != "nosniff":
			t.Errorf("%s: %s %v", path, fmt.Sprint(resp.StatusCode), h)
		}
	}
}
