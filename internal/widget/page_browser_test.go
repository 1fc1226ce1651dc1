package widget_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// TestRejoin: a session survives navigation, and is over when Zoom says so.
func TestRejoin(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.open(t, "/")
	begin(tab)
	tab.Wait(in(".digits"))
	emit(t, tab, "agent_joined", "{}")
	tab.Wait(text("p") + " === 'Our agent is here.'")

	tab.Open("https://" + shop + "/other")
	w.zoom.Await(t, "join", 1)
	tab.Wait(text(".help") + " === 'Sharing'")
	tab.Wait(in("section") + ".hidden") // the panel does not get in the way of every page
	tab.Click(in(".help"))
	tab.Wait(text("p") + " === 'Our agent is here.'")
	if n := len(w.created()); n != 1 {
		t.Errorf("%d sessions were made", n)
	}
	tab.Clean() // error 1002 after join is nothing to complain about

	tab.Click(in(".stop"))
	w.zoom.Await(t, "end", 1)
	before := len(w.zoom.SDKURLs())
	tab.Open("https://" + shop + "/")
	tab.Wait(text(".help") + " === 'Get help'")
	if n := len(w.zoom.SDKURLs()); n != before {
		t.Error("the SDK was fetched although the session had ended")
	}
}

// TestRejoinInVain: the mark is there, but Zoom knows of no session.
func TestRejoinInVain(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.open(t, "/")
	mark := func(age int) {
		browsertest.Eval[bool](tab, fmt.Sprintf("(sessionStorage.setItem('cobrowse-live', JSON.stringify({at: Date.now() - %d, id: 'x', ticket: 'y'})), true)", age))
	}
	mark(119_000)
	tab.Open("https://" + shop + "/other")
	w.zoom.Await(t, "getSessionInfo", 1)
	tab.Wait(text(".help") + " === 'Get help' && sessionStorage.length === 0")

	for _, age := range []int{121_000, -5000} {
		mark(age)
		tab.Open("https://" + shop + "/other")
		tab.Wait(in("section"))
		tab.Wait("sessionStorage.length === 0")
	}
	if n := len(w.zoom.SDKURLs()); n != 1 {
		t.Errorf("the SDK was fetched %d times", n)
	}
	if n := len(w.zoom.Calls("join")); n != 0 {
		t.Errorf("join was called %d times", n)
	}
}

// TestRejoinBlocked: Zoom cannot be reached from the next page.
func TestRejoinBlocked(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.open(t, "/")
	begin(tab)
	tab.Wait(in(".digits"))
	w.zoom.Behave(browsertest.Behaviour{Cut: true})
	tab.Open("https://" + shop + "/other")
	tab.Click(in(".help"))
	tab.Wait(in(".failed"))
	w.zoom.Behave(browsertest.Behaviour{})
	tab.Click(in(".main"))
	w.zoom.Await(t, "join", 1)
	tab.Wait(text("h2") + " === 'You are sharing this website'")
}

// TestTabs: with multiTab the mark is for all tabs, without for one.
func TestTabs(t *testing.T) {
	w := start(t, settings(), nil)
	for _, multi := range []bool{true, false} {
		t.Run(fmt.Sprint(multi), func(t *testing.T) {
			set := settings()
			set.Session.MultiTab = &multi
			w.rebuild(t, set, nil)
			tab := w.open(t, "/")
			begin(tab)
			tab.Wait(in(".digits"))
			other := tab.Sibling()
			other.Open("https://" + shop + "/other")
			other.Wait(text(".help") + " === 'Get help'")
			if multi {
				// The stand-in keeps its session in one tab: there is nothing to join.
				w.zoom.Await(t, "init", 2)
				other.Wait("localStorage.getItem('cobrowse-live')") // it is the first tab's
			} else if n := len(w.zoom.Calls("init")); n != 1 {
				t.Errorf("init was called %d times", n)
			}
		})
	}
}

