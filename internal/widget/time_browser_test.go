package widget_test

import (
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// impatient makes the page's long timers short, so that what the widget does
// when nothing happens can be seen without waiting for it.
const impatient = `(() => {
	const set = setTimeout;
	window.setTimeout = (f, ms, ...a) => set(f, ms > 10000 ? 500 : ms, ...a);
})()`

func TestSilence(t *testing.T) {
	const blocked = "?.startsWith('The help service cannot be reached.')"
	w := start(t, settings(), nil)
	open := func() *browsertest.Tab {
		tab := w.browser.NewTab(t, browsertest.KeepShadowRoots, impatient)
		tab.Open("https://" + shop + "/")
		begin(tab)
		return tab
	}
	t.Run("SDK never comes", func(t *testing.T) {
		w.zoom.Behave(browsertest.Behaviour{Hang: true})
		tab := open()
		tab.Wait(text(".failed") + blocked)
		// Trying again while the request hangs does not make another one.
		tab.Click(in(".main"))
		tab.Wait(text("h2") + " === 'Connecting…'")
		tab.Wait(text(".failed") + blocked)
		if n := len(w.zoom.SDKURLs()); n != 1 {
			t.Errorf("the SDK was asked for %d times", n)
		}
		w.zoom.Behave(browsertest.Behaviour{}) // the connection breaks
		tab.Wait("!('ZoomCobrowseSDK' in window) && !('ZoomCobrowseSDKInitArgs' in window)")
		tab.Click(in(".main"))
		tab.Wait(in(".digits"))
		if n := len(w.zoom.Calls("init")); n != 1 {
			t.Errorf("init was called %d times", n)
		}
	})
	t.Run("start says nothing", func(t *testing.T) {
		w.zoom.Reset()
		w.zoom.Behave(browsertest.Behaviour{Silent: true})
		tab := open()
		tab.Wait(text(".failed") + blocked)
		w.zoom.Await(t, "end", 1) // no session behind a failure
	})
}

// TestBackFromCache: a page that was put away while it was shared has lost its
// connection.
func TestBackFromCache(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.open(t, "/")
	begin(tab)
	tab.Wait(in(".digits"))
	browsertest.Eval[bool](tab, "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
	w.zoom.Await(t, "getSessionInfo", 1)
	tab.Wait(text("h2") + " === 'Sharing has stopped'")
}

// TestPrerendered: a page that is rendered ahead of time waits to be shown.
func TestPrerendered(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.browser.NewTab(t, browsertest.KeepShadowRoots, `Object.defineProperty(document, 'prerendering', {value: true})`)
	tab.Open("https://" + shop + "/")
	browsertest.Eval[bool](tab, "new Promise((r) => setTimeout(() => r(true), 300))")
	if browsertest.Eval[bool](tab, "document.querySelector('script[data-cobrowse]') !== null") {
		t.Error("the widget was loaded ahead of time")
	}
	browsertest.Eval[bool](tab, "document.dispatchEvent(new Event('prerenderingchange'))")
	tab.Wait(visible(".help"))
}
