package zoomapp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// appFixture is an app with one agent, a clock that the test moves, and its log,
// which is searched for secrets when the test ends.
type appFixture struct {
	app *App
	now time.Time
	log bytes.Buffer
}

func newAppFixture(t *testing.T, change func(*Config)) *appFixture {
	t.Helper()
	f := &appFixture{now: testNow()}
	c := Config{
		ClientID: testClientID, ClientSecret: testSecret,
		Agents: map[string]string{testUID: "Ana"},
		Logger: slog.New(slog.NewTextHandler(&f.log, nil)),
		Now:    func() time.Time { return f.now },
	}
	change(&c)
	app, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	f.app = app
	t.Cleanup(func() {
		if log := f.log.String(); strings.Contains(log, testSecret) || strings.Contains(log, testUID) {
			t.Errorf("the log has a secret or a uid: %s", log)
		}
	})
	return f
}

func newSession(t *testing.T, app *App, uid string) *http.Cookie {
	t.Helper()
	_, cookie, err := app.BeginSession(request(nil), uid)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

func request(contexts []string, cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/_cobrowse/desk", nil)
	for _, context := range contexts {
		r.Header.Add("x-zoom-app-context", context)
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	return r
}

// TestIdentify: a context decides alone; a session decides where there is none.
func TestIdentify(t *testing.T) {
	f := newAppFixture(t, func(*Config) {})
	good := contextWith(t, func(map[string]any) {})
	stranger := contextWith(t, func(m map[string]any) { m["uid"] = "AnotherZoomUser" })
	session, gone := newSession(t, f.app, testUID), newSession(t, f.app, "TakenOffTheList")
	forged := *session
	forged.Value = strings.Replace(session.Value, ".", "0.", 1) // lives ten times as long
	swapped := *session
	swapped.Value = session.Value[:strings.LastIndexByte(session.Value, '.')] + gone.Value[strings.LastIndexByte(gone.Value, '.'):]
	bare := *session
	bare.Value = "1"

	tests := []struct {
		name     string
		contexts []string
		cookies  []*http.Cookie
		want     error
	}{
		{"context", []string{good}, nil, nil},
		{"session", nil, []*http.Cookie{session}, nil},
		{"nothing", nil, nil, ErrNoSession},
		{"not on the list", []string{stranger}, nil, ErrNotAgent},
		{"bad context, good session", []string{"AAAA"}, []*http.Cookie{session}, ErrLength},
		{"empty context, good session", []string{""}, []*http.Cookie{session}, ErrMissing},
		{"stranger's context, good session", []string{stranger}, []*http.Cookie{session}, ErrNotAgent},
		{"two contexts", []string{good, good}, []*http.Cookie{session}, ErrSeveral},
		{"session of somebody taken off the list", nil, []*http.Cookie{gone}, ErrNotAgent},
		{"forged session", nil, []*http.Cookie{&forged}, ErrBadSession},
		{"signature of another session", nil, []*http.Cookie{&swapped}, ErrBadSession},
		{"no session at all", nil, []*http.Cookie{&bare}, ErrBadSession},
		{"two sessions", nil, []*http.Cookie{gone, session}, ErrBadSession},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := request(test.contexts, test.cookies...)
			who, err := f.app.Identify(r)
			if test.want == nil {
				if err != nil || who != (Agent{"z-" + testUID, "Ana"}) {
					t.Errorf("%+v, %v", who, err)
				}
				return
			}
			if !errors.Is(err, ErrUnidentified) || !errors.Is(err, test.want) || who != (Agent{}) {
				t.Errorf("%+v, %v; want %v", who, err, test.want)
			}
			w := httptest.NewRecorder()
			if _, _, err := f.app.SignIn(w, r); err == nil || len(w.Header()) > 0 {
				t.Errorf("signing in: %v, %v", err, w.Header())
			}
		})
	}
	if !strings.Contains(f.log.String(), "uid_sha256=") || !strings.Contains(f.log.String(), "not on the list") {
		t.Errorf("the log does not help: %s", &f.log)
	}
}

