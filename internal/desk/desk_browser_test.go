package desk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

// Expressions that tests share.
const (
	live  = "document.querySelector('#connection').dataset.state === 'live'"
	ready = "document.querySelector('iframe') && document.querySelector('#card').hidden"
	list  = "[...document.querySelectorAll('[data-session]')].map((b) => b.dataset.session).join()"
)

// row is the button of a customer.
func row(id string) string { return "document.querySelector('[data-session=" + id + "]')" }

// text is an expression for what an element says.
func text(selector string) string { return "document.querySelector('" + selector + "').textContent" }

// shows waits until an element is seen and says the words.
func shows(tab *browsertest.Tab, selector, words string) {
	tab.Wait(fmt.Sprintf("((e) => e && !e.hidden && e.textContent.includes(%q))(document.querySelector(%q))", words, selector))
}

// threeWait are three customers, the longest wait first.
func threeWait(p *proxy) {
	p.sessions = []customer{
		waits("s1", "Ada Lovelace", "/pricing/enterprise", "482913", 12*time.Minute+5*time.Second),
		waits("s2", "", "/checkout", "111222", 3*time.Minute),
		waits("s3", "Grace Hopper", "/account/orders/1234", "K7P2M9QX", 42*time.Second),
	}
	p.sessions[2].Customer.ID = "C-20931"
}

func openDesk(tab *browsertest.Tab) {
	tab.Open(home + "/_cobrowse/desk")
	tab.Wait(live)
}

// drawn waits until the browser has drawn what is on top of Zoom's desk now. A
// click before is the frame's, which is another process.
func drawn(tab *browsertest.Tab) {
	browsertest.Eval[bool](tab, "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => r(true), 100))))")
}

// agree answers the question with yes.
func agree(tab *browsertest.Tab) {
	tab.Wait("document.querySelector('#ask').open")
	drawn(tab)
	tab.Click("document.querySelector('#ask-yes')")
}

// joinPIN joins as an agent does: types the PIN, and presses the button.
func joinPIN(tab *browsertest.Tab, pin string) {
	tab.Click("document.querySelector('#pin')")
	tab.Press(pin)
	tab.Click("document.querySelector('button[type=submit]')")
}

