package videoroom_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/videoroom"
)

const (
	shop = "https://shop.example"
	name = "0123456789abcdef0123456789abcdef"
	// part is what a page of the site answers the room.
	part = `{sessionName: 'cobrowse-abc', signature: 'head.claims.signature', userName: 'Mia Muster'}`
)

//go:embed testdata/toolkit.js
var toolkitJS string

// world is a site with the room, and a stand-in for Zoom's CDN.
type world struct {
	room    *videoroom.Room
	browser *browsertest.Browser

	mu sync.Mutex
	// refused: the CDN answers nothing but faults; withoutScript: it answers
	// something that is not the toolkit.
	refused, withoutScript bool
	requests               []string
}

func start(t *testing.T, s videoroom.Settings) *world {
	t.Helper()
	s.Base = "/_cobrowse"
	room, err := videoroom.New(s)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{room: room}
	w.browser = browsertest.Start(t, browsertest.Config{
		Media: true,
		Hosts: map[string]http.Handler{
			"shop.example": http.HandlerFunc(w.serveSite), "source.zoom.us": http.HandlerFunc(w.serveToolkit),
			"evil.example": http.HandlerFunc(w.serveSite), "crm.example": http.HandlerFunc(w.serveSite),
		},
	})
	return w
}

func (w *world) serveSite(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.requests = append(w.requests, r.URL.String())
	w.mu.Unlock()
	h := rw.Header()
	switch r.URL.Path {
	case "/_cobrowse/video":
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", w.room.CSP())
		h.Set("Permissions-Policy", w.room.PermissionsPolicy())
		h.Set("Cross-Origin-Opener-Policy", w.room.OpenerPolicy())
		_, _ = rw.Write(w.room.HTML())
	case "/_cobrowse/" + w.room.Script().Name:
		h.Set("Content-Type", w.room.Script().ContentType)
		_, _ = rw.Write(w.room.Script().Body)
	case "/_cobrowse/" + w.room.Style().Name:
		h.Set("Content-Type", w.room.Style().ContentType)
		_, _ = rw.Write(w.room.Style().Body)
	case "/crm":
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<!doctype html><title>CRM</title><link rel=icon href="data:,"><iframe src="%s%s"></iframe>`, shop, r.URL.RawQuery)
	case "/framed-desk", "/framed-stranger":
		// A desk answers its room; a stranger has a room opened, and another
		// window of the site answer it.
		source := "room"
		if r.URL.Path == "/framed-stranger" {
			source = "null"
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<!doctype html><title>Desk</title><script>
			const room = open('/_cobrowse/video#%s', '_blank');
			addEventListener('message', (e) => e.origin === location.origin && e.source === %s && e.data.ask && room.postMessage(%s, location.origin));
		</script>`, name, source, part)
	default:
		if strings.Contains(r.URL.Path, "/uitoolkit/") {
			w.serveToolkit(rw, r) // the sandbox's
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(rw, `<!doctype html><title>Shop</title><link rel=icon href="data:,"><button>Go</button>`)
	}
}

func (w *world) serveToolkit(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rw.Header().Set("Access-Control-Allow-Origin", "*")
	switch {
	case w.refused:
		rw.WriteHeader(http.StatusForbidden)
	case strings.HasSuffix(r.URL.Path, ".css"):
		rw.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(rw, ".zoom-ui-toolkit-root{color:#000}")
	case strings.HasSuffix(r.URL.Path, ".min.umd.js"):
		rw.Header().Set("Content-Type", "text/javascript")
		if !w.withoutScript {
			_, _ = io.WriteString(rw, toolkitJS)
		}
	default:
		http.NotFound(rw, r)
	}
}

// page opens a page of the site that answers rooms as the widget does, and returns
// a tab beside it for the room.
func (w *world) page(t *testing.T, preload ...string) (page, room *browsertest.Tab) {
	t.Helper()
	page = w.browser.NewTab(t, preload...)
	page.Open(shop + "/page")
	return page, page.Sibling()
}

// answers lets a page answer the rooms of a name.
func answers(page *browsertest.Tab, name, reply string) {
	browsertest.Eval[bool](page, `(window.asked = 0, window.channel = new BroadcastChannel('cobrowse-video `+name+`'),
		channel.onmessage = ({data}) => data.ask && (asked++, channel.postMessage(`+reply+`)), true)`)
}

func at(state string) string { return "document.body.dataset.state === '" + state + "'" }

func open(room *browsertest.Tab) { room.Open(shop + "/_cobrowse/video#" + name) }

