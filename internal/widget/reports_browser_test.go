package widget_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// quick lets a page's heart beat every second.
func quick(s *site) { s.heartbeat = 1 }

// joined brings a session about, with its agent.
func joined(t *testing.T, w *world) *browsertest.Tab {
	t.Helper()
	tab := w.open(t, "/")
	begin(tab)
	tab.Wait(in(".digits"))
	emit(t, tab, "agent_joined", "{}")
	tab.Wait(text("p") + " === 'Our agent is here.'")
	w.awaitEvents(t, "pincode_updated 482913", "session_started", "agent_joined")
	return tab
}

const stopped = " === 'Sharing has stopped'"

// TestReports: what the proxy is told, in what order, by whom.
func TestReports(t *testing.T) {
	w := start(t, settings(), nil)
	tab := joined(t, w)
	emit(t, tab, "agent_left", "{}")
	emit(t, tab, "agent_joined", "{}")
	emit(t, tab, "pincode_updated", "{pincode: '777001'}")
	emit(t, tab, "session_error", "{code: 1016}")
	tab.Wait(in(".stop"))
	tab.Click(in(".stop"))
	tab.Wait(text("h2") + stopped)
	w.awaitEvents(t, "pincode_updated 482913", "session_started", "agent_joined", "agent_left", "agent_joined",
		"pincode_updated 777001", "session_error 1016", "session_ended")
	for _, r := range w.reported() {
		if r.id != "session1" || r.ticket != "ticket-of-session1" || r.contentType != "application/json" {
			t.Errorf("reported by %+v", r)
		}
	}
	if w.overlap {
		t.Error("two reports were under way at a time")
	}
	tab.Clean()
}

// TestNoSecretInSight: ticket and token are in no URL, and in no storage
// once they are of no use.
func TestNoSecretInSight(t *testing.T) {
	const stored = "JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}) + document.cookie"
	for _, multi := range []bool{false, true} {
		set := settings()
		set.Session.MultiTab = &multi
		w := start(t, set, nil)
		tab := joined(t, w)
		if got := browsertest.Eval[string](tab, stored); !strings.Contains(got, "ticket-of-session1") || strings.Contains(got, "customer-token") {
			t.Errorf("while it lives, the next page finds %s", got)
		}
		tab.Click(in(".help"))
		tab.Click(in(".help"))
		tab.Click(in(".stop"))
		w.awaitNext(t, 0, "session_ended")
		tab.Open("https://" + shop + "/other")
		if got := browsertest.Eval[string](tab, "String(("+stored+").includes('ticket'))"); got != "false" {
			t.Error("the ticket is still stored")
		}
		for _, url := range tab.Requests() {
			if strings.Contains(url, "ticket") || strings.Contains(url, "customer-token") {
				t.Errorf("a secret in %s", url)
			}
		}
	}
}

// TestReportsWait: a proxy that is away gets its reports later, in order and
// without those that are moot, and the session does not suffer.
func TestReportsWait(t *testing.T) {
	for name, away := range map[string]func(http.ResponseWriter){
		"503": func(rw http.ResponseWriter) {
			rw.Header().Set("Retry-After", "1")
			problem(rw, http.StatusServiceUnavailable, "unavailable")
		},
		"429":        func(rw http.ResponseWriter) { problem(rw, http.StatusTooManyRequests, "rate-limited") },
		"502":        func(rw http.ResponseWriter) { http.Error(rw, "<h1>Bad gateway</h1>", http.StatusBadGateway) },
		"no network": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			var isAway atomic.Bool
			isAway.Store(true)
			w := start(t, settings(), func(s *site) {
				s.heartbeat = 1
				s.answer = func(rw http.ResponseWriter, _ report) bool {
					if !isAway.Load() {
						return false
					}
					away(rw)
					return true
				}
			})
			tab := w.open(t, "/")
			begin(tab)
			tab.Wait(in(".digits"))
			emit(t, tab, "agent_joined", "{}")
			emit(t, tab, "agent_left", "{}")
			emit(t, tab, "agent_joined", "{}")
			tab.Wait(text("p") + " === 'Our agent is here.'")
			emit(t, tab, "pincode_updated", "{pincode: '777001'}")
			w.await(t, "a repetition", func(all []report) bool { return len(all) > 1 })
			n := len(w.reported())
			isAway.Store(false)
			w.awaitNext(t, n, "pincode_updated")
			var got []string
			for _, r := range w.reported()[n:] {
				if r.Event != "heartbeat" {
					got = append(got, r.String())
				}
			}
			if want := []string{"session_started", "agent_joined", "agent_left", "agent_joined", "pincode_updated 777001"}; !slices.Equal(got, want) {
				t.Errorf("then the proxy was told %q, want %q", got, want)
			}
			if w.overlap {
				t.Error("two reports were under way at a time")
			}
			tab.Wait(text("p") + " === 'Our agent is here.'")
		})
	}
}

