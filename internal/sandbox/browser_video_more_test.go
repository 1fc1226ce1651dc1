package sandbox_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// startRoomsOf starts one Chromium with cameras; what answers as Zoom can be
// replaced.
func startRoomsOf(t *testing.T, page *rooms, change func(*sandbox.Config)) (*browsertest.Browser, *atomic.Pointer[sandbox.Service]) {
	t.Helper()
	needBundle(t)
	live := new(atomic.Pointer[sandbox.Service])
	live.Store(videoService(t, change))
	zoom := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { live.Load().ServeHTTP(w, r) })
	return browsertest.Start(t, browsertest.Config{Engine: browsertest.Chromium, Media: true, Hosts: map[string]http.Handler{shopHost: page, videoHost: zoom}}), live
}

// joins lets somebody join, and waits until that is done.
func joins(t *testing.T, b *browsertest.Browser, query string, role token.VideoRole, name string) *browsertest.Tab {
	t.Helper()
	tab := enterRoom(t, b, query, sign(t, role, videoSession, name[:min(len(name), token.MaxUserIdentity)]), videoSession, name)
	tab.Wait("heard.includes('joined')")
	return tab
}

// turnOn starts the camera.
func turnOn(tab *browsertest.Tab) {
	tab.Click(`document.querySelector(".zvs-camera")`)
	tab.Wait(`document.querySelector(".zvs-me").dataset.video === "true"`)
}

const problems = `document.querySelector(".zvs-problems").textContent`

// TestVideoWithoutCamera: whoever has no camera joins, is told so, sees and is
// heard.
func TestVideoWithoutCamera(t *testing.T) {
	b, _ := startRoomsOf(t, &rooms{permissions: "camera=()"}, nil)
	customer := joins(t, b, "?restricted", token.RoleAttendee, "Mia")
	customer.Wait(problems + `.includes("This page may not use the camera. You are joining without it.")`)
	agent := joins(t, b, "", token.RoleHost, "Ann")
	turnOn(agent)
	plays(customer)
	customer.Click(`document.querySelector(".zvs-mute")`)
	agent.Wait(remoteTile + `.dataset.audio === "true"`)
	hears(t, agent)
	customer.Click(`document.querySelector(".zvs-camera")`)
	customer.Wait(problems + ` === "This page may not use the camera."`)
	customer.Size(400, 720)
	customer.Screenshot("video-refused-400")
	if !browsertest.Eval[bool](customer, `document.querySelector(".zvs-me").dataset.video === "false"`) {
		t.Error("a refused camera is on")
	}
	customer.Wait(`document.querySelector(".zvs-state").textContent !== ""`)
}