// refuse makes the browser refuse camera and microphone.
const refuse = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))`

// TestJoin: from the click to the call, to its end, and back in.
func TestJoin(t *testing.T) {
	w := start(t, videoroom.Settings{})
	page, room := w.page(t)
	answers(page, name, part)
	open(room)
	room.Wait("window.standIn?.calls.length === 3")
	room.Wait(at("joining"))
	checkJoin(t, room)
	browsertest.Eval[bool](room, "(standIn.emit('joined'), true)")
	room.Wait(at("call") + " && document.title === 'Video call'")
	if shown := browsertest.Eval[bool](room, "document.querySelector('#card').checkVisibility() || !document.querySelector('#call').checkVisibility({visibilityProperty: true})"); shown {
		t.Error("the card is still there, or the call is not")
	}
	room.Screenshot("room-call")
	browsertest.Eval[bool](room, "(standIn.emit('closed'), true)")
	room.Wait(at("ended") + " && standIn.calls.at(-1)[0] === 'destroy'")
	room.Wait("document.activeElement.textContent === 'Join again'")
	room.Press(kb.Enter) // loads the room again, which asks again
	room.Wait("window.standIn?.calls.length === 3 && " + at("joining"))
	if n := browsertest.Eval[int](page, "asked"); n < 2 {
		t.Errorf("asked %d times", n)
	}
	room.Clean()
	isSecret(t, w, room)
}

// checkJoin looks at what Zoom's toolkit was given.
func checkJoin(t *testing.T, room *browsertest.Tab) {
	t.Helper()
	var calls [][]json.RawMessage
	if err := json.Unmarshal([]byte(browsertest.Eval[string](room, "JSON.stringify(standIn.calls)")), &calls); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range calls {
		names = append(names, string(c[0]))
	}
	if want := []string{`"joinSession"`, `"onSessionJoined"`, `"onSessionClosed"`}; !reflect.DeepEqual(names, want) {
		t.Fatalf("calls %s", names)
	}
	var config struct {
		VideoSDKJWT, SessionName, UserName string
		LeaveOnPageUnload                  bool
		FeaturesOptions                    map[string]struct{ Enable bool }
	}
	if err := json.Unmarshal(calls[0][2], &config); err != nil {
		t.Fatal(err)
	}
	if config.VideoSDKJWT != "head.claims.signature" || config.SessionName != "cobrowse-abc" || config.UserName != "Mia Muster" || !config.LeaveOnPageUnload {
		t.Errorf("joinSession got %s", calls[0][2])
	}
	for feature, on := range map[string]bool{"video": true, "audio": true, "share": true, "chat": true, "leave": true, "recording": false, "invite": false, "phone": false, "livestream": false, "preview": false} {
		if got, there := config.FeaturesOptions[feature]; !there || got.Enable != on {
			t.Errorf("%s: %v, there %t", feature, got.Enable, there)
		}
	}
	if string(calls[0][1]) != `"call"` || string(calls[0][3]) != `{"opener":true}` {
		t.Errorf("joinSession got the container %s, and %s", calls[0][1], calls[0][3])
	}
}

// isSecret: the part is in no URL, no storage, and no message to anybody else.
func isSecret(t *testing.T, w *world, room *browsertest.Tab) {
	t.Helper()
	kept := browsertest.Eval[string](room, "location.href + JSON.stringify([{...localStorage}, {...sessionStorage}]) + document.cookie + document.referrer")
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, secret := range []string{"head.claims", "cobrowse-abc", "Mia"} {
		if strings.Contains(kept, secret) {
			t.Errorf("%s is kept in %s", secret, kept)
		}
		for _, url := range append(room.Requests(), w.requests...) {
			if strings.Contains(url, secret) {
				t.Errorf("%s is in %s", secret, url)
			}
		}
	}
	for _, url := range w.requests {
		if strings.Contains(url, name) {
			t.Errorf("the channel's name has left the browser: %s", url)
		}
	}
}

// TestAnswerLater: the page that opened the room has gone on to the next one, which
// answers once it can; pages of other origins and of other sessions never do.
func TestAnswerLater(t *testing.T) {
	w := start(t, videoroom.Settings{})
	page, room := w.page(t)
	answers(page, "another-session-of-this-site", part)
	evil := page.Sibling()
	evil.Open("https://evil.example/page")
	answers(evil, name, `{...`+part+`, signature: 'evil'}`)
	open(room)
	room.Wait(at("unanswered")) // after ten seconds
	room.Screenshot("room-unanswered")
	if n := browsertest.Eval[int](evil, "asked") + browsertest.Eval[int](page, "asked"); n != 0 {
		t.Error("the question was heard elsewhere")
	}
	if len(w.browser.Visits("source.zoom.us")) != 0 {
		t.Error("Zoom was asked before anybody has answered")
	}
	page.Open(shop + "/next")
	answers(page, name, part)
	room.Wait("window.standIn?.calls[0]?.[2].videoSDKJWT === 'head.claims.signature'")
	room.Clean()
}

// TestOddAnswers: what is no part is no answer.
func TestOddAnswers(t *testing.T) {
	w := start(t, videoroom.Settings{})
	page, room := w.page(t)
	answers(page, name, `[null, 'x', {}, {ask: '1'}, {sessionName: 1, signature: 'a', userName: 'b'}, {signature: 'a'}, `+part+`][Math.min(asked - 1, 6)]`)
	open(room)
	room.Wait("window.standIn?.calls[0]?.[2].userName === 'Mia Muster'")
	room.Clean()
}

// TestRefusedPart: a page that may give no part says so.
func TestRefusedPart(t *testing.T) {
	w := start(t, videoroom.Settings{})
	page, room := w.page(t)
	answers(page, name, `{refused: data.ask}`)
	open(room)
	room.Wait(at("unanswered") + " && performance.now() < 9000")
	room.Clean()
}

// TestNoName: who comes without having been sent is told where to go, and Zoom is
// not asked.
func TestNoName(t *testing.T) {
	w := start(t, videoroom.Settings{})
	for _, fragment := range []string{"", "#", "#short", "#" + strings.Repeat("a", 65), "#<img/src=x>aaaaaaaaaaaaaa"} {
		room := w.browser.NewTab(t)
		room.Open(shop + "/_cobrowse/video" + fragment)
		room.Wait(at("nowhere"))
		room.Clean()
	}
	if len(w.browser.Visits("source.zoom.us")) != 0 {
		t.Error("Zoom was asked")
	}
}

// TestCamera: a refused camera stops nobody.
func TestCamera(t *testing.T) {
	w := start(t, videoroom.Settings{})
	page, room := w.page(t, refuse)
	answers(page, name, part)
	room.Size(400, 700)
	open(room)
	room.Wait(at("refused"))
	room.Screenshot("room-refused")
	if n := browsertest.Eval[int](room, "standIn.calls.length"); n != 0 {
		t.Error("it joins without being told to")
	}
	room.Wait("document.activeElement.textContent === 'Join without them'")
	room.Press(kb.Tab)
	room.Press(kb.Enter) // try again: refused again
	room.Wait(at("refused") + " && document.activeElement.textContent === 'Join without them'")
	room.Press(kb.Enter)
	room.Wait("standIn.calls.length === 3")
	room.Clean()
}

// TestCameraLetGo: what was asked for is given back at once.
func TestCameraLetGo(t *testing.T) {
	w := start(t, videoroom.Settings{})
	page, room := w.page(t, `const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
		navigator.mediaDevices.getUserMedia = async (c) => (window.streamed = await ask(c))`)
	answers(page, name, part)
	open(room)
	room.Wait("window.standIn?.calls.length === 3")
	room.Wait("streamed.getTracks().length === 2 && streamed.getTracks().every((t) => t.readyState === 'ended')")
	room.Clean()
}

// TestToolkitFails: Zoom away, not itself, or unwilling.
func TestToolkitFails(t *testing.T) {
	for name, tc := range map[string]struct {
		set     func(*world)
		preload string
		state   string
	}{
		"refused":         {set: func(w *world) { w.refused = true }, state: "blocked"},
		"not the toolkit": {set: func(w *world) { w.withoutScript = true }, state: "blocked"},
		"throws":          {preload: "window.standInBehaviour = 'throws'", state: "failed"},
		"rejects":         {preload: "window.standInBehaviour = 'rejects'", state: "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, videoroom.Settings{})
			if tc.set != nil {
				tc.set(w)
			}
			page, room := w.page(t, tc.preload)
			answers(page, "0123456789abcdef0123456789abcdef", part)
			open(room)
			room.Wait(at(tc.state) + " && document.activeElement.tagName === 'BUTTON'")
			room.Screenshot("room-" + tc.state)
			w.mu.Lock()
			w.refused, w.withoutScript = false, false
			w.mu.Unlock()
			if tc.set != nil {
				room.Press(kb.Enter)
				room.Wait("window.standIn?.calls.length === 3")
			}
		})
	}
}

// TestSandbox: the stand-in's files come from the site, and nothing from Zoom.
func TestSandbox(t *testing.T) {
	w := start(t, videoroom.Settings{ZoomPath: "/_cobrowse/sandbox", Toolkit: "2.4.5-1"})
	page, room := w.page(t)
	answers(page, name, part)
	open(room)
	room.Wait("window.standIn?.calls.length === 3")
	if len(w.browser.Visits("source.zoom.us")) != 0 {
		t.Error("Zoom was asked")
	}
	if all := strings.Join(room.Requests(), " "); !strings.Contains(all, shop+"/_cobrowse/sandbox/uitoolkit/2.4.5-1/videosdk-ui-toolkit.min.umd.js") {
		t.Errorf("requests %s", all)
	}
}

// TestFramedDesk: a desk in another site's frame hears no channel. The room asks
// its opener, and takes the part from nobody else.
func TestFramedDesk(t *testing.T) {
	for name, tc := range map[string]struct {
		framed bool
		path   string
		joins  bool
	}{
		"a desk in a frame":        {true, "/framed-desk", true},
		"an opener of another one": {true, "/framed-stranger", false},
		"frames are not allowed":   {false, "/framed-desk", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, videoroom.Settings{Framed: tc.framed})
			crm := w.browser.NewTab(t)
			crm.Open("https://crm.example/crm?" + tc.path)
			if tc.joins {
				for deadline := time.Now().Add(20 * time.Second); len(w.browser.Visits("source.zoom.us")) == 0; time.Sleep(20 * time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatal("the room has not got its part")
					}
				}
				return
			}
			// The room has asked by then, several times.
			browsertest.Eval[bool](crm, "new Promise((r) => setTimeout(() => r(true), 3000))")
			if n := len(w.browser.Visits("source.zoom.us")); n != 0 {
				t.Errorf("it joins: %d requests to Zoom", n)
			}
		})
	}
}

// TestLooks puts the room into every state, in light and dark, narrow and wide:
// nothing sticks out, axe finds nothing, and there are pictures.
func TestLooks(t *testing.T) {
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run npm ci in tools", err)
	}
	w := start(t, videoroom.Settings{})
	const never = "navigator.mediaDevices.getUserMedia = () => new Promise(() => {})"
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{400, 1280} {
			for _, s := range []struct {
				state, preload, answer string
			}{
				{state: "nowhere"},
				{state: "waiting", answer: "0"},
				{state: "unanswered", answer: "{refused: data.ask}"},
				{state: "asking", preload: never, answer: part},
				{state: "refused", preload: refuse, answer: part},
				{state: "joining", answer: part},
				{state: "failed", preload: "window.standInBehaviour = 'rejects'", answer: part},
				{state: "blocked", answer: part},
				{state: "ended", answer: part},
			} {
				name := fmt.Sprintf("room-%s-%s-%d", s.state, scheme, width)
				t.Run(name, func(t *testing.T) {
					w.mu.Lock()
					w.refused = s.state == "blocked"
					w.mu.Unlock()
					page, room := w.page(t, s.preload)
					room.Size(width, 720)
					if _, err := chromedp.Call(room.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
						Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
					}); err != nil {
						t.Fatal(err)
					}
					if s.answer != "" {
						answers(page, "0123456789abcdef0123456789abcdef", s.answer)
						open(room)
					} else {
						room.Open(shop + "/_cobrowse/video")
					}
					if s.state == "ended" {
						room.Wait("window.standIn?.calls.length === 3")
						browsertest.Eval[bool](room, "(standIn.emit('joined'), standIn.emit('closed'), true)")
					}
					room.Wait(at(s.state))
					room.Screenshot(name)
					if over := browsertest.Eval[int](room, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
						t.Errorf("the page is %d px too wide", over)
					}
					browsertest.Eval[any](room, string(axe)+";true")
					for _, v := range browsertest.Eval[[]string](room, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
						.then((r) => r.violations.map((v) => v.impact + ' ' + v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' ')))`) {
						t.Error(v)
					}
				})
			}
		}
	}
}

// TestLanguages: the room speaks the browser's language as far as it can.
func TestLanguages(t *testing.T) {
	w := start(t, videoroom.Settings{})
	for languages, want := range map[string]string{
		"['nl-BE', 'en']": "nl Hier is geen gesprek", "['constructor', 'pl', 'fr-CA']": "fr Il n’y a pas d’appel ici", "['pl']": "en There is no call here",
	} {
		room := w.browser.NewTab(t, "Object.defineProperty(navigator, 'languages', {value: "+languages+"})")
		room.Open(shop + "/_cobrowse/video")
		room.Wait(at("nowhere"))
		if got := browsertest.Eval[string](room, "document.documentElement.lang + ' ' + document.querySelector('h1').textContent"); got != want {
			t.Errorf("%s: %q, want %q", languages, got, want)
		}
	}
}
