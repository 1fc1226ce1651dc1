package storetest

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

func wantState(t *testing.T, what string, s session.Session, want session.State) {
	t.Helper()
	if s.State != want {
		t.Errorf("%s: %s, want %s", what, s.State, want)
	}
}

func testLife(t *testing.T, e Engine) {
	w := newWorld(t, e, nil)
	c := w.click(w.a, "Zoë")
	wantState(t, "after the click", c.Session, session.StateCreated)
	if c.Session.Page != "/apply" {
		t.Errorf("page %q; a query is nobody's business", c.Session.Page)
	}
	if l := w.desk(w.b, session.Query{Agent: "ann"}); l.Found != 0 {
		t.Errorf("a session without PIN is listed: %+v", l)
	}
	if _, err := w.picks(w.b, "ann", c.Session.ID); !errors.Is(err, session.ErrNoPIN) {
		t.Errorf("claiming one without PIN: %v", err)
	}

	change := c.says(w.a, session.Event{Kind: session.EventPIN, PIN: "123 456"})
	wantState(t, "with a PIN", change.Session, session.StateWaiting)
	if change.From != session.StateCreated {
		t.Errorf("it came from %s", change.From)
	}
	if l := w.desk(w.b, session.Query{Agent: "ann", Search: "zOË"}); l.Found != 1 || l.Waiting != 1 || l.Sessions[0].ID != c.Session.ID {
		t.Errorf("the other instance lists %+v", l)
	}
	if l := w.desk(w.b, session.Query{Agent: "ann", Search: "somebody else"}); l.Found != 0 || l.Waiting != 1 {
		t.Errorf("searching for somebody else: %+v", l)
	}

	claimed, err := w.types(w.b, "ann", "123456")
	if err != nil || claimed.PIN != "123456" || claimed.Again {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	if l := w.desk(w.a, session.Query{Agent: "bob"}); l.Found != 0 {
		t.Errorf("another agent sees what is claimed: %+v", l)
	}
	for _, q := range []session.Query{{Agent: "ann"}, {Agent: "boss", All: true}} {
		if l := w.desk(w.a, q); l.Found != 1 {
			t.Errorf("%+v sees %+v", q, l)
		}
	}

	change = c.says(w.b, session.Event{Kind: session.EventAgentJoined, Page: "https://www.bank.test/pay?card=1"})
	wantState(t, "with an agent", change.Session, session.StateActive)
	if change.Unclaimed || change.Session.Page != "/pay" {
		t.Errorf("unclaimed %v, page %q", change.Unclaimed, change.Session.Page)
	}
	change = c.says(w.a, session.Event{Kind: session.EventAgentLeft})
	wantState(t, "without the agent", change.Session, session.StateWaiting)
	if again, err := w.types(w.a, "ann", "123456"); err != nil || !again.Again {
		t.Errorf("the agent comes back: %+v, %v", again, err)
	}
	change = c.says(w.a, session.Event{Kind: session.EventError, Code: "1011\n<b>"})
	if change.Session.Fault != "1011b" {
		t.Errorf("fault %q", change.Session.Fault)
	}
	testEnd(t, w, c)
}

// testEnd is the end of a session's life.
func testEnd(t *testing.T, w *world, c *customer) {
	ctx := t.Context()
	_, err := w.a.End(ctx, "other.test", c.Session.ID, session.CauseSupervisor)
	wantError(t, "ending another site's", err, session.ErrNotFound)
	change, err := w.b.End(ctx, site, c.Session.ID, session.CauseSupervisor)
	if err != nil || change.Session.Ended != session.CauseSupervisor || len(change.Session.PIN.Sealed) != 0 {
		t.Errorf("ended as %+v, %v", change.Session, err)
	}
	late, err := c.reports(w.a, session.Event{Kind: session.EventHeartbeat})
	wantError(t, "a heartbeat after the end", err, session.ErrOver)
	wantState(t, "which tells", late.Session, session.StateEnded)
	again := c.says(w.a, session.Event{Kind: session.EventEnded})
	if again.From != session.StateEnded || again.Session.Ended != session.CauseSupervisor {
		t.Errorf("ending it again: %+v", again)
	}
	_, err = w.types(w.a, "ann", "123456")
	wantError(t, "the PIN after the end", err, session.ErrRefused)
	_, err = w.picks(w.a, "ann", c.Session.ID)
	wantError(t, "the ID after the end", err, session.ErrOver)
	if l := w.desk(w.a, session.Query{All: true}); l.Found+l.Waiting+l.Active != 0 {
		t.Errorf("after the end: %+v", l)
	}
}

func testRestore(t *testing.T, e Engine) {
	w := newWorld(t, e, nil)
	c := w.waiting(w.a, "Zoë", "123456")
	if _, err := w.types(w.a, "ann", "123456"); err != nil {
		t.Fatal(err)
	}
	w.space = newID() // the store is lost
	m := w.instance(w.conf)
	w.pass(time.Hour)
	change := c.says(m, session.Event{Kind: session.EventAgentJoined, Page: "/pay"})
	wantState(t, "an agent is in already", change.Session, session.StateActive)
	if !change.Restored || !change.Unclaimed {
		t.Errorf("restored %v, unclaimed %v; want both", change.Restored, change.Unclaimed)
	}
	if s := change.Session; s.Customer != c.Session.Customer || !s.CreatedAt.Equal(c.Session.CreatedAt.Truncate(time.Second)) || s.Page != "/pay" {
		t.Errorf("put back as %+v", s)
	}
	if change = c.says(m, session.Event{Kind: session.EventPIN, PIN: "123456"}); change.Restored || change.Session.PIN.Key == "" {
		t.Errorf("the PIN again: %+v", change)
	}
	if claimed, err := w.types(m, "ann", "123456"); err != nil || claimed.PIN != "123456" {
		t.Errorf("claiming again: %v", err)
	}
	w.space = newID()
	m = w.instance(w.conf)
	_, err := c.reports(m, session.Event{Kind: session.EventEnded})
	wantError(t, "ending what is forgotten", err, session.ErrNotFound)
	w.pass(8 * time.Hour)
	_, err = c.reports(m, session.Event{Kind: session.EventHeartbeat})
	wantError(t, "a ticket of yesterday", err, session.ErrTicket)
}

func testPINTaken(t *testing.T, e Engine) {
	w := newWorld(t, e, func(c *session.Config) { c.Limits.PINsPerSession = session.Rate{Max: 5, Window: time.Hour} })
	first := w.waiting(w.a, "First", "123456")
	second := w.click(w.b, "Second")
	pin := session.Event{Kind: session.EventPIN, PIN: "123456"}
	_, err := second.reports(w.b, pin)
	wantError(t, "binding a live PIN twice", err, session.ErrPINTaken)
	for range 10 { // the same PIN again is nothing new
		first.says(w.b, pin)
	}
	first.says(w.a, session.Event{Kind: session.EventPIN, PIN: "654321"})
	_, err = w.types(w.b, "ann", "123456")
	wantError(t, "a PIN that was replaced", err, session.ErrRefused)
	second.says(w.b, pin)
	if claimed, err := w.types(w.a, "ann", "123456"); err != nil || claimed.Session.ID != second.Session.ID {
		t.Errorf("the PIN's new session: %+v, %v", claimed.Session, err)
	}
	w.pass(5 * time.Minute) // first is silent and expires; nobody sweeps
	third := w.waiting(w.a, "Third", "654321")
	if claimed, err := w.types(w.b, "bob", "654321"); err != nil || claimed.Session.ID != third.Session.ID {
		t.Errorf("the PIN of an expired session: %+v, %v", claimed.Session, err)
	}
	for i := range 5 {
		_, err = third.reports(w.a, session.Event{Kind: session.EventPIN, PIN: fmt.Sprintf("%06d", i)})
	}
	wantError(t, "a sixth PIN", err, session.ErrLimited)
}

func testSweep(t *testing.T, e Engine) {
	w := newWorld(t, e, func(c *session.Config) { unlimitedTries(c) })
	unclaimed := w.waiting(w.a, "Unclaimed", "000001")
	active := w.waiting(w.a, "Active", "000002")
	active.says(w.a, session.Event{Kind: session.EventAgentJoined})
	live := w.waiting(w.a, "Live", "000003")
	for range 11 { // minutes; a PIN that nobody claims dies in the tenth
		w.pass(time.Minute)
		_, _ = unclaimed.reports(w.a, session.Event{Kind: session.EventHeartbeat})
		live.says(w.b, session.Event{Kind: session.EventHeartbeat})
		if w.now().Sub(live.Session.CreatedAt) == time.Minute {
			if _, err := w.types(w.a, "ann", "000003"); err != nil {
				t.Fatal(err)
			}
		}
	}
	causes := make(map[string]session.Cause)
	var mu sync.Mutex
	together(func(i int) {
		swept, err := w.instanceOf(i).Sweep(t.Context(), site)
		if err != nil || swept.Left != 1 {
			t.Errorf("%d left, %v; want the live one", swept.Left, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, change := range swept.Changes {
			if causes[change.Session.ID] != "" {
				t.Errorf("%s was swept twice", change.Session.ID)
			}
			causes[change.Session.ID] = change.Session.Ended
		}
	})
	want := map[string]session.Cause{unclaimed.Session.ID: session.CauseUnclaimed, active.Session.ID: session.CauseSilence}
	if fmt.Sprint(causes) != fmt.Sprint(want) {
		t.Errorf("swept %v, want %v", causes, want)
	}
	if l := w.desk(w.a, session.Query{All: true}); l.Waiting != 1 || l.Active != 0 {
		t.Errorf("left: %+v", l)
	}
}

func testLimits(t *testing.T, e Engine) {
	w := newWorld(t, e, func(c *session.Config) {
		c.Limits.SessionsPerAddress = session.Rate{Max: 3, Window: time.Hour}
		c.Limits.SessionsPerSite = session.Rate{Max: 8, Window: time.Hour}
		c.Limits.TokensPerSite = session.Rate{Max: 11, Window: 24 * time.Hour}
	})
	create := func(i int, site, addr string) error {
		parsed, _ := netip.ParseAddr(addr) // "" is an address that nobody knows
		_, err := w.instanceOf(i).Create(t.Context(), session.CreateRequest{Site: site, Addr: parsed})
		return err
	}
	steps := []struct{ site, addr, limit string }{
		{site, "2001:db8:0:1::1", ""},
		{site, "2001:db8:0:1::2%eth0", ""},
		{site, "2001:db8:0:1:ffff::", ""},
		{site, "2001:db8:0:1::4", "sessions_per_address"},
		{site, "2001:db8:0:2::1", ""}, // another household
		{site, "192.0.2.1", ""},
		{site, "::ffff:192.0.2.1", ""}, // the same one
		{site, "192.0.2.1", ""},
		{site, "192.0.2.1", "sessions_per_address"},
		{site, "", ""},
		{site, "192.0.2.2", "sessions_per_site"},
		{"b.test", "192.0.2.1", ""}, // another site
	}
	for i, step := range steps {
		err := create(i, step.site, step.addr)
		var limit *session.LimitError
		switch {
		case step.limit == "" && err != nil:
			t.Errorf("step %d, %s at %s: %v", i, step.addr, step.site, err)
		case step.limit == "":
		case !errors.As(err, &limit) || limit.Limit != step.limit || limit.RetryAfter <= 0 || limit.RetryAfter > time.Hour:
			t.Errorf("step %d, %s at %s: %v, want %s", i, step.addr, step.site, err, step.limit)
		}
	}
	wantError(t, "without site", create(0, "", "192.0.2.9"), session.ErrInvalid)
	budget := newWorld(t, e, func(c *session.Config) {
		unlimitedTries(c)
		c.Limits.TokensPerSite = session.Rate{Max: 2, Window: 24 * time.Hour}
	})
	budget.click(budget.a, "One")
	wantError(t, "a second token", budget.b.SpendToken(t.Context(), site, customerAddr), nil)
	wantError(t, "a third token", budget.a.SpendToken(t.Context(), site, customerAddr), session.ErrLimited)
}

func testBYOP(t *testing.T, e Engine) {
	w := newWorld(t, e, func(c *session.Config) { c.PINs = session.PINBYOP })
	c, other := w.click(w.a, "Zoë"), w.click(w.b, "Other")
	if len(c.PIN) != 8 || c.PIN == other.PIN {
		t.Fatalf("made the PINs %q and %q", c.PIN, other.PIN)
	}
	_, err := w.types(w.a, "ann", c.PIN)
	wantError(t, "a PIN whose session has not started", err, session.ErrRefused)
	_, err = c.reports(w.a, session.Event{Kind: session.EventPIN, PIN: "ABC"})
	wantError(t, "reporting a PIN of one's own", err, session.ErrInvalid)
	_, err = c.reports(w.a, session.Event{Kind: session.EventPIN, PIN: other.PIN})
	wantError(t, "reporting another's PIN", err, session.ErrInvalid)
	change := c.says(w.b, session.Event{Kind: session.EventStarted})
	wantState(t, "started", change.Session, session.StateWaiting)
	if claimed, err := w.types(w.a, "ann", " "+c.PIN[:4]+"-"+c.PIN[4:]); err != nil || claimed.Session.ID != c.Session.ID {
		t.Errorf("claimed %+v, %v", claimed, err)
	}
}

func testRotation(t *testing.T, e Engine) {
	w := newWorld(t, e, nil)
	c := w.waiting(w.a, "Zoë", "123456")
	rotated := w.conf
	rotated.Secrets = append([]string{"the next SDK secret"}, rotated.Secrets...)
	m := w.instance(rotated)
	c.says(m, session.Event{Kind: session.EventHeartbeat})
	fresh := w.click(m, "Fresh")
	_, err := fresh.reports(m, session.Event{Kind: session.EventPIN, PIN: "123456"})
	wantError(t, "a PIN that is live under the former secret", err, session.ErrPINTaken)
	if claimed, err := w.types(m, "ann", "123456"); err != nil || claimed.PIN != "123456" {
		t.Errorf("claimed %+v, %v", claimed, err)
	}
	rotated.Secrets = rotated.Secrets[:1]
	m = w.instance(rotated)
	_, err = c.reports(m, session.Event{Kind: session.EventHeartbeat})
	wantError(t, "a ticket of a secret that is gone", err, session.ErrTicket)
	fresh.says(m, session.Event{Kind: session.EventHeartbeat})
}

func testDeskWakes(t *testing.T, e Engine) {
	w := newWorld(t, e, unlimitedTries)
	desk := w.b.Watch(t.Context(), site)
	// The subscription takes a moment; until it is there, customers come.
	for i := 0; ; i++ {
		w.waiting(w.a, "Zoë", fmt.Sprintf("%06d", i))
		select {
		case <-desk:
			if l := w.desk(w.b, session.Query{}); l.Found == 0 {
				t.Error("woken, and nobody there")
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
		if i > 400 {
			t.Fatal("nobody woke the desk")
		}
	}
}

func testRelease(t *testing.T, e Engine) {
	w := newWorld(t, e, nil)
	c := w.waiting(w.a, "Zoë", "123456")
	if _, err := w.types(w.a, "ann", "123456"); err != nil {
		t.Fatal(err)
	}
	if change, err := w.b.Release(t.Context(), site, c.Session.ID, "bob"); err != nil || len(change.Session.Claims) != 1 {
		t.Errorf("giving up another's claim: %+v, %v", change.Session.Claims, err)
	}
	_, err := w.types(w.b, "bob", "123456")
	wantError(t, "claiming another's", err, session.ErrRefused)
	if change, err := w.b.Release(t.Context(), site, c.Session.ID, "ann"); err != nil || len(change.Session.Claims) != 0 {
		t.Errorf("giving up one's own: %+v, %v", change.Session.Claims, err)
	}
	if claimed, err := w.types(w.b, "bob", "123456"); err != nil || claimed.Again {
		t.Errorf("claiming what was given up: %+v, %v", claimed, err)
	}
}

func testZoom(t *testing.T, e Engine) {
	w := newWorld(t, e, nil)
	c := w.waiting(w.a, "Zoë", "123456")
	notify := func(m *session.Manager, event session.ZoomEvent, user string, agent bool) (session.Session, error) {
		change, err := m.Zoom(t.Context(), session.ZoomNotice{Event: event, SessionID: "zoom 1/2", UserID: user, Agent: agent})
		return change.Session, err
	}
	_, err := notify(w.a, session.ZoomUserJoined, "ann", true)
	wantError(t, "an agent in a session that nobody knows", err, session.ErrNotFound)
	_, err = notify(w.a, session.ZoomStarted, newID(), false)
	wantError(t, "a customer whom nobody knows", err, session.ErrNotFound)
	_, err = notify(w.a, "cobrowse.nonsense", c.Session.ID, false)
	wantError(t, "an event that is none", err, session.ErrInvalid)

	s, err := notify(w.a, session.ZoomStarted, c.Session.ID, false)
	if err != nil || s.ZoomID != "zoom 1/2" {
		t.Fatalf("started: %q, %v", s.ZoomID, err)
	}
	wantState(t, "started", s, session.StateWaiting)
	if s, err = notify(w.b, session.ZoomUserJoined, c.Session.ID, true); err != nil {
		t.Fatal(err)
	}
	wantState(t, "with an agent", s, session.StateActive)
	if s, err = notify(w.b, session.ZoomUserLeft, "ann", true); err != nil {
		t.Fatal(err)
	}
	wantState(t, "without the agent, of whom the page has not told", s, session.StateActive)
	if s, err = notify(w.a, session.ZoomEnded, "", false); err != nil || s.Ended != session.CauseZoom {
		t.Errorf("ended: %+v, %v", s, err)
	}
	if s, err = notify(w.b, session.ZoomEnded, "", false); err != nil {
		t.Errorf("ended again: %v", err)
	}
	wantState(t, "ended again", s, session.StateEnded)
}
