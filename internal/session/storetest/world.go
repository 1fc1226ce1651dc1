package storetest

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// RunManager runs the suite of [session.Manager] over an engine: what two
// instances of a proxy do with one store.
func RunManager(t *testing.T, e Engine) {
	tests := []struct {
		name string
		run  func(*testing.T, Engine)
	}{
		{"a session lives on two instances", testLife},
		{"64 agents race for one PIN: one winner", testRace},
		{"64 agents race where three may: three winners", testRaceSeveral},
		{"agents race by PIN and by ID: one winner", testRaceMixed},
		{"tries over the limit are refused on every instance", testBruteForce},
		{"tries at once are as many as tries after each other", testBruteForceAtOnce},
		{"one agent cannot lock out the others", testLockoutOfOne},
		{"a lockout ends with its window", testLockoutEnds},
		{"every refusal has the same words and the same time", testUniform},
		{"a live page puts back what the store has forgotten", testRestore},
		{"a live PIN is bound once, and free when its session is over", testPINTaken},
		{"a session that expired is swept by one instance", testSweep},
		{"sessions and tokens are limited for addresses and sites", testLimits},
		{"our own PINs are bound when they are made", testBYOP},
		{"secrets are rotated while sessions go on", testRotation},
		{"changes wake the desks", testDeskWakes},
		{"a claim is given up, and another agent's", testRelease},
		{"Zoom's notices join the record", testZoom},
		{"the claimant offers video, and nobody else", testVideo},
		{"the customer is told of an offer for the first time once", testVideoShown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, e) })
	}
}

// Rounds is how many rounds a race has: 50, 5 with -short, and 1,000 where
// COBROWSE_LONG is set.
func Rounds() int {
	switch {
	case os.Getenv("COBROWSE_LONG") != "":
		return 1000
	case testing.Short():
		return 5
	}
	return 50
}

const site = "www.bank.test"

// world is some instances over one store, and the people who use them.
type world struct {
	t     *testing.T
	e     Engine
	space string
	a, b  *session.Manager // two instances
	conf  session.Config

	mu    sync.Mutex
	time  time.Time
	slept []time.Duration
}

// newWorld returns two instances that differ from the default in what
// configure does.
func newWorld(t *testing.T, e Engine, configure func(*session.Config)) *world {
	t.Helper()
	w := &world{t: t, e: e, space: newID(), time: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	w.conf = session.Config{
		Secrets:   []string{"the SDK secret of a test"},
		ListEvery: -1,
		Now:       w.now,
		Sleep:     w.sleep,
	}
	if configure != nil {
		configure(&w.conf)
	}
	w.a, w.b = w.instance(w.conf), w.instance(w.conf)
	return w
}

// instance is one more proxy, with a connection of its own to the store.
func (w *world) instance(c session.Config) *session.Manager {
	w.t.Helper()
	c.Store = openSpace(w.t, w.e, w.space, Capacity{})
	m, err := session.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

// pass lets time pass for the instances, but not for the engine.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

// sleep remembers for how long it was to sleep, and doesn't.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slept = append(w.slept, d)
	return ctx.Err()
}

// sleeps returns how long was slept since it was last called.
func (w *world) sleeps() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	slept := slices.Clone(w.slept)
	w.slept = nil
	return slept
}

var (
	customerAddr = netip.MustParseAddr("192.0.2.7")
	agentAddr    = netip.MustParseAddr("198.51.100.9")
)

// customer is somebody whose browser talks to an instance.
type customer struct {
	w *world
	session.Created
}

// click creates a session at an instance.
func (w *world) click(m *session.Manager, name string) *customer {
	w.t.Helper()
	created, err := m.Create(w.t.Context(), session.CreateRequest{
		Site: site, Customer: session.Customer{ID: "c-" + name, Name: name}, Page: "/apply?token=geheim#top", Addr: customerAddr,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return &customer{w, created}
}

// waiting creates a session and binds its PIN.
func (w *world) waiting(m *session.Manager, name, pin string) *customer {
	w.t.Helper()
	c := w.click(m, name)
	c.says(m, session.Event{Kind: session.EventPIN, PIN: pin})
	return c
}

// reports sends an event to an instance.
func (c *customer) reports(m *session.Manager, e session.Event) (session.Change, error) {
	return m.Event(c.w.t.Context(), session.EventRequest{
		Site: site, ID: c.Session.ID, Ticket: c.Ticket, Addr: customerAddr, Event: e,
	})
}

// says sends an event that must succeed.
func (c *customer) says(m *session.Manager, e session.Event) session.Change {
	c.w.t.Helper()
	change, err := c.reports(m, e)
	if err != nil {
		c.w.t.Fatalf("%s: %v", e.Kind, err)
	}
	return change
}

// types claims by PIN.
func (w *world) types(m *session.Manager, agent, pin string) (session.Claimed, error) {
	return m.Claim(w.t.Context(), session.ClaimRequest{
		Site: site, Agent: session.Agent{ID: agent}, PIN: pin, Addr: agentAddr,
	})
}

// picks claims by ID.
func (w *world) picks(m *session.Manager, agent, id string) (session.Claimed, error) {
	return m.Claim(w.t.Context(), session.ClaimRequest{
		Site: site, Agent: session.Agent{ID: agent}, ID: id, Addr: agentAddr,
	})
}

// desk lists what an agent sees.
func (w *world) desk(m *session.Manager, q session.Query) session.Listing {
	w.t.Helper()
	q.Site = site
	l, err := m.List(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func unlimitedTries(c *session.Config) {
	c.Limits.TriesPerAddress.Max, c.Limits.TriesPerSite.Max = -1, -1
	c.Limits.SessionsPerAddress.Max, c.Limits.SessionsPerSite.Max = -1, -1
}
