package widget_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

func TestClickStartsSession(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.open(t, "/")
	tab.Wait(visible(".help"))
	if got := browsertest.Eval[string](tab, text(".help")); got != "Get help" {
		t.Errorf("the button says %q", got)
	}
	tab.Screenshot("button")

	tab.Click(in(".help"))
	tab.Wait(visible("section"))
	tab.Screenshot("panel")
	if w.zoomVisits() != 0 || len(w.created()) != 0 {
		t.Errorf("before the consent: %d requests to Zoom, sessions %v", w.zoomVisits(), w.created())
	}

	tab.Click(in(".main"))
	tab.Wait(in(".digits"))
	tab.Screenshot("pin")
	if got := browsertest.Eval[string](tab, `Array.from(`+in(".digits")+`.children, (s) => s.textContent).join(' ')`); got != "482 913" {
		t.Errorf("the PIN is shown as %q", got)
	}
	if got := browsertest.Eval[string](tab, in(".pin .hidden")+".textContent"); got != "4 8 2, 9 1 3" {
		t.Errorf("the PIN is spoken as %q", got)
	}
	if got, want := browsertest.Eval[string](tab, in("[role=status]")+".textContent"),
		"Your PIN: 4 8 2, 9 1 3. Tell our agent this PIN. Sharing begins when the agent enters it."; got != want {
		t.Errorf("announced: %q", got)
	}

	call := w.zoom.Await(t, "start", 1)
	if string(call.Args) != `{"sdkToken":"customer-token"}` {
		t.Errorf("start was called with %s", call.Args)
	}
	want := []creation{{`POST {"page":"/"}`, "application/json", "same-origin", ""}}
	if got := w.created(); !slices.Equal(got, want) {
		t.Errorf("sessions: %+v", got)
	}
	if got := w.zoom.SDKURLs(); !slices.Equal(got, []string{browsertest.SDKPath("sdkKey", "3.10.x")}) {
		t.Errorf("SDK fetched from %q", got)
	}

	emit(t, tab, "agent_joined", "{}")
	tab.Wait(text("h2") + " === 'You are sharing this website'")
	tab.Wait(text("p") + " === 'Our agent is here.'")
	tab.Wait(text(".help") + " === 'Sharing'")
	tab.Screenshot("joined")
	emit(t, tab, "agent_left", "{}")
	tab.Wait(text("p") + " === 'An agent has left.'")
	emit(t, tab, "session_reconnecting", "{}")
	tab.Wait(text("h2") + " === 'Reconnecting…'")
	emit(t, tab, "agent_joined", "undefined")
	tab.Wait(text("p") + " === 'Our agent is here.'")

	tab.Click(in(".stop"))
	w.zoom.Await(t, "end", 1)
	tab.Wait(text("h2") + " === 'Sharing has stopped'")
	tab.Wait(text(".help") + " === 'Get help'")
	tab.Screenshot("ended")

	tab.Click(in(".main"))
	w.zoom.Await(t, "start", 2)
	tab.Wait(in(".digits"))
	if n := len(w.zoom.Calls("init")); n != 1 {
		t.Errorf("init was called %d times", n)
	}
	tab.Clean()
}

