package browsertest

import (
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var (
	//go:embed zoom/sdk.js
	sdkJS string
	//go:embed zoom/desk.html
	deskHTML string
)

// ZoomHost is the host name that Zoom's current documentation uses.
const ZoomHost = "us01-zcb.zoom.us"

// Zoom stands in for Zoom's service at the level of what a page can see of it:
// the SDK's URL, its JavaScript interface with queued init arguments, its
// events and errors, and the address of the desk. It shares no page and joins
// nobody; it tells the test what it was asked. Order and payloads of events
// are assumptions wherever Zoom's documentation is silent.
//
// In the page, ZoomCobrowseSDK.standIn.emit(event, payload) makes the SDK emit
// an event, as if something had happened at Zoom's.
type Zoom struct {
	mu        sync.Mutex
	behaviour Behaviour
	calls     []Call
	sdk       []string
	desks     []Desk
	hang      chan struct{}
}

// Call is a call of the SDK's interface.
type Call struct {
	// Method is loaded, init, start, join, end, getSessionInfo, need, or desk:
	// the desk's page ran, with the features that it may use as arguments.
	Method string `json:"method"`
	// Page is the URL of the page that made it.
	Page string `json:"page"`
	// Args is its (first) argument as JSON.
	Args json.RawMessage `json:"args"`
}

// Desk is a visit of the desk.
type Desk struct {
	// Token is the URL's access_token; Referer is the request's.
	Token, Referer string
	// Refused tells that Verify refused the token.
	Refused bool
}

// NewZoom returns a stand-in that ends with the test.
func NewZoom(t testing.TB) *Zoom {
	z := &Zoom{hang: make(chan struct{})}
	t.Cleanup(z.Reset)
	return z
}

// Behave changes the behaviour from now on. Requests that hang are cut.
func (z *Zoom) Behave(b Behaviour) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.behaviour = b
	z.release()
}

// release ends the requests that hang; the caller holds the lock.
func (z *Zoom) release() {
	close(z.hang)
	z.hang = make(chan struct{})
}

// Reset forgets what has happened, and behaves as new.
func (z *Zoom) Reset() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.behaviour, z.calls, z.sdk, z.desks = Behaviour{}, nil, nil, nil
	z.release()
}

// SDKURLs returns the paths at which the SDK was asked for.
func (z *Zoom) SDKURLs() []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.sdk)
}

// Calls returns the calls of a method so far, or of all for "".
func (z *Zoom) Calls(method string) []Call {
	z.mu.Lock()
	defer z.mu.Unlock()
	var out []Call
	for _, c := range z.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// Await waits for the n-th call (from 1) of a method and returns it.
func (z *Zoom) Await(t testing.TB, method string, n int) Call {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		if c := z.Calls(method); len(c) >= n {
			return c[n-1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("the SDK's %s was never called for the %d. time; calls: %+v", method, n, z.Calls(""))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Desks returns the visits of the desk so far.
func (z *Zoom) Desks() []Desk {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.desks)
}

// ServeHTTP serves Zoom's host.
func (z *Zoom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	b := z.behaviour
	z.mu.Unlock()
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/static/resource/sdk/"):
		z.serveSDK(w, r, b)
	case path == "/standin/call":
		z.serveCall(w, r, b)
	case path == "/sdkapi/zcb/frame-templates/desk":
		z.serveDesk(w, r, b)
	default:
		serveNeed(w, r)
	}
}

// serveSDK answers /static/resource/sdk/{key}/js[/{version}].
func (z *Zoom) serveSDK(w http.ResponseWriter, r *http.Request, b Behaviour) {
	z.mu.Lock()
	z.sdk = append(z.sdk, r.URL.EscapedPath())
	hang := z.hang
	z.mu.Unlock()
	b.obstruct(r, hang)
	if b.Status != 0 && b.Status != http.StatusOK {
		http.Error(w, "stand-in", b.Status)
		return
	}
	set, err := json.Marshal(map[string]any{
		"needs": b.Needs, "inline": b.Inline, "worker": b.Worker,
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, strings.Replace(sdkJS, "STAND_IN_SETTINGS", string(set), 1))
}

// serveCall takes the SDK's report of a call and answers what comes of it.
func (z *Zoom) serveCall(w http.ResponseWriter, r *http.Request, b Behaviour) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	var c Call
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&c); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	z.mu.Lock()
	z.calls = append(z.calls, c)
	z.mu.Unlock()
	answer := map[string]any{}
	switch {
	case c.Method == "start":
		answer = b.start(c)
	case c.Method == "init" && b.InitError != 0:
		answer["code"] = b.InitError
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// serveDesk answers the page that Zoom's documentation puts into an iframe.
func (z *Zoom) serveDesk(w http.ResponseWriter, r *http.Request, b Behaviour) {
	token := r.URL.Query().Get("access_token")
	d := Desk{Token: token, Referer: r.Referer(), Refused: !b.accepts(token, 2)}
	z.mu.Lock()
	z.desks = append(z.desks, d)
	hang := z.hang
	z.mu.Unlock()
	b.obstruct(r, hang)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if d.Refused {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "<!doctype html><title>Stand-in</title><p>Invalid token (124)")
		return
	}
	_, _ = io.WriteString(w, deskHTML)
}

// serveNeed answers what Behaviour.Needs fetches.
func serveNeed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	switch r.URL.Path {
	case "/standin/socket":
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err == nil {
			_ = c.Close(websocket.StatusNormalClosure, "")
		}
	case "/standin/image.svg":
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`)
	case "/standin/style.css":
		w.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(w, `.zoom-stand-in{color:inherit}`)
	case "/standin/frame.html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>Stand-in</title>`)
	case "/standin/ok":
		_, _ = io.WriteString(w, "ok")
	default:
		// A font too: its failure to parse is no matter of policy.
		http.NotFound(w, r)
	}
}

// SDKPath returns the path of the SDK's URL for a key and a version.
func SDKPath(key, version string) string {
	return "/static/resource/sdk/" + url.PathEscape(key) + "/js/" + url.PathEscape(version)
}
