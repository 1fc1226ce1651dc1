package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// shared starts a session with an agent at its desk.
func shared(t *testing.T, settings string) (w *world, customer, desk *browsertest.Tab) {
	t.Helper()
	w = newWorld(t, settings, nil)
	customer = w.customer("/")
	pin := help(customer)
	desk = w.desk("agent", "Ann")
	join(desk, pin)
	customer.Wait("heard('agent_joined') === 1")
	return w, customer, desk
}

func setCounter(tab *browsertest.Tab, text string) {
	browsertest.Eval[bool](tab, "(document.querySelector('#counter').textContent = '"+text+"', true)")
}

func TestConnectionCutForTenSeconds(t *testing.T) {
	w, customer, desk := shared(t, "{}")
	w.gate.close()
	customer.Wait("heard('session_reconnecting') === 1 && zoom.getSessionInfo().sessionStatus === 'session_reconnecting'")
	desk.Wait("document.querySelector('.banner').textContent.includes('Reconnecting')")
	setCounter(customer, "changed meanwhile")
	time.Sleep(10 * time.Second)
	w.gate.open()
	customer.Wait("heard('session_started') === 2")
	desk.Wait(seen("#counter") + ".textContent === 'changed meanwhile'")
	setCounter(customer, "and goes on")
	desk.Wait(seen("#counter") + ".textContent === 'and goes on'")
	desk.Wait("document.querySelector('.banner').hidden")
}

func TestServiceRestarted(t *testing.T) {
	w, customer, desk := shared(t, "{}")
	w.restart()
	customer.Wait("heard('session_ended') === 1 && heard('session_error') === 1")
	customer.Wait(ui(".toast") + ".textContent.includes('restarted')")
	desk.Wait("document.querySelector('#problem').textContent.includes('restarted')")
	if pin := help(customer); len(pin) != 6 {
		t.Errorf("the next session has PIN %q", pin)
	}
}

func TestDeskLoadedAgain(t *testing.T) {
	_, customer, desk := shared(t, "{}")
	browsertest.Eval[bool](desk, "(location.reload(), true)")
	desk.Wait("document.querySelector('.stage.shown')")
	setCounter(customer, "seen again")
	desk.Wait(seen("#counter") + ".textContent === 'seen again'")
	if browsertest.Eval[float64](customer, "heard('agent_left')") != 0 {
		t.Error("the customer was told that the agent left")
	}
	desk.Click("document.querySelector('.leave')")
	desk.Wait("document.querySelector('#problem').textContent.includes('left')")
	customer.Wait("heard('agent_left') === 1")
	browsertest.Eval[bool](desk, "(location.reload(), true)")
	desk.Wait("document.querySelector('#pin') && !document.querySelector('.session:not([hidden])')")
}

func TestTabClosed(t *testing.T) {
	_, customer, desk := shared(t, `{multiTabSessionPersistence: {enable: true}}`)
	second := customer.Sibling()
	second.Open(shopURL + "/second")
	desk.Wait(seenText + ".includes('Garden shop /second')")
	second.Open("about:blank") // gone, as far as the shop is concerned
	desk.Wait(seenText + ".includes('Garden shop /')")
	desk.Wait("!" + seenText + ".includes('/second')")
	setCounter(customer, "here again")
	desk.Wait(seen("#counter") + ".textContent === 'here again'")
	browsertest.Eval[bool](customer, "(location.href = 'about:blank', true)")
	desk.Wait("document.querySelector('.banner').textContent.includes('away')")
	customer.Open(shopURL + "/back")
	desk.Wait(seenText + ".includes('Garden shop /back')")
}

// TestLongPage changes one page thousands of times: the agent's browser must
// not keep it all.
func TestLongPage(t *testing.T) {
	_, customer, desk := shared(t, "{}")
	browsertest.Eval[bool](customer, `(() => {
		let n = 0;
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			document.querySelector('#counter').textContent = String(++n);
			if (n % 50) port2.postMessage(0);
			else if (n < 8000) setTimeout(() => port2.postMessage(0), 20);
		};
		port2.postMessage(0);
		return true;
	})()`)
	desk.Wait(seen("#counter") + ".textContent === '8000'")
	if kept := browsertest.Eval[float64](desk, "Number(document.querySelector('.stage').dataset.kept)"); kept > 5500 {
		t.Errorf("the desk keeps %v events of 8000", kept)
	}
	if n := browsertest.Eval[float64](desk, "document.querySelectorAll('.replayer-wrapper').length"); n != 1 {
		t.Errorf("%v replayers", n)
	}
}

// TestMaskComesLater: what gains a mask is covered at the desk too, and what
// changes in it is not sent.
func TestMaskComesLater(t *testing.T) {
	w, customer, desk := shared(t, `{piiMask: {maskType: 'custom_input', maskCssSelectors: '.pii'}}`)
	browsertest.Eval[bool](customer, "(document.querySelector('#title').className = 'pii', true)")
	desk.Wait(seen("h1") + ".textContent.includes('\u2022\u2022')")
	browsertest.Eval[bool](customer, "(document.querySelector('#title').textContent = 'zqhiddenzq', true)")
	browsertest.Eval[bool](customer, "(document.querySelector('#card').className = '', document.querySelector('#card').value = 'shown', document.querySelector('#card').dispatchEvent(new Event('input', {bubbles: true})), true)")
	desk.Wait(seen("#card") + "?.value === 'shown'")
	if strings.Contains(w.sent(), "zqhiddenzq") {
		t.Error("masked text crossed the wire")
	}
}