// TestNothingBeforeTheClick looks at what a page sees of us until it is asked
// for help: no request to Zoom, no global name, no open shadow root.
func TestNothingBeforeTheClick(t *testing.T) {
	w := start(t, settings(), func(s *site) {
		s.head = `<script>window.before = new Set(Object.getOwnPropertyNames(window).concat('before'))</script>`
	})
	tab := w.browser.NewTab(t)
	tab.Open("https://" + shop + "/")
	tab.Wait("document.querySelector('cobrowse-help')")
	if got := browsertest.Eval[[]string](tab, "Object.getOwnPropertyNames(window).filter((n) => !before.has(n))"); len(got) != 0 {
		t.Errorf("new global names: %q", got)
	}
	if !browsertest.Eval[bool](tab, "document.querySelector('cobrowse-help').shadowRoot === null") {
		t.Error("the shadow root is open")
	}
	if !browsertest.Eval[bool](tab, "document.querySelectorAll('[style]').length === 0 && document.querySelectorAll('style').length === 0") {
		t.Error("there is inline style")
	}
	if n := w.zoomVisits(); n != 0 {
		t.Errorf("%d requests to Zoom", n)
	}
	if got := browsertest.Eval[int](tab, "localStorage.length + sessionStorage.length"); got != 0 {
		t.Errorf("%d things are stored", got)
	}
	for _, url := range tab.Requests() {
		if !slices.Contains([]string{
			"https://shop.example/", "https://shop.example/bank.css", "data:,",
			"https://shop.example/_cobrowse/" + w.bundle.Loader().Name, "https://shop.example/_cobrowse/" + w.bundle.Widget().Name,
		}, url) {
			t.Errorf("request to %s", url)
		}
	}
	tab.Clean()
}

func TestInjectedTwice(t *testing.T) {
	w := start(t, settings(), func(s *site) { s.twice = true })
	tab := w.open(t, "/")
	if n := browsertest.Eval[int](tab, "document.querySelectorAll('cobrowse-help').length"); n != 1 {
		t.Errorf("%d buttons", n)
	}
	if n := browsertest.Eval[int](tab, "document.querySelectorAll('script[data-cobrowse]').length"); n != 1 {
		t.Errorf("%d widgets", n)
	}
	tab.Clean()
}

func TestEagerFetchesSDK(t *testing.T) {
	set := settings()
	set.Eager = true
	w := start(t, set, nil)
	tab := w.open(t, "/")
	w.zoom.Await(t, "init", 1)
	w.zoom.Await(t, "getSessionInfo", 1)
	tab.Wait(text(".help") + " === 'Get help'")
	begin(tab)
	tab.Wait(in(".digits"))
	if n := len(w.zoom.SDKURLs()); n != 1 {
		t.Errorf("the SDK was fetched %d times", n)
	}
	tab.Clean()
}

func TestPayloads(t *testing.T) {
	w := start(t, settings(), nil)
	for _, tc := range []struct{ field, pin, shown string }{
		{"pincode", "482913", "482 913"},
		{"pinCode", "482913", "482 913"},
		{"pin", "ab12cd34", "ab12 cd34"},
		{"pincode", "7", "7"},
	} {
		t.Run(tc.field+" "+tc.pin, func(t *testing.T) {
			w.zoom.Behave(browsertest.Behaviour{PIN: tc.pin, PINField: tc.field})
			tab := w.open(t, "/")
			begin(tab)
			tab.Wait(in(".digits"))
			if got := browsertest.Eval[string](tab, `Array.from(`+in(".digits")+`.children, (s) => s.textContent).join(' ')`); got != tc.shown {
				t.Errorf("shown as %q, want %q", got, tc.shown)
			}
		})
	}
}

