package desk_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

// noTabs keeps what the page wanted to open, and opens nothing.
const noTabs = `window.tabs = []; window.open = (...args) => { tabs.push(args); return null; }`

const videoButton = "document.querySelector('#video')"

// openVideo joins a customer and clicks the button; it returns the name of the
// channel on which the room would ask, and a tab to ask from.
func openVideo(t *testing.T, tab *browsertest.Tab, id string) (name string, room *browsertest.Tab) {
	t.Helper()
	openDesk(tab)
	tab.Click(row(id))
	tab.Wait(ready)
	drawn(tab)
	tab.Click(videoButton)
	room = tab.Sibling()
	room.Open(home + "/nothing") // any page of the site hears the same
	return opened(t, tab), room
}

// opened is the name in the address that was opened last.
func opened(t *testing.T, tab *browsertest.Tab) string {
	t.Helper()
	var args []string
	if err := json.Unmarshal([]byte(browsertest.Eval[string](tab, "JSON.stringify(tabs.at(-1) ?? [])")), &args); err != nil {
		t.Fatal(err)
	}
	if len(args) != 3 || args[1] != "_blank" || args[2] != "noopener" || !regexp.MustCompile(`^https://shop\.example/_cobrowse/video#[0-9a-f]{32}$`).MatchString(args[0]) {
		t.Fatalf("a click opens %q", args)
	}
	_, name, _ := strings.Cut(args[0], "#")
	return name
}

// asks plays the room: what is its question answered?
func asks(room *browsertest.Tab, name, question string) string {
	return browsertest.Eval[string](room, `new Promise((answered) => {
		const channel = new BroadcastChannel('cobrowse-video `+name+`');
		channel.onmessage = ({data}) => { answered(JSON.stringify(data)); channel.close(); };
		for (let i = 0; i < 3; i++) channel.postMessage({ask: '`+question+`'});
		setTimeout(() => { answered('nothing'); channel.close(); }, 1500);
	})`)
}

// TestContinueByVideo: a click opens the room, whose question brings the agent's
// part; a room that is loaded again gets a fresh one; the agent is told what the
// customer sees, and when.
func TestContinueByVideo(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	p.video = true
	tab := b.NewTab(t, noTabs)
	tab.Size(1280, 760)
	name, room := openVideo(t, tab, "s1")
	if got := p.asked("video"); len(got) != 0 {
		t.Errorf("a signature was asked for before there is a room: %q", got)
	}
	if got := asks(room, name, "1"); got != `{"sessionName":"cobrowse-s1","signature":"head.claims.sig2","userName":"Zoë Müller ~?>"}` {
		t.Errorf("the room is answered %s", got)
	}
	if got := asks(room, name, "1"); got != "nothing" {
		t.Errorf("the same room is answered twice: %s", got)
	}
	if got := p.asked("video"); !slices.Equal(got, []string{`{"id":"s1"}`}) {
		t.Errorf("asked for %q", got)
	}
	shows(tab, "#video-note", "once you are in the session: type the PIN below")
	tab.Screenshot("desk-video-waiting")
	p.change(func(p *proxy) { p.sessions[0].State, p.sessions[0].ActiveAt = "active", time.Now() })
	shows(tab, "#video-note", "gets a button to join your video call within 20 seconds")
	tab.Screenshot("desk-video-1280")
	p.change(func(p *proxy) { p.sessions[0].Video = "shown" })
	shows(tab, "#video-note", "now has a button")
	tab.Size(400, 720)
	tab.Click("document.querySelector('#back')") // the list and the session take turns
	tab.Screenshot("desk-video-400")
	if over := browsertest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		t.Errorf("the page is %d px too wide", over)
	}
	if got := asks(room, name, "2"); !strings.Contains(got, "sig3") {
		t.Errorf("the room that was loaded again is answered %s", got)
	}
	if got := asks(room, strings.Repeat("0", 32), "3"); got != "nothing" {
		t.Errorf("a guessed name is answered %s", got)
	}
	tab.Click("document.querySelector('#leave')")
	tab.Wait("document.querySelector('#session').hidden")
	if got := asks(room, name, "4"); got != "nothing" {
		t.Errorf("after leaving, the room is answered %s", got)
	}
	isSecret(t, tab, "head.claims", "482913")
	tab.Clean()
}

