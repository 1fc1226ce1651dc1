package widget_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

const (
	part      = `{"sessionName":"cobrowse-abc","signature":"head.claims.sig","userName":"Mia"}`
	videoName = "Continue by video"
	// noTabs keeps what the page wanted to open, and opens nothing.
	noTabs = `window.tabs = []; window.open = (...args) => { tabs.push(args); return null; }`
)

// videoButton is an expression for the button, or undefined.
const videoButton = `[...(shadowRootOf(document.querySelector('cobrowse-help'))?.querySelectorAll('.content button') ?? [])].find((b) => b.textContent === '` + videoName + `')`

// asks plays the room of a session in another tab: what is its question answered?
func asks(room *browsertest.Tab, session string) string {
	return browsertest.Eval[string](room, `new Promise((answered) => {
		const channel = new BroadcastChannel('cobrowse-video `+session+`');
		channel.onmessage = ({data}) => { if (!data.ask) { answered(JSON.stringify(data)); channel.close(); } };
		channel.postMessage({ask: '1'});
		setTimeout(() => { answered('nothing'); channel.close(); }, 1500);
	})`)
}

// TestVideoOffer: an offer becomes a button, a click on it a tab, and the tab's
// question is answered by whatever page the customer is on.
func TestVideoOffer(t *testing.T) {
	w := start(t, settings(), quick)
	tab := w.browser.NewTab(t, browsertest.KeepShadowRoots, noTabs)
	tab.Open("https://" + shop + "/")
	tab.Wait(in("section"))
	begin(tab)
	tab.Wait(in(".digits"))
	room := tab.Sibling()
	room.Open("https://" + shop + "/_cobrowse/video") // any page of the site hears the same
	w.offer(part)
	w.awaitNext(t, len(w.reported()), "heartbeat")
	if got := asks(room, "session1"); got != "nothing" {
		t.Errorf("before an agent is there, the room is answered %s", got)
	}
	emit(t, tab, "agent_joined", "{}")
	tab.Wait(videoButton)
	if got := asks(room, "session1"); got != part {
		t.Errorf("the room is answered %s", got)
	}
	if got := asks(room, "session2"); got != "nothing" {
		t.Errorf("the room of another session is answered %s", got)
	}
	tab.Click(videoButton)
	if got := browsertest.Eval[string](tab, "JSON.stringify(tabs)"); got != `[["https://shop.example/_cobrowse/video#session1","_blank","noopener"]]` {
		t.Errorf("a click opens %s", got)
	}

	tab.Open("https://" + shop + "/other")
	tab.Wait(videoButton)
	if got := asks(room, "session1"); got != part {
		t.Errorf("on the next page the room is answered %s", got)
	}
	kept := browsertest.Eval[string](tab, "JSON.stringify([{...sessionStorage}, {...localStorage}]) + document.cookie + location.href")
	if strings.Contains(kept, "head.claims") || strings.Contains(strings.Join(tab.Requests(), " "), "head.claims") {
		t.Errorf("the part is kept in %s, or in a URL", kept)
	}

	w.offer("")
	tab.Wait("!" + videoButton)
	if got := asks(room, "session1"); got != "nothing" {
		t.Errorf("after the offer was taken back, the room is answered %s", got)
	}
	w.offer(part)
	tab.Wait(videoButton)
	tab.Click(in(".stop"))
	tab.Wait(text("h2") + stopped)
	if got := asks(room, "session1"); got != "nothing" {
		t.Errorf("after the end, the room is answered %s", got)
	}
	tab.Clean()
}

// TestVideoIsSeen: an offer shows the panel where it was closed, once, says itself
// to those who listen, and takes the focus from nobody.
func TestVideoIsSeen(t *testing.T) {
	w := start(t, settings(), quick)
	tab := joined(t, w)
	tab.Click(in(".close"))
	tab.Wait(in("section") + ".hidden")
	browsertest.Eval[bool](tab, "(document.querySelector('input, a').focus(), true)")
	before := browsertest.Eval[string](tab, "document.activeElement.outerHTML")
	w.offer(part)
	tab.Wait(visible("section") + " && " + videoButton)
	if after := browsertest.Eval[string](tab, "document.activeElement.outerHTML"); after != before {
		t.Errorf("the focus went from %s to %s", before, after)
	}
	tab.Wait(in("[role=status]") + ".textContent.includes('" + videoName + "')")
	tab.Click(in(".close"))
	n := len(w.reported())
	emit(t, tab, "pincode_updated", "{pincode: '777001'}") // something to draw
	w.awaitNext(t, n, "pincode_updated")
	w.awaitNext(t, len(w.reported()), "heartbeat")
	if browsertest.Eval[bool](tab, "!"+in("section")+".hidden") {
		t.Error("a panel that was closed opens again")
	}
	tab.Click(in(".help"))
	tab.Wait(in("*:focus") + ".textContent === '" + videoName + "'")

	// The next page knows that it was seen; an offer that is made anew is news there.
	tab.Open("https://" + shop + "/other")
	tab.Wait(videoButton)
	if browsertest.Eval[bool](tab, "!"+in("section")+".hidden") {
		t.Error("the next page opens the panel for an offer that was seen")
	}
	w.offer("")
	tab.Wait("!" + videoButton)
	w.offer(part)
	tab.Wait(visible("section") + " && " + videoButton)
	tab.Clean()
}

// TestVideoOpensTab: a real click opens a real tab, by keyboard too.
func TestVideoOpensTab(t *testing.T) {
	w := start(t, settings(), quick)
	tab := joined(t, w)
	w.offer(part)
	tab.Wait(videoButton)
	tab.Click(in(".close"))
	tab.Click(in(".help"))
	tab.Wait(in("*:focus") + ".textContent === '" + videoName + "'")
	tab.Press(kb.Enter)
	w.await(t, "the room's request", func([]report) bool {
		return slices.ContainsFunc(w.browser.Visits(shop), func(v browsertest.Visit) bool { return v.Path == "/_cobrowse/video" })
	})
}

// TestVideoLooks: axe finds nothing, and there are pictures.
func TestVideoLooks(t *testing.T) {
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run npm ci in tools", err)
	}
	w := start(t, settings(), quick)
	tab := w.browser.NewTab(t, browsertest.OpenShadowRoots, `window.shadowRootOf = (el) => el && el.shadowRoot`)
	tab.Open("https://" + shop + "/")
	tab.Wait(in("section"))
	begin(tab)
	tab.Wait(in(".digits"))
	emit(t, tab, "agent_joined", "{}")
	w.offer(part)
	tab.Wait(videoButton)
	for name, width := range map[string]int64{"widget-video-400": 400, "widget-video-1280": 1280} {
		tab.Size(width, 720)
		tab.Screenshot(name)
	}
	browsertest.Eval[any](tab, string(axe)+";true")
	for _, v := range browsertest.Eval[[]string](tab, `axe.run('cobrowse-help', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then((r) => r.violations.map((v) => v.impact + ' ' + v.id + ': ' + v.nodes.map((n) => n.html).join(' ')))`) {
		t.Error(v)
	}
}