// TestSettings: what the operator decided reaches Zoom's init.
func TestSettings(t *testing.T) {
	yes, no := true, false
	set := settings()
	set.Session.AgentAnnotation, set.Session.CustomerAnnotation = &yes, &no
	set.Session.MultiTab = &yes
	set.Session.RemoteAssist = []string{"scroll_page"}
	set.Masks = masks()
	w := start(t, set, nil)
	common := map[string]any{
		"allowAgentAnnotation": true, "allowCustomerAnnotation": false,
		"multiTabSessionPersistence": map[string]any{"enable": true},
		"remoteAssist": map[string]any{
			"enable": true, "enableCustomerConsent": true, "remoteAssistTypes": []any{"scroll_page"},
		},
	}
	account := map[string]any{"maskType": "all_input", "maskCssSelectors": ".iban, #balance"}
	for i, tc := range []struct {
		path string
		mask map[string]any
	}{
		{"/account/1", account},
		{"/ACCOUNT/1", account},
		{"/%61ccount/1", account},
		{"//account/1", account},
		{"/statement.pdf.html", map[string]any{"maskType": "custom_input", "maskHTMLAttributes": "data-pii=yes,name=ssn"}},
		{"/", map[string]any{"maskType": "all_input"}},
		{"/my/account/1", map[string]any{"maskType": "all_input"}},
	} {
		t.Run(tc.path, func(t *testing.T) {
			tab := w.open(t, tc.path)
			begin(tab)
			tab.Wait(in(".digits"))
			var got map[string]any
			if err := json.Unmarshal(w.zoom.Await(t, "init", i+1).Args, &got); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{"piiMask": tc.mask}
			maps.Copy(want, common)
			if g, w := marshal(t, got), marshal(t, want); g != w {
				t.Errorf("init was called with\n%s, want\n%s", g, w)
			}
		})
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestErrorWords: whatever goes wrong, the customer reads a sentence, and can
// try again where that may help.
func TestErrorWords(t *testing.T) {
	const rejected = "The help service did not accept the session."
	blocked := "The help service cannot be reached. A filter or a browser extension may be blocking it."
	type failing struct {
		name  string
		zoom  browsertest.Behaviour
		proxy int
		want  string
		final bool
	}
	cases := []failing{
		{name: "SDK unreachable", zoom: browsertest.Behaviour{Cut: true}, want: blocked},
		{name: "SDK answers 404", zoom: browsertest.Behaviour{Status: 404}, want: blocked},
		{name: "init fails", zoom: browsertest.Behaviour{InitError: 1011}, want: rejected + " (1011)"},
		{name: "proxy 403", proxy: http.StatusForbidden, want: "Sharing is not allowed here. (403)", final: true},
		{name: "proxy 429", proxy: http.StatusTooManyRequests, want: "Too many attempts. Please wait a minute. (429)"},
		{name: "proxy 503", proxy: http.StatusServiceUnavailable, want: "Sharing is not available at the moment. (503)"},
		{name: "proxy 500", proxy: http.StatusInternalServerError, want: "Sharing is not available at the moment. (500)"},
		{name: "proxy says nothing", proxy: http.StatusOK, want: "Sharing is not available at the moment. (200)"},
	}
	for code, want := range map[int]string{
		1001: rejected, 1006: rejected, 1008: rejected, 1009: rejected, 1010: rejected, 1011: rejected, 2001: rejected,
		1002: "A session is just being started or stopped.", 1017: "A session is just being started or stopped.",
		1004: "You are sharing already, in another tab.", 1015: "You are sharing already, in another tab.",
		1012: "The session is full.", 1013: "The session is full.",
		1016: "The connection was lost. Are you online?",
		9999: "Something went wrong.", 4711: "Something went wrong.",
	} {
		b := browsertest.Behaviour{StartError: code, StartEvent: code%2 == 0}
		cases = append(cases, failing{name: b.String(), zoom: b, want: want + " (" + b.String()[len("start error "):] + ")"})
	}
	var status int
	w := start(t, settings(), func(s *site) {
		s.create = func(rw http.ResponseWriter) bool {
			if status != 0 {
				problem(rw, status, "stand-in")
			}
			return status != 0
		}
	})
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			w.zoom.Behave(tc.zoom)
			status = tc.proxy
			tab := w.open(t, "/")
			begin(tab)
			tab.Wait(in(".failed"))
			if got := browsertest.Eval[string](tab, text(".failed")); got != tc.want {
				t.Errorf("the customer reads %q, want %q", got, tc.want)
			}
			if got := browsertest.Eval[string](tab, text("h2")); got != "That did not work" {
				t.Errorf("the title is %q", got)
			}
			if tc.name == "SDK unreachable" {
				tab.Screenshot("error")
			}
			if tc.final {
				tab.Wait("!" + in(".main"))
				return
			}
			w.zoom.Behave(browsertest.Behaviour{})
			status = 0
			tab.Click(in(".main"))
			tab.Wait(in(".digits"))
		})
	}
}

