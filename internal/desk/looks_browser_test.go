package desk_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

// state is one that the page can be in.
type state struct {
	name string
	path string // below the base; "" is the desk
	wait string
	set  func(*proxy)
	act  func(*proxy, *browsertest.Tab)
}

func states() []state {
	full := func(p *proxy) {
		threeWait(p)
		p.sessions = append(p.sessions, waits("s4", "Zoë Müller-Lüdenscheidt of the Northern Company", "/help/articles/how-to-close-an-account", "5", 9*time.Second))
		p.sessions[1].Claims = []person{{ID: "bob", Name: "Bob Marley"}}
		p.sessions[2].State, p.sessions[2].ActiveAt = "active", time.Now().Add(-3*time.Minute)
		p.sessions[2].Claims, p.sessions[2].Mine = []person{agent}, true
		p.supervisor = true
	}
	join := func(_ *proxy, tab *browsertest.Tab) {
		tab.Click(row("s1"))
		tab.Wait(ready)
	}
	return []state{
		{name: "empty", wait: live, set: func(*proxy) {}},
		{name: "list", wait: live, set: threeWait},
		{name: "supervisor", wait: live, set: full},
		{name: "open", wait: live, set: threeWait, act: join},
		{name: "open-supervisor", wait: live, set: full, act: join},
		{name: "video", wait: live, set: func(p *proxy) {
			full(p)
			p.video = true
			p.sessions[0].Video = "offered"
		}, act: join},
		{name: "ended", wait: live, set: threeWait, act: func(p *proxy, tab *browsertest.Tab) {
			join(p, tab)
			p.change(func(p *proxy) { p.sessions = p.sessions[1:] })
			shows(tab, "#bar-note", "ended")
		}},
		{name: "pin-refused", wait: live, set: threeWait, act: func(_ *proxy, tab *browsertest.Tab) {
			joinPIN(tab, "000000")
			shows(tab, "#pin-note", "No waiting customer")
		}},
		{name: "limited", wait: live, set: threeWait, act: func(p *proxy, tab *browsertest.Tab) {
			p.says("join", &answer{status: 429, code: "rate-limited", retry: 40})
			tab.Click(row("s1"))
			shows(tab, ".row .note", "Too many attempts")
		}},
		{name: "question", wait: live, set: threeWait, act: func(p *proxy, tab *browsertest.Tab) {
			join(p, tab)
			browsertest.Eval[bool](tab, "("+row("s3")+".click(), true)")
			tab.Wait("document.querySelector('#ask').open")
		}},
		{name: "signed-out", wait: live, set: threeWait, act: func(p *proxy, tab *browsertest.Tab) {
			p.tell(event("signed-out", struct{}{}), true)
			tab.Wait("!document.querySelector('#notice').hidden")
		}},
		{name: "lost", wait: "document.querySelector('#connection').dataset.state === 'lost'", set: func(p *proxy) {
			p.answers["events"] = answer{}
		}},
		{name: "stale", wait: live, set: full, act: func(p *proxy, tab *browsertest.Tab) {
			p.says("events", &answer{})
			p.tell("", true)
			tab.Wait("document.querySelector('#list').classList.contains('stale')")
		}},
		{name: "not-configured", path: "/refused?why=not-configured", wait: "document.querySelector('pre')"},
		{name: "not-signed-in", path: "/refused?why=not-signed-in", wait: "document.querySelector('pre')"},
		{name: "login", path: "/refused?login=/_cobrowse/login", wait: "document.querySelector('.button')"},
	}
}

// TestLooks puts the page into every state, in light and dark, as a side panel
// and wide: nothing sticks out, axe finds nothing, and there are pictures.
func TestLooks(t *testing.T) {
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run npm ci in tools", err)
	}
	p, _, b := start(t, desk.Settings{SignOut: true})
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{400, 1280} {
			for _, s := range states() {
				name := fmt.Sprintf("desk-%s-%s-%d", s.name, scheme, width)
				t.Run(name, func(t *testing.T) {
					p.mu.Lock()
					p.sessions, p.answers, p.supervisor, p.video = nil, map[string]answer{}, false, false
					if s.set != nil {
						s.set(p)
					}
					p.mu.Unlock()
					tab := b.NewTab(t)
					tab.Size(width, 720)
					media(t, tab, "prefers-color-scheme", scheme)
					path := s.path
					if path == "" {
						path = "/desk"
					}
					tab.Open(home + "/_cobrowse" + path)
					tab.Wait(s.wait)
					if s.act != nil {
						s.act(p, tab)
					}
					tab.Screenshot(name)
					if over := browsertest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
						t.Errorf("the page is %d px too wide", over)
					}
					runAxe(t, tab, string(axe))
				})
			}
		}
	}
}

func media(t *testing.T, tab *browsertest.Tab, name, value string) {
	t.Helper()
	if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: name, Value: value}},
	}); err != nil {
		t.Fatal(err)
	}
}

