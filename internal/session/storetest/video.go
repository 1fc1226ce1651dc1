package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

func testVideo(t *testing.T, e Engine) {
	ctx, w := t.Context(), newWorld(t, e, func(c *session.Config) { c.MaxAgents = 2 })
	c := w.waiting(w.a, "Zoë", "123456")
	id := c.Session.ID
	open := func(what string, m *session.Manager, want bool) {
		t.Helper()
		s := c.says(m, session.Event{Kind: session.EventHeartbeat}).Session
		if s.VideoOpen() != want {
			t.Errorf("%s: the offer is %+v, open %t", what, s.Video, s.VideoOpen())
		}
	}
	refused := func(what, site, agent string, want error) {
		t.Helper()
		_, err := w.a.OfferVideo(ctx, site, id, agent)
		wantError(t, "an offer "+what, err, want)
		_, err = w.b.Claimed(ctx, site, id, agent)
		wantError(t, "a look before an offer "+what, err, want)
	}
	refused("without a claim", site, "ann", session.ErrNotClaimed)
	refused("of nobody", site, "", session.ErrNotClaimed)
	for _, agent := range []string{"ann", "bob"} {
		if _, err := w.picks(w.a, agent, id); err != nil {
			t.Fatal(err)
		}
	}
	refused("at another site", "other.test", "ann", session.ErrNotFound)
	refused("of somebody else's", site, "eve", session.ErrNotClaimed)
	offer := func(agent string) {
		t.Helper()
		if s, err := w.b.Claimed(ctx, site, id, agent); err != nil || s.ID != id || !s.ClaimedBy(agent) {
			t.Fatalf("%s looks: %+v, %v", agent, s, err)
		}
		if change, err := w.a.OfferVideo(ctx, site, id, agent); err != nil || change.Session.Video.AgentID != agent || change.Session.Video.Shown() {
			t.Fatalf("%s offers: %+v, %v", agent, change.Session.Video, err)
		}
	}
	offer("ann")
	open("before the agent is there", w.b, false)
	c.says(w.b, session.Event{Kind: session.EventAgentJoined})
	open("on the other instance", w.b, true)

	if _, err := w.a.Release(ctx, site, id, "ann"); err != nil {
		t.Fatal(err)
	}
	open("without its agent", w.b, false)
	offer("bob")
	if _, err := w.b.End(ctx, site, id, session.CauseSupervisor); err != nil {
		t.Fatal(err)
	}
	refused("after the end", site, "bob", session.ErrOver)
	if late, _ := c.reports(w.a, session.Event{Kind: session.EventHeartbeat}); late.Session.Video.Made() {
		t.Errorf("after the end: %+v", late.Session.Video)
	}
}

func testVideoShown(t *testing.T, e Engine) {
	ctx, w := t.Context(), newWorld(t, e, nil)
	c := w.waiting(w.a, "Zoë", "123456")
	id := c.Session.ID
	if _, err := w.picks(w.a, "ann", id); err != nil {
		t.Fatal(err)
	}
	c.says(w.a, session.Event{Kind: session.EventAgentJoined})
	_, err := w.a.ShowVideo(ctx, site, id)
	wantError(t, "showing what was not offered", err, session.ErrNotFound)
	for range 2 { // an offer that is made again is news again
		if _, err := w.b.OfferVideo(ctx, site, id, "ann"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		var first atomic.Int64
		managers := []*session.Manager{w.a, w.b}
		together(func(i int) {
			switch was, err := managers[i%2].ShowVideo(ctx, site, id); {
			case err != nil:
				t.Error(err)
			case was:
				first.Add(1)
			}
		})
		if n := first.Load(); n != 1 {
			t.Errorf("shown for the first time %d times", n)
		}
		if s := c.says(w.a, session.Event{Kind: session.EventHeartbeat}).Session; !s.VideoOpen() || !s.Video.Shown() || !s.Video.ShownAt.After(s.Video.At) {
			t.Errorf("afterwards: %+v", s.Video)
		}
	}
}
