package sandbox_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

const allFeatures = `{
	allowAgentAnnotation: true, allowCustomerAnnotation: true,
	piiMask: {maskType: 'custom_input', maskCssSelectors: '.pii, #secret'},
	remoteAssist: {enable: true, enableCustomerConsent: true, remoteAssistTypes: ['scroll_page']},
	multiTabSessionPersistence: {enable: true, stateCookieKey: '$$ZCB_SESSION$$'}}`

func TestFlow(t *testing.T) {
	w := newWorld(t, allFeatures, nil)
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
	browsertest.Eval[bool](customer, "(document.querySelector('#next').click(), true)")
	customer.Wait("location.pathname === '/basket' && window.zoom && heard('agent_joined')")
	desk.Wait(seenText + ".includes('Garden shop /basket')")

	second := secondTab(w, customer, desk)
	second.Click(ui(".end"))
	second.Wait("heard('session_ended') === 1")
	customer.Wait("heard('session_ended') === 1")
	desk.Wait("document.querySelector('#problem').textContent.includes('The customer has ended the session')")
	desk.Screenshot("sandbox-desk-ended")

	for name, tab := range map[string]*browsertest.Tab{"customer": customer, "second tab": second, "desk": desk} {
		t.Run(name, func(t *testing.T) {
			tab.Clean()
			for _, u := range tab.Requests() {
				if !strings.HasPrefix(u, shopURL+"/") && !strings.HasPrefix(u, "https://"+browsertest.ZoomHost+"/") &&
					!strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "about:") {
					t.Errorf("a request went to %s", u)
				}
			}
		})
	}
	if n := w.service.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
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
	tab.Do(
		chromedp.MouseEvent("mousePressed", x0, y0, chromedp.ButtonLeft),
		chromedp.MouseEvent("mouseMoved", (x0+x1)/2, y0, chromedp.ButtonLeft),
		chromedp.MouseEvent("mouseMoved", x1, y1, chromedp.ButtonLeft),
		chromedp.MouseEvent("mouseReleased", x1, y1, chromedp.ButtonLeft),
	)
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
	desk.Do(chromedp.MouseEvent("mouseWheel", 600, 400, func(p *input.DispatchMouseEventParams) { p.DeltaX, p.DeltaY = 0.5, 700 }))
	customer.Wait("scrollY >= 600")
	desk.Wait(seen("html") + ".ownerDocument.defaultView.scrollY >= 600")
	customer.Click(ui(".assist"))
	customer.Wait("heard('remote_assist_stopped') === 1")
	desk.Wait("document.querySelector('.banner').textContent.includes('Scrolling is over')")
	browsertest.Eval[bool](customer, "(scrollTo(0, 0), true)")
}

func secondTab(w *world, customer, desk *browsertest.Tab) *browsertest.Tab {
	second := customer.Sibling()
	second.Open(shopURL + "/second")
	second.Wait("window.zoom && heard('session_started')")
	desk.Wait(seenText + ".includes('Garden shop /second')")
	customer.Wait(ui(".here"))
	second.Screenshot("sandbox-customer-second-tab")
	desk.Screenshot("sandbox-desk-second-page")
	// The first tab takes it back, then is closed: the second one goes on.
	browsertest.Eval[bool](customer, "("+ui(".here")+".click(), true)")
	desk.Wait(seenText + ".includes('Garden shop /basket')")
	browsertest.Eval[bool](second, "("+ui(".here")+".click(), true)")
	desk.Wait(seenText + ".includes('Garden shop /second')")
	return second
}
