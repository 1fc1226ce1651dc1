package sandbox_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const (
	testKey     = "sandbox_SDK-key"
	testSecret  = "not a secret, but for tests"
	videoKey    = "sandbox_Video-key"
	videoSecret = "no secret either, but for tests"
	shopHost    = "shop.example"
	shopURL     = "https://" + shopHost
	// strict is a policy under which nothing but the SDK works: a nonce, no
	// style at all.
	strict = "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; style-src 'none'; img-src 'self' data:; " +
		"connect-src 'self' https://*.zoom.us wss://*.zoom.us; frame-src 'self'; base-uri 'none'"
)

func minter(t testing.TB) *token.Minter {
	t.Helper()
	m, err := token.New(token.Config{Key: testKey, Secrets: []string{testSecret}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mint(t testing.TB, role token.Role, id, name string) string {
	t.Helper()
	jwt, err := minter(t).Mint(token.Grant{Role: role, UserID: id, UserName: name, Lifetime: token.MinLifetime})
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

// mintBYOP signs what Zoom's sample of the branch byop signs.
func mintBYOP(id string) string {
	now := time.Now().Unix()
	payload, _ := json.Marshal(map[string]any{
		"app_key": testKey, "role_type": 1, "enable_byop": 1, "user_id": id, "user_name": id, "iat": now, "exp": now + 1800,
	})
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(payload)
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

func verifier(t testing.TB) func(string) (sandbox.Claims, error) {
	m := minter(t)
	return func(jwt string) (sandbox.Claims, error) {
		c, err := m.Verify(jwt)
		return sandbox.Claims{Role: int(c.Role), UserID: c.UserID, UserName: c.UserName}, err
	}
}

// newService starts a service that ends with the test.
func newService(t testing.TB, change func(*sandbox.Config)) *sandbox.Service {
	t.Helper()
	c := sandbox.Config{Key: testKey, Verify: verifier(t), AllowedOrigins: []string{shopURL}}
	if change != nil {
		change(&c)
	}
	s, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("ending the service: %v", err)
		}
	})
	return s
}

// world is a shop, the sandbox under Zoom's name, and a browser.
type world struct {
	t       testing.TB
	browser *browsertest.Browser
	service *sandbox.Service
	live    atomic.Pointer[sandbox.Service] // what answers as Zoom
	gate    *gate
	// settings are those of init; pages are bodies by path.
	settings string
	pages    map[string]string
	policy   string
	// first is a script in front of all others, for browsers that take no
	// preload scripts.
	first string

	mu     sync.Mutex
	frames []string
	users  int
}

func needBundle(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("browser tests do not run under -short")
	}
	if err := sandbox.Bundled(); err != nil {
		t.Fatal(err)
	}
}

// inEach runs a test in each browser that must pass it.
func inEach(t *testing.T, test func(t *testing.T, engine browsertest.Engine)) {
	for _, engine := range []browsertest.Engine{browsertest.Chromium, browsertest.Firefox} {
		t.Run(string(engine), func(t *testing.T) { test(t, engine) })
	}
}

func newWorld(t testing.TB, settings string, change func(*sandbox.Config)) *world {
	t.Helper()
	return newWorldIn(t, "", settings, change)
}

func newWorldIn(t testing.TB, engine browsertest.Engine, settings string, change func(*sandbox.Config)) *world {
	t.Helper()
	needBundle(t)
	w := &world{t: t, settings: settings, policy: strict, pages: map[string]string{}, service: newService(t, change)}
	w.service.Tap(func(frame []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.frames = append(w.frames, string(frame))
	})
	w.gate = newGate(t)
	w.browser = browsertest.Start(t, browsertest.Config{
		Engine: engine,
		Hosts:  map[string]http.Handler{shopHost: w},
		Routes: map[string]string{browsertest.ZoomHost: w.gate.Addr().String()},
	})
	w.live.Store(w.service)
	zoom := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.live.Load().ServeHTTP(rw, r) }))
	zoom.TLS = &tls.Config{Certificates: []tls.Certificate{w.browser.Certificate()}}
	zoom.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that are cut
	zoom.StartTLS()
	t.Cleanup(zoom.Close)
	w.gate.serve(zoom.Listener.Addr().String())
	return w
}

// restart replaces the service by one that knows nothing.
func (w *world) restart() {
	w.t.Helper()
	old := w.live.Swap(newService(w.t, nil))
	if err := old.Close(); err != nil {
		w.t.Error(err)
	}
}

