package caddymodule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/storetest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// valuesInMemory returns values that end with the test.
func valuesInMemory(t *testing.T, c memory.Config) proxy.SharedValues {
	t.Helper()
	store, err := memory.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store.Values()
}

// signInsOf returns the sign-ins as an instance with these secrets has them.
func signInsOf(t *testing.T, values proxy.SharedValues, logger *slog.Logger, secrets ...string) oidc.Store {
	t.Helper()
	cfg := oidc.Config{Logger: logger}
	if err := (sharing{values: values, secrets: secrets}).keepSignIns(&cfg, []string{"https://login.example", "desk", "https://shop.example", "/_cobrowse"}); err != nil {
		t.Fatal(err)
	}
	if len(cfg.StateKeys) != len(secrets) {
		t.Errorf("%d keys of logins for %d secrets", len(cfg.StateKeys), len(secrets))
	}
	return cfg.Store
}

const sharedSecret = "the SDK secret of a test"

func newSignIns(t *testing.T) oidc.Store {
	t.Helper()
	return signInsOf(t, valuesInMemory(t, memory.Config{}), slog.New(slog.DiscardHandler), sharedSecret)
}

// TestSharedSignIns runs what every store of sign-ins must pass, in memory and in
// a real Redis.
func TestSharedSignIns(t *testing.T) {
	t.Run("memory", func(t *testing.T) { storetest.Run(t, newSignIns) })
	t.Run("Redis", func(t *testing.T) {
		addr := redistest.Start(t).Addr()
		var spaces atomic.Int32
		storetest.Run(t, func(t *testing.T) oidc.Store {
			store, err := redis.New(redis.Config{
				Addresses: []string{addr}, Prefix: fmt.Sprintf("test%d:", spaces.Add(1)),
				DialTimeout: 10 * time.Second, IOTimeout: 10 * time.Second, StepTimeout: 20 * time.Second, // of a busy machine
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			return signInsOf(t, store.Values(), slog.New(slog.DiscardHandler), sharedSecret)
		})
	})
}

var sharedNow = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func sharedSignIn(id string) oidc.SignIn {
	return oidc.SignIn{
		Agent: agent.Agent{ID: id, Name: "Anna Müller", Email: "anna@example.com", Groups: []string{"agents"}, Source: oidc.Name}, Client: "client",
		Created: sharedNow, Used: sharedNow, Lifetime: 8 * time.Hour, Idle: 30 * time.Minute,
	}
}

// who returns whose sign-in a key has; "" is nobody's.
func who(t *testing.T, s oidc.Store, key string) string {
	t.Helper()
	in, err := s.Find(t.Context(), key, sharedNow, false)
	if err != nil && !errors.Is(err, oidc.ErrNoSignIn) {
		t.Fatal(err)
	}
	return in.Agent.ID
}

func signInAs(t *testing.T, s oidc.Store, key, id string) {
	t.Helper()
	if err := s.Create(t.Context(), key, sharedSignIn(id)); err != nil {
		t.Fatal(err)
	}
}

// TestSharedByInstances: what one instance does is true for the other.
func TestSharedByInstances(t *testing.T) {
	values, logger := valuesInMemory(t, memory.Config{}), slog.New(slog.DiscardHandler)
	a, b := signInsOf(t, values, logger, sharedSecret), signInsOf(t, values, logger, "next", sharedSecret)
	signInAs(t, a, "key", "anna")
	if got := who(t, b, "key"); got != "anna" {
		t.Errorf("the other instance finds %q", got)
	}
	if err := b.Delete(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	if got := who(t, a, "key"); got != "" {
		t.Errorf("signed out at the other instance, and still %q", got)
	}
	if first, err := a.Once(t.Context(), "state", sharedNow, sharedNow.Add(time.Minute)); err != nil || !first {
		t.Errorf("the first time: %v, %v", first, err)
	}
	if first, err := b.Once(t.Context(), "state", sharedNow, sharedNow.Add(time.Minute)); err != nil || first {
		t.Errorf("the second time, elsewhere: %v, %v", first, err)
	}
}

// TestSharedScopes: what is kept for one site or client is nothing to another.
func TestSharedScopes(t *testing.T) {
	values := valuesInMemory(t, memory.Config{})
	shared := sharing{values: values, secrets: []string{sharedSecret}}
	scopes := [][]string{
		{"https://a.example", "desk", "https://shop.example", "/_cobrowse"},
		{"https://b.example", "desk", "https://shop.example", "/_cobrowse"},
		{"https://a.example", "desk2", "https://shop.example", "/_cobrowse"},
		{"https://a.example", "desk", "https://bank.example", "/_cobrowse"},
		{"https://a.example", "desk", "https://shop.example", "/other"},
		{"https://a.example", "desk", "https://shop.example/", "_cobrowse"},
	}
	keys := map[string]bool{}
	for i, scope := range scopes {
		cfg := oidc.Config{Logger: slog.New(slog.DiscardHandler)}
		if err := shared.keepSignIns(&cfg, scope); err != nil {
			t.Fatal(err)
		}
		keys[string(cfg.StateKeys[0])] = true
		if i == 0 {
			signInAs(t, cfg.Store, "key", "anna")
		}
		if got := who(t, cfg.Store, "key"); (got == "anna") != (i == 0) {
			t.Errorf("%q finds %q", scope, got)
		}
	}
	if len(keys) != len(scopes) {
		t.Errorf("%d keys of logins for %d scopes", len(keys), len(scopes))
	}
}

// spy counts the steps of values, and can hold one up.
type spy struct {
	proxy.SharedValues
	steps  []string
	before func(step, key string)
}

func (s *spy) note(step, key string) {
	s.steps = append(s.steps, step)
	if s.before != nil {
		s.before(step, key)
	}
}

func (s *spy) Get(ctx context.Context, key string) ([]byte, error) {
	s.note("get", key)
	return s.SharedValues.Get(ctx, key)
}

func (s *spy) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	s.note("swap", key)
	return s.SharedValues.Swap(ctx, key, old, value, ttl)
}

// TestSharedSteps: an agent's request is one step, and two once in a minute.
func TestSharedSteps(t *testing.T) {
	watched := &spy{SharedValues: valuesInMemory(t, memory.Config{})}
	s := signInsOf(t, watched, slog.New(slog.DiscardHandler), sharedSecret)
	signInAs(t, s, "key", "anna")
	for _, test := range []struct {
		at   time.Duration
		use  bool
		want string
	}{
		{59 * time.Second, true, "get"},
		{time.Hour / 4, false, "get"},
		{time.Hour / 4, true, "get swap"},
		{time.Hour/4 + 30*time.Second, true, "get"},
		{time.Hour/4 + time.Minute, true, "get swap"},
		{time.Hour / 4, true, "get"}, // another instance's clock is behind
	} {
		watched.steps = nil
		if _, err := s.Find(t.Context(), "key", sharedNow.Add(test.at), test.use); err != nil {
			t.Fatalf("after %v: %v", test.at, err)
		}
		if got := strings.Join(watched.steps, " "); got != test.want {
			t.Errorf("after %v: %s, want %s", test.at, got, test.want)
		}
	}
}

// TestLogoutDuringUse: a use that is written down while the agent signs out does
// not sign the agent in again.
func TestLogoutDuringUse(t *testing.T) {
	values := valuesInMemory(t, memory.Config{})
	watched := &spy{SharedValues: values}
	s := signInsOf(t, watched, slog.New(slog.DiscardHandler), sharedSecret)
	signInAs(t, s, "key", "anna")
	watched.before = func(step, key string) {
		if step != "swap" {
			return
		}
		if took, err := values.Take(t.Context(), key); err != nil || took == nil {
			t.Errorf("nothing to sign out of: %v", err)
		}
	}
	if _, err := s.Find(t.Context(), "key", sharedNow.Add(10*time.Minute), true); err != nil {
		t.Fatal(err)
	}
	watched.before = nil
	if got := who(t, s, "key"); got != "" {
		t.Errorf("%s is signed in again", got)
	}
}

// TestSignInsOfAnAgent: beyond the limit the oldest end, those that were ended
// before do not count, and nobody else is touched.
func TestSignInsOfAnAgent(t *testing.T) {
	values, logger := valuesInMemory(t, memory.Config{}), slog.New(slog.DiscardHandler)
	a, b := signInsOf(t, values, logger, sharedSecret), signInsOf(t, values, logger, sharedSecret)
	signInAs(t, a, "laptop", "anna")
	signInAs(t, a, "bob", "bob")
	for i := range 2 * oidc.MaxPerAgent { // a browser that is closed in the evening
		key := fmt.Sprint("day", i)
		signInAs(t, b, key, "anna")
		if err := a.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if got := who(t, b, "laptop"); got != "anna" {
		t.Errorf("sign-ins that were ended count: the laptop's is %q", got)
	}
	// A key that was anna's, and is bob's by now: somebody else sits there.
	signInAs(t, a, "desk", "anna")
	if err := a.Delete(t.Context(), "desk"); err != nil {
		t.Fatal(err)
	}
	signInAs(t, a, "desk", "bob")
	for i := range oidc.MaxPerAgent {
		signInAs(t, a, fmt.Sprint("tab", i), "anna")
	}
	for key, want := range map[string]string{"laptop": "", "desk": "bob", "tab0": "anna", fmt.Sprint("tab", oidc.MaxPerAgent-1): "anna", "bob": "bob"} {
		if got := who(t, b, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// TestForgedSignIns: who writes to the engine makes nobody an agent, and the log
// says that somebody did.
func TestForgedSignIns(t *testing.T) {
	values := valuesInMemory(t, memory.Config{})
	var log bytes.Buffer
	s := signInsOf(t, values, slog.New(slog.NewTextHandler(&log, nil)), sharedSecret)
	signInAs(t, s, "bob", "bob")
	bobs, err := values.Get(t.Context(), signInKey("bob"))
	if err != nil {
		t.Fatal(err)
	}
	for name, forged := range map[string][]byte{
		"in the clear": []byte(`{"Agent":{"ID":"anna","Groups":["agents"]},"Client":"client","Created":"2026-11-23T09:00:00Z","Used":"2026-11-23T09:00:00Z","Lifetime":28800000000000,"Idle":28800000000000}`),
		"bob's":        bobs,
	} {
		log.Reset()
		if err := values.Put(t.Context(), signInKey("mallory"), forged, time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := who(t, s, "mallory"); got != "" {
			t.Errorf("%s makes %s an agent", name, got)
		}
		if !strings.Contains(log.String(), "not sealed with an SDK secret") || strings.Contains(log.String(), sharedSecret) {
			t.Errorf("%s: the log says %s", name, &log)
		}
	}
	// A list that was forged keeps nobody out, and is made anew.
	list := s.(*sharedSignIns).listKey(sharedSignIn("anna"))
	if err := values.Put(t.Context(), list, []byte(`["bob"]`), time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * oidc.MaxPerAgent {
		signInAs(t, s, fmt.Sprint(i), "anna")
	}
	if got := who(t, s, "bob"); got != "bob" {
		t.Errorf("a forged list signs bob out")
	}
	if got := who(t, s, "0"); got != "" {
		t.Errorf("a forged list lets an agent have too many")
	}
}

// TestNothingToRead: the engine has no word of who is signed in.
func TestNothingToRead(t *testing.T) {
	var keys []string
	values := valuesInMemory(t, memory.Config{})
	watched := &spy{SharedValues: values, before: func(_, key string) { keys = append(keys, key) }}
	s := signInsOf(t, watched, slog.New(slog.DiscardHandler), sharedSecret)
	signInAs(t, s, "key", "anna")
	for _, key := range keys {
		value, err := values.Get(t.Context(), key)
		if err != nil || value == nil {
			t.Fatalf("%s: %v", key, err)
		}
		for _, word := range []string{"anna", "Müller", "agents", "client"} {
			if strings.Contains(key, word) || bytes.Contains(value, []byte(word)) {
				t.Errorf("%s has the word %s: %q", key, word, value)
			}
		}
	}
}

// TestSharedRotation: sign-ins outlive the SDK secret for as long as it is listed.
func TestSharedRotation(t *testing.T) {
	values, logger := valuesInMemory(t, memory.Config{}), slog.New(slog.DiscardHandler)
	before := signInsOf(t, values, logger, "old")
	between, after := signInsOf(t, values, logger, "new", "old"), signInsOf(t, values, logger, "new")
	signInAs(t, before, "used", "anna")
	signInAs(t, before, "unused", "anna")
	if _, err := between.Find(t.Context(), "used", sharedNow.Add(time.Minute), true); err != nil {
		t.Errorf("beside the next secret: %v", err)
	}
	if who(t, between, "unused") != "anna" || who(t, after, "used") != "anna" {
		t.Error("a sign-in ends with the rotation")
	}
	if got := who(t, after, "unused"); got != "" {
		t.Errorf("%s is signed in by a secret that is gone", got)
	}
}

// TestSharedFaults: an engine that is full or away makes nobody an agent.
func TestSharedFaults(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	small := signInsOf(t, valuesInMemory(t, memory.Config{MaxValues: 2}), logger, sharedSecret)
	signInAs(t, small, "key", "anna") // and the list of her sign-ins
	if err := small.Create(t.Context(), "another", sharedSignIn("bob")); !errors.Is(err, oidc.ErrFull) {
		t.Errorf("a full engine: %v", err)
	}
	if first, err := small.Once(t.Context(), "state", sharedNow, sharedNow.Add(time.Minute)); first || !errors.Is(err, oidc.ErrFull) {
		t.Errorf("a full engine: %v, %v", first, err)
	}
	if got := who(t, small, "key"); got != "anna" {
		t.Errorf("a full engine forgets anna: %q", got)
	}

	store, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	away := signInsOf(t, store.Values(), logger, sharedSecret)
	signInAs(t, away, "key", "anna")
	_ = store.Close()
	in, err := away.Find(t.Context(), "key", sharedNow, true)
	if err == nil || errors.Is(err, oidc.ErrNoSignIn) || in.Agent.ID != "" {
		t.Errorf("an engine that is away finds %q, %v", in.Agent.ID, err)
	}
	if err := away.Create(t.Context(), "another", sharedSignIn("bob")); err == nil || errors.Is(err, oidc.ErrFull) {
		t.Errorf("an engine that is away: %v", err)
	}
	if err := away.Delete(t.Context(), "key"); err == nil {
		t.Error("signed out of an engine that is away")
	}
	if first, err := away.Once(t.Context(), "state", sharedNow, sharedNow.Add(time.Minute)); err == nil || first {
		t.Errorf("an engine that is away: %v, %v", first, err)
	}
}
