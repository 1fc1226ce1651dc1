package sandbox_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// failedWith is an expression: the SDK reported a code, by event and callback.
func failedWith(code int) string {
	return fmt.Sprintf("said.some(([n, p]) => n === 'session_error' && p.code === %d && p.errorMsg)", code)
}

// TestCustomerErrors reaches every code that Zoom documents for customers.
func TestCustomerErrors(t *testing.T) {
	w := newWorld(t, "{}", nil)
	run := func(tab *browsertest.Tab, script string) { browsertest.Eval[bool](tab, "("+script+", true)") }
	for _, tc := range []struct {
		name string
		code int
		act  func(tab *browsertest.Tab)
	}{
		{"a bad token", 2001, func(tab *browsertest.Tab) { run(tab, "zoom.start({sdkToken: 'x'}, (r) => said.push(['start', r]))") }},
		{"no token", 2001, func(tab *browsertest.Tab) { run(tab, "zoom.start()") }},
		{"start and start", 1002, func(tab *browsertest.Tab) { run(tab, "zoom.start({sdkToken: 'x'}), zoom.start({sdkToken: 'x'})") }},
		{"start while it runs", 1004, func(tab *browsertest.Tab) {
			help(tab)
			run(tab, "help()")
		}},
		{"another tab starts", 1004, func(tab *browsertest.Tab) {
			sibling := tab.Sibling()
			sibling.Open(shopURL + "/")
			sibling.Wait("window.zoom")
			help(sibling)
			run(tab, "help()")
		}},
		{"BYOP without PIN", 1009, func(tab *browsertest.Tab) { run(tab, "help({byop: true})") }},
		{"BYOP, bad PIN", 1008, func(tab *browsertest.Tab) { run(tab, "help({byop: true, customPinCode: 'twelve-chars'})") }},
		{"BYOP, PIN in use", 1010, func(tab *browsertest.Tab) {
			other := w.customer("/")
			run(other, "help({byop: true, customPinCode: 'abc1'})")
			other.Wait("pin() === 'ABC1'")
			run(tab, "help({byop: true, customPinCode: 'aBC1'})")
		}},
		{"join nothing", 1011, func(tab *browsertest.Tab) { run(tab, "zoom.join()") }},
		{"a copied tab", 1012, func(tab *browsertest.Tab) {
			help(tab)
			saved := browsertest.Eval[string](tab, "sessionStorage.getItem('$$ZCB_SANDBOX_SESSION$$')")
			sibling := tab.Sibling()
			sibling.Open(shopURL + "/")
			browsertest.Eval[bool](sibling, "(sessionStorage.setItem('$$ZCB_SANDBOX_SESSION$$', '"+saved+"'), location.reload(), true)")
			sibling.Wait("window.said && " + failedWith(1012))
			run(tab, "said.push(['session_error', {code: 1012, errorMsg: 'in the other tab'}])")
		}},
		{"start while it ends", 1017, func(tab *browsertest.Tab) {
			help(tab)
			run(tab, "zoom.end(), zoom.start({sdkToken: 'x'})")
			tab.Wait("heard('session_ended') === 1")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tab := w.customer("/")
			tc.act(tab)
			tab.Wait(failedWith(tc.code))
		})
	}
	t.Run("unreachable", func(t *testing.T) {
		tab := w.customer("/")
		w.gate.close()
		run(tab, "help()")
		tab.Wait(failedWith(1001))
		w.gate.open()
		if pin := help(tab); len(pin) != 6 {
			t.Errorf("the next attempt has PIN %q", pin)
		}
	})
}

// TestNetworkError: the connection is lost for longer than a session waits. The
// page's clock is put forward instead of waiting for two minutes.
func TestNetworkError(t *testing.T) {
	w := newWorld(t, "{}", nil)
	tab := w.customer("/")
	help(tab)
	w.gate.close()
	tab.Wait("heard('session_reconnecting') === 1")
	browsertest.Eval[bool](tab, "(Date.now = ((now) => () => now() + 130000)(Date.now.bind(Date)), true)")
	tab.Wait(failedWith(1016))
	tab.Wait("heard('session_ended') === 1")
}

type noRandom struct{}

func (noRandom) Read([]byte) (int, error) { return 0, errors.New("no random numbers") }

func TestUndefinedError(t *testing.T) {
	w := newWorld(t, "{}", func(c *sandbox.Config) { c.Rand = noRandom{} })
	tab := w.customer("/")
	browsertest.Eval[bool](tab, "(help(), true)")
	tab.Wait(failedWith(9999) + " && said.some(([n, r]) => n === 'start' && r.success === false && r.error.code === 9999)")
}

// TestDeskAndAgentSDK: the agents' codes, at the desk in words and in
// ZoomCobrowseAgentSDK by number.
func TestDeskAndAgentSDK(t *testing.T) {
	w := newWorld(t, "{}", nil)
	w.policy = "default-src 'self'; script-src 'nonce-abc' 'strict-dynamic'; connect-src 'self' https://*.zoom.us wss://*.zoom.us; frame-src https://*.zoom.us; img-src data:; style-src 'unsafe-inline'"
	w.pages["/agent"] = `<div id="root" style="height: 600px"></div>`
	customer := w.customer("/")
	pin := help(customer)
	tab := w.customer("/agent")
	browsertest.Eval[bool](tab, `(window.told = [], ZoomCobrowseAgentSDK.init({appKey: 'k', zoomAppRoot: '#root'}, ({session}) => {
		window.agent = session;
		for (const name of ['session_joined', 'session_left', 'session_ended', 'session_error']) session.on(name, (p) => told.push([name, p]));
	}), true)`)
	joinSDK := func(jwt, pin string) {
		browsertest.Eval[bool](tab, "(told.length = 0, agent.join({sdkToken: '"+jwt+"', pinCode: '"+pin+"'}, (r) => told.push(['join', r])), true)")
	}
	joinSDK(mint(t, token.RoleAgent, "sdk", "Sue"), wrong(pin))
	tab.Wait("told.some(([n, r]) => n === 'join' && r.error?.code === 1006)")
	joinSDK(mint(t, token.RoleAgent, "sdk", "Sue"), pin)
	tab.Wait("told.some(([n, r]) => n === 'join' && r.success)")
	customer.Wait("heard('agent_joined') === 1")
	tab.Screenshot("sandbox-agent-sdk")

	twin := w.desk("sdk", "Sue")
	joinWith(twin, pin)
	twin.Wait("document.querySelector('#problem').textContent.includes('1015')")

	srv := httptest.NewServer(w.service)
	defer srv.Close()
	for i := range 4 {
		c := dial(t, srv.URL)
		c.send(map[string]any{"t": "join", "token": mint(t, token.RoleAgent, fmt.Sprint("extra", i), "X"), "pin": pin})
		c.until("joined")
	}
	sixth := w.desk("sixth", "Six")
	joinWith(sixth, pin)
	sixth.Wait("document.querySelector('#problem').textContent.includes('1013')")
	sixth.Wait("document.activeElement.id === 'pin'")
	joinWith(sixth, "no-pin")
	sixth.Wait("document.querySelector('#problem').textContent.includes('1008')")

	browsertest.Eval[bool](tab, "(agent.leave(), true)")
	tab.Wait("told.some(([n]) => n === 'session_left')")
	customer.Wait("heard('agent_left') === 1")
}