// TestHostilePages: what a page's own style, policy or script does to the
// button.
func TestHostilePages(t *testing.T) {
	const zoomPolicy = "; connect-src 'self' https://*.zoom.us wss://*.zoom.us; style-src 'none'; img-src 'none'; font-src 'none'; base-uri 'none'"
	w := start(t, settings(), nil)
	for _, tc := range []struct {
		name   string
		policy string
		head   string
		nonce  string
	}{
		{name: "body *{display:none!important}", head: `<style>body *{display:none!important;visibility:hidden!important;opacity:0!important;position:static!important;transform:scale(0)!important}</style>`},
		{name: "cobrowse-help{…}", head: `<style>cobrowse-help{display:none!important;z-index:-1!important;inset:-900px!important;width:0!important;pointer-events:auto!important}</style>`},
		{name: "button{…}", head: `<style>button,div,section,p,*{all:unset!important;font-size:90px!important;color:red!important}</style>`},
		{name: "style-src 'none'", policy: "default-src 'none'; script-src 'self' https://us01-zcb.zoom.us" + zoomPolicy},
		{name: "nonce and strict-dynamic", nonce: "abc", policy: "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'" + zoomPolicy},
		{name: "nonce and hosts", nonce: "abc", policy: "default-src 'none'; script-src 'nonce-abc'" + zoomPolicy},
		{name: "Trusted Types required", policy: "require-trusted-types-for 'script'; script-src 'self' https://us01-zcb.zoom.us"},
		{name: "Trusted Types listed", policy: "require-trusted-types-for 'script'; trusted-types cobrowse-loader"},
		{name: "base", head: `<base href="https://partner.example/elsewhere/">`},
		{name: "site with define-less custom elements", head: `<style>:not(:defined){display:none}</style>`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w.rebuild(t, settings(), func(s *site) {
				s.nonce = tc.nonce
				s.head = tc.head
				if tc.policy != "" {
					s.header = http.Header{"Content-Security-Policy": {tc.policy}}
					s.pages = map[string]string{"/": `<!doctype html><html lang="en"><head>{{tag}}<title>Strict</title></head><body><h1>Strict</h1></body></html>`}
				}
			})
			tab := w.open(t, "/")
			tab.Wait(visible(".help"))
			size := browsertest.Eval[[]float64](tab, `((r) => [r.width, r.height])(`+in(".help")+`.getBoundingClientRect())`)
			if size[0] < 100 || size[0] > 220 || size[1] < 44 || size[1] > 60 {
				t.Errorf("the button measures %v", size)
			}
			begin(tab)
			tab.Wait(visible(".digits"))
			if tc.head == "" {
				tab.Clean()
			}
		})
	}
}

// TestPolicyBlocks: what is said where a policy does not let Zoom in.
func TestPolicyBlocks(t *testing.T) {
	w := start(t, settings(), nil)
	for name, policy := range map[string]string{
		"script":  "script-src 'self'",
		"connect": "script-src 'self' https://us01-zcb.zoom.us; connect-src 'self'",
	} {
		t.Run(name, func(t *testing.T) {
			w.rebuild(t, settings(), func(s *site) {
				s.header = http.Header{"Content-Security-Policy": {policy}}
			})
			tab := w.open(t, "/")
			begin(tab)
			tab.Wait(text(".failed") + "?.startsWith('The help service cannot be reached.')")
		})
	}
	t.Run("Trusted Types without us", func(t *testing.T) {
		w.rebuild(t, settings(), func(s *site) {
			s.header = http.Header{"Content-Security-Policy": {"require-trusted-types-for 'script'; trusted-types other"}}
		})
		tab := w.browser.NewTab(t)
		tab.Open("https://" + shop + "/")
		tab.Wait("document.querySelector('h1')")
		for _, line := range tab.Console() {
			if strings.HasPrefix(line, "exception") {
				t.Errorf("the loader threw: %s", line)
			}
		}
		tab.Wait("!document.querySelector('cobrowse-help')")
	})
}

