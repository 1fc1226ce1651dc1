package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

func testHit(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	steps := []struct {
		key   string
		delta int64
		want  int64
	}{
		{"a", 0, 0},
		{"a", -1, 0}, // gives back nothing that was not taken
		{"a", 1, 1},
		{"a", 1, 2},
		{"b", 5, 5},
		{"a", 0, 2},
		{"a", -1, 1},
		{"a", -9, 0},
		{"a", 1, 1},
	}
	for i, step := range steps {
		got, err := s.Hit(ctx, step.key, step.delta, time.Hour)
		if err != nil || got.N != step.want {
			t.Errorf("step %d: %s %+d is %d, %v; want %d", i, step.key, step.delta, got.N, err, step.want)
		}
		if made := i >= 2 && step.key == "a" || step.key == "b"; made != (got.Reset > 0) || got.Reset > time.Hour {
			t.Errorf("step %d: forgotten in %v", i, got.Reset)
		}
	}
}

func testHitRace(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	numbers := make([]int64, racers)
	together(func(i int) {
		got, err := s.Hit(ctx, "a", 1, time.Hour)
		if err != nil {
			t.Error(err)
		}
		numbers[i] = got.N
	})
	seen := make(map[int64]bool)
	for _, n := range numbers {
		if n < 1 || n > racers || seen[n] {
			t.Errorf("number %d is out of range, or came twice", n)
		}
		seen[n] = true
	}
}

func testHitWindow(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	hit := func(key string) int64 {
		got, err := s.Hit(ctx, key, 1, 10*e.Tick)
		if err != nil {
			t.Fatal(err)
		}
		return got.N
	}
	for attempt := range 5 {
		key := fmt.Sprint("a", attempt)
		hit(key)
		e.Advance(5 * e.Tick)
		if hit(key) != 2 {
			continue // the machine was busy for the whole window: nothing can be told
		}
		e.Advance(6 * e.Tick)
		if n := hit(key); n != 1 {
			t.Errorf("after the window: %d, want 1; a later addition has lengthened it", n)
		}
		return
	}
	t.Error("the window ends before its time")
}

// patience bounds what happens at once where all is well.
const patience = 20 * time.Second

// woken waits for a wake.
func woken(t *testing.T, c <-chan struct{}) (open bool) {
	t.Helper()
	select {
	case _, open = <-c:
	case <-time.After(patience):
		t.Fatal("nobody woke the watcher")
	}
	return open
}

func testWatch(t *testing.T, e Engine) {
	space := newID()
	here, there := openSpace(t, e, space, Capacity{}), openSpace(t, e, space, Capacity{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all []<-chan struct{}
	for range 3 {
		all = append(all, here.Watch(ctx, "a.test"), there.Watch(ctx, "a.test"))
	}
	// A subscription takes a moment to be there, and announcements before it
	// wake nobody: announce until all are awake.
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if err := there.Announce(ctx, "a.test"); err != nil {
				t.Error(err)
			}
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	for _, c := range all {
		if !woken(t, c) {
			t.Error("a watcher's channel closed")
		}
	}
	close(stop)
	<-done
}

func testWatchEnds(t *testing.T, e Engine) {
	s := open(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	c := s.Watch(ctx, "a.test")
	cancel()
	for woken(t, c) {
	}
	for woken(t, s.Watch(ctx, "a.test")) { // one that is done already
	}
	if err := s.Announce(t.Context(), "a.test"); err != nil {
		t.Error(err)
	}
}

func testClose(t *testing.T, e Engine) {
	ctx := t.Context()
	s := e.Open(t, newID(), Capacity{})
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	r, err := s.Create(ctx, sample("a.test"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Watch(ctx, "a.test")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for woken(t, c) {
	}
	for woken(t, s.Watch(ctx, "a.test")) {
	}
	for what, err := range everyStep(ctx, s, r) {
		wantError(t, what+" after Close", err, session.ErrUnavailable)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func testCancelled(t *testing.T, e Engine) {
	s := open(t, e)
	r, err := s.Create(t.Context(), sample("a.test"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range everyStep(ctx, s, r) {
		wantError(t, what, err, context.Canceled)
		if errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%s blames the store: %v", what, err)
		}
	}
}

func testDeadline(t *testing.T, e Engine) {
	s := open(t, e)
	r, err := s.Create(t.Context(), sample("a.test"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for what, err := range everyStep(ctx, s, r) {
		wantError(t, what, err, session.ErrUnavailable)
		if errors.Is(err, context.Canceled) {
			t.Errorf("%s blames the caller: %v", what, err)
		}
	}
}

// everyStep does everything that a store can do with a record, and returns what
// came of it.
func everyStep(ctx context.Context, s session.Store, r session.Session) map[string]error {
	results := make(map[string]error)
	_, results["creating"] = s.Create(ctx, sample(r.Site), time.Hour)
	_, results["reading"] = s.Get(ctx, r.ID)
	_, results["updating"] = s.Update(ctx, r, time.Hour)
	results["reserving"] = s.Reserve(ctx, "pin:1", r.ID, time.Hour)
	_, results["looking up"] = s.Reserved(ctx, "pin:1")
	results["releasing"] = s.Release(ctx, "pin:1", r.ID)
	_, results["counting"] = s.Hit(ctx, "a", 1, time.Hour)
	_, _, results["listing"] = s.List(ctx, r.Site, "")
	results["announcing"] = s.Announce(ctx, r.Site)
	results["pinging"] = s.Ping(ctx)
	return results
}