func runAxe(t *testing.T, tab *browsertest.Tab, axe string) {
	t.Helper()
	browsertest.Eval[any](tab, axe+";true")
	for _, v := range browsertest.Eval[[]string](tab, `axe.run(document, {iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then((r) => r.violations.map((v) => v.impact + ' ' + v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' ')))`) {
		t.Error(v)
	}
}

// TestSidePanel: list and session take turns, and the frame stays what it is.
func TestSidePanel(t *testing.T) {
	p, zoom, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	tab.Size(400, 720)
	openDesk(tab)
	visible := func(selector string) string {
		return "document.querySelector('" + selector + "').checkVisibility({visibilityProperty: true})"
	}
	tab.Wait(visible("#list") + " && !" + visible("#stage") + " && !" + visible("#back"))
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Wait("!" + visible("#list") + " && " + visible("#stage") + " && " + visible("iframe"))
	size := browsertest.Eval[string](tab, "(window.frame = document.querySelector('iframe'), frame.clientWidth + 'x' + frame.clientHeight)")
	shows(tab, "#toggle", "Customers (3)")
	tab.Click("document.querySelector('#toggle')")
	tab.Wait(visible("#list") + " && !" + visible("iframe") + " && " + visible("#back"))
	if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != "back" {
		t.Errorf("the focus is on %q", got)
	}
	tab.Screenshot("desk-back-400")
	if got := browsertest.Eval[string](tab, "frame.clientWidth + 'x' + frame.clientHeight"); got != size {
		t.Errorf("the frame was %s and is %s", size, got)
	}
	tab.Click("document.querySelector('#back')")
	tab.Wait(visible("iframe") + " && frame === document.querySelector('iframe')")
	if n := len(zoom.Desks()); n != 1 {
		t.Errorf("Zoom's desk was loaded %d times", n)
	}
	// On a wide screen both are there, and the list can make room.
	tab.Size(1280, 720)
	tab.Click("document.querySelector('#toggle')")
	tab.Wait(visible("#list") + " && " + visible("iframe"))
	tab.Click("document.querySelector('#toggle')")
	tab.Wait("!" + visible("#list") + " && " + visible("iframe"))
	tab.Clean()
}

// TestKeyboardOnly goes the whole way without a mouse.
func TestKeyboardOnly(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	var order []string
	focused := func() string {
		return browsertest.Eval[string](tab, "((e) => e.dataset.session || e.id || e.tagName)(document.activeElement)")
	}
	for range 6 {
		tab.Press(kb.Tab)
		order = append(order, focused())
		if !browsertest.Eval[bool](tab, "document.activeElement.matches(':focus-visible') && getComputedStyle(document.activeElement).outlineStyle !== 'none'") {
			t.Errorf("the focus on %s is not seen", focused())
		}
	}
	if got := strings.Join(order, " "); got != "pin BUTTON search s1 s2 s3" {
		t.Errorf("tab goes to %s", got)
	}
	tab.Press(kb.Enter)
	tab.Wait(text("#name") + " === 'Grace Hopper'")
	tab.Wait(ready)
	if got := focused(); got != "copy" {
		t.Errorf("the focus is on %q", got)
	}
	tab.Press(kb.Tab)
	tab.Press(kb.Tab)
	if got := focused(); got != "leave" {
		t.Errorf("the focus is on %q", got)
	}
	tab.Press(kb.Enter)
	tab.Wait("!document.querySelector('iframe') && document.activeElement.id === 'pin'")
	tab.Press("482913")
	tab.Press(kb.Enter)
	tab.Wait(text("#name") + " === 'Ada Lovelace'")
}

// TestForcedColours: what colour says, words and lines say too.
func TestForcedColours(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	tab.Size(1280, 720)
	media(t, tab, "forced-colors", "active")
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Screenshot("desk-forced-colours")
	if got := browsertest.Eval[string](tab, "getComputedStyle(document.querySelector('.current')).outlineStyle"); got != "solid" {
		t.Errorf("the open one is outlined %q", got)
	}
	media(t, tab, "prefers-reduced-motion", "reduce")
	if got := browsertest.Eval[string](tab, "getComputedStyle(document.querySelector('#busy'), '::before').animationName"); got != "none" {
		t.Errorf("there is still the animation %s", got)
	}
}

// TestRightToLeft: nothing of the layout depends on the direction.
func TestRightToLeft(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	tab.Size(1280, 720)
	openDesk(tab)
	browsertest.Eval[bool](tab, "(document.documentElement.dir = 'rtl', true)")
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Screenshot("desk-rtl")
	if !browsertest.Eval[bool](tab, "document.querySelector('#panel').getBoundingClientRect().right === innerWidth && document.documentElement.scrollWidth <= innerWidth") {
		t.Error("the list is not at the side where reading begins")
	}
}
