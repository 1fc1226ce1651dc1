package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// instanceOf spreads racers over both instances.
func (w *world) instanceOf(i int) *session.Manager {
	if i%2 == 0 {
		return w.a
	}
	return w.b
}

// race lets 64 agents claim at once, and returns the winners.
func (w *world) race(c *customer, pin string, claim func(i int, agent string) (session.Claimed, error)) []string {
	w.t.Helper()
	claimed := make([]session.Claimed, racers)
	failed := make([]error, racers)
	agent := func(i int) string { return fmt.Sprintf("%s-agent-%d", c.Session.ID, i) }
	together(func(i int) { claimed[i], failed[i] = claim(i, agent(i)) })
	var winners []string
	for i, err := range failed {
		switch {
		case err == nil:
			winners = append(winners, agent(i))
			if got := claimed[i]; got.Session.ID != c.Session.ID || got.PIN != pin || !got.Session.ClaimedBy(agent(i)) {
				w.t.Errorf("the winner got session %s with claims %v; want %s", got.Session.ID, got.Session.Claims, c.Session.ID)
			}
		case !errors.Is(err, session.ErrRefused) && !errors.Is(err, session.ErrClaimed):
			w.t.Errorf("a loser got %v", err)
		}
	}
	return winners
}

func testRace(t *testing.T, e Engine) {
	w := newWorld(t, e, unlimitedTries)
	wins := 0
	for round := range Rounds() {
		pin := fmt.Sprintf("%06d", round)
		c := w.waiting(w.a, "Zoë", pin)
		winners := w.race(c, pin, func(i int, agent string) (session.Claimed, error) {
			return w.types(w.instanceOf(i), agent, pin)
		})
		if len(winners) != 1 {
			t.Fatalf("round %d: %d winners: %v", round, len(winners), winners)
		}
		wins++
		again, err := w.types(w.instanceOf(round), winners[0], pin)
		if err != nil || !again.Again || len(again.Session.Claims) != 1 {
			t.Fatalf("round %d: the winner claims again: %v, %v", round, again.Session.Claims, err)
		}
		c.says(w.b, session.Event{Kind: session.EventEnded})
	}
	t.Logf("%d rounds of %d agents on 2 instances: %d winners", Rounds(), racers, wins)
}

func testRaceSeveral(t *testing.T, e Engine) {
	w := newWorld(t, e, func(c *session.Config) { unlimitedTries(c); c.MaxAgents = 3 })
	for round := range Rounds() / 5 {
		pin := fmt.Sprintf("%06d", round)
		c := w.waiting(w.a, "Zoë", pin)
		winners := w.race(c, pin, func(i int, agent string) (session.Claimed, error) {
			return w.types(w.instanceOf(i), agent, pin)
		})
		if len(winners) != 3 {
			t.Fatalf("round %d: %d winners: %v", round, len(winners), winners)
		}
	}
}

func testRaceMixed(t *testing.T, e Engine) {
	w := newWorld(t, e, unlimitedTries)
	for round := range Rounds() / 5 {
		pin := fmt.Sprintf("%06d", round)
		c := w.waiting(w.a, "Zoë", pin)
		winners := w.race(c, pin, func(i int, agent string) (session.Claimed, error) {
			if i%4 < 2 {
				return w.types(w.instanceOf(i), agent, pin)
			}
			return w.picks(w.instanceOf(i), agent, c.Session.ID)
		})
		if len(winners) != 1 {
			t.Fatalf("round %d: %d winners: %v", round, len(winners), winners)
		}
	}
}

// reasonOf returns why a claim was refused.
func reasonOf(t *testing.T, err error) session.Reason {
	t.Helper()
	var refusal *session.RefusalError
	if !errors.As(err, &refusal) || !errors.Is(err, session.ErrRefused) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refusal.Reason
}

const rightPIN, wrongPIN = "424242", "999999"

func testBruteForce(t *testing.T, e Engine) {
	w := newWorld(t, e, nil)
	w.waiting(w.a, "Zoë", rightPIN)
	for i := range 10 {
		_, err := w.types(w.instanceOf(i), "mallory", wrongPIN)
		if reason := reasonOf(t, err); reason != session.ReasonUnknown {
			t.Errorf("try %d: %s", i, reason)
		}
	}
	for i := range 4 {
		claimed, err := w.types(w.instanceOf(i), "mallory", rightPIN)
		if reason := reasonOf(t, err); reason != session.ReasonTries || claimed.PIN != "" {
			t.Errorf("the right PIN after 10 wrong ones: %s", reason)
		}
	}
	if _, err := w.types(w.b, "ann", rightPIN); err != nil {
		t.Errorf("an agent who tried nothing: %v", err)
	}
}

