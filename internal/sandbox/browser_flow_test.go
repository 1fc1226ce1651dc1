package sandbox_test

import (
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

const allFeatures = `{
	allowAgentAnnotation: true, allowCustomerAnnotation: true,
	piiMask: {maskType: 'custom_input', maskCssSelectors: '.pii, #secret'},
	remoteAssist: {enable: true, enableCustomerConsent: true, remoteAssistTypes: ['scroll_page']},
	multiTabSessionPersistence: {enable: true, stateCookieKey: '$$ZCB_SESSION$$'}}`

// repeatEnv names the environment variable that says how often TestFlow runs in
// each browser; 1 without it.
const repeatEnv = "COBROWSE_REPEAT"

// TestFlow is the whole of it, on a page whose policy allows next to nothing,
// in each browser: PIN, desk, live and masked page, drawing, consent to scroll,
// the next page, the second tab, and an end by either side.
func TestFlow(t *testing.T) {
	times := 1
	if v := os.Getenv(repeatEnv); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("%s is %q, not a number above 0", repeatEnv, v)
		}
		times = n
	}
	inEach(t, func(t *testing.T, engine browsertest.Engine) {
		for n := range times {
			t.Run(strconv.Itoa(n+1), func(t *testing.T) { flow(t, engine) })
		}
	})
}

func flow(t *testing.T, engine browsertest.Engine) {
	w := newWorldIn(t, engine, allFeatures, nil)
	customer := w.customer("/")
	pin := help(customer)
	if len(pin) != 6 {
		t.Fatalf("PIN %q", pin)
	}
	customer.Wait(ui(".pin"))
	customer.Screenshot("sandbox-customer-pin")
	if strings.Contains(w.sent(), "Garden shop") {
		t.Error("the page was sent before anybody joined")
	}

	desk := w.desk("agent-1", "Ann Agent")
	desk.Screenshot("sandbox-desk-door")
	joinWith(desk, wrong(pin))
	desk.Wait("document.querySelector('#problem').textContent.includes('30308')")
	desk.Screenshot("sandbox-desk-wrong-pin")
	desk.Wait("document.activeElement.id === 'pin'")
	join(desk, pin)
	customer.Wait("heard('agent_joined') === 1")
	desk.Wait(seenText + ".includes('Garden shop /')")
	desk.Wait(seenText + ".includes('Two rakes')")

	typing(t, w, customer, desk)
	drawing(customer, desk)
	assist(customer, desk)
	desk.Screenshot("sandbox-desk-live")
	desk.Size(400, 720)
	desk.Screenshot("sandbox-desk-narrow")
	desk.Size(1280, 800)

	// Navigation: the next page goes on by itself.
	customer.Click("document.querySelector('#next')")
	customer.Wait("location.pathname === '/basket' && window.zoom && heard('agent_joined')")
	desk.Wait(seenText + ".includes('Garden shop /basket')")

	second := secondTab(customer, desk)
	endings(t, w, customer, second, desk)
	for name, tab := range map[string]*browsertest.Tab{"customer": customer, "second tab": second, "desk": desk} {
		t.Run(name, func(t *testing.T) { checkQuiet(t, tab, shopHost, browsertest.ZoomHost) })
	}
	if refused := w.browser.Refused(); len(refused) > 0 {
		t.Errorf("the browser asked for %q", refused)
	}
}