// TestVideoRefused: what the proxy says no to is said at the desk and in the room.
func TestVideoRefused(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	p.video = true
	tab := b.NewTab(t, noTabs)
	name, room := openVideo(t, tab, "s1")
	for _, tc := range []struct {
		question string
		answer   answer
		want     string
	}{
		{"1", answer{status: http.StatusForbidden, code: "not-claimed"}, "no longer yours"},
		{"2", answer{status: http.StatusServiceUnavailable, code: "unavailable", body: "The audit record cannot be written."}, "audit record"},
		{"3", answer{status: http.StatusTooManyRequests, code: "rate-limited", retry: 3}, "Too many attempts"},
		{"4", answer{status: http.StatusOK, code: "", contentType: "application/json", body: `{"sessionName":"x"}`}, "error 502"},
		{"5", answer{status: http.StatusForbidden, code: "not-signed-in"}, "sign-in has ended"},
	} {
		p.says("video", &tc.answer)
		if got := asks(room, name, tc.question); got != `{"refused":"`+tc.question+`"}` {
			t.Errorf("%s: the room is answered %s", tc.answer.code, got)
		}
		shows(tab, "#bar-note", tc.want)
	}
	if got := browsertest.Eval[string](tab, text("#video-note")); got != "" {
		t.Errorf("the agent is told %q", got)
	}
	tab.Wait("!document.querySelector('#notice').hidden")
}

// TestNoVideoButton: none where the join does not say so, none in the Zoom client,
// none when the session is over.
func TestNoVideoButton(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	for name, tc := range map[string]struct {
		video   bool
		preload string
		shown   bool
	}{
		"off":                {false, "0", false},
		"in the Zoom client": {true, `Object.defineProperty(navigator, 'userAgent', {value: navigator.userAgent + ' ZoomApps/1.0'})`, false},
		"on":                 {true, "0", true},
	} {
		t.Run(name, func(t *testing.T) {
			p.mu.Lock()
			threeWait(p)
			p.video = tc.video
			p.mu.Unlock()
			tab := b.NewTab(t, tc.preload)
			openDesk(tab)
			tab.Click(row("s1"))
			tab.Wait(ready)
			if got := browsertest.Eval[bool](tab, videoButton+".checkVisibility()"); got != tc.shown {
				t.Errorf("shown: %t", got)
			}
			p.change(func(p *proxy) { p.sessions = p.sessions[1:] })
			shows(tab, "#bar-note", "ended")
			if browsertest.Eval[bool](tab, videoButton+".checkVisibility()") {
				t.Error("it is there after the end")
			}
			tab.Clean()
		})
	}
}

// TestVideoOpensTab: a click opens a tab for real, by keyboard too.
func TestVideoOpensTab(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	p.video = true
	tab := b.NewTab(t)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(ready)
	browsertest.Eval[bool](tab, "("+videoButton+".focus(), true)")
	tab.Press("\r")
	tab.Opened("/_cobrowse/video#")
}

// TestVideoFromFrame: a desk in another site's frame, which no channel reaches,
// answers the tab that it has opened, and nobody else.
func TestVideoFromFrame(t *testing.T) {
	p, zoom, b := start(t, desk.Settings{FrameAncestors: []string{"https://crm.example"}})
	threeWait(p)
	p.video = true
	tab := b.NewTab(t)
	tab.Open("https://crm.example/")
	waitFor(t, "the CRM's desk to connect", func() bool { return len(p.searched()) == 1 })
	drawn(tab)
	field := browsertest.Point{X: 120, Y: 120}
	tab.Drag(field, field) // the field for the PIN
	tab.Press("482913\r")
	zoom.Await(t, "desk", 1) // the PIN's button has the focus by then
	drawn(tab)
	tab.Press("\t\r") // from the PIN's button to the next one
	room := tab.Opened("/_cobrowse/video#")
	ask := func(room *browsertest.Tab, whom string) string {
		return browsertest.Eval[string](room, `new Promise((answered) => {
			addEventListener('message', (e) => answered(e.origin + JSON.stringify(e.data)), {once: true});
			`+whom+`.postMessage({ask: '1'}, '*');
			setTimeout(() => answered('nothing'), 1500);
		})`)
	}
	if got := ask(tab, "frames[0]"); got != "nothing" || len(p.asked("video")) != 0 {
		t.Errorf("the page around is answered %s", got)
	}
	if got := ask(room, "opener"); !strings.HasPrefix(got, `https://shop.example{"sessionName":"cobrowse-s1"`) {
		t.Errorf("the room is answered %s", got)
	}
	if n := len(p.asked("video")); n != 1 {
		t.Errorf("%d signatures were asked for", n)
	}
}