func TestJoinByID(t *testing.T) {
	p, zoom, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	tab.Size(1280, 760)
	openDesk(tab)
	tab.Screenshot("desk-list")
	if n := browsertest.Eval[int](tab, "document.querySelectorAll('iframe').length"); n != 0 || len(zoom.Desks()) != 0 {
		t.Error("Zoom's desk is open before anybody was joined")
	}
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Screenshot("desk-open")

	if got := p.asked("join"); !slices.Equal(got, []string{`{"id":"s1"}`}) {
		t.Errorf("joins: %q", got)
	}
	for selector, want := range map[string]string{
		"#session-pin": "482913", "#session-pin-spoken": "4 8 2 9 1 3", "#name": "Ada Lovelace",
		"#pin-words": "Type this PIN below", "#who": "Signed in as Zoë Müller ~?>",
	} {
		if got := browsertest.Eval[string](tab, text(selector)); got != want {
			t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != "copy" {
		t.Errorf("the focus is on %q", got)
	}
	frameIsZooms(t, tab, zoom)
	tab.Clean()
}

// frameIsZooms checks the frame's rights, and that the token is nowhere but in
// its URL.
func frameIsZooms(t *testing.T, tab *browsertest.Tab, zoom *browsertest.Zoom) {
	t.Helper()
	desks := zoom.Desks()
	if len(desks) != 1 || len(strings.Split(desks[0].Token, ".")) != 3 {
		t.Fatalf("visits of Zoom's desk: %+v", desks)
	}
	if desks[0].Referer != home+"/" {
		t.Errorf("Zoom was told the page %q, want the origin alone", desks[0].Referer)
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
	isSecret(t, tab, desks[0].Token, "482913")
}

// isSecret fails where the token or the PIN is in a URL of ours or kept.
func isSecret(t *testing.T, tab *browsertest.Tab, token, pin string) {
	t.Helper()
	kept := browsertest.Eval[string](tab, "location.href + JSON.stringify([localStorage, sessionStorage]) + document.cookie + history.state")
	said := strings.Join(tab.Console(), "\n")
	for _, secret := range []string{token, pin} {
		for _, url := range tab.Requests() {
			if strings.Contains(url, secret) && !strings.HasPrefix(url, "https://"+browsertest.ZoomHost+"/") {
				t.Errorf("a secret is in %s", url)
			}
		}
		if strings.Contains(kept, secret) || strings.Contains(said, secret) {
			t.Errorf("a secret is kept in the page or written to the console: %s %s", kept, said)
		}
	}
}

func TestJoinByPIN(t *testing.T) {
	for _, tc := range []struct{ typed, sent, name string }{
		{"482913", "482913", "Ada Lovelace"},
		{" 482 913 ", "482913", "Ada Lovelace"},
		{"482-913", "482913", "Ada Lovelace"},
		{"K7P2 M9QX", "K7P2M9QX", "Grace Hopper"},
	} {
		t.Run(tc.typed, func(t *testing.T) {
			p, zoom, b := start(t, desk.Settings{})
			threeWait(p)
			tab := b.NewTab(t)
			openDesk(tab)
			joinPIN(tab, tc.typed)
			tab.Wait(ready)
			if got := p.asked("join"); !slices.Equal(got, []string{`{"pin":"` + tc.sent + `"}`}) {
				t.Errorf("joins: %q", got)
			}
			if got := browsertest.Eval[string](tab, text("#name")); got != tc.name {
				t.Errorf("opened %q", got)
			}
			if got := browsertest.Eval[string](tab, "document.querySelector('#pin').value"); got != "" {
				t.Errorf("the PIN box still has %q", got)
			}
			isSecret(t, tab, zoom.Desks()[0].Token, tc.sent)
			tab.Clean()
		})
	}
}

// TestNoPIN: what cannot be a PIN costs no attempt.
func TestNoPIN(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	tab := b.NewTab(t)
	openDesk(tab)
	for typed, want := range map[string]string{"": "Type the PIN", "48<b>3": "letters and digits only", "12345678901": "ten at most"} {
		browsertest.Eval[bool](tab, "(document.querySelector('#pin').value = '', true)")
		joinPIN(tab, typed)
		shows(tab, "#pin-note", want)
		if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != "pin" {
			t.Errorf("the focus is on %q", got)
		}
	}
	if got := p.asked("join"); len(got) != 0 {
		t.Errorf("joins: %q", got)
	}
	tab.Clean()
}

func TestCopy(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t, `navigator.clipboard.writeText = (text) => { window.copied = text; return window.deny ? Promise.reject(new Error) : Promise.resolve(); }`)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Click("document.querySelector('#copy')")
	tab.Wait(text("#copy") + " === 'Copied'")
	if got := browsertest.Eval[string](tab, "copied"); got != "482913" {
		t.Errorf("copied %q", got)
	}
	tab.Wait(text("#copy") + " === 'Copy PIN'")
	browsertest.Eval[bool](tab, "deny = true")
	tab.Click("document.querySelector('#copy')")
	tab.Wait("getSelection().toString() === '482913'")
}

func TestLeave(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Wait(row("s1") + ".textContent.includes('Yours')")
	tab.Click("document.querySelector('#leave')")
	tab.Wait("!document.querySelector('iframe') && !document.querySelector('#idle').hidden")
	tab.Wait("!" + row("s1") + ".textContent.includes('Yours')")
	if got := p.asked("release"); !slices.Equal(got, []string{`{"id":"s1"}`}) {
		t.Errorf("releases: %q", got)
	}
	if got := browsertest.Eval[string](tab, text("#session-pin")); got != "" {
		t.Errorf("the PIN %q is still in the page", got)
	}
	if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != "pin" {
		t.Errorf("the focus is on %q", got)
	}

	p.says("release", &answer{status: 503, code: "unavailable", body: "Down."})
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Click("document.querySelector('#leave')")
	shows(tab, "#pin-note", "colleagues cannot have the session yet: Down.")
	tab.Wait("!document.querySelector('iframe')")
}

// TestSwitch: another session takes the place of the open one only when the
// agent says so.
func TestSwitch(t *testing.T) {
	p, zoom, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Click(row("s3"))
	tab.Wait("document.querySelector('#ask').open")
	tab.Screenshot("desk-switch")
	tab.Press(kb.Escape)
	tab.Wait("!document.querySelector('#ask').open")
	if n := len(zoom.Desks()); n != 1 || len(p.asked("join")) != 1 {
		t.Errorf("%d visits of Zoom's desk after the agent said no", n)
	}
	tab.Click(row("s3"))
	agree(tab)
	tab.Wait(text("#name") + " === 'Grace Hopper'")
	tab.Wait(ready)
	tab.Wait(row("s1") + ".textContent.includes('Yours')")
	if n := browsertest.Eval[int](tab, "document.querySelectorAll('iframe').length"); n != 1 {
		t.Errorf("%d frames", n)
	}
	// One's own can be opened again.
	tab.Click(row("s1"))
	agree(tab)
	tab.Wait(text("#name") + " === 'Ada Lovelace'")
	if got := browsertest.Eval[int](tab, "history.length"); got > 2 {
		t.Errorf("the history has %d steps", got)
	}
	tab.Clean()
}

func TestDeskBlocked(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	p.csp = strings.Replace(p.page.CSP(), "frame-src https://us01-zcb.zoom.us", "frame-src 'none'", 1)
	tab := b.NewTab(t)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(text("#title") + " === \"Zoom's desk was blocked\"")
	tab.Wait("!document.querySelector('iframe')")
}

// slowFrame shortens the patience with Zoom's desk only.
const slowFrame = `(() => {
	const timeout = setTimeout;
	window.setTimeout = (f, ms) => timeout(f, ms === 20000 ? 300 : ms);
})()`

func TestDeskSlow(t *testing.T) {
	p, zoom, b := start(t, desk.Settings{})
	threeWait(p)
	zoom.Behave(browsertest.Behaviour{Hang: true})
	tab := b.NewTab(t, slowFrame)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(text("#title") + " === \"Zoom's desk takes long to load\"")
	zoom.Behave(browsertest.Behaviour{})
	tab.Click("document.querySelector('#retry')")
	tab.Wait(ready)
	if got := p.asked("join"); !slices.Equal(got, []string{`{"id":"s1"}`, `{"id":"s1"}`}) {
		t.Errorf("joins: %q", got)
	}
}

// TestDeskExpires: when the token ends the page says so, and only the agent
// reloads Zoom's desk.
func TestDeskExpires(t *testing.T) {
	p, zoom, b := start(t, desk.Settings{})
	threeWait(p)
	p.life = 50 * time.Second // within the margin of a minute
	tab := b.NewTab(t, `(() => { const interval = setInterval; window.setInterval = (f, ms) => interval(f, ms >= 10000 ? 50 : ms) })()`)
	tab.Size(1000, 640)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Wait("!document.querySelector('#expired').hidden")
	tab.Screenshot("desk-expired")
	if n := len(zoom.Desks()); n != 1 {
		t.Errorf("Zoom's desk was loaded %d times before the agent asked", n)
	}
	p.change(func(p *proxy) { p.life = 30 * time.Minute })
	tab.Click("document.querySelector('#renew')")
	zoom.Await(t, "desk", 2)
	tab.Wait(ready + " && document.querySelector('#expired').hidden")
	if d := zoom.Desks(); len(d) != 2 || d[0].Token == d[1].Token {
		t.Errorf("visits of Zoom's desk: %d", len(d))
	}
	tab.Click("document.querySelector('#reload')")
	zoom.Await(t, "desk", 3)
	tab.Wait(ready)
	if n := browsertest.Eval[int](tab, "document.querySelectorAll('iframe').length"); n != 1 {
		t.Errorf("%d frames", n)
	}
	if got := browsertest.Eval[int](tab, "history.length"); got > 2 {
		t.Errorf("the history has %d steps", got)
	}
	tab.Clean()
}

// TestEmbedded: the desk in a CRM's side panel, and in nobody else's.
func TestEmbedded(t *testing.T) {
	p, _, b := start(t, desk.Settings{FrameAncestors: []string{"https://crm.example"}})
	tab := b.NewTab(t)
	tab.Open("https://crm.example/")
	waitFor(t, "the CRM's desk to connect", func() bool { return len(p.searched()) == 1 })
	tab = b.NewTab(t)
	tab.Open("https://evil.example/")
	if n := len(p.searched()); n != 1 {
		t.Errorf("%d desks run, one of them in a frame of another site's", n)
	}
}

// TestSignOut: the form reaches the identity provider, past the page's policy.
func TestSignOut(t *testing.T) {
	_, _, b := start(t, desk.Settings{SignOut: true, Title: "Help desk"})
	tab := b.NewTab(t)
	openDesk(tab)
	if got := browsertest.Eval[string](tab, text("h1")); got != "Help desk" {
		t.Errorf("the heading is %q", got)
	}
	tab.Click("document.querySelector('#sign-out button')")
	tab.Wait("location.host === 'idp.example'")
	tab.Clean()
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestRefusedPagesAreClean(t *testing.T) {
	_, _, b := start(t, desk.Settings{})
	tab := b.NewTab(t)
	tab.Open(home + "/_cobrowse/refused?why=not-configured")
	got := browsertest.Eval[string](tab, "document.querySelector('pre').innerText")
	for _, want := range []string{"basic_auth /_cobrowse/desk* {", "agents caddy_user"} {
		if !strings.Contains(got, want) {
			t.Errorf("the lines for the Caddyfile lack %q:\n%s", want, got)
		}
	}
	for _, c := range tab.Console() {
		if !strings.Contains(c, fmt.Sprint("status of ", http.StatusForbidden)) {
			t.Errorf("console: %s", c)
		}
	}
	if v := tab.Violations(); len(v) > 0 {
		t.Errorf("violations: %+v", v)
	}
}
