package session_test

import (
	"errors"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// TestZoomTells: a notice that fails has changed nothing, so that the one that
// Zoom sends again is told of; and an end is told of at once.
func TestZoomTells(t *testing.T) {
	for _, fault := range []error{session.ErrFull, errBroken} {
		store := newHooked(t)
		m := newManager(t, session.Config{Store: store})
		s := waiting(t, m, "123456").Session
		started := session.ZoomNotice{Event: session.ZoomStarted, SessionID: "z", UserID: s.ID}
		ended := session.ZoomNotice{Event: session.ZoomEnded, SessionID: "z", UserID: s.ID}

		store.hook = failAt(stepReserve, fault)
		if change, err := m.Zoom(t.Context(), started); !errors.Is(err, fault) || change.Session.ID != "" {
			t.Errorf("%v: started as %+v, %v", fault, change, err)
		}
		if now, err := store.Get(t.Context(), s.ID); err != nil || now.ZoomID != "" {
			t.Errorf("%v: the record was changed to %+v, %v", fault, now, err)
		}
		store.hook = nil
		if change, err := m.Zoom(t.Context(), started); err != nil || change.Session.ZoomID != "z" {
			t.Errorf("%v: again: %+v, %v", fault, change, err)
		}

		store.hook = failAt(stepReserve, fault)
		change, err := m.Zoom(t.Context(), ended)
		if err != nil || change.From != session.StateWaiting || change.Session.Ended != session.CauseZoom {
			t.Errorf("%v: ended as %+v, %v", fault, change, err)
		}
	}
}

// TestZoomSite: what has come to one site changes no other one's sessions,
// whichever way it names them.
func TestZoomSite(t *testing.T) {
	store := newHooked(t)
	m := newManager(t, session.Config{Store: store})
	s := waiting(t, m, "123456").Session
	customer := session.ZoomNotice{Event: session.ZoomStarted, SessionID: "z", UserID: s.ID}
	agent := session.ZoomNotice{Event: session.ZoomUserJoined, SessionID: "z", UserID: "ann", Agent: true}
	end := session.ZoomNotice{Event: session.ZoomEnded, SessionID: "z"}
	steps := []struct {
		site   string
		notice session.ZoomNotice
		want   error
		state  session.State
	}{
		{"b.test", customer, session.ErrNotFound, session.StateWaiting},
		{"a.test", agent, session.ErrNotFound, session.StateWaiting}, // nothing was reserved
		{"a.test", customer, nil, session.StateWaiting},
		{"b.test", agent, session.ErrNotFound, session.StateWaiting},
		{"a.test", agent, nil, session.StateActive},
		{"b.test", end, session.ErrNotFound, session.StateActive},
		{"", end, nil, session.StateEnded},
	}
	for i, step := range steps {
		step.notice.Site = step.site
		if _, err := m.Zoom(t.Context(), step.notice); !errors.Is(err, step.want) {
			t.Errorf("step %d, %s at %q: %v, want %v", i, step.notice.Event, step.site, err, step.want)
		}
		if now, err := store.Get(t.Context(), s.ID); err != nil || now.State != step.state {
			t.Errorf("step %d: then %s, %v; want %s", i, now.State, err, step.state)
		}
	}
}

// TestUnclaimedOnce: that an agent joined without a claim is told once, however
// often a page says so, and whether the page or Zoom says it first.
func TestUnclaimedOnce(t *testing.T) {
	m := newManager(t, session.Config{Store: newStore(t)})
	told := func(c session.Created, kinds ...session.EventKind) (n int) {
		for _, kind := range kinds {
			change, err := m.Event(t.Context(), report(c, kind, ""))
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			if change.Unclaimed {
				n++
			}
		}
		return n
	}
	const joined, left = session.EventAgentJoined, session.EventAgentLeft

	if n := told(waiting(t, m, "111111"), joined, joined, left, joined, joined, left, left, joined); n != 1 {
		t.Errorf("by a page that repeats itself: told %d times", n)
	}

	zoom := waiting(t, m, "222222")
	_, err := m.Zoom(t.Context(), session.ZoomNotice{Event: session.ZoomStarted, SessionID: "z", UserID: zoom.Session.ID})
	if err != nil {
		t.Fatal(err)
	}
	change, err := m.Zoom(t.Context(), session.ZoomNotice{Event: session.ZoomUserJoined, SessionID: "z", UserID: "x", Agent: true})
	if err != nil || !change.Unclaimed {
		t.Errorf("by Zoom: %+v, %v", change, err)
	}
	if n := told(zoom, joined, left, joined); n != 0 {
		t.Errorf("by its page after Zoom: told %d times", n)
	}

	claimed := waiting(t, m, "333333")
	if _, err := m.Claim(t.Context(), byPIN("ann", "333333")); err != nil {
		t.Fatal(err)
	}
	if n := told(claimed, joined, left, joined, left); n != 0 {
		t.Errorf("of agents with a claim: told %d times", n)
	}
	if _, err := m.Release(t.Context(), "a.test", claimed.Session.ID, "ann"); err != nil {
		t.Fatal(err)
	}
	if n := told(claimed, joined, left, joined); n != 1 {
		t.Errorf("after the claim was given up: told %d times", n)
	}
}
