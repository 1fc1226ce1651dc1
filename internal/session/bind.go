package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// bind reserves the PIN that a page has reported, and returns what the record
// keeps of it. A PIN is only ever bound by an event, which is to say by the
// SDK's pincode_updated: no other one can be joined at Zoom's desk (30308).
func (m *Manager) bind(ctx context.Context, r EventRequest) (PIN, error) {
	text, err := m.config.PINs.normalise(r.Event.PIN)
	if err != nil {
		return PIN{}, err
	}
	s, err := m.get(ctx, r.Site, r.ID)
	if err != nil {
		return PIN{}, err
	}
	now := m.now()
	if s.StateAt(now).Over() {
		return PIN{}, nil // apply says so
	}
	if slices.Contains(m.ring.pinKeys(s.Site, text), s.PIN.Key) {
		return s.PIN, nil // the same PIN again does not live longer
	}
	if m.config.PINs == PINBYOP && s.PIN.Key != "" {
		return PIN{}, fmt.Errorf("%w: the PIN is not the one that was given to this session", ErrInvalid)
	}
	if err := m.spend(ctx, limitPINs, m.config.Limits.PINsPerSession, s.ID); err != nil {
		return PIN{}, err
	}
	return m.reserve(ctx, s, text, now)
}

// unbind releases the PIN that bind has reserved for a change that then failed,
// unless the record has it: from before, or since an engine can fail after it
// has written. Where the record cannot be read, the reservation expires.
func (m *Manager) unbind(ctx context.Context, r EventRequest, key string) {
	if key == "" {
		return
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	s, err := m.get(ctx, r.Site, r.ID)
	if errors.Is(err, ErrNotFound) || err == nil && (s.PIN.Key != key || s.State.Over()) {
		_ = m.store.Release(ctx, key, r.ID)
	}
}

// free releases a reservation that has come to nothing; else it expires.
func (m *Manager) free(ctx context.Context, key, id string) {
	if key == "" {
		return
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_ = m.store.Release(ctx, key, id)
}

// mint makes a PIN of ours that no live session has.
func (m *Manager) mint(ctx context.Context, s Session, now time.Time) (PIN, string, error) {
	for range maxAttempts {
		text, err := mintPIN(m.config.Rand)
		if err != nil {
			return PIN{}, "", err
		}
		pin, err := m.reserve(ctx, s, text, now)
		if !errors.Is(err, ErrPINTaken) {
			return pin, text, err
		}
	}
	return PIN{}, "", fmt.Errorf("minting a PIN: %w", ErrPINTaken)
}

// reserve reserves a PIN for a session, under the current key; under former
// ones it must be free. [ErrPINTaken] where another live session has it.
func (m *Manager) reserve(ctx context.Context, s Session, text string, now time.Time) (PIN, error) {
	pinKeys := m.ring.pinKeys(s.Site, text)
	for _, key := range pinKeys[1:] {
		holder, err := m.store.Reserved(ctx, key)
		if err == nil && holder != s.ID {
			err = m.evict(ctx, s.Site, key, holder, now)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return PIN{}, err
		}
	}
	if err := m.take(ctx, s, pinKeys[0], now); err != nil {
		return PIN{}, err
	}
	sealed, err := m.ring[0].sealPIN(m.config.Rand, s.ID, text)
	if err != nil {
		m.free(ctx, pinKeys[0], s.ID)
		return PIN{}, err
	}
	return PIN{Key: pinKeys[0], Sealed: sealed, Until: now.Add(m.config.Timeouts.PIN)}, nil
}

// take reserves a key, from a session that is over if need be.
func (m *Manager) take(ctx context.Context, s Session, key string, now time.Time) error {
	ttl := m.config.Timeouts.PIN + m.config.Timeouts.Keep
	err := m.store.Reserve(ctx, key, s.ID, ttl)
	if !errors.Is(err, ErrTaken) {
		return err
	}
	holder, err := m.store.Reserved(ctx, key)
	if err == nil {
		err = m.evict(ctx, s.Site, key, holder, now)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err = m.store.Reserve(ctx, key, s.ID, ttl); errors.Is(err, ErrTaken) {
		return ErrPINTaken
	}
	return err
}

// evict releases a reservation whose holder is over or forgotten, else returns
// [ErrPINTaken].
func (m *Manager) evict(ctx context.Context, site, key, holder string, now time.Time) error {
	s, err := m.get(ctx, site, holder)
	if err == nil && !s.StateAt(now).Over() {
		return ErrPINTaken
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return m.store.Release(ctx, key, holder)
}
