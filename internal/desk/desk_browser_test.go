package desk_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

const home = "https://shop.example"

// site serves the desk as the proxy does, with the headers of its pages.
type site struct {
	page *desk.Page

	mu     sync.Mutex
	tokens []string // bodies of token requests
	status int      // what token requests are answered; 0 is 200
	life   time.Duration
	csp    string // instead of the page's own
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/_cobrowse/desk":
		s.serve(w, http.StatusOK, s.page.HTML())
	case "/refused":
		s.serve(w, http.StatusForbidden, s.page.Refused(desk.Reason(r.URL.Query().Get("why"))))
	case "/_cobrowse/" + s.page.Script().Name:
		w.Header().Set("Content-Type", s.page.Script().ContentType)
		_, _ = w.Write(s.page.Script().Body)
	case "/_cobrowse/" + s.page.Style().Name:
		w.Header().Set("Content-Type", s.page.Style().ContentType)
		_, _ = w.Write(s.page.Style().Body)
	case "/_cobrowse/desk/token":
		s.serveToken(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *site) serve(w http.ResponseWriter, status int, html []byte) {
	s.mu.Lock()
	csp := s.csp
	s.mu.Unlock()
	if csp == "" {
		csp = s.page.CSP()
	}
	for name, value := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Content-Security-Policy":      csp,
		"Permissions-Policy":           s.page.PermissionsPolicy(),
		"Referrer-Policy":              "strict-origin",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = w.Write(html)
}

func (s *site) serveToken(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, r.Method+" "+string(body))
	switch s.status {
	case 0:
		_, _ = fmt.Fprintf(w, `{"token":%q}`, token(len(s.tokens), s.life))
	case http.StatusFound:
		http.Redirect(w, r, "/login", http.StatusFound)
	case http.StatusOK:
		_, _ = io.WriteString(w, "<!doctype html>not JSON")
	default:
		http.Error(w, `{"errors":[]}`, s.status)
	}
}

// token is a JWT as far as the page reads it; the stand-in takes any.
func token(n int, life time.Duration) string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return part(map[string]any{"alg": "HS256"}) + "." +
		part(map[string]any{"user_name": "Zoë Müller ~?>", "exp": time.Now().Add(life).Unix(), "jti": n}) + ".c2ln"
}

func (s *site) set(change func(*site)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}

func start(t *testing.T) (*site, *browsertest.Zoom, *browsertest.Browser) {
	t.Helper()
	page, err := desk.New(desk.Settings{Base: "/_cobrowse", ZoomHost: browsertest.ZoomHost})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{page: page, life: 30 * time.Minute}
	zoom := browsertest.NewZoom(t)
	return s, zoom, browsertest.Start(t, browsertest.Config{
		Hosts: map[string]http.Handler{"shop.example": s, browsertest.ZoomHost: zoom},
	})
}

const ready = "document.querySelector('iframe') && document.querySelector('#card').hidden"