// TestProxyRestarted: a proxy that has forgotten the session is told again.
func TestProxyRestarted(t *testing.T) {
	w := start(t, settings(), quick)
	tab := joined(t, w)
	n := len(w.reported())
	w.forget()
	w.awaitNext(t, n, "agent_joined")
	w.awaitEvents(t, "pincode_updated 482913", "session_started", "agent_joined", "pincode_updated 482913 /", "agent_joined")

	// The next page knows the PIN too, although Zoom does not tell it again.
	n = len(w.reported())
	tab.Open("https://" + shop + "/other")
	w.awaitNext(t, n, "agent_joined") // after which the page has nothing to tell but that it is there
	n = len(w.reported())
	w.forget()
	if r := w.awaitNext(t, n, "pincode_updated"); r.PIN != "482913" || r.Page != "/other" {
		t.Errorf("after the navigation the proxy was told %q", r)
	}
}

// TestProxyEnds: what the proxy says of the session, the page does.
func TestProxyEnds(t *testing.T) {
	const rejected = "?.startsWith('Sharing is not available at the moment. (409)')"
	for _, tc := range []struct {
		name  string
		act   func(w *world) // instead of answer
		reply func(http.ResponseWriter)
		want  string
	}{
		{name: "supervisor", act: func(w *world) { w.end("session1") }, want: text("h2") + stopped},
		{name: "expired", reply: func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`{"state":"expired","agents":0}`)) }, want: text("h2") + stopped},
		{name: "410", reply: func(rw http.ResponseWriter) { problem(rw, http.StatusGone, "over") }, want: text("h2") + stopped},
		{name: "409", reply: func(rw http.ResponseWriter) { problem(rw, http.StatusConflict, "pin-taken") }, want: text(".failed") + rejected},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var reply atomic.Bool
			w := start(t, settings(), func(s *site) {
				s.heartbeat = 1
				s.answer = func(rw http.ResponseWriter, r report) bool {
					if !reply.Load() || r.Event == "session_ended" || r.id != "session1" {
						return false
					}
					tc.reply(rw)
					return true
				}
			})
			tab := joined(t, w)
			if tc.act != nil {
				tc.act(w)
			}
			reply.Store(tc.reply != nil)
			w.zoom.Await(t, "end", 1)
			tab.Wait(tc.want)
			tab.Wait(text(".help") + " === 'Get help'")
			tab.Wait("sessionStorage.getItem('cobrowse-live') === null")
			tab.Wait("(" + in(".stop") + " ?? null) === null")
			if ended := slices.Contains(w.events(), "session_ended"); tc.name != "409" && ended {
				t.Error("the proxy was told what it had told")
			} else if tc.name == "409" {
				w.awaitNext(t, 0, "session_ended")
			}
			tab.Click(in(".main")) // start again
			w.zoom.Await(t, "start", 2)
			tab.Wait(in(".digits"))
		})
	}
}

// TestTicketRefused: without the right to report, the session goes on.
func TestTicketRefused(t *testing.T) {
	w := start(t, settings(), func(s *site) {
		s.heartbeat = 1
		s.answer = func(rw http.ResponseWriter, r report) bool {
			if r.Event == "agent_joined" {
				problem(rw, http.StatusUnauthorized, "ticket")
			}
			return r.Event == "agent_joined"
		}
	})
	tab := joined(t, w)
	n := len(w.reported())
	emit(t, tab, "agent_left", "{}")
	tab.Wait(text("p") + " === 'An agent has left.'")
	browsertest.Eval[bool](tab, "new Promise((r) => setTimeout(() => r(true), 2500))") // two heartbeats
	if got := w.reported()[n:]; len(got) != 0 {
		t.Errorf("reported all the same: %q", got)
	}
	tab.Wait(text(".help") + " === 'Sharing'")
	if n := len(w.zoom.Calls("end")); n != 0 {
		t.Error("the session was ended")
	}
}