func TestSession(t *testing.T) {
	f := newAppFixture(t, func(c *Config) { c.SessionTTL = time.Hour })
	w := httptest.NewRecorder()
	who, context, err := f.app.SignIn(w, request([]string{contextWith(t, func(m map[string]any) { m["act"] = "open" })}))
	if err != nil || who.Name != "Ana" || context.Action != "open" {
		t.Fatalf("%+v, %+v, %v", who, context, err)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies %v", cookies)
	}
	c := cookies[0]
	if c.Name != CookieName || c.Path != "/" || c.Domain != "" || !c.Secure || !c.HttpOnly || c.MaxAge != 3600 ||
		c.SameSite != http.SameSiteLaxMode || c.Partitioned {
		t.Errorf("cookie %v", c)
	}
	f.now = f.now.Add(time.Hour - time.Second)
	if _, err := f.app.Identify(request(nil, c)); err != nil {
		t.Errorf("at the end: %v", err)
	}
	f.now = f.now.Add(time.Second)
	if _, err := f.app.Identify(request(nil, c)); !errors.Is(err, ErrSessionExpired) {
		t.Errorf("after the end: %v", err)
	}
	if end := f.app.EndSession(); end.MaxAge != -1 || end.Value != "" || end.Name != CookieName {
		t.Errorf("ending: %v", end)
	}
	if _, err := f.app.SessionOf(request(nil, c)); !errors.Is(err, ErrSessionExpired) {
		t.Errorf("session after the end: %v", err)
	}
	first, err := f.app.SessionOf(request(nil, newSession(t, f.app, testUID)))
	if err != nil || first.UserID != testUID {
		t.Errorf("%+v, %v", first, err)
	}
	if second, err := f.app.SessionOf(request(nil, newSession(t, f.app, testUID))); err != nil || second.ID == first.ID {
		t.Errorf("two sessions of one user in one second are the same: %+v, %v", second, err)
	}
	other := newAppFixture(t, func(c *Config) { c.ClientSecret += "x" })
	if _, err := other.app.Identify(request(nil, c)); !errors.Is(err, ErrBadSession) {
		t.Errorf("another app's session: %v", err)
	}
	pwa := newSession(t, newAppFixture(t, func(c *Config) { c.PWA = true }).app, testUID)
	if pwa.SameSite != http.SameSiteNoneMode || !pwa.Partitioned || !pwa.Secure {
		t.Errorf("cookie in a frame: %v", pwa)
	}
}

// TestSessionContinues: opening the app again is the same session, for longer; a
// session that is another user's, over or doubled is not continued.
func TestSessionContinues(t *testing.T) {
	f := newAppFixture(t, func(c *Config) { c.SessionTTL = time.Hour })
	first := newSession(t, f.app, testUID)
	id := func(c *http.Cookie) string {
		t.Helper()
		session, err := f.app.SessionOf(request(nil, c))
		if err != nil {
			t.Fatal(err)
		}
		return session.ID
	}
	begun := id(first)
	f.now = f.now.Add(59 * time.Minute)
	session, continued, err := f.app.BeginSession(request(nil, first), testUID)
	if err != nil || session.ID != begun {
		t.Fatalf("%+v, %v; want %s", session, err, begun)
	}
	f.now = f.now.Add(59 * time.Minute)
	if id(continued) != begun {
		t.Error("the cookie names another session")
	}
	if _, err := f.app.SessionOf(request(nil, first)); !errors.Is(err, ErrSessionExpired) {
		t.Errorf("the old cookie: %v", err)
	}
	other, _, _ := strings.Cut(continued.Value, ".")
	forged := *continued
	forged.Value = strings.Replace(continued.Value, other, other+"0", 1)
	for name, cookies := range map[string][]*http.Cookie{
		"another user's": {newSession(t, f.app, "AnotherZoomUser")}, "over": {first}, "twice": {continued, continued}, "forged": {&forged}, "none": nil,
	} {
		if session, _, err := f.app.BeginSession(request(nil, cookies...), testUID); err != nil || session.ID == begun || session.UserID != testUID {
			t.Errorf("%s: %+v, %v", name, session, err)
		}
	}
	broken := newAppFixture(t, func(c *Config) { c.Rand = strings.NewReader("short") })
	if _, cookie, err := broken.app.BeginSession(request(nil), testUID); err == nil || cookie != nil {
		t.Errorf("without randomness: %v", cookie)
	}
}

// FuzzSession: nothing opens but what we sealed.
func FuzzSession(f *testing.F) {
	codec, err := newSessionCodec(testClientID, testSecret, testNow, nil)
	if err != nil {
		f.Fatal(err)
	}
	want := content{testUID, "0123456789abcdef012345", testNow().Add(time.Hour).Truncate(time.Second)}
	good := codec.seal(want)
	for _, seed := range []string{"", ".", "..", good, good + ".", "1." + base64.RawURLEncoding.EncodeToString([]byte("u")) + "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := codec.open(value)
		if (err == nil) != (value == good) || err == nil && (got.session() != want.session() || !got.expires.Equal(want.expires)) {
			t.Fatalf("%q: %+v, %v", value, got, err)
		}
	})
}

func TestStrip(t *testing.T) {
	for name, test := range map[string]struct{ in, want []string }{
		"alone":         {[]string{CookieName + "=x"}, nil},
		"among others":  {[]string{"a=1; " + CookieName + "=x; b=2"}, []string{"a=1; b=2"}},
		"twice":         {[]string{CookieName + "=x; a=1", "b=2;" + CookieName + "=y"}, []string{"a=1", "b=2"}},
		"similar names": {[]string{"x" + CookieName + "=1; " + CookieName + "2=2"}, []string{"x" + CookieName + "=1; " + CookieName + "2=2"}},
		"none":          {nil, nil},
	} {
		h := http.Header{HeaderName: {"a", "b"}, "X-Other": {"c"}}
		if test.in != nil {
			h["Cookie"] = test.in
		}
		Strip(h)
		if !slices.Equal(h["Cookie"], test.want) || HasContext(&http.Request{Header: h}) || h.Get("X-Other") != "c" {
			t.Errorf("%s: %v", name, h)
		}
	}
}

