package zoomapp

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// client is the world of the browser tests: the desk's site, and what a browser
// sees of Zoom and of a third party.
type client struct {
	app   *App
	pages http.Handler
	login *ExternalLogin
	third *thirdParty
	zoom  *mockZoom

	mu  sync.Mutex
	sdk string // what Zoom serves as SDK
}

func (c *client) set(sdk string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sdk = sdk
}

// inZoom is an SDK that answers as the client does. What it is asked to open in the
// system's browser is in opened.
func inZoom(sealed string) string {
	return fmt.Sprintf(`window.zoomSdk = {
		config: async (o) => { window.granted = o.capabilities; return {runningContext: "inMainClient"}; },
		getAppContext: async () => ({context: window.sealed || %q}),
		openUrl: async ({url}) => { if (window.granted.includes("openUrl")) window.opened = url; },
	};`, sealed)
}

// outsideZoom is the SDK in a browser.
const outsideZoom = `window.zoomSdk = {config: async () => { throw new Error("not supported"); }};`

func (c *client) desk(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/_cobrowse/desk":
	case "/_cobrowse/callback":
		c.login.ServeCallback(w, r)
		return
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
	session, err := c.app.SessionOf(r)
	if in, _ := c.third.SignedIn(r.Context(), session); c.login != nil && (err != nil || !in) {
		http.Error(w, "not signed in", http.StatusForbidden)
		return
	}
	fmt.Fprintf(w, "<!DOCTYPE html><title>desk</title><p id=who>%s %s</p>", who.ID, who.Name)
}

// serveZoom asks nobody: it agrees, and it "opens the client" with a page.
func (c *client) serveZoom(w http.ResponseWriter, r *http.Request) {
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
	http.Redirect(w, r, "https://desk.example/_cobrowse/callback?"+back.Encode(), http.StatusFound)
}

// toMock sends what the server asks of https://zoom.us to the mock.
type toMock struct{ host string }

func (m toMock) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", m.host
	return http.DefaultTransport.RoundTrip(r)
}

// startClient starts a world; with login, agents sign in with the third party, too.
func startClient(t *testing.T, login bool) (*client, *browsertest.Browser) {
	t.Helper()
	c := &client{
		app: newAppFixture(t, func(*Config) {}).app, zoom: newMockZoom(t),
		third: &thirdParty{people: map[string]Person{}},
	}
	zoom, err := NewZoom(ZoomConfig{
		ClientID: testClientID, ClientSecret: testSecret,
		Client: &http.Client{Transport: toMock{strings.TrimPrefix(c.zoom.URL, "http://")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	installer, err := NewInstaller(zoom, InstallConfig{
		RedirectURL: "https://desk.example" + testBase + "/redirect", LandingURL: testInstall,
		Vault: newVault(t, key("k")), Store: newMemoryTokens(),
	})
	if err != nil {
		t.Fatal(err)
	}
	config := PagesConfig{
		Base: testBase, Desk: "/_cobrowse/desk", Installer: installer,
		SameOrigin: func(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "same-origin" },
	}
	if login {
		c.login, err = NewExternalLogin(LoginConfig{ThirdParty: c.third, Name: "Contoso", DeepLinks: installer, InstallURL: testInstall})
		if err != nil {
			t.Fatal(err)
		}
		config.Login = c.login
	}
	if c.pages, err = c.app.Pages(config); err != nil {
		t.Fatal(err)
	}
	return c, browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{
		"desk.example": http.HandlerFunc(c.desk), "appssdk.zoom.us": http.HandlerFunc(c.serveZoom),
		"zoom.us": http.HandlerFunc(c.serveZoom), "idp.example": http.HandlerFunc(idp),
	}})
}

// TestClient goes through the app as a person does: with the context from the SDK,
// outside of Zoom, and as a stranger.
func TestClient(t *testing.T) {
	c, b := startClient(t, false)
	const home = "https://desk.example" + testBase

	c.set(strings.Replace(inZoom(contextWith(t, func(map[string]any) {})), "window.granted = o.capabilities;",
		`if (o.capabilities.includes("openUrl")) throw new Error("not switched on");`, 1))
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

// inBothSchemes looks at a page at the size of Zoom's panel, light and dark.
func inBothSchemes(t *testing.T, tab *browsertest.Tab, name string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}); err != nil {
			t.Fatal(err)
		}
		checkAccessible(t, tab)
		tab.Screenshot("zoomapp-" + name + "-" + scheme)
	}
	if v := tab.Violations(); len(v) > 0 {
		t.Errorf("%s: %+v", name, v)
	}
}

