package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

// refusals are the answers that joins can get, and what the agent reads.
var refusals = map[string]struct {
	answer
	says string
}{
	"wrong, stale or taken PIN": {answer{status: 403, code: "pin-refused", body: "Not shown."}, "No waiting customer has this PIN."},
	"gone":                      {answer{status: 404, code: "not-found"}, "no longer waiting"},
	"a colleague's":             {answer{status: 409, code: "claimed"}, "A colleague has taken this customer."},
	"no PIN yet":                {answer{status: 409, code: "no-pin", retry: 5}, "no PIN yet. Try again in 5 s"},
	"over":                      {answer{status: 410, code: "over"}, "This session has ended."},
	"too often":                 {answer{status: 429, code: "rate-limited", retry: 30}, "Too many attempts. Try again in "},
	"store down":                {answer{status: 503, code: "unavailable", retry: 5, body: "Sessions cannot be looked after."}, "Sessions cannot be looked after. Try again in "},
	"audit down":                {answer{status: 503, code: "unavailable", body: "The audit record cannot be written."}, "The audit record cannot be written."},
	"not configured":            {answer{status: 403, code: "not-configured"}, "The desk is no longer open"},
	"other origin":              {answer{status: 403, code: "origin"}, "does not know this address"},
	"unknown 403":               {answer{status: 403}, "The proxy does not let you do this."},
	"error":                     {answer{status: 500}, "The proxy answered with error 500."},
	"not JSON":                  {answer{status: 200}, "The site does not answer."},
	"no token":                  {answer{status: 200, contentType: "application/json", body: `{"pin":"1"}`}, "The proxy answered with error 502."},
	"null":                      {answer{status: 500, contentType: "application/json", body: `null`}, "The proxy answered with error 500."},
	"no answer":                 {answer{}, "The site does not answer."},
}

func TestJoinRefused(t *testing.T) {
	p, zoom, b := start(t, desk.Settings{})
	threeWait(p)
	for name, tc := range refusals {
		t.Run(name, func(t *testing.T) {
			zoom.Reset()
			tab := b.NewTab(t)
			openDesk(tab)
			p.says("join", &tc.answer)
			defer p.says("join", nil)
			joinPIN(tab, "999999")
			shows(tab, "#pin-note", tc.says)
			if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != "pin" {
				t.Errorf("the focus is on %q", got)
			}
			tab.Click(row("s1"))
			tab.Wait("((n) => n && !n.hidden && n.textContent.includes(\"" + tc.says + "\"))(" + row("s1") + ".parentElement.querySelector('.note'))")
			if n := len(zoom.Desks()); n != 0 {
				t.Errorf("Zoom's desk was opened %d times", n)
			}
			if strings.Contains(strings.Join(tab.Console(), " "), "999999") {
				t.Errorf("the PIN is in the console: %q", tab.Console())
			}
			// It is no dead end.
			p.says("join", nil)
			tab.Click(row("s1"))
			tab.Wait(ready)
			if !browsertest.Eval[bool](tab, row("s1")+".parentElement.querySelector('.note').hidden") {
				t.Error("the note stays")
			}
		})
	}
}

// TestCountdown: the seconds to wait are counted, and then are over.
func TestCountdown(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	tab := b.NewTab(t)
	openDesk(tab)
	p.says("join", &answer{status: 429, code: "rate-limited", retry: 2})
	joinPIN(tab, "999999")
	shows(tab, "#pin-note", "Try again in 2 s")
	shows(tab, "#pin-note", "1 s")
	shows(tab, "#pin-note", "You can try again now.")
}

// TestRefusedWhileTheListMoves: the note of a customer whom a colleague takes is
// readable although the customer leaves the list.
func TestRefusedWhileTheListMoves(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	p.delay = make(chan struct{})
	p.says("join", &answer{status: 409, code: "claimed"})
	tab.Click(row("s1"))
	waitFor(t, "the join", func() bool { return len(p.asked("join")) == 1 })
	p.change(func(p *proxy) { p.sessions = p.sessions[1:] })
	tab.Wait("document.querySelector('.gone')")
	close(p.delay)
	shows(tab, ".gone .note", "A colleague has taken this customer.")
	tab.Screenshot("desk-claimed")
}

// TestSignedOut: however it is said, the list leaves the screen, and the agent
// can sign in again.
func TestSignedOut(t *testing.T) {
	for name, do := range map[string]func(*proxy, *browsertest.Tab){
		"event": func(p *proxy, _ *browsertest.Tab) { p.tell(event("signed-out", struct{}{}), true) },
		"join": func(p *proxy, tab *browsertest.Tab) {
			p.says("join", &answer{status: 403, code: "not-signed-in"})
			tab.Click(row("s1"))
		},
		"join answers 401": func(p *proxy, tab *browsertest.Tab) {
			p.says("join", &answer{status: 401})
			joinPIN(tab, "482913")
		},
		"join leads to a login": func(p *proxy, tab *browsertest.Tab) {
			p.says("join", &answer{status: 302})
			joinPIN(tab, "482913")
		},
		"stream refused": func(p *proxy, _ *browsertest.Tab) {
			p.says("events", &answer{status: 403, code: "not-signed-in"})
			p.tell("", true)
		},
		"stream leads to a login": func(p *proxy, _ *browsertest.Tab) {
			p.says("events", &answer{status: 302})
			p.tell("", true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, b := start(t, desk.Settings{})
			threeWait(p)
			tab := b.NewTab(t)
			openDesk(tab)
			do(p, tab)
			shows(tab, "#notice", "Your sign-in has ended.")
			tab.Wait("!document.querySelector('.row') && document.querySelector('#connection').dataset.state === 'out'")
			p.says("join", nil)
			p.says("events", nil)
			tab.Click("document.querySelector('#notice-act')")
			tab.Wait(live + " && document.querySelector('#notice').hidden")
		})
	}
}

