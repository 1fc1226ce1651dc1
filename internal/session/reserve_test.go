package session_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// meter is randomness that ends after some bytes.
type meter struct{ left atomic.Int64 }

func (m *meter) Read(p []byte) (int, error) {
	if m.left.Add(-int64(len(p))) < 0 {
		return 0, errors.New("no randomness is left")
	}
	return rand.Read(p)
}

// TestMintedPINIsFreed: a click that fails, wherever it does, keeps no PIN.
func TestMintedPINIsFreed(t *testing.T) {
	store, random := newHooked(t), &meter{}
	m := newManager(t, session.Config{
		Store: store, PINs: session.PINBYOP, Rand: random,
		Limits: session.Limits{SessionsPerAddress: session.Rate{Max: -1}},
	})
	for randomness := range int64(16 + 8 + 12) { // an ID, a PIN and a nonce
		random.left.Store(randomness)
		if _, err := m.Create(t.Context(), session.CreateRequest{Site: "a.test"}); err == nil || store.reservations("") != 0 {
			t.Errorf("with %d random bytes: %v, and %d PINs are reserved", randomness, err, store.reservations(""))
		}
	}
	random.left.Store(1 << 20)
	for _, step := range []string{stepHit, stepReserve, stepCreate} {
		store.hook = failAt(step, errBroken)
		if _, err := m.Create(t.Context(), session.CreateRequest{Site: "a.test"}); !errors.Is(err, errBroken) || store.reservations("") != 0 {
			t.Errorf("when %s fails: %v, and %d PINs are reserved", step, err, store.reservations(""))
		}
	}
	store.hook = nil
	if click(t, m); store.reservations("") != 1 {
		t.Errorf("a click that succeeds reserves %d PINs", store.reservations(""))
	}
}

// TestBoundPINIsFreed: a PIN whose binding failed is another session's to have.
func TestBoundPINIsFreed(t *testing.T) {
	const first, next = "111111", "222222"
	tests := map[string]struct {
		// hook, made for the session that is to get another PIN.
		hook func(m *session.Manager, s session.Session, leave context.CancelFunc) func(step string) error
		want error
		left int // reservations of the session
	}{
		"the store fails": {func(*session.Manager, session.Session, context.CancelFunc) func(string) error {
			return failAt(stepUpdate, errBroken)
		}, session.ErrUnavailable, 1},
		"the page leaves": {func(_ *session.Manager, _ session.Session, leave context.CancelFunc) func(string) error {
			return func(step string) error {
				if step == stepUpdate {
					leave()
				}
				return nil
			}
		}, context.Canceled, 1},
		"the session ends": {func(m *session.Manager, s session.Session, _ context.CancelFunc) func(string) error {
			ended := false
			return func(step string) error {
				if step != stepReserve || ended {
					return nil
				}
				ended = true
				_, err := m.End(context.Background(), s.Site, s.ID, session.CauseSupervisor)
				return err
			}
		}, session.ErrOver, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := newHooked(t)
			m := newManager(t, session.Config{Store: store})
			c := waiting(t, m, first)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			store.hook = test.hook(m, c.Session, leave)
			if _, err := m.Event(ctx, report(c, session.EventPIN, next)); !errors.Is(err, test.want) {
				t.Errorf("reporting: %v, want %v", err, test.want)
			}
			store.hook = nil
			if n := store.reservations(c.Session.ID); n != test.left {
				t.Errorf("it has %d PINs, want %d", n, test.left)
			}
			other := waiting(t, m, next)
			if claimed, err := m.Claim(t.Context(), byPIN("ann", next)); err != nil || claimed.Session.ID != other.Session.ID {
				t.Errorf("the PIN is %s's, %v", claimed.Session.ID, err)
			}
		})
	}
}

// lossy is a store that writes, and whose answer is lost.
type lossy struct {
	session.Store
	lose atomic.Bool
}

func (l *lossy) Update(ctx context.Context, s session.Session, ttl time.Duration) (session.Session, error) {
	s, err := l.Store.Update(ctx, s, ttl)
	if l.lose.Load() {
		return session.Session{}, errBroken
	}
	return s, err
}

// TestBoundPINIsKept: a PIN that the record has is not freed, also where the
// store says that it failed.
func TestBoundPINIsKept(t *testing.T) {
	store := &lossy{Store: newStore(t)}
	m := newManager(t, session.Config{Store: store, RefuseAfter: time.Nanosecond})
	c := click(t, m)
	store.lose.Store(true)
	if _, err := m.Event(t.Context(), report(c, session.EventPIN, "123456")); !errors.Is(err, session.ErrUnavailable) {
		t.Fatalf("reporting: %v", err)
	}
	store.lose.Store(false)
	if claimed, err := m.Claim(t.Context(), byPIN("ann", "123456")); err != nil || claimed.Session.ID != c.Session.ID {
		t.Errorf("claimed %+v, %v", claimed, err)
	}
}
