package memory

import (
	"context"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// Reserve is [session.Store].Reserve.
func (s *Store) Reserve(ctx context.Context, key, id string, ttl time.Duration) error {
	now, err := s.begin(ctx, "reserving a PIN")
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	switch r := s.reservations[key]; {
	case r != nil && r.id != id:
		return session.ErrTaken
	case r != nil:
		s.expiry.move(r, now.Add(ttl))
		return nil
	case len(s.reservations) >= s.config.MaxSessions:
		return session.ErrFull
	}
	r := &reservation{item: item{key: key, at: now.Add(ttl)}, id: id}
	s.reservations[key] = r
	s.expiry.add(r)
	return nil
}

// Reserved is [session.Store].Reserved.
func (s *Store) Reserved(ctx context.Context, key string) (string, error) {
	_, err := s.begin(ctx, "looking up a PIN")
	defer s.mu.Unlock()
	if err != nil {
		return "", err
	}
	if r := s.reservations[key]; r != nil {
		return r.id, nil
	}
	return "", session.ErrNotFound
}

// Release is [session.Store].Release.
func (s *Store) Release(ctx context.Context, key, id string) error {
	_, err := s.begin(ctx, "releasing a PIN")
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	if r := s.reservations[key]; r != nil && r.id == id {
		delete(s.reservations, key)
		s.expiry.remove(r)
	}
	return nil
}

// Hit is [session.Store].Hit.
func (s *Store) Hit(ctx context.Context, key string, delta int64, window time.Duration) (session.Count, error) {
	now, err := s.begin(ctx, "counting")
	defer s.mu.Unlock()
	if err != nil {
		return session.Count{}, err
	}
	c := s.counters[key]
	if c == nil {
		if delta <= 0 {
			return session.Count{}, nil
		}
		if len(s.counters) >= s.config.MaxCounters {
			return session.Count{}, session.ErrFull
		}
		c = &counter{item: item{key: key, at: now.Add(window)}}
		s.counters[key] = c
		s.expiry.add(c)
	}
	c.n = max(c.n+delta, 0)
	return session.Count{N: c.n, Reset: c.at.Sub(now)}, nil
}
