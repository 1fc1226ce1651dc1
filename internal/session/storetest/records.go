package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

func testCreate(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	_, err := s.Get(ctx, newID())
	wantError(t, "reading what is not there", err, session.ErrNotFound)

	r := sample("a.test")
	got, err := s.Create(ctx, r, time.Minute)
	if err != nil || got.Rev != 1 {
		t.Fatalf("created with revision %d, %v; want 1", got.Rev, err)
	}
	got.Claims[0].ID = "somebody else" // what a caller does with its copy is its own affair
	got.PIN.Sealed[0] = 9
	r.Rev = 1
	if got, err = s.Get(ctx, r.ID); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("read %+v, %v\nwant %+v", got, err, r)
	}
	_, err = s.Create(ctx, r, time.Minute)
	wantError(t, "creating it again", err, session.ErrExists)
}

func testUpdate(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	r, err := s.Create(ctx, sample("a.test"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	stale := r
	r.Page = "/next"
	r.Claims = nil
	r, err = s.Update(ctx, r, time.Minute)
	if err != nil || r.Rev != 2 {
		t.Fatalf("updated to revision %d, %v; want 2", r.Rev, err)
	}
	if got, err := s.Get(ctx, r.ID); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("read %+v, %v\nwant %+v", got, err, r)
	}
	_, err = s.Update(ctx, stale, time.Minute)
	wantError(t, "replacing a revision that is gone", err, session.ErrConflict)
	stale.Rev = 7
	_, err = s.Update(ctx, stale, time.Minute)
	wantError(t, "replacing a revision to come", err, session.ErrConflict)
	stale.ID = newID()
	_, err = s.Update(ctx, stale, time.Minute)
	wantError(t, "replacing what is not there", err, session.ErrNotFound)
}

// racers is how many do something at once.
const racers = 64

// together runs f in racers goroutines that begin at once.
func together(f func(i int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	wg.Wait()
}

func testSwap(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	r, err := s.Create(ctx, sample("a.test"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	together(func(int) {
		for {
			got, err := s.Get(ctx, r.ID)
			if err == nil {
				got.Joined++
				_, err = s.Update(ctx, got, time.Minute)
			}
			if err == nil {
				return
			}
			if !errors.Is(err, session.ErrConflict) {
				t.Error(err)
				return
			}
		}
	})
	got, err := s.Get(ctx, r.ID)
	if err != nil || got.Joined != r.Joined+racers || got.Rev != 1+racers {
		t.Errorf("after %d additions to %d: %d at revision %d, %v", racers, r.Joined, got.Joined, got.Rev, err)
	}
}

func testExpiry(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	short, err := s.Create(ctx, sample("a.test"), e.Tick)
	if err != nil {
		t.Fatal(err)
	}
	long, err := s.Create(ctx, sample("a.test"), 10*e.Tick)
	if err != nil {
		t.Fatal(err)
	}
	if long, err = s.Update(ctx, long, time.Hour); err != nil {
		t.Fatal(err)
	}
	e.Advance(11 * e.Tick)
	_, err = s.Get(ctx, short.ID)
	wantError(t, "reading what is forgotten", err, session.ErrNotFound)
	_, err = s.Update(ctx, short, time.Hour)
	wantError(t, "replacing what is forgotten", err, session.ErrNotFound)
	if _, err := s.Get(ctx, long.ID); err != nil {
		t.Errorf("what was updated to live longer: %v", err)
	}
	if ids := listed(t, s, "a.test"); len(ids) != 1 || ids[long.ID] == 0 {
		t.Errorf("listed %v, want only %s", ids, long.ID)
	}
	if _, err := s.Create(ctx, short, time.Hour); err != nil {
		t.Errorf("creating what was forgotten: %v", err)
	}
}

// listed reads all pages, and returns how often each ID came.
func listed(t *testing.T, s session.Store, site string) map[string]int {
	t.Helper()
	ids := make(map[string]int)
	for cursor := ""; ; {
		page, next, err := s.List(t.Context(), site, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			if r.Site != site || r.State.Over() {
				t.Errorf("listed for %s: a session of %s that is %s", site, r.Site, r.State)
			}
			ids[r.ID]++
		}
		if cursor = next; cursor == "" {
			return ids
		}
	}
}

func testList(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	if ids := listed(t, s, "a.test"); len(ids) != 0 {
		t.Errorf("an empty store lists %v", ids)
	}
	want := make(map[string]int)
	for i := range 6 {
		r := sample("a.test")
		r.State = session.States()[i%3] // those that are not over
		if _, err := s.Create(ctx, r, time.Hour); err != nil {
			t.Fatal(err)
		}
		want[r.ID] = 1
	}
	if _, err := s.Create(ctx, sample("b.test"), time.Hour); err != nil {
		t.Fatal(err)
	}
	over, err := s.Create(ctx, sample("a.test"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	over.State = session.StateEnded
	if _, err := s.Update(ctx, over, time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, s, "a.test"); !reflect.DeepEqual(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	if got, err := s.Get(ctx, over.ID); err != nil || got.State != session.StateEnded {
		t.Errorf("the one that is over is %s, %v", got.State, err)
	}
}

func testListPages(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	const many = 1200
	want := make(map[string]bool)
	for range many {
		r, err := s.Create(ctx, sample("a.test"), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		want[r.ID] = true
	}
	got := listed(t, s, "a.test")
	for id := range want {
		if got[id] == 0 {
			t.Fatalf("%s is missing among %d of %d", id, len(got), many)
		}
	}
	if len(got) != many {
		t.Errorf("listed %d, want %d", len(got), many)
	}
}

func testFull(t *testing.T, e Engine) {
	ctx, s := t.Context(), openSpace(t, e, newID(), Capacity{Sessions: 3})
	var kept []session.Session
	for range 3 {
		r, err := s.Create(ctx, sample("a.test"), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r)
	}
	_, err := s.Create(ctx, sample("a.test"), time.Hour)
	wantError(t, "creating a fourth of three", err, session.ErrFull)
	for i, r := range kept {
		if _, err := s.Update(ctx, r, e.Tick); err != nil {
			t.Errorf("session %d of a full store: %v", i, err)
		}
	}
	e.Advance(2 * e.Tick)
	if _, err := s.Create(ctx, sample("a.test"), time.Hour); err != nil {
		t.Errorf("creating one when the others were forgotten: %v", err)
	}
}

func testReserve(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	_, err := s.Reserved(ctx, "pin:1")
	wantError(t, "looking up what nobody reserved", err, session.ErrNotFound)
	steps := []struct {
		what string
		err  error
		want error
	}{
		{"reserving", s.Reserve(ctx, "pin:1", "x", time.Hour), nil},
		{"reserving again", s.Reserve(ctx, "pin:1", "x", time.Hour), nil},
		{"reserving another's", s.Reserve(ctx, "pin:1", "y", time.Hour), session.ErrTaken},
		{"reserving another key", s.Reserve(ctx, "pin:2", "y", time.Hour), nil},
		{"releasing another's", s.Release(ctx, "pin:1", "y"), nil},
	}
	for _, step := range steps {
		wantError(t, step.what, step.err, step.want)
	}
	if id, err := s.Reserved(ctx, "pin:1"); id != "x" || err != nil {
		t.Errorf("held by %q, %v; want x", id, err)
	}
	wantError(t, "releasing", s.Release(ctx, "pin:1", "x"), nil)
	wantError(t, "releasing what nobody holds", s.Release(ctx, "pin:1", "x"), nil)
	wantError(t, "reserving what was released", s.Reserve(ctx, "pin:1", "y", time.Hour), nil)
}

func testReserveRace(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	for round := range 20 {
		key := fmt.Sprint("pin:", round)
		results := make([]error, racers)
		together(func(i int) { results[i] = s.Reserve(ctx, key, fmt.Sprint(i), time.Hour) })
		holder, err := s.Reserved(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		for i, err := range results {
			if won := fmt.Sprint(i) == holder; won != (err == nil) || !won && !errors.Is(err, session.ErrTaken) {
				t.Errorf("round %d: %s holds it, and %d got %v", round, holder, i, err)
			}
		}
	}
}

func testReserveExpiry(t *testing.T, e Engine) {
	ctx, s := t.Context(), open(t, e)
	wantError(t, "reserving", s.Reserve(ctx, "pin:1", "x", e.Tick), nil)
	wantError(t, "reserving another", s.Reserve(ctx, "pin:2", "x", 10*e.Tick), nil)
	wantError(t, "renewing it", s.Reserve(ctx, "pin:2", "x", time.Hour), nil)
	e.Advance(11 * e.Tick)
	wantError(t, "reserving what was forgotten", s.Reserve(ctx, "pin:1", "y", time.Hour), nil)
	wantError(t, "reserving what was renewed", s.Reserve(ctx, "pin:2", "y", time.Hour), session.ErrTaken)
}