// TestReportsOfNavigation: the next page goes on reporting at once, and says
// where it is; a page that goes away ends nothing.
func TestReportsOfNavigation(t *testing.T) {
	w := start(t, settings(), nil) // a heartbeat in 20 s: what comes sooner is the first one
	tab := joined(t, w)
	n := len(w.reported())
	tab.Open("https://" + shop + "/other?token=x#y")
	w.awaitNext(t, n, "agent_joined")
	var got []string
	for _, r := range w.reported()[n:] {
		got = append(got, r.String())
	}
	if want := []string{"heartbeat /other", "session_started", "agent_joined"}; !slices.Equal(got, want) {
		t.Errorf("the next page reported %q, want %q", got, want)
	}
	browsertest.Eval[bool](tab, "(history.pushState(0, '', '/app'), true)")
	emit(t, tab, "agent_left", "{}")
	if r := w.awaitNext(t, n, "agent_left"); r.Page != "/app" {
		t.Errorf("an application's own page is reported as %q", r.Page)
	}

	// A supervisor ends it between two pages: Zoom is told by the second one.
	w.end("session1")
	tab.Open("https://" + shop + "/")
	w.zoom.Await(t, "end", 1)
	tab.Wait(text(".help") + " === 'Get help'")
	tab.Wait("sessionStorage.length === 0")
	if n := len(w.zoom.Calls("join")); n != 1 {
		t.Errorf("join was called %d times", n)
	}
}

// TestReportsOnLeaving: what waits behind a slow report survives the page.
func TestReportsOnLeaving(t *testing.T) {
	slow := make(chan struct{})
	w := start(t, settings(), func(s *site) {
		s.answer = func(_ http.ResponseWriter, r report) bool {
			if r.Event == "pincode_updated" {
				<-slow
			}
			return false
		}
	})
	tab := w.open(t, "/")
	begin(tab)
	tab.Wait(in(".digits"))
	emit(t, tab, "agent_joined", "{}")
	tab.Wait(text("p") + " === 'Our agent is here.'")
	tab.Click(in(".stop"))
	tab.Wait(text("h2") + stopped)
	if got := w.events(); len(got) != 1 {
		t.Errorf("reports did not wait: %q", got)
	}
	tab.Open("about:blank")
	w.awaitNext(t, 0, "session_ended")
	close(slow)
	// What the end made moot was not sent.
	w.awaitEvents(t, "pincode_updated 482913", "session_ended")
}

// TestSecondTab: where a session follows to other tabs, they report too.
func TestSecondTab(t *testing.T) {
	yes := true
	set := settings()
	set.Session.MultiTab = &yes
	w := start(t, set, nil)
	tab := joined(t, w)
	n := len(w.reported())
	other := tab.Sibling()
	other.Open("https://" + shop + "/other")
	r := w.awaitNext(t, n, "heartbeat")
	if r.id != "session1" || r.ticket != "ticket-of-session1" || r.Page != "/other" {
		t.Errorf("the second tab reports %+v", r)
	}
	// The stand-in has no session for it; the first tab's must go on.
	other.Wait(text(".help") + " === 'Get help'")
	other.Open("about:blank")
	emit(t, tab, "agent_left", "{}")
	w.awaitNext(t, n, "agent_left")
	tab.Wait("localStorage.getItem('cobrowse-live').includes('ticket-of-session1')")
	if slices.Contains(w.events(), "session_ended") {
		t.Error("the second tab ended the session")
	}
}

// TestOwnPIN: a PIN that the proxy makes goes to Zoom; what is shown is what
// Zoom says.
func TestOwnPIN(t *testing.T) {
	w := start(t, settings(), func(s *site) { s.pin = "AB12CD" })
	w.zoom.Behave(browsertest.Behaviour{PIN: "ZOOM77"})
	tab := w.open(t, "/")
	begin(tab)
	tab.Wait(in(".digits"))
	if call := w.zoom.Await(t, "start", 1); string(call.Args) != `{"sdkToken":"customer-token","customPinCode":"AB12CD"}` {
		t.Errorf("start was called with %s", call.Args)
	}
	if got := browsertest.Eval[string](tab, in(".digits")+".textContent"); got != "ZOOM77" {
		t.Errorf("the PIN is shown as %q", got)
	}
	w.awaitEvents(t, "pincode_updated ZOOM77", "session_started")
}

// TestReportsOfFailure: what never began is over for the proxy too.
func TestReportsOfFailure(t *testing.T) {
	w := start(t, settings(), nil)
	t.Run("Zoom refuses", func(t *testing.T) {
		w.zoom.Behave(browsertest.Behaviour{StartError: 1001})
		tab := w.open(t, "/")
		begin(tab)
		tab.Wait(in(".failed"))
		w.awaitEvents(t, "session_error 1001", "session_ended")
	})
	t.Run("cancelled before the answer", func(t *testing.T) {
		slow := make(chan struct{})
		w.rebuild(t, settings(), nil)
		made := w.site
		w.create = func(http.ResponseWriter) bool {
			<-slow
			return false
		}
		tab := w.open(t, "/")
		begin(tab)
		made.await(t, "a session", func([]report) bool { return len(made.created()) == 1 })
		tab.Click(in(".content button"))
		close(slow)
		w.awaitEvents(t, "session_ended")
		if n := len(w.zoom.Calls("start")); n != 0 {
			t.Error("Zoom's start was called")
		}
	})
}
