package zoomapp

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// client is the world of the browser tests: the desk's site, and what a browser
// sees of Zoom and of a third party.
type client struct {
	app   *App
	pages http.Handler

	mu     sync.Mutex
	sdk    string // what Zoom serves as SDK
	people []string
}

func (c *client) set(sdk string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sdk = sdk
}

// inZoom is an SDK that answers as the client does.
func inZoom(sealed string) string {
	return fmt.Sprintf(`window.zoomSdk = {config: async (o) => ({runningContext: "inMainClient", asked: o}), getAppContext: async () => ({context: %q})};`, sealed)
}

// outsideZoom is the SDK in a browser.
const outsideZoom = `window.zoomSdk = {config: async () => { throw new Error("not supported"); }};`

func (c *client) desk(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/_cobrowse/desk":
	case "/favicon.ico": // which Chromium asks for when it likes
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		c.pages.ServeHTTP(w, r)
		return
	}
	who, err := c.app.Identify(r)
	if err != nil {
		http.Error(w, "no agent", http.StatusForbidden)
		return
	}
	fmt.Fprintf(w, "<!DOCTYPE html><title>desk</title><p id=who>%s %s</p>", who.ID, who.Name)
}

// zoom asks nobody: it agrees, and it "opens the client" with a page.
func (c *client) zoom(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/oauth/authorize":
		q := r.URL.Query()
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {testCode}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	case "/sdk.min.js":
		c.mu.Lock()
		defer c.mu.Unlock()
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, c.sdk)
	default:
		fmt.Fprint(w, "<!DOCTYPE html><title>opening Zoom</title>")
	}
}

// idp is the third party: it knows who sits there.
func idp(w http.ResponseWriter, r *http.Request) {
	back := url.Values{"code": {"good"}, "state": {r.URL.Query().Get("state")}}
	http.Redirect(w, r, "https://desk.example"+testBase+"/callback?"+back.Encode(), http.StatusFound)
}

// toMock sends what the server asks of https://zoom.us to the mock.
type toMock struct{ host string }

func (m toMock) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", m.host
	return http.DefaultTransport.RoundTrip(r)
}

func startClient(t *testing.T) (*client, *browsertest.Browser) {
	t.Helper()
	c := &client{app: newAppFixture(t, func(*Config) {}).app}
	mock := newMockZoom(t)
	zoom, err := NewZoom(ZoomConfig{
		ClientID: testClientID, ClientSecret: testSecret,
		Client: &http.Client{Transport: toMock{strings.TrimPrefix(mock.URL, "http://")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	installer, err := NewInstaller(zoom, InstallConfig{RedirectURL: "https://desk.example" + testBase + "/redirect"})
	if err != nil {
		t.Fatal(err)
	}
	c.pages, err = c.app.Pages(PagesConfig{
		Base: testBase, Desk: "/_cobrowse/desk",
		SameOrigin: func(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "same-origin" },
		Installer:  installer, Login: newLoginFixture(t).ExternalLogin,
		LoggedIn: func(_ http.ResponseWriter, _ *http.Request, _ Session, p Person) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.people = append(c.people, p.ID)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{
		"desk.example": http.HandlerFunc(c.desk), "appssdk.zoom.us": http.HandlerFunc(c.zoom),
		"zoom.us": http.HandlerFunc(c.zoom), "idp.example": http.HandlerFunc(idp),
	}})
}

// TestClient goes through the app as a person does: with the context from the SDK,
// outside of Zoom, and as a stranger.
func TestClient(t *testing.T) {
	c, b := startClient(t)
	const home = "https://desk.example" + testBase

	c.set(inZoom(contextWith(t, func(map[string]any) {})))
	tab := b.NewTab(t)
	tab.Size(400, 600)
	tab.Open(home)
	tab.Wait(`location.pathname === "/_cobrowse/desk" && document.getElementById("who")`)
	if who := browsertest.Eval[string](tab, `document.getElementById("who").textContent`); who != "z-"+testUID+" Ana" {
		t.Errorf("the desk is open for %q", who)
	}
	tab.Clean()

	for name, test := range map[string]struct{ sdk, says string }{
		"outside of Zoom": {outsideZoom, "in the Zoom client"},
		"without the SDK": {"", "in the Zoom client"},
		"stranger":        {inZoom(contextWith(t, func(m map[string]any) { m["uid"] = "x" })), "not on this site"},
	} {
		c.set(test.sdk)
		tab := b.NewTab(t)
		tab.Size(400, 600)
		tab.Open(home)
		tab.Wait(fmt.Sprintf(`document.getElementById("status").textContent.includes(%q)`, test.says))
		checkAccessible(t, tab)
		tab.Screenshot("zoomapp-" + strings.ReplaceAll(strings.ToLower(name), " ", "-"))
		if v := tab.Violations(); len(v) > 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// checkAccessible lets axe look at the page, in the width of a Zoom panel.
func checkAccessible(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run make node", err)
	}
	if over := browsertest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		t.Errorf("the page is %d px too wide", over)
	}
	browsertest.Eval[any](tab, string(axe)+";true")
	for _, v := range browsertest.Eval[[]string](tab, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then((r) => r.violations.map((v) => v.impact + ' ' + v.id + ': ' + v.nodes.map((n) => n.html).join(' ')))`) {
		t.Error(v)
	}
}

// TestInstallInBrowser: from the landing page by way of Zoom to the client.
func TestInstallInBrowser(t *testing.T) {
	_, b := startClient(t)
	tab := b.NewTab(t)
	tab.Open("https://desk.example" + testBase + "/install")
	tab.Wait(`location.href === "https://zoom.us/launch/zoomapp?mock=1"`)
	tab.Clean()
}

// TestExternalLoginInBrowser: a login that the client begins and the system's
// browser goes through ends in the client, and in no other.
func TestExternalLoginInBrowser(t *testing.T) {
	c, b := startClient(t)
	const home = "https://desk.example" + testBase
	enter := func(tab *browsertest.Tab) {
		tab.Open(home)
		tab.Wait(`location.pathname === "/_cobrowse/desk"`)
	}
	begin := func(tab *browsertest.Tab) string {
		return browsertest.Eval[string](tab, `fetch("`+testBase+`/login", {method: "POST"}).then((r) => r.json()).then((j) => j.url)`)
	}
	through := func(target string) (act string) {
		system := b.NewTab(t) // with cookies of its own
		system.Open(target)
		system.Wait(`location.host === "zoom.us"`)
		return browsertest.Eval[string](system, `new URL(location.href).searchParams.get("act")`)
	}
	c.set(inZoom(contextWith(t, func(map[string]any) {})))
	mine, other := b.NewTab(t), b.NewTab(t)
	enter(mine)
	enter(other)

	act := through(begin(mine))
	c.set(inZoom(contextWith(t, func(m map[string]any) { m["act"] = act })))
	other.Open(home)
	other.Wait(`document.getElementById("status").textContent.includes("not begun here")`)
	if len(c.people) > 0 {
		t.Fatalf("another client finished the login: %v", c.people)
	}

	act = through(begin(mine)) // the first one is used up
	c.set(inZoom(contextWith(t, func(m map[string]any) { m["act"] = act })))
	mine.Open(home)
	mine.Wait(`location.pathname === "/_cobrowse/desk"`)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.people) != 1 || c.people[0] != "ana@idp.example" {
		t.Errorf("logged in: %v", c.people)
	}
}