// endings lets the customer end the session, then the agent a second one.
func endings(t *testing.T, w *world, customer, second, desk *browsertest.Tab) {
	t.Helper()
	second.Click(ui(".end"))
	second.Wait("heard('session_ended') === 1")
	customer.Wait("heard('session_ended') === 1")
	desk.Wait("document.querySelector('#problem').textContent.includes('The customer has ended the session')")
	desk.Screenshot("sandbox-desk-ended")

	browsertest.Eval[bool](second, "(said.length = 0, true)")
	join(desk, help(second))
	desk.Wait(seenText + ".includes('Garden shop /second')")
	desk.Click("document.querySelector('.end')")
	second.Wait("heard('session_ended') === 1 && zoom.getSessionInfo().sessionStatus === 'session_ended'")
	second.Wait(ui(".toast") + ".textContent.includes('agent')")
	desk.Wait("document.querySelector('#pin').checkVisibility()")
	if n := w.service.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// checkQuiet checks that a tab has complained of nothing and made requests to
// some hosts only.
func checkQuiet(t *testing.T, tab *browsertest.Tab, hosts ...string) {
	t.Helper()
	tab.Clean()
	requests := tab.Requests()
	if len(requests) == 0 {
		t.Error("no request was recorded")
	}
	for _, u := range requests {
		if parsed, err := url.Parse(u); err != nil || parsed.Host != "" && !slices.Contains(hosts, parsed.Host) {
			t.Errorf("a request went to %s", u)
		}
	}
}

// wrong is another PIN.
func wrong(pin string) string {
	if pin[0] == '9' {
		return "1" + pin[1:]
	}
	return "9" + pin[1:]
}

func typing(t *testing.T, w *world, customer, desk *browsertest.Tab) {
	t.Helper()
	customer.Click("document.querySelector('#name')")
	customer.Press("Mia")
	desk.Wait(seen("#name") + ".value === 'Mia'")
	customer.Click("document.querySelector('#card')")
	customer.Press("4111222233334444")
	desk.Wait(seen(".pii") + ".value.length === 16")
	if v := browsertest.Eval[string](desk, seen(".pii")+".value"); v != strings.Repeat("\u2022", 16) {
		t.Errorf("the agent sees %q", v)
	}
	if strings.Contains(w.sent(), "4111") {
		t.Error("masked typing crossed the wire")
	}
	browsertest.Eval[bool](customer, "(document.querySelector('#counter').textContent = 'changed', true)")
	desk.Wait(seen("#counter") + ".textContent === 'changed'")
	browsertest.Eval[bool](customer, "(document.querySelector('#counter').style.color = 'rgb(200, 0, 0)', true)")
	desk.Wait("getComputedStyle(" + seen("#counter") + ").color === 'rgb(200, 0, 0)'")
	browsertest.Eval[bool](customer, "(document.querySelector('#counter').style.color = 'green', true)")
	desk.Wait("getComputedStyle(" + seen("#counter") + ").color === 'rgb(0, 128, 0)'")
}

// drag draws with the mouse, as a person would.
func drag(tab *browsertest.Tab, x0, y0, x1, y1 float64) {
	tab.Drag(browsertest.Point{X: x0, Y: y0}, browsertest.Point{X: (x0 + x1) / 2, Y: y0}, browsertest.Point{X: x1, Y: y1})
}

func drawing(customer, desk *browsertest.Tab) {
	stroke := func(selector, shape string) string { return ui(".board " + shape + selector) }
	desk.Click("document.querySelector('[data-tool=rect]')")
	drag(desk, 420, 330, 700, 420)
	customer.Wait(stroke("", "rect") + "?.getAttribute('width') > 50")
	desk.Click("document.querySelectorAll('.color')[1]")
	desk.Click("document.querySelector('[data-tool=pen]')")
	drag(desk, 460, 460, 760, 520)
	customer.Wait(stroke("", "polyline") + "?.getAttribute('stroke') === '#0b5cff'")
	customer.Screenshot("sandbox-customer-drawing")
	desk.Screenshot("sandbox-desk-drawing")
	desk.Click("document.querySelector('.undo')")
	customer.Wait("!" + stroke("", "polyline"))
	desk.Click("document.querySelector('[data-tool=vanish]')")
	drag(desk, 460, 460, 760, 520)
	customer.Wait(stroke("", "polyline"))
	customer.Wait("!" + stroke("", "polyline")) // it vanishes by itself
	desk.Click("document.querySelector('.clear')")
	customer.Wait("!" + stroke("", "rect"))
	desk.Click("document.querySelector('[data-tool=vanish]')") // put away

	customer.Click(ui(".draw"))
	customer.Click(ui("[data-tool=pen]"))
	drag(customer, 120, 300, 320, 380)
	desk.Wait("document.querySelector('.page .board polyline')")
	customer.Click(ui(".clear"))
	desk.Wait("!document.querySelector('.page .board polyline')")
	customer.Click(ui(".draw"))
}

func assist(customer, desk *browsertest.Tab) {
	desk.Click("document.querySelector('.assist')")
	customer.Wait(ui(".allow"))
	customer.Screenshot("sandbox-customer-consent")
	customer.Click(ui(".refuse"))
	desk.Wait("document.querySelector('.banner').textContent.includes('does not want')")
	desk.Click("document.querySelector('.assist')")
	customer.Click(ui(".allow"))
	customer.Wait("heard('remote_assist_started') === 1")
	desk.Wait("document.querySelector('.stage.assisting')")
	desk.Wheel(browsertest.Point{X: 600, Y: 400}, browsertest.Point{X: 0.5, Y: 700})
	customer.Wait("scrollY >= 600")
	desk.Wait(seen("html") + ".ownerDocument.defaultView.scrollY >= 600")
	customer.Click(ui(".assist"))
	customer.Wait("heard('remote_assist_stopped') === 1")
	desk.Wait("document.querySelector('.banner').textContent.includes('Scrolling is over')")
	browsertest.Eval[bool](customer, "(scrollTo(0, 0), true)")
}

func secondTab(customer, desk *browsertest.Tab) *browsertest.Tab {
	second := customer.Sibling()
	second.Open(shopURL + "/second")
	second.Wait("window.zoom && heard('session_started')")
	desk.Wait(seenText + ".includes('Garden shop /second')")
	customer.Wait(ui(".here"))
	second.Screenshot("sandbox-customer-second-tab")
	desk.Screenshot("sandbox-desk-second-page")
	// The first tab takes it back, then the second one again.
	customer.Click(ui(".here"))
	desk.Wait(seenText + ".includes('Garden shop /basket')")
	second.Click(ui(".here"))
	desk.Wait(seenText + ".includes('Garden shop /second')")
	return second
}