// TestBodyReplaced: the button comes back into a new body, once, and gives way
// to a page that keeps throwing it out.
func TestBodyReplaced(t *testing.T) {
	w := start(t, settings(), nil)
	t.Run("replaced", func(t *testing.T) {
		tab := w.open(t, "/")
		begin(tab)
		tab.Wait(in(".digits"))
		for i := range 5 {
			browsertest.Eval[bool](tab, fmt.Sprintf(`(() => { const b = document.createElement('body'); b.textContent = 'new %d'; document.body = b; return true })()`, i))
			tab.Wait("document.body.textContent === 'new " + fmt.Sprint(i) + "' && document.body.querySelector('cobrowse-help')")
		}
		tab.Wait(visible(".digits"))
		if n := browsertest.Eval[int](tab, "document.querySelectorAll('cobrowse-help').length"); n != 1 {
			t.Errorf("%d buttons", n)
		}
	})
	t.Run("emptied", func(t *testing.T) {
		tab := w.open(t, "/")
		browsertest.Eval[bool](tab, "(document.body.innerHTML = '<p>app</p>', true)")
		tab.Wait("document.querySelector('cobrowse-help')")
		tab.Wait(visible(".help"))
	})
	t.Run("removed by purpose", func(t *testing.T) {
		tab := w.open(t, "/")
		browsertest.Eval[bool](tab, `(window.removals = 0, new MutationObserver(() => {
			const el = document.querySelector('cobrowse-help'); if (el) { removals++; el.remove(); }
		}).observe(document.body, {childList: true}), document.querySelector('cobrowse-help').remove(), true)`)
		tab.Wait("removals === 3")
		browsertest.Eval[bool](tab, "new Promise((r) => setTimeout(() => r(true), 200))")
		if n := browsertest.Eval[int](tab, "removals"); n != 3 {
			t.Errorf("the button came back %d times", n)
		}
	})
	t.Run("document rewritten", func(t *testing.T) {
		tab := w.open(t, "/")
		browsertest.Eval[bool](tab, "(document.open(), document.write('<h1>again</h1>'), document.close(), true)")
		tab.Wait("document.querySelector('h1').textContent === 'again' && document.querySelector('cobrowse-help')")
		tab.Wait(visible(".help"))
	})
}

func TestLanguages(t *testing.T) {
	w := start(t, settings(), nil)
	for _, tc := range []struct{ html, help, title string }{
		{` lang="de" dir="rtl"`, "Hilfe", "Diese Seite mit uns teilen"},
		{` lang="fr-CH"`, "Aide", "Partager cette page avec nous"},
		{` lang="ES"`, "Ayuda", "Comparta esta página con nosotros"},
		{` lang="nl"`, "Hulp", "Deel deze pagina met ons"},
		{` lang="tlh"`, "Get help", "Share this page with us"}, // the browser's own language
		{``, "Get help", "Share this page with us"},
	} {
		t.Run(tc.html, func(t *testing.T) {
			w.rebuild(t, settings(), func(s *site) { s.html = tc.html })
			tab := w.open(t, "/")
			tab.Click(in(".help"))
			tab.Wait(visible("section"))
			if got := browsertest.Eval[string](tab, text(".help")); got != tc.help {
				t.Errorf("the button says %q", got)
			}
			if got := browsertest.Eval[string](tab, text("h2")); got != tc.title {
				t.Errorf("the title is %q", got)
			}
			if strings.Contains(tc.html, "rtl") {
				tab.Screenshot("rtl-german")
				if !browsertest.Eval[bool](tab, in(".close")+".getBoundingClientRect().x < "+in("h2")+".getBoundingClientRect().x") {
					t.Error("the panel is not mirrored")
				}
			}
		})
	}
}

func TestWaysToOpen(t *testing.T) {
	set := settings()
	set.Button.None = true
	set.Button.Attach = "#contact"
	set.Button.Shortcut = "ctrl+shift+h"
	w := start(t, set, nil)
	for _, tc := range []struct {
		name  string
		open  func(*browsertest.Tab)
		focus string // where the focus is after Escape
	}{
		{"attached element", func(tab *browsertest.Tab) {
			tab.Click("document.querySelector('#contact')")
		}, "contact"},
		{"shortcut", func(tab *browsertest.Tab) {
			browsertest.Eval[bool](tab, "(document.querySelector('#contact').focus(), true)")
			tab.Press("H", chromedp.ModifierCtrl, chromedp.ModifierShift)
		}, "contact"},
		{"event", func(tab *browsertest.Tab) {
			browsertest.Eval[bool](tab, "(document.dispatchEvent(new Event('cobrowse:open')), true)")
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tab := w.open(t, "/")
			tab.Wait(in(".help") + ".hidden")
			tc.open(tab)
			tab.Wait(visible("section"))
			tab.Press(kb.Escape)
			tab.Wait(in("section") + ".hidden")
			if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != tc.focus {
				t.Errorf("the focus is on %q", got)
			}
			if got := browsertest.Eval[string](tab, "location.pathname"); got != "/" {
				t.Errorf("the link was followed to %s", got)
			}
		})
	}
}

