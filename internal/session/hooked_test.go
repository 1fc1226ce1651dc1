package session_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// The steps of a store that a hook may fail.
const (
	stepCreate   = "create"
	stepGet      = "get"
	stepUpdate   = "update"
	stepReserve  = "reserve"
	stepReserved = "reserved"
	stepHit      = "hit"
)

// hooked is a store whose steps ask a hook first, and which remembers what is
// reserved.
type hooked struct {
	session.Store
	hook func(step string) error // nil for none

	mu   sync.Mutex
	held map[string]string // IDs by key
}

func newHooked(t testing.TB) *hooked {
	return &hooked{Store: newStore(t), held: make(map[string]string)}
}

func (h *hooked) ask(step string) error {
	if h.hook == nil {
		return nil
	}
	return h.hook(step)
}

// reservations is how many keys are reserved for a session.
func (h *hooked) reservations(id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, holder := range h.held {
		if holder == id || id == "" {
			n++
		}
	}
	return n
}

func (h *hooked) Create(ctx context.Context, s session.Session, ttl time.Duration) (session.Session, error) {
	if err := h.ask(stepCreate); err != nil {
		return session.Session{}, err
	}
	return h.Store.Create(ctx, s, ttl)
}

func (h *hooked) Get(ctx context.Context, id string) (session.Session, error) {
	if err := h.ask(stepGet); err != nil {
		return session.Session{}, err
	}
	return h.Store.Get(ctx, id)
}

func (h *hooked) Update(ctx context.Context, s session.Session, ttl time.Duration) (session.Session, error) {
	if err := h.ask(stepUpdate); err != nil {
		return session.Session{}, err
	}
	return h.Store.Update(ctx, s, ttl)
}

func (h *hooked) Reserve(ctx context.Context, key, id string, ttl time.Duration) error {
	if err := h.ask(stepReserve); err != nil {
		return err
	}
	err := h.Store.Reserve(ctx, key, id, ttl)
	if err == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.held[key] = id
	}
	return err
}

func (h *hooked) Reserved(ctx context.Context, key string) (string, error) {
	if err := h.ask(stepReserved); err != nil {
		return "", err
	}
	return h.Store.Reserved(ctx, key)
}

func (h *hooked) Release(ctx context.Context, key, id string) error {
	err := h.Store.Release(ctx, key, id)
	if err == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.held[key] == id {
			delete(h.held, key)
		}
	}
	return err
}

func (h *hooked) Hit(ctx context.Context, key string, delta int64, window time.Duration) (session.Count, error) {
	if err := h.ask(stepHit); err != nil {
		return session.Count{}, err
	}
	return h.Store.Hit(ctx, key, delta, window)
}

// failAt is a hook that fails one step.
func failAt(step string, err error) func(string) error {
	return func(s string) error {
		if s == step {
			return err
		}
		return nil
	}
}

// click creates a session without a PIN of Zoom's.
func click(t testing.TB, m *session.Manager) session.Created {
	t.Helper()
	created, err := m.Create(t.Context(), session.CreateRequest{Site: "a.test"})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// report is an event of a session's page.
func report(c session.Created, kind session.EventKind, pin string) session.EventRequest {
	return session.EventRequest{
		Site: "a.test", ID: c.Session.ID, Ticket: c.Ticket, Event: session.Event{Kind: kind, PIN: pin},
	}
}
