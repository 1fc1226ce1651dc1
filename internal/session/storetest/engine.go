// Package storetest is what every engine of session records must do: one suite
// over [session.Store], and one over [session.Manager] with that store beneath,
// which package session/memory runs as well as package session/redis, the
// latter on real servers.
package storetest

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// Engine is how the suites get at an engine.
type Engine struct {
	// Open returns a store that shares its content with those that were opened
	// with the same space, and with no others. The test closes it.
	Open func(t *testing.T, space string, c Capacity) session.Store
	// Advance makes at least d pass for the engine.
	Advance func(d time.Duration)
	// Tick is a time that the engine can tell from none: short where Advance
	// has to sleep.
	Tick time.Duration
	// Patient: Advance sleeps. What would take long is then left out; it is
	// about the Manager, and other engines show it.
	Patient bool
}

// Capacity bounds a store; zero means the engine's default.
type Capacity struct{ Sessions int }

// Run runs the suite over an engine.
func Run(t *testing.T, e Engine) {
	tests := []struct {
		name string
		run  func(*testing.T, Engine)
	}{
		{"a record is created once, and read as it was written", testCreate},
		{"a record is replaced by whoever read it last", testUpdate},
		{"64 writers at once lose no update", testSwap},
		{"a record is forgotten in time, and later when it was updated", testExpiry},
		{"a reservation has one holder", testReserve},
		{"64 sessions at once reserve a PIN: one holder", testReserveRace},
		{"a reservation is forgotten in time", testReserveExpiry},
		{"a counter counts in its window", testHit},
		{"64 parties at once count: each has a number of its own", testHitRace},
		{"a window is not lengthened, and ends", testHitWindow},
		{"a list has what is not over, of its site", testList},
		{"a long list comes in pages that leave nothing out", testListPages},
		{"a full store refuses, and forgets nobody", testFull},
		{"an announcement wakes the site's watchers", testWatch},
		{"a watcher's channel closes with its context", testWatchEnds},
		{"closing ends watchers, and everything else fails", testClose},
		{"a cancelled context is no fault of the store", testCancelled},
		{"a deadline that has passed is one", testDeadline},
		{"a value is read as it was put, on every instance", testValues},
		{"a value is replaced by whoever knows it", testValueSwap},
		{"64 parties at once put, take and change a value: one winner", testValueRaces},
		{"a value is forgotten in time", testValueExpiry},
		{"faults of values are those of the store", testValueFaults},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, e) })
	}
}

// open opens a store of a space of its own.
func open(t *testing.T, e Engine) session.Store {
	t.Helper()
	return openSpace(t, e, newID(), Capacity{})
}

func openSpace(t *testing.T, e Engine, space string, c Capacity) session.Store {
	t.Helper()
	s := e.Open(t, space, c)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// sample is a record with something in every field.
func sample(site string) session.Session {
	now := time.Date(2026, 11, 23, 9, 30, 0, 123e6, time.UTC)
	return session.Session{
		ID: newID(), Site: site, State: session.StateWaiting,
		Customer: session.Customer{ID: "c-42", Name: "Zoë <Müller>"}, Page: "/apply",
		CreatedAt: now, WaitingAt: now.Add(time.Second), LastSeen: now.Add(2 * time.Second), Deadline: now.Add(time.Minute),
		Claims: []session.Claim{{Agent: session.Agent{ID: "ann", Name: "Ann"}, At: now}},
		Joined: 1, JoinedUnclaimed: true, Fault: "1001", ZoomID: "zoom-id",
		Video: session.VideoOffer{AgentID: "ann", At: now.Add(3 * time.Second), ShownAt: now.Add(4 * time.Second)},
		PIN:   session.PIN{Key: "pin:abc", Sealed: []byte{0, 1, 255}, Until: now.Add(time.Minute)},
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
