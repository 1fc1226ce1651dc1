package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

// TestSweepLeft: a sweep says how many sessions are left to expire, those that
// no list shows among them.
func TestSweepLeft(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	kept, err := memory.New(memory.Config{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	store := &failing{Store: kept}
	m := newManager(t, session.Config{Store: store, ListEvery: -1, Now: clock})
	sweep := func(what string, expired, left int, want error) {
		t.Helper()
		swept, err := m.Sweep(t.Context(), "a.test")
		if len(swept.Changes) != expired || swept.Left != left || !errors.Is(err, want) {
			t.Errorf("%s: %d expired, %d left, %v; want %d, %d, %v", what, len(swept.Changes), swept.Left, err, expired, left, want)
		}
	}
	sweep("nobody", 0, 0, nil)
	click(t, m)
	if l, err := m.List(t.Context(), session.Query{Site: "a.test", All: true}); err != nil || l.Waiting+l.Active != 0 {
		t.Errorf("a session without PIN is listed: %+v, %v", l, err)
	}
	sweep("one that no list shows", 0, 1, nil)
	now = now.Add(2 * time.Minute)
	waits := waiting(t, m, "111111")
	active := waiting(t, m, "222222")
	if _, err := m.Event(t.Context(), report(active, session.EventAgentJoined, "")); err != nil {
		t.Fatal(err)
	}
	sweep("one of each state", 0, 3, nil)
	if _, err := m.End(t.Context(), "a.test", waits.Session.ID, session.CauseSupervisor); err != nil {
		t.Fatal(err)
	}
	sweep("after one has ended", 0, 2, nil)
	now = now.Add(90 * time.Second)
	store.update.Store(true)
	sweep("while the store fails", 0, 2, session.ErrUnavailable)
	store.update.Store(false)
	sweep("after one is silent", 1, 1, nil)
	now = now.Add(5 * time.Minute)
	sweep("after all are silent", 1, 0, nil)
}