func TestAddMissing(t *testing.T) {
	h := http.Header{}
	AddMissing(h, OWASPFields())
	if len(h) != 4 || !strings.Contains(h.Get("Content-Security-Policy"), "script-src 'self' https://appssdk.zoom.us") {
		t.Errorf("%v", h)
	}
	before := http.Header{"Content-Security-Policy": {"default-src 'none'", "img-src *"}, "Referrer-Policy": {"unsafe-url"}}
	h = before.Clone()
	AddMissing(h, SiteFields())
	if !slices.Equal(h["Content-Security-Policy"], before["Content-Security-Policy"]) || h.Get("Referrer-Policy") != "unsafe-url" ||
		h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Strict-Transport-Security") == "" || len(h) != 4 {
		t.Errorf("%v", h)
	}
}

// TestFrame: what the client demands is there, and only with pwa may Zoom's web
// client frame a page.
func TestFrame(t *testing.T) {
	const web = "frame-ancestors 'self' https://*.zoom.us https://*.zoom.com"
	for _, test := range []struct {
		name         string
		pwa          bool
		dest         string // Sec-Fetch-Dest
		policy, want string
	}{
		{"desktop", false, "document", "default-src 'none'", "default-src 'none'; frame-ancestors 'self'"},
		{"desktop, with a list", false, "iframe", "frame-ancestors 'none'; base-uri 'none'", "frame-ancestors 'none'; base-uri 'none'"},
		{"web", true, "iframe", "default-src 'none'", "default-src 'none'; " + web},
		{"web, framed by nobody", true, "iframe", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'", "default-src 'none'; " + web + "; base-uri 'none'"},
		{"web, framed by a CRM", true, "iframe", "frame-ancestors https://crm.example", " " + web + " https://crm.example"},
		{"desktop beside the web", true, "document", "default-src 'none'", "default-src 'none'; " + web},
		{"an old desktop beside the web", true, "", "default-src 'none'", "default-src 'none'; " + web},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newAppFixture(t, func(c *Config) { c.PWA = test.pwa })
			h := http.Header{"Content-Security-Policy": {test.policy}, "X-Frame-Options": {"DENY"}, "Cross-Origin-Resource-Policy": {"same-origin"}}
			r := request(nil)
			r.Header.Set("Sec-Fetch-Dest", test.dest)
			f.app.Frame(h, r)
			if got := h.Get("Content-Security-Policy"); got != test.want {
				t.Errorf("policy %q, want %q", got, test.want)
			}
			embedder, resource, options := "", "same-origin", "DENY"
			if test.pwa {
				options = ""
			}
			if test.pwa && test.dest == "iframe" {
				embedder, resource = "require-corp", "cross-origin"
			}
			if h.Get("Cross-Origin-Embedder-Policy") != embedder || h.Get("Cross-Origin-Resource-Policy") != resource || h.Get("X-Frame-Options") != options {
				t.Errorf("%v", h)
			}
			for _, field := range OWASPFields() {
				if len(h.Values(field.Name)) != 1 {
					t.Errorf("%s: %q", field.Name, h.Values(field.Name))
				}
			}
		})
	}
}

func TestIsClientHint(t *testing.T) {
	for agent, want := range map[string]bool{
		"Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) ZoomWebKit/537.36 ZoomApps/1.0": true,
		"ZoomApps/1.0": true, "NotZoomApps/1.0": false, "ZoomApps/1.01": false, "": false,
	} {
		r := request(nil)
		r.Header.Set("User-Agent", agent)
		if IsClientHint(r) != want {
			t.Errorf("%q", agent)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no agents": func(c *Config) { c.Agents = nil }, "no uid": func(c *Config) { c.Agents = map[string]string{"": "Ana"} },
		"no name": func(c *Config) { c.Agents = map[string]string{"u": " "} }, "no secret": func(c *Config) { c.ClientSecret = "" },
		"short session": func(c *Config) { c.SessionTTL = time.Second }, "long session": func(c *Config) { c.SessionTTL = 25 * time.Hour },
	} {
		c := Config{ClientID: testClientID, ClientSecret: testSecret, Agents: map[string]string{testUID: "Ana"}}
		change(&c)
		if app, err := New(c); app != nil || err == nil || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: %v", name, err)
		}
		if out := fmt.Sprintf("%v %+v %#v", c, c, c) + c.LogValue().String(); strings.Contains(out, testSecret) {
			t.Errorf("printed: %s", out)
		}
	}
}
