// Package storetest is what every [oidc.Store] must pass, whatever it keeps
// sign-ins in:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) oidc.Store { return oidc.NewSessions(0) })
//	}
//
// Times are those that the tests pass in, so a store that lets its server
// forget what is over must not rely on that alone.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
)

// Run runs the tests, each with an empty store of its own.
func Run(t *testing.T, newStore func(t *testing.T) oidc.Store) {
	for name, test := range map[string]func(*testing.T, oidc.Store){
		"keeps what it is given":        testKeeps,
		"ends sign-ins in time":         testEnds,
		"counts use only when told":     testUse,
		"deletes":                       testDeletes,
		"once has one winner":           testOnce,
		"one agent drops no other":      testAgents,
		"many at once":                  testConcurrency,
		"keys of a kind do not collide": testKinds,
	} {
		t.Run(name, func(t *testing.T) { test(t, newStore(t)) })
	}
}

var ctx = context.Background()

// signIn returns Anna's, made at a time.
func signIn(at time.Time) oidc.SignIn {
	return oidc.SignIn{
		Agent:  agent.Agent{ID: "anna", Name: "Anna Müller", Email: "a@example.com", Groups: []string{"agents", "a,b"}, Source: oidc.Name},
		Client: "client", Created: at, Used: at, Lifetime: 8 * time.Hour, Idle: 30 * time.Minute,
	}
}

// now is a time that survives every encoding: in UTC, and in whole seconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

func create(t *testing.T, s oidc.Store, key string, in oidc.SignIn) {
	t.Helper()
	if err := s.Create(ctx, key, in); err != nil {
		t.Fatal(err)
	}
}

// found fails the test unless there is a sign-in, last used at a time.
func found(t *testing.T, s oidc.Store, key string, at time.Time, use bool, used time.Time) {
	t.Helper()
	if in, err := s.Find(ctx, key, at, use); err != nil || !in.Used.Equal(used) {
		t.Errorf("key %s: used %s, %v; want %s", key, in.Used, err, used)
	}
}

// gone fails the test unless there is no sign-in.
func gone(t *testing.T, s oidc.Store, key string, at time.Time) {
	t.Helper()
	if in, err := s.Find(ctx, key, at, true); !errors.Is(err, oidc.ErrNoSignIn) || in.Agent.ID != "" {
		t.Errorf("key %s: %+v, %v", key, in, err)
	}
}

func testKeeps(t *testing.T, s oidc.Store) {
	at := now()
	want := signIn(at)
	create(t, s, "key", want)
	got, err := s.Find(ctx, "key", at, false)
	if err != nil || !reflect.DeepEqual(got.Agent, want.Agent) || got.Client != want.Client ||
		!got.Created.Equal(want.Created) || got.Lifetime != want.Lifetime || got.Idle != want.Idle {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	gone(t, s, "another", at)
	gone(t, s, "", at)
}

func testEnds(t *testing.T, s oidc.Store) {
	at := now()
	create(t, s, "idle", signIn(at))
	gone(t, s, "idle", at.Add(30*time.Minute))
	gone(t, s, "idle", at) // it does not come back
	create(t, s, "used", signIn(at))
	used := at
	for d := 20 * time.Minute; d < 8*time.Hour; d += 20 * time.Minute {
		found(t, s, "used", at.Add(d), true, used)
		used = at.Add(d)
	}
	gone(t, s, "used", at.Add(8*time.Hour))
}

func testUse(t *testing.T, s oidc.Store) {
	at := now()
	create(t, s, "key", signIn(at))
	found(t, s, "key", at.Add(10*time.Minute), false, at)
	found(t, s, "key", at.Add(20*time.Minute), true, at)
	found(t, s, "key", at.Add(15*time.Minute), true, at.Add(20*time.Minute)) // time does not go back
	found(t, s, "key", at.Add(49*time.Minute), false, at.Add(20*time.Minute))
	gone(t, s, "key", at.Add(50*time.Minute))
}

func testDeletes(t *testing.T, s oidc.Store) {
	at := now()
	create(t, s, "a", signIn(at))
	create(t, s, "b", signIn(at))
	for range 2 { // the second time there is none, which is no error
		if err := s.Delete(ctx, "a"); err != nil {
			t.Error(err)
		}
	}
	gone(t, s, "a", at)
	found(t, s, "b", at, false, at)
}

func testOnce(t *testing.T, s oidc.Store) {
	at := now()
	var winners atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if first, err := s.Once(ctx, "key", at, at.Add(time.Minute)); err != nil {
				t.Error(err)
			} else if first {
				winners.Add(1)
			}
		})
	}
	wg.Wait()
	if n := winners.Load(); n != 1 {
		t.Errorf("%d winners", n)
	}
	if first, err := s.Once(ctx, "another", at, at.Add(time.Minute)); err != nil || !first {
		t.Errorf("another key: %t, %v", first, err)
	}
}

func testAgents(t *testing.T, s oidc.Store) {
	at := now()
	bob := signIn(at)
	bob.Agent.ID = "bob"
	create(t, s, "bob", bob)
	for i := range 3 * oidc.MaxPerAgent {
		create(t, s, fmt.Sprint(i), signIn(at))
	}
	found(t, s, "bob", at, false, at)
	found(t, s, fmt.Sprint(3*oidc.MaxPerAgent-1), at, false, at)
}

func testConcurrency(t *testing.T, s oidc.Store) {
	at := now()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			key, in := fmt.Sprint(i), signIn(at)
			in.Agent.ID = key
			for range 20 {
				if err := s.Create(ctx, key, in); err != nil {
					t.Error(err)
				}
				if got, err := s.Find(ctx, key, at, true); err != nil || got.Agent.ID != key {
					t.Errorf("key %s: %+v, %v", key, got, err)
				}
				if err := s.Delete(ctx, key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func testKinds(t *testing.T, s oidc.Store) {
	at := now()
	if first, err := s.Once(ctx, "key", at, at.Add(time.Minute)); err != nil || !first {
		t.Fatalf("%t, %v", first, err)
	}
	gone(t, s, "key", at)
	create(t, s, "key", signIn(at))
	if first, err := s.Once(ctx, "key", at, at.Add(time.Minute)); err != nil || first {
		t.Errorf("%t, %v", first, err)
	}
	found(t, s, "key", at, false, at)
}