// TestInstallInBrowser: from the landing page by way of Zoom to the client. What
// goes wrong is told on a page.
func TestInstallInBrowser(t *testing.T) {
	_, b := startClient(t, false)
	tab := b.NewTab(t)
	tab.Size(400, 600)
	tab.Open(testInstall)
	tab.Wait(`location.href === "https://zoom.us/launch/zoomapp?mock=1"`)
	tab.Clean()
	tab.Open("https://desk.example" + testBase + "/redirect?state=of-another-browser")
	tab.Wait(`document.querySelector("h1").textContent === "The app was not installed"`)
	inBothSchemes(t, tab, "not-installed")
	browsertest.Eval[any](tab, `document.querySelector("a").click()`)
	tab.Wait(`location.host === "zoom.us"`)
}

// TestExternalLoginInBrowser: a login that the client begins and the system's
// browser goes through ends in the client, and in no other.
func TestExternalLoginInBrowser(t *testing.T) {
	c, b := startClient(t, true)
	const home = "https://desk.example" + testBase
	enter := func(tab *browsertest.Tab) {
		t.Helper()
		tab.Size(400, 600)
		tab.Open(home)
		tab.Wait(`!document.getElementById("login").hidden`)
	}
	// begin presses the button, and returns what the client opens.
	begin := func(tab *browsertest.Tab, says string) string {
		t.Helper()
		browsertest.Eval[any](tab, `window.opened = "", document.getElementById("begin").click()`)
		tab.Wait(fmt.Sprintf(`window.opened && document.getElementById("status").textContent.includes(%q)`, says))
		return browsertest.Eval[string](tab, `window.opened`)
	}
	// through goes where the system's browser is sent, with cookies of its own.
	through := func(target string) *browsertest.Tab {
		t.Helper()
		system := b.NewTab(t)
		system.Size(400, 600)
		system.Open(target)
		return system
	}
	action := func(system *browsertest.Tab) string {
		t.Helper()
		system.Wait(`location.host === "zoom.us"`)
		return browsertest.Eval[string](system, `new URL(location.href).searchParams.get("act")`)
	}
	with := func(act string) string {
		return contextWith(t, func(m map[string]any) { m["act"] = act })
	}
	c.set(inZoom(contextWith(t, func(map[string]any) {})))
	mine, other := b.NewTab(t), b.NewTab(t)
	enter(mine)
	enter(other)
	inBothSchemes(t, mine, "sign-in")

	// Zoom has given no tokens yet: the app is connected first.
	if target := begin(mine, "First connect the app"); target != testInstall {
		t.Fatalf("opened %s", target)
	}
	through(testInstall).Wait(`location.href === "https://zoom.us/launch/zoomapp?mock=1"`)

	act := action(through(begin(mine, "Go on in your browser")))
	inBothSchemes(t, mine, "waiting")
	c.set(inZoom(with(act)))
	other.Open(home)
	other.Wait(`document.getElementById("status").textContent.includes("not begun here")`)
	inBothSchemes(t, other, "again")
	if len(c.third.signedIn()) > 0 {
		t.Fatalf("another client finished the login: %v", c.third.signedIn())
	}

	// The first one is used up; the next one ends where it began, in the page that
	// is still open.
	target := begin(mine, "Go on in your browser")
	act = action(through(target))
	through(target).Wait(`document.querySelector("h1").textContent === "You were not signed in"`) // again
	browsertest.Eval[any](mine, fmt.Sprintf(`window.sealed = %q, window.dispatchEvent(new Event("focus"))`, with(act)))
	mine.Wait(`location.pathname === "/_cobrowse/desk" && document.getElementById("who")`)
	if in := c.third.signedIn(); len(in) != 1 || in[0] != "ana@idp.example" {
		t.Errorf("signed in: %v", in)
	}
	other.Open("https://desk.example/_cobrowse/desk")
	other.Wait(`document.body.textContent.includes("not signed in")`)

	stale := through("https://desk.example/_cobrowse/callback?code=good&state=of-another-login")
	stale.Wait(`document.querySelector("h1").textContent === "You were not signed in"`)
	inBothSchemes(t, stale, "not-signed-in")
}

// TestRefusedInBrowser: the client's header names somebody who is no agent.
func TestRefusedInBrowser(t *testing.T) {
	c, b := startClient(t, false)
	c.set("")
	stranger := b.NewTab(t)
	stranger.Size(400, 600)
	sealed := contextWith(t, func(m map[string]any) { m["uid"] = "x" })
	if _, err := chromedp.Call(stranger.Context(), network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
		Headers: network.Headers{HeaderName: sealed},
	}); err != nil {
		t.Fatal(err)
	}
	stranger.Open("https://desk.example" + testBase)
	stranger.Wait(`document.querySelector("h1").textContent === "You are not an agent here"`)
	inBothSchemes(t, stranger, "refused")
}
