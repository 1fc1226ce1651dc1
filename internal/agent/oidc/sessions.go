package oidc

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// Limits of [Sessions].
const (
	// MaxSignIns is how many sign-ins it keeps by default. At about 1 KB each
	// that is 10 MB.
	MaxSignIns = 10_000
	// MaxPerAgent is how many of them one agent may have: a browser at work, a
	// laptop, a phone, and some that were closed without signing out. The oldest
	// one ends where there would be more.
	MaxPerAgent = 10
	// maxOnce is how many finished logins are remembered.
	maxOnce = 100_000
)

// Sessions is a [Store] in memory. It needs no goroutine, and nothing to close:
// what is over is dropped when its room is wanted.
//
// It outlives the [Provider] that uses it where the caller keeps it, as across
// a reload of the configuration; agents then stay signed in, and logins that are
// under way can be finished.
type Sessions struct {
	limit    int
	stateKey []byte

	mu      sync.Mutex
	signIns map[string]SignIn
	byAgent map[owner][]string // keys, the oldest first
	once    map[string]time.Time
}

// owner is whose sign-ins are counted together.
type owner struct{ client, id string }

// NewSessions returns an empty store for at most limit sign-ins; 0 means
// [MaxSignIns].
func NewSessions(limit int) *Sessions {
	if limit <= 0 {
		limit = MaxSignIns
	}
	key := make([]byte, stateKeySize)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return &Sessions{
		limit:    limit,
		stateKey: key,
		signIns:  make(map[string]SignIn),
		byAgent:  make(map[owner][]string),
		once:     make(map[string]time.Time),
	}
}

// StateKey returns the key that seals what is kept between login and callback,
// which is random and as old as the Sessions.
func (s *Sessions) StateKey() []byte { return s.stateKey }

// Create implements [Store].
func (s *Sessions) Create(_ context.Context, key string, in SignIn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(key) // of two logins that end at once in one session of a caller's, the last counts
	who := owner{in.Client, in.Agent.ID}
	if keys := s.byAgent[who]; len(keys) >= MaxPerAgent {
		s.drop(keys[0])
	}
	if len(s.signIns) >= s.limit {
		s.sweep(in.Created)
	}
	if len(s.signIns) >= s.limit {
		return ErrFull
	}
	s.signIns[key] = in
	s.byAgent[who] = append(s.byAgent[who], key)
	return nil
}

// Find implements [Store].
func (s *Sessions) Find(_ context.Context, key string, now time.Time, use bool) (SignIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, ok := s.signIns[key]
	switch {
	case !ok:
		return SignIn{}, ErrNoSignIn
	case in.Over(now):
		s.drop(key)
		return SignIn{}, ErrNoSignIn
	}
	if use && now.After(in.Used) {
		used := in
		used.Used = now
		s.signIns[key] = used
	}
	return in, nil
}

// Delete implements [Store].
func (s *Sessions) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(key)
	return nil
}

// Once implements [Store].
func (s *Sessions) Once(_ context.Context, key string, now, until time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end, known := s.once[key]; known && now.Before(end) {
		return false, nil
	}
	if len(s.once) >= maxOnce {
		for k, end := range s.once {
			if !now.Before(end) {
				delete(s.once, k)
			}
		}
	}
	if len(s.once) >= maxOnce {
		return false, ErrFull
	}
	s.once[key] = until
	return true, nil
}

// Len returns how many sign-ins are kept, of which some may be over.
func (s *Sessions) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.signIns)
}

// sweep drops what is over.
func (s *Sessions) sweep(now time.Time) {
	for key, in := range s.signIns {
		if in.Over(now) {
			s.drop(key)
		}
	}
}

func (s *Sessions) drop(key string) {
	in, ok := s.signIns[key]
	if !ok {
		return
	}
	delete(s.signIns, key)
	who := owner{in.Client, in.Agent.ID}
	keys := s.byAgent[who]
	for i, k := range keys {
		if k == key {
			keys = append(keys[:i:i], keys[i+1:]...)
			break
		}
	}
	if len(keys) == 0 {
		delete(s.byAgent, who)
		return
	}
	s.byAgent[who] = keys
}