func TestDeskOpens(t *testing.T) {
	s, zoom, b := start(t)
	tab := b.NewTab(t)
	tab.Size(1280, 760)
	tab.Open(home + "/_cobrowse/desk")
	tab.Wait(ready)
	tab.Screenshot("desk")

	if got := s.requests(); !slices.Equal(got, []string{`POST {"role":2,"expirationSeconds":1800}`}) {
		t.Errorf("token requests: %q", got)
	}
	desks := zoom.Desks()
	if len(desks) != 1 || len(strings.Split(desks[0].Token, ".")) != 3 {
		t.Fatalf("visits of Zoom's desk: %+v", desks)
	}
	if desks[0].Referer != home+"/" {
		t.Errorf("Zoom was told the page %q, want the origin alone", desks[0].Referer)
	}
	if got := browsertest.Eval[string](tab, "document.querySelector('#who').textContent"); got != "Signed in as Zoë Müller ~?>" {
		t.Errorf("the page says %q", got)
	}

	// What the frame may use, by the frame's own account.
	var may []string
	if err := json.Unmarshal(zoom.Await(t, "desk", 1).Args, &may); err != nil {
		t.Fatal(err)
	}
	if want := []string{"autoplay", "camera", "microphone", "display-capture", "geolocation"}; !slices.Equal(may, want) {
		t.Errorf("the frame may use %q, want %q", may, want)
	}
	if allow := browsertest.Eval[string](tab, "document.querySelector('iframe').allow"); strings.Contains(allow, "*") ||
		strings.Count(allow, "https://"+browsertest.ZoomHost) != 5 {
		t.Errorf("allow=%q", allow)
	}

	// The token is nowhere but in the frame's URL.
	secret := desks[0].Token
	for _, url := range tab.Requests() {
		if strings.Contains(url, secret[len(secret)-20:]) && !strings.HasPrefix(url, "https://"+browsertest.ZoomHost+"/") {
			t.Errorf("the token is in %s", url)
		}
	}
	if got := browsertest.Eval[string](tab, "location.href + JSON.stringify([localStorage, sessionStorage]) + document.cookie + history.state"); strings.Contains(got, secret) {
		t.Errorf("the token is kept in the page: %s", got)
	}
	tab.Clean()
}

func TestDeskErrors(t *testing.T) {
	s, zoom, b := start(t)
	for _, tc := range []struct {
		status int
		title  string
		button string
	}{
		{http.StatusUnauthorized, "You are not signed in as an agent", "Reload page"},
		{http.StatusForbidden, "You are not signed in as an agent", "Reload page"},
		{http.StatusTooManyRequests, "Too many attempts", "Try again"},
		{http.StatusServiceUnavailable, "The desk is not available", "Try again"},
		{http.StatusInternalServerError, "The desk cannot be opened", "Try again"},
		{http.StatusFound, "The site does not answer", "Try again"},
		{http.StatusOK, "The site does not answer", "Try again"},
	} {
		t.Run(fmt.Sprint(tc.status), func(t *testing.T) {
			s.set(func(s *site) { s.status = tc.status })
			zoom.Reset()
			tab := b.NewTab(t)
			tab.Open(home + "/_cobrowse/desk")
			tab.Wait("!document.querySelector('#retry').hidden")
			if got := browsertest.Eval[string](tab, "document.querySelector('#title').textContent"); got != tc.title {
				t.Errorf("the title is %q, want %q", got, tc.title)
			}
			if got := browsertest.Eval[string](tab, "document.activeElement.textContent"); got != tc.button {
				t.Errorf("the focus is on %q, want %q", got, tc.button)
			}
			if tc.status == http.StatusForbidden {
				tab.Screenshot("desk-error")
			}
			if n := len(zoom.Desks()); n != 0 {
				t.Errorf("Zoom's desk was opened %d times", n)
			}
			s.set(func(s *site) { s.status = 0 })
			tab.Click("document.querySelector('#retry')")
			tab.Wait(ready)
		})
	}
}

func TestDeskBlocked(t *testing.T) {
	s, _, b := start(t)
	s.set(func(s *site) {
		s.csp = strings.Replace(s.page.CSP(), "frame-src https://us01-zcb.zoom.us", "frame-src 'none'", 1)
	})
	tab := b.NewTab(t)
	tab.Open(home + "/_cobrowse/desk")
	tab.Wait("document.querySelector('#title').textContent === \"Zoom's desk was blocked\"")
	tab.Wait("!document.querySelector('iframe')")
}

// hasty makes long timers short.
const hasty = `(() => {
	const timeout = setTimeout, interval = setInterval;
	window.setTimeout = (f, ms) => timeout(f, ms >= 10000 ? 300 : ms);
	window.setInterval = (f, ms) => interval(f, ms >= 10000 ? 50 : ms);
})()`

func TestDeskSlow(t *testing.T) {
	_, zoom, b := start(t)
	zoom.Behave(browsertest.Behaviour{Hang: true})
	tab := b.NewTab(t, hasty)
	tab.Open("about:blank") // Open would wait for the frame that never comes
	browsertest.Eval[bool](tab, "(location.href = '"+home+"/_cobrowse/desk', true)")
	tab.Wait("document.querySelector('#title')?.textContent === \"Zoom's desk takes long to load\"")
	zoom.Behave(browsertest.Behaviour{})
	tab.Click("document.querySelector('#retry')")
	tab.Wait(ready)
}