func TestLook(t *testing.T) {
	set := settings()
	set.Button.Label = `Ask <b>Northfield</b> & "co"`
	set.Button.Color = "#ffd400"
	set.Button.Position = "top-left"
	w := start(t, set, nil)
	tab := w.open(t, "/")
	if got := browsertest.Eval[string](tab, text(".help")); got != set.Button.Label {
		t.Errorf("the button says %q", got)
	}
	if got := browsertest.Eval[string](tab, "getComputedStyle("+in(".help")+").color"); got != "rgb(0, 0, 0)" {
		t.Errorf("the text on yellow is %s", got)
	}
	if at := browsertest.Eval[[]float64](tab, `((r) => [r.x, r.y])(`+in(".help")+`.getBoundingClientRect())`); at[0] != 20 || at[1] != 20 {
		t.Errorf("the button is at %v", at)
	}
	begin(tab)
	tab.Wait(in(".digits"))
	tab.Screenshot("yellow-top-left")
}

// TestMedia: print, forced colours, reduced motion, narrow windows.
func TestMedia(t *testing.T) {
	w := start(t, settings(), nil)
	emulate := func(tab *browsertest.Tab, media string, features ...*emulation.MediaFeature) {
		t.Helper()
		if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: features}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("print", func(t *testing.T) {
		tab := w.open(t, "/")
		emulate(tab, "print")
		tab.Wait("getComputedStyle(document.querySelector('cobrowse-help')).display === 'none'")
	})
	t.Run("forced colours", func(t *testing.T) {
		tab := w.open(t, "/")
		emulate(tab, "", &emulation.MediaFeature{Name: "forced-colors", Value: "active"})
		begin(tab)
		tab.Wait(visible(".digits"))
		tab.Screenshot("forced-colors")
		if got := browsertest.Eval[string](tab, "getComputedStyle("+in(".pin")+").borderTopStyle"); got != "solid" {
			t.Errorf("the PIN has the border %q", got)
		}
	})
	t.Run("reduced motion", func(t *testing.T) {
		tab := w.open(t, "/")
		emulate(tab, "", &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
		tab.Click(in(".help"))
		if got := browsertest.Eval[string](tab, "getComputedStyle("+in("section")+").animationName"); got != "none" {
			t.Errorf("animation %q", got)
		}
	})
	t.Run("phone", func(t *testing.T) {
		tab := w.open(t, "/")
		tab.Size(320, 568)
		begin(tab)
		tab.Wait(visible(".digits"))
		tab.Screenshot("phone")
		r := browsertest.Eval[[]float64](tab, `((r) => [r.left, r.right, r.top, r.bottom])(`+in("section")+`.getBoundingClientRect())`)
		if r[0] < 0 || r[1] > 320 || r[2] < 0 || r[3] > 568 {
			t.Errorf("the panel lies at %v", r)
		}
	})
	t.Run("targets", func(t *testing.T) {
		tab := w.open(t, "/")
		tab.Click(in(".help"))
		tab.Wait(visible("section"))
		sizes := browsertest.Eval[[][]float64](tab, `[...shadowRootOf(document.querySelector('cobrowse-help')).querySelectorAll('button')].map((b) => [b.offsetWidth, b.offsetHeight])`)
		if len(sizes) != 3 {
			t.Fatalf("%d buttons", len(sizes))
		}
		for _, s := range sizes {
			if s[0] < 24 || s[1] < 24 {
				t.Errorf("a target of %v", s)
			}
		}
		if last := sizes[2]; last[1] < 44 {
			t.Errorf("the button measures %v", last)
		}
	})
}
