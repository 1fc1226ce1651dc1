package caddymodule

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

// statesOf returns the states of an app as two instances have them.
func statesOf(t *testing.T) (a, b *sharedStates, store *memory.Store) {
	t.Helper()
	store, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for _, to := range []**sharedStates{&a, &b} {
		shared := sharing{values: store.Values(), store: store, secrets: []string{sharedSecret}}
		if *to, err = shared.states("app"); err != nil {
			t.Fatal(err)
		}
	}
	return a, b, store
}

// TestSharedStates: what one instance remembers another one takes, once, until its
// time is over, whatever the engine brings back.
func TestSharedStates(t *testing.T) {
	ctx := t.Context()
	a, b, store := statesOf(t)
	if err := a.Put(ctx, "key", []byte("verifier"), time.Hour); err != nil {
		t.Fatal(err)
	}
	stored, err := store.Values().Get(ctx, "key")
	if err != nil || stored == nil || bytes.Contains(stored, []byte("verifier")) {
		t.Errorf("the engine has %q, %v", stored, err)
	}
	if got, err := b.Take(ctx, "key"); err != nil || string(got) != "verifier" {
		t.Errorf("taken elsewhere: %q, %v", got, err)
	}
	if got, err := a.Take(ctx, "key"); err != nil || got != nil {
		t.Errorf("taken twice: %q, %v", got, err)
	}
	b.now = func() time.Time { return time.Now().Add(time.Hour) }
	if err := store.Values().Put(ctx, "key", stored, time.Hour); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Take(ctx, "key"); err != nil || got != nil {
		t.Errorf("taken when its time is over: %q, %v", got, err)
	}
	if err := store.Values().Put(ctx, "key", []byte(`{"v":"dmVyaWZpZXI=","e":9999999999}`), time.Hour); err != nil {
		t.Fatal(err)
	}
	if got, err := a.Take(ctx, "key"); err != nil || got != nil {
		t.Errorf("a forged one is taken: %q, %v", got, err)
	}
}

// TestManyStates: strangers who begin flows do not fill the store.
func TestManyStates(t *testing.T) {
	a, b, store := statesOf(t)
	for i := range maxSharedStates {
		if err := []*sharedStates{a, b}[i%2].Put(t.Context(), fmt.Sprint("zoomapp:install:", i), []byte("v"), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Put(t.Context(), "zoomapp:install:more", []byte("v"), time.Hour); !errors.Is(err, session.ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	if got, err := b.Take(t.Context(), "zoomapp:install:0"); err != nil || string(got) != "v" {
		t.Errorf("the oldest is forgotten: %q, %v", got, err)
	}
	if err := a.Put(t.Context(), "zoomapp:login:1", []byte("v"), time.Hour); err != nil {
		t.Errorf("strangers keep an agent from signing in: %v", err)
	}
	other, err := (sharing{values: store.Values(), store: store, secrets: []string{sharedSecret}}).states("another app")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Put(t.Context(), "zoomapp:install:more", []byte("v"), time.Hour); err != nil {
		t.Errorf("another app: %v", err)
	}
}

// sessionsOnly is the module of a store that knows nothing of shared values, as
// somebody else's may.
type sessionsOnly struct{ *MemoryStore }

// keeper is one that knows.
type keeper struct {
	sessionsOnly
	store *memory.Store
}

func (k keeper) SharedValues() session.Values { return k.store.Values() }

// TestSharing: who shares what, and when the log says that nobody does.
func TestSharing(t *testing.T) {
	_, _, store := statesOf(t)
	for name, test := range map[string]struct {
		module  any
		secrets []string
		shares  bool
		log     string
	}{
		"memory":            {&MemoryStore{}, []string{"s"}, false, ""},
		"sessions only":     {sessionsOnly{}, []string{"s"}, false, "keeps sessions only"},
		"values":            {keeper{store: store}, []string{"s"}, true, ""},
		"values, no secret": {keeper{store: store}, nil, false, "sandbox"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&log, nil))
			shared := sharingOf(test.module, store, test.secrets)
			app := new(ZoomAppAgents)
			states, err := app.takeStates(shared, logger, t.Name())
			if err != nil {
				t.Fatal(err)
			}
			_, got := states.(*sharedStates)
			if got != test.shares || (app.states == "") != test.shares {
				t.Errorf("shared: %v, in the pool: %q", got, app.states)
			}
			if said := log.String(); (said != "") != (test.log != "") || !strings.Contains(said, test.log) {
				t.Errorf("the log says %q", said)
			}
			if err := app.Cleanup(); err != nil {
				t.Error(err)
			}
		})
	}
}