// TestDeskExpires: when the token ends the page says so, and only the agent
// reloads Zoom's desk.
func TestDeskExpires(t *testing.T) {
	s, zoom, b := start(t)
	s.set(func(s *site) { s.life = 50 * time.Second }) // within the margin of a minute
	tab := b.NewTab(t, hasty)
	tab.Size(900, 600)
	tab.Open(home + "/_cobrowse/desk")
	tab.Wait(ready)
	tab.Wait("!document.querySelector('#notice').hidden")
	tab.Screenshot("desk-expired")
	if n := len(zoom.Desks()); n != 1 {
		t.Errorf("Zoom's desk was loaded %d times before the agent asked", n)
	}
	s.set(func(s *site) { s.life = 30 * time.Minute })
	tab.Click("document.querySelector('#renew')")
	tab.Wait(ready + " && document.querySelector('#notice').hidden")
	if d := zoom.Desks(); len(d) != 2 || d[0].Token == d[1].Token {
		t.Errorf("visits of Zoom's desk: %d", len(d))
	}
	tab.Click("document.querySelector('#reload')")
	tab.Wait(ready)
	zoom.Await(t, "desk", 3)
	if n := browsertest.Eval[int](tab, "document.querySelectorAll('iframe').length"); n != 1 {
		t.Errorf("%d frames", n)
	}
	if got := browsertest.Eval[int](tab, "history.length"); got > 2 {
		t.Errorf("the history has %d steps", got)
	}
	tab.Clean()
}

func TestDeskLooks(t *testing.T) {
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run npm ci in tools", err)
	}
	s, _, b := start(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{400, 1280} {
			for _, page := range []struct {
				name, path, wait string
				status           int
			}{
				{"desk", "/_cobrowse/desk", ready, 0},
				{"error", "/_cobrowse/desk", "!document.querySelector('#retry').hidden", 503},
				{"not-configured", "/refused?why=not-configured", "document.querySelector('pre')", 0},
				{"not-signed-in", "/refused?why=not-signed-in", "document.querySelector('pre')", 0},
			} {
				name := fmt.Sprintf("desk-%s-%s-%d", page.name, scheme, width)
				t.Run(name, func(t *testing.T) {
					s.set(func(s *site) { s.status = page.status })
					tab := b.NewTab(t)
					tab.Size(width, 720)
					if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
						Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
					}); err != nil {
						t.Fatal(err)
					}
					tab.Open(home + page.path)
					tab.Wait(page.wait)
					tab.Screenshot(name)
					if over := browsertest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
						t.Errorf("the page is %d px too wide", over)
					}
					browsertest.Eval[any](tab, string(axe)+";true")
					for _, v := range browsertest.Eval[[]string](tab, `axe.run(document, {iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
						.then((r) => r.violations.map((v) => v.impact + ' ' + v.id + ': ' + v.nodes.map((n) => n.html).join(' ')))`) {
						t.Error(v)
					}
				})
			}
		}
	}
}

func TestRefusedPagesAreClean(t *testing.T) {
	_, _, b := start(t)
	tab := b.NewTab(t)
	tab.Open(home + "/refused?why=not-configured")
	got := browsertest.Eval[string](tab, "document.querySelector('pre').innerText")
	for _, want := range []string{"basic_auth /_cobrowse/desk* {", "agents caddy_user"} {
		if !strings.Contains(got, want) {
			t.Errorf("the lines for the Caddyfile lack %q:\n%s", want, got)
		}
	}
	for _, c := range tab.Console() {
		if !strings.Contains(c, "status of 403") {
			t.Errorf("console: %s", c)
		}
	}
	if v := tab.Violations(); len(v) > 0 {
		t.Errorf("violations: %+v", v)
	}
}