// TestStreamLost: the page comes back by itself, and Zoom's desk notices
// nothing.
func TestStreamLost(t *testing.T) {
	for name, tc := range map[string]struct {
		refusal answer
		says    string
	}{
		"unreachable":    {answer{}, "Connection lost, trying again"},
		"limited":        {answer{status: 429, code: "rate-limited", retry: 1}, "Too many connections, trying again"},
		"forbidden":      {answer{status: 403, code: "not-configured"}, "The desk is no longer open"},
		"gateway":        {answer{status: 502}, "The list is not available, trying again"},
		"another page's": {answer{status: 200}, "The list is not available, trying again"},
	} {
		t.Run(name, func(t *testing.T) {
			p, zoom, b := start(t, desk.Settings{})
			threeWait(p)
			tab := b.NewTab(t)
			openDesk(tab)
			tab.Click(row("s1"))
			tab.Wait(ready)
			browsertest.Eval[bool](tab, "(window.frame = document.querySelector('iframe'), true)")
			p.says("events", &tc.refusal)
			p.tell("", true)
			shows(tab, "#connection", tc.says)
			tab.Wait("document.querySelector('#list').classList.contains('stale')")
			if name == "unreachable" {
				tab.Screenshot("desk-lost")
			}
			p.says("events", nil)
			tab.Wait(live)
			tab.Wait("!document.querySelector('#list').classList.contains('stale')")
			if !browsertest.Eval[bool](tab, "frame === document.querySelector('iframe') && document.querySelector('#bar-note').hidden") || len(zoom.Desks()) != 1 {
				t.Error("the open session was disturbed")
			}
		})
	}
}

func TestRestart(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	// Whoever waits a second for it waits for ever.
	tab := b.NewTab(t, "(() => { const timeout = setTimeout; window.setTimeout = (f, ms) => timeout(f, ms >= 1000 && ms < 20000 ? 1e8 : ms) })()")
	openDesk(tab)
	p.tell(event("restart", struct{}{}), true)
	waitFor(t, "the page to connect again", func() bool { return len(p.searched()) == 2 })
	tab.Wait(live)
	tab.Clean()
}

// TestSilence: a connection that died without a word is given up.
func TestSilence(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	tab := b.NewTab(t, "(() => { const timeout = setTimeout; window.setTimeout = (f, ms) => timeout(f, ms === 45000 ? 1500 : ms) })()")
	openDesk(tab)
	waitFor(t, "the page to connect again", func() bool { return len(p.searched()) >= 2 })
	tab.Wait(live)
}

func TestUnavailable(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	p.tell(event("unavailable", map[string]int{"retry": 5}), false)
	shows(tab, "#connection", "The list is not available")
	p.change(func(*proxy) {})
	tab.Wait(live)
	if got := p.searched(); len(got) != 1 {
		t.Errorf("%d streams", len(got))
	}
	tab.Clean()
}

// TestSessionEnds: it is said, and the frame stays until the agent closes it.
func TestSessionEnds(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	tab.Click(row("s1"))
	tab.Wait(ready)
	p.change(func(p *proxy) { p.sessions[0].State, p.sessions[0].ActiveAt = "active", time.Now() })
	shows(tab, "#about", "In session 0:")
	shows(tab, "#pin-words", "PIN of this session")
	first := p.sessions[0]
	p.change(func(p *proxy) { p.sessions = p.sessions[1:] })
	shows(tab, "#bar-note", "This session has ended")
	tab.Screenshot("desk-ended")
	tab.Wait("document.querySelector('iframe')")
	// The proxy had forgotten it only.
	p.change(func(p *proxy) { p.sessions = slices.Insert(p.sessions, 0, first) })
	tab.Wait("document.querySelector('#bar-note').hidden && " + text("#leave") + " === 'Leave'")
	p.change(func(p *proxy) { p.sessions = p.sessions[1:] })
	tab.Wait(text("#leave") + " === 'Close'")
	tab.Click("document.querySelector('#leave')")
	tab.Wait("!document.querySelector('iframe')")
	if got := p.asked("release"); len(got) != 0 {
		t.Errorf("releases of what is over: %q", got)
	}
	tab.Clean()
}

func TestSupervisorEnds(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	if browsertest.Eval[bool](tab, "[...document.querySelectorAll('.danger')].some((b) => b.checkVisibility())") {
		t.Error("an agent who is no supervisor can end")
	}
	p.change(func(p *proxy) { p.supervisor = true })
	// From the list.
	end := row("s2") + ".parentElement.querySelector('.danger')"
	tab.Wait("!" + end + ".hidden")
	p.says("end", &answer{status: 403, code: "not-supervisor"})
	tab.Click(end)
	agree(tab)
	tab.Wait(row("s2") + ".parentElement.querySelector('.note').textContent === 'Only supervisors can end a session.'")
	p.says("end", nil)
	tab.Click(end)
	agree(tab)
	tab.Wait(list + " === 's1,s3'")
	// And the open one.
	tab.Click(row("s1"))
	tab.Wait(ready)
	tab.Click("document.querySelector('#end')")
	tab.Wait("document.querySelector('#ask').open")
	tab.Screenshot("desk-end")
	agree(tab)
	shows(tab, "#bar-note", "This session has ended")
	tab.Wait("document.querySelector('iframe') && document.querySelector('#end').hidden")
	if got := p.asked("end"); !slices.Equal(got, []string{`{"id":"s2"}`, `{"id":"s2"}`, `{"id":"s1"}`}) {
		t.Errorf("ends: %q", got)
	}
}
