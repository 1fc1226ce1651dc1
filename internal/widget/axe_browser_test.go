package widget_test

import (
	"os"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// TestAxe lets axe-core judge each state. It sees into open shadow roots only,
// so they are open here.
func TestAxe(t *testing.T) {
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run npm ci in tools", err)
	}
	w := start(t, settings(), nil)
	tab := w.browser.NewTab(t, browsertest.OpenShadowRoots,
		`window.shadowRootOf = (el) => el && el.shadowRoot`)
	tab.Open("https://" + shop + "/")
	tab.Wait(visible(".help"))
	browsertest.Eval[any](tab, string(axe)+";true")

	check := func(state string) {
		t.Helper()
		// A panel that is still fading in has other colours.
		tab.Wait("document.querySelector('cobrowse-help').shadowRoot.getAnimations().every((a) => a.playState === 'finished' || a.animationName === 'slide')")
		type result struct {
			Passes     int
			Violations []string
		}
		got := browsertest.Eval[result](tab, `axe.run('cobrowse-help', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
			.then((r) => ({passes: r.passes.length, violations: r.violations.map((v) => v.impact + ' ' + v.id + ': ' + v.nodes.map((n) => n.html).join(' '))}))`)
		if got.Passes < 5 {
			t.Errorf("%s: axe looked at nothing", state)
		}
		for _, v := range got.Violations {
			t.Errorf("%s: %s", state, v)
		}
	}
	check("button")
	tab.Click(in(".help"))
	tab.Wait(visible("section"))
	check("panel")
	w.zoom.Behave(browsertest.Behaviour{Cut: true})
	tab.Click(in(".main"))
	tab.Wait(in(".failed"))
	check("error")
	w.zoom.Behave(browsertest.Behaviour{})
	tab.Click(in(".main"))
	tab.Wait(in(".digits"))
	check("PIN")
	emit(t, tab, "agent_joined", "{}")
	tab.Wait(in(".live"))
	check("live")
	emit(t, tab, "session_reconnecting", "{}")
	tab.Wait(in(".busy"))
	check("reconnecting")
	tab.Click(in(".stop"))
	tab.Wait(text("h2") + " === 'Sharing has stopped'")
	check("ended")
}
