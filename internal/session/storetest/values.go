package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// valuesOf returns what an engine keeps beside sessions.
func valuesOf(t *testing.T, s session.Store) session.Values {
	t.Helper()
	keeper, ok := s.(interface{ Values() session.Values })
	if !ok {
		t.Fatalf("%T keeps sessions only", s)
	}
	return keeper.Values()
}

// wantValue fails the test unless a value is as it should be; "" means none.
func wantValue(t *testing.T, what string, got []byte, err error, want string) {
	t.Helper()
	if err != nil || string(got) != want || (got == nil) != (want == "") {
		t.Errorf("%s: %q, %v; want %q", what, got, err, want)
	}
}

func wantSwap(t *testing.T, what string, got bool, err error, want bool) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: %v, %v; want %v", what, got, err, want)
	}
}

func testValues(t *testing.T, e Engine) {
	space := newID()
	ctx, s := t.Context(), openSpace(t, e, space, Capacity{})
	v, there := valuesOf(t, s), valuesOf(t, openSpace(t, e, space, Capacity{}))
	got, err := v.Get(ctx, "a")
	wantValue(t, "reading what nobody put", got, err, "")
	binary := string([]byte{0, 1, 255, '\r', '\n'})
	put := []byte(binary)
	wantError(t, "putting", v.Put(ctx, "a", put, time.Hour), nil)
	put[0] = 9 // what a caller does with its copy is its own affair
	got, err = there.Get(ctx, "a")
	wantValue(t, "reading at another instance", got, err, binary)
	wantError(t, "putting another", there.Put(ctx, "a", []byte("2"), time.Hour), nil)
	got, err = v.Get(ctx, "a")
	wantValue(t, "reading the other", got, err, "2")
	got, err = v.Take(ctx, "a")
	wantValue(t, "taking", got, err, "2")
	got, err = there.Take(ctx, "a")
	wantValue(t, "taking again", got, err, "")
	got, err = v.Get(ctx, "a")
	wantValue(t, "reading what was taken", got, err, "")
	large := bytes.Repeat([]byte{0xfe}, 64<<10)
	wantError(t, "putting 64 KiB", v.Put(ctx, "b", large, time.Hour), nil)
	got, err = v.Get(ctx, "b")
	wantValue(t, "reading 64 KiB", got, err, string(large))

	// Neither sessions nor reservations nor counters have these keys.
	wantError(t, "reserving the same key", s.Reserve(ctx, "b", "x", time.Hour), nil)
	if count, err := s.Hit(ctx, "b", 1, time.Hour); err != nil || count.N != 1 {
		t.Errorf("counting under the same key: %+v, %v", count, err)
	}
	if ids := listed(t, s, "a.test"); len(ids) != 0 {
		t.Errorf("values are listed as sessions: %v", ids)
	}
}

func testValueSwap(t *testing.T, e Engine) {
	ctx, v := t.Context(), valuesOf(t, open(t, e))
	swap := func(what, old, next string, want bool) {
		t.Helper()
		swapped, err := v.Swap(ctx, "a", []byte(old), []byte(next), time.Hour)
		wantSwap(t, what, swapped, err, want)
	}
	swap("replacing what is not there", "1", "2", false)
	swap("putting the first", "", "1", true)
	swap("putting a second", "", "2", false)
	swap("replacing", "1", "2", true)
	swap("replacing what was replaced", "1", "3", false)
	got, err := v.Get(ctx, "a")
	wantValue(t, "reading", got, err, "2")
	got, err = v.Take(ctx, "a")
	wantValue(t, "taking", got, err, "2")
	swap("replacing what was taken", "2", "3", false)
	got, err = v.Get(ctx, "a")
	wantValue(t, "reading what was taken", got, err, "")
}

func testValueRaces(t *testing.T, e Engine) {
	ctx, v := t.Context(), valuesOf(t, open(t, e))
	for round := range 10 {
		key := string(rune('a' + round))
		var made, taken [racers]bool
		together(func(i int) {
			var err error
			if made[i], err = v.Swap(ctx, key, nil, fmt.Append(nil, i), time.Hour); err != nil {
				t.Error(err)
			}
		})
		together(func(i int) {
			b, err := v.Take(ctx, key)
			if taken[i] = b != nil; err != nil {
				t.Error(err)
			}
		})
		for what, won := range map[string][racers]bool{"put": made, "took": taken} {
			n := 0
			for _, w := range won {
				if w {
					n++
				}
			}
			if n != 1 {
				t.Errorf("round %d: %d of %d %s it, want one", round, n, racers, what)
			}
		}
	}
	add := func(b []byte) []byte { return append(bytes.Clone(b), '+') }
	together(func(int) {
		for {
			b, err := v.Get(ctx, "sum")
			if err != nil {
				t.Error(err)
				return
			}
			if swapped, err := v.Swap(ctx, "sum", b, add(b), time.Hour); err != nil || swapped {
				if err != nil {
					t.Error(err)
				}
				return
			}
		}
	})
	if b, err := v.Get(ctx, "sum"); err != nil || len(b) != racers {
		t.Errorf("after %d additions: %d, %v", racers, len(b), err)
	}
}

func testValueExpiry(t *testing.T, e Engine) {
	ctx, v := t.Context(), valuesOf(t, open(t, e))
	for key, ttl := range map[string]time.Duration{"short": e.Tick, "put again": e.Tick, "swapped": 10 * e.Tick, "shortened": time.Hour} {
		wantError(t, "putting "+key, v.Put(ctx, key, []byte("1"), ttl), nil)
	}
	wantError(t, "putting again", v.Put(ctx, "put again", []byte("2"), time.Hour), nil)
	wantError(t, "shortening", v.Put(ctx, "shortened", []byte("2"), e.Tick), nil)
	swapped, err := v.Swap(ctx, "swapped", []byte("1"), []byte("2"), time.Hour)
	wantSwap(t, "swapping", swapped, err, true)
	e.Advance(11 * e.Tick)
	for key, want := range map[string]string{"short": "", "put again": "2", "swapped": "2", "shortened": ""} {
		got, err := v.Get(ctx, key)
		wantValue(t, key, got, err, want)
		got, err = v.Take(ctx, key)
		wantValue(t, "taking "+key, got, err, want)
	}
	swapped, err = v.Swap(ctx, "short", []byte("1"), []byte("2"), time.Hour)
	wantSwap(t, "replacing what was forgotten", swapped, err, false)
	swapped, err = v.Swap(ctx, "short", nil, []byte("2"), time.Hour)
	wantSwap(t, "putting what was forgotten", swapped, err, true)
}

// valueSteps are all that [session.Values] does, by name.
func valueSteps(v session.Values) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"put":  func(ctx context.Context) error { return v.Put(ctx, "a", []byte("1"), time.Hour) },
		"get":  func(ctx context.Context) error { _, err := v.Get(ctx, "a"); return err },
		"swap": func(ctx context.Context) error { _, err := v.Swap(ctx, "a", nil, []byte("1"), time.Hour); return err },
		"take": func(ctx context.Context) error { _, err := v.Take(ctx, "a"); return err },
	}
}

func testValueFaults(t *testing.T, e Engine) {
	s := e.Open(t, newID(), Capacity{})
	v := valuesOf(t, s)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for name, step := range valueSteps(v) {
		if err := step(cancelled); !errors.Is(err, context.Canceled) || errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
		wantError(t, name+", too late", step(late), session.ErrUnavailable)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, step := range valueSteps(v) {
		wantError(t, name+", closed", step(t.Context()), session.ErrUnavailable)
	}
}
