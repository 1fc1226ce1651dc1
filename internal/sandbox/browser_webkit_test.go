package sandbox_test

import (
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// TestWebKitCustomer is the flow with a customer in WebKit and an agent in
// Chromium. WebKit is told no script from outside and tells nothing of itself,
// so the page does both.
func TestWebKitCustomer(t *testing.T) {
	w := newWorldIn(t, browsertest.Chromium, allFeatures, nil)
	w.first = browsertest.KeepShadowRoots + `;
		window.wrong = [];
		addEventListener('securitypolicyviolation', (e) => wrong.push(e.effectiveDirective + ' ' + e.blockedURI), true);
		addEventListener('error', (e) => wrong.push(String(e.message || e.target.src)), true);
		addEventListener('unhandledrejection', (e) => wrong.push(String(e.reason)));`
	webkit := browsertest.Start(t, browsertest.Config{Engine: browsertest.WebKit, Beside: w.browser})
	customer := webkit.NewTab(t)
	customer.Open(shopURL + "/")
	customer.Wait("window.zoom")
	pin := help(customer)
	customer.Screenshot("sandbox-customer-pin")
	desk := w.desk("agent-1", "Ann Agent")
	join(desk, pin)
	desk.Wait(seenText + ".includes('Garden shop /')")

	typing(t, w, customer, desk)
	drawing(customer, desk)
	assist(customer, desk)
	nothingWrong := func() {
		t.Helper()
		if wrong := browsertest.Eval[[]string](customer, "wrong"); len(wrong) > 0 {
			t.Errorf("in the customer's page: %q", wrong)
		}
	}
	nothingWrong()
	customer.Click("document.querySelector('#next')")
	customer.Wait("location.pathname === '/basket' && window.zoom && heard('agent_joined')")
	desk.Wait(seenText + ".includes('Garden shop /basket')")
	desk.Click("document.querySelector('.end')")
	customer.Wait("heard('session_ended') === 1")
	nothingWrong()
	desk.Clean()
	if refused := webkit.Refused(); len(refused) > 0 {
		t.Errorf("WebKit asked for %q", refused)
	}
}
