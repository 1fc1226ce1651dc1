package session_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// TestGone: a client who leaves, at whatever step of the store, is no fault of
// the store. What was done by then may have succeeded.
func TestGone(t *testing.T) {
	forgotten := waiting(t, newManager(t, session.Config{Store: newStore(t)}), "123456")
	tests := map[string]func(context.Context, *session.Manager, session.Created) error{
		"a click": func(ctx context.Context, m *session.Manager, _ session.Created) error {
			_, err := m.Create(ctx, session.CreateRequest{Site: "a.test"})
			return err
		},
		"another token": func(ctx context.Context, m *session.Manager, _ session.Created) error {
			return m.SpendToken(ctx, "a.test", netip.Addr{})
		},
		"an event": func(ctx context.Context, m *session.Manager, c session.Created) error {
			_, err := m.Event(ctx, report(c, session.EventAgentJoined, ""))
			return err
		},
		"another PIN": func(ctx context.Context, m *session.Manager, c session.Created) error {
			_, err := m.Event(ctx, report(c, session.EventPIN, "654321"))
			return err
		},
		"an event of a forgotten session": func(ctx context.Context, m *session.Manager, _ session.Created) error {
			_, err := m.Event(ctx, report(forgotten, session.EventHeartbeat, ""))
			return err
		},
		"a claim by PIN": func(ctx context.Context, m *session.Manager, _ session.Created) error {
			_, err := m.Claim(ctx, byPIN("ann", "123456"))
			return err
		},
		"a claim by ID": func(ctx context.Context, m *session.Manager, c session.Created) error {
			_, err := m.Claim(ctx, session.ClaimRequest{Site: "a.test", Agent: session.Agent{ID: "ann"}, ID: c.Session.ID})
			return err
		},
		"a wrong PIN": func(ctx context.Context, m *session.Manager, _ session.Created) error {
			_, err := m.Claim(ctx, byPIN("ann", "999999"))
			return err
		},
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) {
			for step := 1; leaveAt(t, step, run); step++ {
				if step == 100 {
					t.Fatal("it never ends")
				}
			}
		})
	}
}

// leaveAt lets a client leave at a step, and reports whether there was such a
// step.
func leaveAt(t *testing.T, at int, run func(context.Context, *session.Manager, session.Created) error) (left bool) {
	t.Helper()
	store := newHooked(t)
	m := newManager(t, session.Config{Store: store, RefuseAfter: time.Nanosecond})
	c := waiting(t, m, "123456")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	steps := 0
	store.hook = func(string) error {
		if steps++; steps == at {
			leave()
		}
		return nil
	}
	err := run(ctx, m, c)
	left = steps >= at
	switch {
	case errors.Is(err, session.ErrUnavailable):
		t.Errorf("leaving at step %d blames the store: %v", at, err)
	case left && err != nil && !errors.Is(err, context.Canceled), at == 1 && err == nil:
		t.Errorf("leaving at step %d: %v, want %v", at, err, context.Canceled)
	}
	return left
}

// TestGoneBeforeRefusal: who guesses and leaves before the answer is refused
// all the same, for the audit record.
func TestGoneBeforeRefusal(t *testing.T) {
	var leave context.CancelFunc
	m := newManager(t, session.Config{
		Store:  newStore(t),
		Limits: session.Limits{TriesPerAgent: session.Rate{Max: 2, Window: time.Hour}},
		Sleep: func(ctx context.Context, _ time.Duration) error {
			leave()
			return ctx.Err()
		},
	})
	for _, want := range []session.Reason{session.ReasonUnknown, session.ReasonUnknown, session.ReasonTries} {
		ctx, cancel := context.WithCancel(t.Context())
		leave = cancel
		_, err := m.Claim(ctx, byPIN("mallory", "999999"))
		var refused *session.RefusalError
		if !errors.Is(err, context.Canceled) || !errors.As(err, &refused) || refused.Reason != want {
			t.Errorf("got %v, want %v because of %s", err, context.Canceled, want)
		}
	}
}