func testBruteForceAtOnce(t *testing.T, e Engine) {
	w := newWorld(t, e, func(c *session.Config) { c.Limits.TriesPerSite = session.Rate{Max: 25, Window: time.Hour} })
	reasons := make([]session.Reason, racers)
	together(func(i int) {
		_, err := w.types(w.instanceOf(i), fmt.Sprint("mallory", i%4), wrongPIN)
		reasons[i] = reasonOf(t, err)
	})
	looked := 0
	for _, reason := range reasons {
		if reason == session.ReasonUnknown {
			looked++
		}
	}
	if looked != 25 {
		t.Errorf("%d of %d tries at once were looked up, want 25: %v", looked, racers, reasons)
	}
}

func testLockoutOfOne(t *testing.T, e Engine) {
	w := newWorld(t, e, nil)
	w.waiting(w.a, "Zoë", rightPIN)
	for i := range 300 { // more than any of the limits
		_, err := w.types(w.instanceOf(i), "mallory", wrongPIN)
		wantError(t, "trying", err, session.ErrRefused)
	}
	if _, err := w.types(w.b, "ann", rightPIN); err != nil {
		t.Errorf("another agent at the same address: %v", err)
	}
	for i := range 40 { // success is no wrong try, however often
		if _, err := w.types(w.instanceOf(i), "ann", rightPIN); err != nil {
			t.Fatalf("claim %d of the same agent: %v", i, err)
		}
	}
}

func testLockoutEnds(t *testing.T, e Engine) {
	if e.Patient {
		t.Skip("a window takes a minute; the suite of stores has shown that windows end")
	}
	w := newWorld(t, e, nil)
	c := w.waiting(w.a, "Zoë", rightPIN)
	for range 11 {
		_, err := w.types(w.a, "mallory", wrongPIN)
		wantError(t, "trying", err, session.ErrRefused)
	}
	e.Advance(9 * time.Minute)
	c.says(w.a, session.Event{Kind: session.EventHeartbeat})
	_, err := w.types(w.a, "mallory", rightPIN)
	var refusal *session.RefusalError
	if !errors.As(err, &refusal) || refusal.Locked <= 0 || refusal.Locked > time.Minute {
		t.Errorf("after 9 minutes: %v, locked for %v; want a minute or less", err, refusal)
	}
	e.Advance(time.Minute)
	if _, err := w.types(w.b, "mallory", rightPIN); err != nil {
		t.Errorf("after 10 minutes: %v", err)
	}
}

func testUniform(t *testing.T, e Engine) {
	var w *world
	w = newWorld(t, e, func(c *session.Config) {
		c.Sleep = func(ctx context.Context, d time.Duration) error {
			w.pass(d)
			return w.sleep(ctx, d)
		}
	})
	over := w.waiting(w.a, "Over", "111111")
	taken := w.waiting(w.a, "Taken", "222222")
	stale := w.waiting(w.a, "Stale", "333333")
	w.pass(time.Minute)
	if _, err := w.picks(w.a, "bob", taken.Session.ID); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		_, _ = w.types(w.a, "mallory", wrongPIN)
	}
	// Silent for 3 minutes, as nobody has swept: the reservation is there still.
	w.pass(2*time.Minute + 30*time.Second)
	_ = stale
	over.w.sleeps()
	tests := []struct {
		reason     session.Reason
		agent, pin string
	}{
		{session.ReasonUnknown, "ann", wrongPIN},
		{session.ReasonMalformed, "ann", "12ab"},
		{session.ReasonMalformed, "ann", "１２３４５６"},
		{session.ReasonOver, "ann", "333333"},
		{session.ReasonTries, "mallory", wrongPIN},
	}
	words := ""
	for _, test := range tests {
		_, err := w.types(w.b, test.agent, test.pin)
		if reason := reasonOf(t, err); reason != test.reason {
			t.Errorf("%s: refused because of %s", test.reason, reason)
		}
		if words == "" {
			words = err.Error()
		}
		if err.Error() != words {
			t.Errorf("%s: %q, elsewhere %q", test.reason, err, words)
		}
		var slept time.Duration
		for _, d := range w.sleeps() {
			slept += d
		}
		if slept != 250*time.Millisecond {
			t.Errorf("%s: slept %v, want 250ms", test.reason, slept)
		}
	}
	fresh := w.waiting(w.a, "Fresh", "444444")
	if _, err := w.picks(w.a, "bob", fresh.Session.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.types(w.b, "ann", "444444")
	if reason := reasonOf(t, err); reason != session.ReasonClaimed || err.Error() != words {
		t.Errorf("a claimed one: %s, %q", reason, err)
	}
}
