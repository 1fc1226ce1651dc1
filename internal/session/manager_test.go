package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "the SDK secret of a test"

func newStore(t testing.TB) *memory.Store {
	t.Helper()
	s, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newManager(t testing.TB, c session.Config) *session.Manager {
	t.Helper()
	c.Secrets = []string{secret}
	m, err := session.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestConfig(t *testing.T) {
	store := newStore(t)
	tests := map[string]session.Config{
		"no store":            {Secrets: []string{secret}},
		"no secret":           {Store: store},
		"an empty secret":     {Store: store, Secrets: []string{secret, " "}},
		"another PIN mode":    {Store: store, Secrets: []string{secret}, PINs: "dice"},
		"no agent":            {Store: store, Secrets: []string{secret}, MaxAgents: -1},
		"six agents":          {Store: store, Secrets: []string{secret}, MaxAgents: 6},
		"a timeout of 1ms":    {Store: store, Secrets: []string{secret}, Timeouts: session.Timeouts{Active: time.Millisecond}},
		"a window of nothing": {Store: store, Secrets: []string{secret}, Limits: session.Limits{TriesPerSite: session.Rate{Max: 1}}},
		"a limit of nothing":  {Store: store, Secrets: []string{secret}, Limits: session.Limits{TriesPerSite: session.Rate{Window: time.Hour}}},
	}
	for name, c := range tests {
		if _, err := session.New(c); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
		if shown := fmt.Sprintf("%v %+v %#v %s", c, c, c, c.LogValue()); strings.Contains(shown, secret) {
			t.Errorf("%s: shown as %s", name, shown)
		}
	}
}

// failing is a store some of whose steps fail.
type failing struct {
	session.Store
	hit, update, list atomic.Bool
}

var errBroken = session.Unavailable("a test", errors.New("it is broken"))

func (f *failing) Hit(ctx context.Context, key string, delta int64, window time.Duration) (session.Count, error) {
	if f.hit.Load() {
		return session.Count{}, errBroken
	}
	return f.Store.Hit(ctx, key, delta, window)
}

func (f *failing) Update(ctx context.Context, s session.Session, ttl time.Duration) (session.Session, error) {
	if f.update.Load() {
		return session.Session{}, errBroken
	}
	return f.Store.Update(ctx, s, ttl)
}

func (f *failing) List(ctx context.Context, site, cursor string) ([]session.Session, string, error) {
	if f.list.Load() {
		return nil, "", errBroken
	}
	return f.Store.List(ctx, site, cursor)
}

func (f *failing) Announce(context.Context, string) error { return errBroken }

// waiting creates a session with a PIN.
func waiting(t testing.TB, m *session.Manager, pin string) session.Created {
	t.Helper()
	created, err := m.Create(t.Context(), session.CreateRequest{Site: "a.test"})
	if err == nil {
		_, err = m.Event(t.Context(), session.EventRequest{
			Site: "a.test", ID: created.Session.ID, Ticket: created.Ticket,
			Event: session.Event{Kind: session.EventPIN, PIN: pin},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func byPIN(agent, pin string) session.ClaimRequest {
	return session.ClaimRequest{Site: "a.test", Agent: session.Agent{ID: agent}, PIN: pin}
}

// TestClosedForAgents: where a counter cannot count or a claim cannot be
// written, no agent gets in; where only the desks cannot be told, all goes on.
func TestClosedForAgents(t *testing.T) {
	store := &failing{Store: newStore(t)}
	m := newManager(t, session.Config{Store: store})
	waiting(t, m, "123456")
	for name, broken := range map[string]*atomic.Bool{"counting": &store.hit, "writing": &store.update} {
		broken.Store(true)
		claimed, err := m.Claim(t.Context(), byPIN("ann", "123456"))
		if !errors.Is(err, session.ErrUnavailable) || claimed.PIN != "" {
			t.Errorf("%s fails: %+v, %v", name, claimed, err)
		}
		broken.Store(false)
	}
	store.hit.Store(true)
	if _, err := m.Create(t.Context(), session.CreateRequest{Site: "a.test"}); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("a click while counting fails: %v", err)
	}
	store.hit.Store(false)
	store.list.Store(true)
	if _, err := m.List(t.Context(), session.Query{Site: "a.test"}); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("listing: %v", err)
	}
	if _, err := m.Claim(t.Context(), byPIN("ann", "123456")); err != nil {
		t.Errorf("when it works again: %v", err)
	}
}

// TestEventForgeries: a ticket speaks for its session and for nothing else.
func TestEventForgeries(t *testing.T) {
	m := newManager(t, session.Config{Store: newStore(t)})
	mine, other := waiting(t, m, "123456"), waiting(t, m, "654321")
	genuine := session.EventRequest{
		Site: "a.test", ID: mine.Session.ID, Ticket: mine.Ticket, Event: session.Event{Kind: session.EventHeartbeat},
	}
	if _, err := m.Event(t.Context(), genuine); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		forge func(*session.EventRequest)
		want  error
	}{
		"another session":    {func(r *session.EventRequest) { r.ID = other.Session.ID }, session.ErrTicket},
		"another's ticket":   {func(r *session.EventRequest) { r.Ticket = other.Ticket }, session.ErrTicket},
		"another site":       {func(r *session.EventRequest) { r.Site = "b.test" }, session.ErrTicket},
		"no ticket":          {func(r *session.EventRequest) { r.Ticket = "" }, session.ErrTicket},
		"an unknown event":   {func(r *session.EventRequest) { r.Event.Kind = "agent_token" }, session.ErrInvalid},
		"a PIN too short":    {func(r *session.EventRequest) { r.Event = session.Event{Kind: session.EventPIN, PIN: "1"} }, session.ErrInvalid},
		"another's live PIN": {func(r *session.EventRequest) { r.Event = session.Event{Kind: session.EventPIN, PIN: "654321"} }, session.ErrPINTaken},
	}
	for name, test := range tests {
		r := genuine
		test.forge(&r)
		if _, err := m.Event(t.Context(), r); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestClaimRequests(t *testing.T) {
	m := newManager(t, session.Config{Store: newStore(t)})
	s := waiting(t, m, "123456").Session
	for name, test := range map[string]struct {
		r    session.ClaimRequest
		want error
	}{
		"nobody":         {byPIN("", "123456"), session.ErrInvalid},
		"nothing":        {byPIN("ann", ""), session.ErrInvalid},
		"both":           {session.ClaimRequest{Site: "a.test", Agent: session.Agent{ID: "ann"}, PIN: "123456", ID: s.ID}, session.ErrInvalid},
		"no site":        {session.ClaimRequest{Agent: session.Agent{ID: "ann"}, PIN: "123456"}, session.ErrInvalid},
		"another site":   {session.ClaimRequest{Site: "b.test", Agent: session.Agent{ID: "ann"}, ID: s.ID}, session.ErrNotFound},
		"its PIN there":  {session.ClaimRequest{Site: "b.test", Agent: session.Agent{ID: "ann"}, PIN: "123456"}, session.ErrRefused},
		"no ID of ours":  {session.ClaimRequest{Site: "a.test", Agent: session.Agent{ID: "ann"}, ID: "../../x"}, session.ErrNotFound},
		"another's case": {session.ClaimRequest{Site: "a.test", Agent: session.Agent{ID: "ann"}, ID: strings.ToUpper(s.ID) + "A"}, session.ErrNotFound},
	} {
		if claimed, err := m.Claim(t.Context(), test.r); !errors.Is(err, test.want) || claimed.PIN != "" {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// TestRefusalTakesTime: with the real clock; that it takes less than patience
// allows is not asserted.
func TestRefusalTakesTime(t *testing.T) {
	m := newManager(t, session.Config{Store: newStore(t), RefuseAfter: 30 * time.Millisecond})
	begun := time.Now()
	_, err := m.Claim(t.Context(), byPIN("ann", "123456"))
	if took := time.Since(begun); !errors.Is(err, session.ErrRefused) || took < 30*time.Millisecond {
		t.Errorf("%v after %v", err, took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(5*time.Millisecond, cancel)
	m = newManager(t, session.Config{Store: newStore(t), RefuseAfter: time.Hour})
	if _, err := m.Claim(ctx, byPIN("ann", "123456")); !errors.Is(err, context.Canceled) {
		t.Errorf("an agent who left: %v", err)
	}
}

// TestListIsShared: many desks read the store once, and a woken desk finds
// what it was woken for.
func TestListIsShared(t *testing.T) {
	var reads atomic.Int64
	store := &countingLists{Store: newStore(t), reads: &reads}
	m := newManager(t, session.Config{Store: store, ListEvery: 50 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	desk := m.Watch(ctx, "a.test")
	for i := range 5 {
		waiting(t, m, fmt.Sprintf("%06d", i))
		<-desk
		for range 100 {
			l, err := m.List(t.Context(), session.Query{Site: "a.test", Limit: 2})
			if err != nil || l.Waiting < i+1 || len(l.Sessions) > 2 || l.Found != l.Waiting {
				t.Fatalf("after session %d: %+v, %v", i, l, err)
			}
		}
	}
	if n := reads.Load(); n >= 500 {
		t.Errorf("500 lists read the store %d times", n)
	}
	cancel()
	for range desk {
	}
}

type countingLists struct {
	session.Store
	reads *atomic.Int64
}

func (c *countingLists) List(ctx context.Context, site, cursor string) ([]session.Session, string, error) {
	c.reads.Add(1)
	return c.Store.List(ctx, site, cursor)
}

// TestDeskOrder: who waits longest comes first.
func TestDeskOrder(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	m := newManager(t, session.Config{Store: newStore(t), ListEvery: -1, Now: func() time.Time { return now }})
	var want []string
	for i := range 5 {
		want = append(want, waiting(t, m, fmt.Sprintf("%06d", i)).Session.ID)
		now = now.Add(time.Second)
	}
	l, err := m.List(t.Context(), session.Query{Site: "a.test"})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range l.Sessions {
		if s.ID != want[i] {
			t.Errorf("place %d: %s, want %s", i, s.ID, want[i])
		}
	}
}

// stale is a store whose reservations are all for one session, as when one was
// read just before it went to another.
type stale struct {
	session.Store
	id string
}

func (s *stale) Reserved(context.Context, string) (string, error) { return s.id, nil }

// TestStaleReservation: what counts is the PIN that the record has.
func TestStaleReservation(t *testing.T) {
	store := &stale{Store: newStore(t)}
	m := newManager(t, session.Config{Store: store, RefuseAfter: time.Nanosecond})
	store.id = waiting(t, m, "123456").Session.ID
	if claimed, err := m.Claim(t.Context(), byPIN("ann", "654321")); !errors.Is(err, session.ErrRefused) {
		t.Errorf("claimed %+v, %v with another PIN", claimed, err)
	}
	if _, err := m.Claim(t.Context(), byPIN("ann", "123456")); err != nil {
		t.Errorf("with its own PIN: %v", err)
	}
}

// TestPINOutlived: a session that was joined without a claim may go on for
// hours; its PIN, which nobody has claimed, is not good for that long.
func TestPINOutlived(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	store := newStore(t)
	m := newManager(t, session.Config{Store: store, RefuseAfter: time.Nanosecond, Now: func() time.Time { return now }})
	created := waiting(t, m, "123456")
	report := func(kind session.EventKind) session.Change {
		change, err := m.Event(t.Context(), session.EventRequest{
			Site: "a.test", ID: created.Session.ID, Ticket: created.Ticket, Event: session.Event{Kind: kind},
		})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		return change
	}
	if !report(session.EventAgentJoined).Unclaimed {
		t.Error("an agent without claim is not told of")
	}
	for range 12 {
		now = now.Add(time.Minute)
		report(session.EventHeartbeat)
	}
	_, err := m.Claim(t.Context(), byPIN("ann", "123456"))
	var refusal *session.RefusalError
	if !errors.As(err, &refusal) || refusal.Reason != session.ReasonOver {
		t.Errorf("a PIN of 12 minutes: %v", err)
	}
	// Its agent leaves and comes back: the customer is not sent away meanwhile.
	if s := report(session.EventAgentLeft).Session; s.State != session.StateWaiting || !s.Deadline.After(now) {
		t.Errorf("without the agent: %s until %v", s.State, s.Deadline)
	}
	if s := report(session.EventAgentJoined).Session; s.State != session.StateActive {
		t.Errorf("with the agent again: %s", s.State)
	}
	if claimed, err := m.Claim(t.Context(), session.ClaimRequest{
		Site: "a.test", Agent: session.Agent{ID: "ann"}, ID: created.Session.ID,
	}); err != nil || claimed.PIN != "123456" {
		t.Errorf("from the list: %v", err)
	}
}

// TestClaimedPINStays: a claimed PIN is reserved for as long as its session is
// heard of, so that its agent can come back by it.
func TestClaimedPINStays(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	store, err := memory.New(memory.Config{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	m := newManager(t, session.Config{Store: store, RefuseAfter: time.Nanosecond, Now: clock})
	created := waiting(t, m, "123456")
	if _, err := m.Claim(t.Context(), byPIN("ann", "123456")); err != nil {
		t.Fatal(err)
	}
	for range 120 {
		now = now.Add(time.Minute)
		if _, err := m.Event(t.Context(), session.EventRequest{
			Site: "a.test", ID: created.Session.ID, Ticket: created.Ticket, Event: session.Event{Kind: session.EventHeartbeat},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := m.Claim(t.Context(), byPIN("ann", "123456")); err != nil || !again.Again {
		t.Errorf("after two hours: %+v, %v", again, err)
	}
}

// TestOffice: more agents behind one address type right PINs at once than the
// address may try wrong ones. None of them is refused, then or later; and one
// who guesses still is, after the limit.
func TestOffice(t *testing.T) {
	const agents = 20
	limit := session.Rate{Max: 8, Window: time.Hour}
	store := &busy{Store: newStore(t)}
	m := newManager(t, session.Config{Store: store, Sleep: store.pause, Limits: session.Limits{TriesPerAddress: limit}})
	for i := range agents {
		waiting(t, m, fmt.Sprintf("%06d", i))
	}
	store.on.Store(true)
	var group sync.WaitGroup
	for i := range agents {
		group.Go(func() {
			if _, err := m.Claim(t.Context(), byPIN(fmt.Sprint("agent", i), fmt.Sprintf("%06d", i))); err != nil {
				t.Errorf("agent %d: %v", i, err)
			}
		})
	}
	group.Wait()
	store.on.Store(false)
	reasons := make(map[session.Reason]int)
	for i := range agents {
		var refused *session.RefusalError
		if _, err := m.Claim(t.Context(), byPIN(fmt.Sprint("agent", i), "999999")); errors.As(err, &refused) {
			reasons[refused.Reason]++
		}
	}
	if reasons[session.ReasonUnknown] != int(limit.Max) || reasons[session.ReasonTriesAddr] != agents-int(limit.Max) {
		t.Errorf("of %d guesses, with a limit of %d: %v", agents, limit.Max, reasons)
	}
}

// busy is a store whose claims take a while once it is on, so that many are
// under way at once.
type busy struct {
	session.Store
	on    atomic.Bool
	tries atomic.Int64 // that were counted and not given back
}

func (b *busy) Hit(ctx context.Context, key string, n int64, window time.Duration) (session.Count, error) {
	if b.on.Load() {
		b.tries.Add(n)
	}
	return b.Store.Hit(ctx, key, n, window)
}

func (b *busy) Reserved(ctx context.Context, key string) (string, error) {
	if b.on.Load() {
		time.Sleep(10 * time.Millisecond)
	}
	return b.Store.Reserved(ctx, key)
}

// pause is the manager's Sleep: until no try is under way, however long.
func (b *busy) pause(ctx context.Context, _ time.Duration) error {
	for b.on.Load() && b.tries.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

// TestFaultIsNoTry: a store that fails in the middle of claims locks nobody out.
func TestFaultIsNoTry(t *testing.T) {
	store := &failing{Store: newStore(t)}
	m := newManager(t, session.Config{Store: store, RefuseAfter: time.Nanosecond})
	waiting(t, m, "123456")
	store.update.Store(true)
	for i := range 30 {
		if _, err := m.Claim(t.Context(), byPIN("ann", "123456")); !errors.Is(err, session.ErrUnavailable) {
			t.Fatalf("claim %d while writing fails: %v", i, err)
		}
	}
	store.update.Store(false)
	if _, err := m.Claim(t.Context(), byPIN("ann", "123456")); err != nil {
		t.Errorf("when it works again: %v", err)
	}
}