// TestVideoThree: everybody sees everybody, and a tab that is closed is gone.
func TestVideoThree(t *testing.T) {
	b, live := startRoomsOf(t, &rooms{}, nil)
	var tabs []*browsertest.Tab
	for i, name := range []string{"Mia", "Ann", "Ben"} {
		tab := joins(t, b, "", token.VideoRole(min(i, 1)), name)
		turnOn(tab)
		tabs = append(tabs, tab)
	}
	for _, tab := range tabs {
		tab.Wait(`[...document.querySelectorAll(".zvs-tile[data-user] video")].filter((v) => v.videoWidth > 0).length === 2`)
	}
	tabs[0].Size(1280, 800)
	tabs[0].Screenshot("video-three-1280")
	if got := browsertest.Eval[[]string](tabs[1], `UIToolkit.getAllUser().map((u) => u.displayName + u.isHost)`); fmt.Sprint(got) != "[Anntrue Miafalse Bentrue]" {
		t.Errorf("users %v", got)
	}
	tabs[2].Open(shopURL + "/") // without leaving
	tabs[0].Wait(`document.querySelectorAll(".zvs-tile[data-user]").length === 1`)
	browsertest.Eval[bool](tabs[1], "UIToolkit.closeSession().then(() => true)") // as host, for all
	tabs[0].Wait(`heard.includes("closed") && document.querySelector(".zvs-status").textContent.includes("The host has ended")`)
	if n := live.Load().VideoSessions(); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// TestVideoMovesOn: who comes in again takes the place over, and after a loss of
// the sandbox both come back by themselves.
func TestVideoMovesOn(t *testing.T) {
	b, live := startRoomsOf(t, &rooms{}, nil)
	first := joins(t, b, "", token.RoleAttendee, "Mia")
	agent := joins(t, b, "", token.RoleHost, "Ann")
	again := joins(t, b, "", token.RoleAttendee, "Mia")
	first.Wait(`heard.includes("closed") && document.querySelector(".zvs-status").textContent.includes("another window")`)
	turnOn(again)
	plays(agent)

	old := live.Swap(videoService(t, nil))
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tab := range []*browsertest.Tab{again, agent} {
		tab.Wait(`heard.filter((h) => h === "joined").length === 2 && document.querySelectorAll(".zvs-tile[data-user]").length === 1`)
	}
	plays(agent)
	if n := live.Load().VideoSessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// TestVideoRefused: what Zoom's documentation has as errors, in the page and to
// its script.
func TestVideoRefused(t *testing.T) {
	b, _ := startRoomsOf(t, &rooms{}, func(c *sandbox.Config) { c.Limits.VideoUsers = 2 })
	good := sign(t, token.RoleAttendee, videoSession, "Mia")
	for name, tc := range map[string]struct {
		signature, session string
		code               int
		words              string
	}{
		"forged":          {good + "x", videoSession, 200, "The session cannot be joined"},
		"another session": {good, "board", 200, "its claim tpc is not sessionName"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := enterRoom(t, b, "", tc.signature, tc.session, "Mia")
			tab.Wait("window.refused")
			if code := browsertest.Eval[int](tab, "refused.errorCode"); code != tc.code {
				t.Errorf("code %d", code)
			}
			tab.Wait(problems + ".includes(" + strconv.Quote(tc.words) + ")")
			tab.Screenshot("video-refused-1280")
		})
	}
	t.Run("wrong calls", func(t *testing.T) {
		tab := b.NewTab(t)
		tab.Open(shopURL + "/")
		tab.Wait("window.UIToolkit")
		for _, call := range []string{
			"UIToolkit.onSessionJoined(() => {})", "UIToolkit.closeSession()", "UIToolkit.destroy()",
			"UIToolkit.joinSession(null, {})", "UIToolkit.joinSession(document.body, undefined)",
			"UIToolkit.joinSession(document.body, {videoSDKJWT: 'x', userName: 'Mia'})",
			"UIToolkit.joinSession(document.body, {videoSDKJWT: 1, sessionName: 's', userName: 'Mia'})",
		} {
			if !browsertest.Eval[bool](tab, "(async () => { try { await "+call+"; return false } catch { return true } })()") {
				t.Errorf("%s does not fail", call)
			}
		}
	})
	t.Run("full", func(t *testing.T) {
		one, _ := joins(t, b, "", token.RoleAttendee, "Mia"), joins(t, b, "", token.RoleHost, "Ann")
		third := enterRoom(t, b, "", sign(t, token.RoleAttendee, videoSession, "Eve"), videoSession, "Eve")
		third.Wait("window.refused && refused.errorCode === 200")
		if n := browsertest.Eval[int](one, `document.querySelectorAll(".zvs-tile").length`); n != 2 {
			t.Errorf("%d tiles", n)
		}
		// Without the session, another one may be joined.
		browsertest.Eval[bool](third, "UIToolkit.destroy().then(() => !document.querySelector('.zvs'))")
	})
}

// TestVideoLooks: axe, both colour schemes, 400 pixels, and the keyboard.
func TestVideoLooks(t *testing.T) {
	b, _ := startRoomsOf(t, &rooms{}, nil)
	customer := joins(t, b, "", token.RoleAttendee, "Mia Miller with a name that is long enough to need a second line in a narrow window")
	agent := joins(t, b, "", token.RoleHost, "Ann Agent")
	turnOn(customer)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{400, 1280} {
			if _, err := chromedp.Call(agent.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			}); err != nil {
				t.Fatal(err)
			}
			agent.Size(width, 720)
			agent.Wait(fmt.Sprintf("innerWidth === %d", width))
			checkAccessible(t, agent)
			if wide := browsertest.Eval[int](agent, "document.documentElement.scrollWidth"); wide > int(width) {
				t.Errorf("%d pixels in a window of %d", wide, width)
			}
			agent.Screenshot(fmt.Sprintf("video-%s-%d", scheme, width))
		}
	}
	agent.Wait(`document.querySelector(".zvs-sound:not([hidden])")`) // nobody has clicked in this tab
	agent.Press(kb.Tab)
	agent.Wait("document.activeElement.className === 'zvs-sound'")
	agent.Press(kb.Enter)
	agent.Wait(`document.querySelector(".zvs-sound[hidden]") && document.activeElement.className === "zvs-mute"`)
	browsertest.Eval[bool](agent, "(document.activeElement.blur(), document.querySelector('.zvs-head').tabIndex = -1, document.querySelector('.zvs-head').focus(), true)")
	for _, want := range []string{"zvs-mute", "zvs-camera", "zvs-leave", "zvs-end"} {
		agent.Press(kb.Tab)
		agent.Wait("document.activeElement.className === '" + want + "'")
	}
	for range 2 {
		agent.Press(kb.Tab, chromedp.ModifierShift)
	}
	agent.Press(kb.Enter) // the camera
	agent.Wait(`document.activeElement.textContent === "Stop camera"`)
	customer.Wait(remoteTile + `.dataset.video === "true"`)
	agent.Press(kb.Tab)
	agent.Press(kb.Enter)
	agent.Wait(`heard.includes("closed") && document.activeElement.textContent === "You have left the session."`)
	checkAccessible(t, agent)
}

// checkAccessible lets axe look at the page.
func checkAccessible(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run `make node` to install axe", err)
	}
	browsertest.Eval[any](tab, string(axe)+";true")
	for _, v := range browsertest.Eval[[]string](tab, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then((r) => r.violations.map((v) => v.id + ': ' + v.help + ' ' + v.nodes.map((n) => n.html).join(' ')))`) {
		t.Error(v)
	}
}