// gate is a TCP relay before Zoom's host that can be shut.
type gate struct {
	net.Listener
	mu    sync.Mutex
	shut  bool
	conns map[net.Conn]bool
}

func newGate(t testing.TB) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &gate{Listener: l, conns: make(map[net.Conn]bool)}
}

func (g *gate) serve(to string) {
	go func() {
		for {
			c, err := g.Accept()
			if err != nil {
				return
			}
			go g.relay(c, to)
		}
	}()
}

func (g *gate) relay(c net.Conn, to string) {
	defer c.Close()
	up, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer up.Close()
	g.mu.Lock()
	if g.shut {
		g.mu.Unlock()
		return
	}
	g.conns[c], g.conns[up] = true, true
	g.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{c, up}, {up, c}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			done <- struct{}{}
		}()
	}
	<-done
	g.mu.Lock()
	delete(g.conns, c)
	delete(g.conns, up)
	g.mu.Unlock()
}

// close cuts all connections and lets nobody in until open.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.conns {
		c.Close()
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

// ServeHTTP is the shop.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/token":
		w.mu.Lock()
		w.users++
		id := fmt.Sprintf("customer-%d", w.users)
		w.mu.Unlock()
		jwt := mintBYOP(id)
		if !r.URL.Query().Has("byop") {
			jwt = mint(w.t, token.RoleCustomer, id, "Mia Miller")
		}
		_ = json.NewEncoder(rw).Encode(map[string]string{"token": jwt})
		return
	case "/shop.js":
		http.ServeFile(rw, r, "testdata/shop.js")
		return
	case "/frame":
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(rw, w.pages["/frame"])
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Security-Policy", w.policy)
	body, ok := w.pages[r.URL.Path]
	if !ok {
		raw, err := os.ReadFile("testdata/shop.html")
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		body = strings.ReplaceAll(string(raw), "{{path}}", r.URL.Path)
	}
	_, _ = fmt.Fprintf(rw, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<script nonce="abc">%s</script><script nonce="abc">window.SETTINGS = %s;</script>
<script nonce="abc" src="/shop.js" data-sdk="https://%s%s"></script></head><body>%s</body></html>`,
		w.first, w.settings, browsertest.ZoomHost, browsertest.SDKPath(testKey, "3.10.x"), body)
}

// sent returns all frames that browsers have sent so far, as one text.
func (w *world) sent() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.frames, "\n")
}

// customer opens a page of the shop in a browser of its own.
func (w *world) customer(path string) *browsertest.Tab {
	w.t.Helper()
	tab := w.browser.NewTab(w.t, browsertest.KeepShadowRoots)
	tab.Open(shopURL + path)
	tab.Wait("window.zoom")
	return tab
}

// help starts a session and returns its PIN.
func help(tab *browsertest.Tab) string {
	browsertest.Eval[bool](tab, "(help(), true)")
	tab.Wait("heard('session_started') && pin()")
	return browsertest.Eval[string](tab, "pin()")
}

// desk opens the desk in a browser of its own.
func (w *world) desk(id, name string) *browsertest.Tab {
	w.t.Helper()
	tab := w.browser.NewTab(w.t)
	tab.Open("https://" + browsertest.ZoomHost + "/sdkapi/zcb/frame-templates/desk?access_token=" + mint(w.t, token.RoleAgent, id, name))
	tab.Wait("document.querySelector('#pin')")
	return tab
}

// joinWith types a PIN into a desk.
func joinWith(desk *browsertest.Tab, pin string) {
	browsertest.Eval[bool](desk, "(document.querySelector('#pin').select(), true)")
	desk.Press(pin)
	desk.Click("document.querySelector('button[type=submit]')")
}

// join does so and waits for the page.
func join(desk *browsertest.Tab, pin string) {
	joinWith(desk, pin)
	desk.Wait("document.querySelector('.stage.shown')")
}

// ui is an expression for an element of the sandbox's own UI in a customer's page.
func ui(selector string) string {
	return `shadowRootOf(document.querySelector('zoom-cobrowse-sandbox'))?.querySelector('` + selector + `')`
}

// seen is an expression for an element of the page as the agent sees it.
func seen(selector string) string {
	return `[...document.querySelectorAll('.replayer-wrapper iframe')].at(-1)?.contentDocument?.querySelector('` + selector + `')`
}

// seenText is an expression for all the text that the agent sees.
const seenText = `[...document.querySelectorAll('.replayer-wrapper iframe')].at(-1)?.contentDocument?.body?.innerText`