func TestOffline(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.open(t, "/")
	browsertest.Eval[bool](tab, "(Object.defineProperty(navigator, 'onLine', {value: false}), true)")
	w.zoom.Behave(browsertest.Behaviour{Cut: true})
	begin(tab)
	tab.Wait(text(".failed") + " === 'The connection was lost. Are you online?'")
}

func TestCancel(t *testing.T) {
	w := start(t, settings(), nil)
	w.zoom.Behave(browsertest.Behaviour{Silent: true})
	tab := w.open(t, "/")
	begin(tab)
	w.zoom.Await(t, "start", 1)
	tab.Wait(text("h2") + " === 'Connecting…'")
	tab.Screenshot("starting")
	tab.Click(in(".content button"))
	w.zoom.Await(t, "end", 1)
	tab.Wait(text("h2") + " === 'Share this page with us'")
	// What comes too late is not for this page any more.
	emit(t, tab, "pincode_updated", "{pincode: '111111'}")
	tab.Wait(text("h2") + " === 'Share this page with us'")
	tab.Clean()
}

func TestErrorWhileSharing(t *testing.T) {
	w := start(t, settings(), nil)
	tab := w.open(t, "/")
	begin(tab)
	tab.Wait(in(".digits"))
	emit(t, tab, "agent_joined", "{}")
	tab.Wait(text("p") + " === 'Our agent is here.'")
	emit(t, tab, "session_error", "{code: 1002}")
	tab.Wait(text("p") + " === 'Our agent is here.'")
	emit(t, tab, "session_error", "{errorCode: 1016, errorMsg: 'x'}")
	tab.Wait(text(".failed") + " === 'The connection was lost. Are you online? (1016)'")
	if got := browsertest.Eval[string](tab, text(".help")); got != "Sharing" {
		t.Errorf("the button says %q though the page may still be shared", got)
	}
	tab.Wait(in(".stop") + " && " + in(".main"))
	emit(t, tab, "session_ended", "{}")
	tab.Wait(text("h2") + " === 'Sharing has stopped'")
}

func TestKeyboard(t *testing.T) {
	w := start(t, settings(), func(s *site) {
		s.head = `<script>window.keys = []; addEventListener('keydown', (e) => keys.push(e.key))</script>`
	})
	for _, key := range []string{kb.Enter, " "} {
		tab := w.open(t, "/")
		focus := `shadowRootOf(document.querySelector('cobrowse-help')).activeElement`
		browsertest.Eval[bool](tab, "(document.querySelector('input[type=reset]').focus(), true)")
		tab.Press(kb.Tab)
		tab.Wait(focus + "?.className === 'help'")
		tab.Wait(in(".help") + ".getAttribute('aria-expanded') === 'false'")
		tab.Screenshot("focus")

		tab.Press(key)
		tab.Wait(visible("section"))
		tab.Wait(focus + "?.className === 'main'")
		tab.Wait(in(".help") + ".getAttribute('aria-expanded') === 'true'")
		tab.Press(kb.Escape)
		tab.Wait(in("section") + ".hidden")
		tab.Wait(focus + "?.className === 'help'")
		tab.Wait(in(".help") + ".getAttribute('aria-expanded') === 'false'")

		tab.Press(key)
		tab.Wait(focus + "?.className === 'main'")
		tab.Press(key)
		tab.Wait(in(".digits"))
		tab.Wait(focus + "?.className === 'stop'") // the focus is not lost with the button
		if got := browsertest.Eval[string](tab, "keys.join()"); got != "Tab" {
			t.Errorf("the page saw the keys %q", got)
		}
		tab.Clean()
	}
}
