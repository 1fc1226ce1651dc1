package zoomapp

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

// States remembers what a flow needs at its next step: under a key that nobody
// can guess, for a short time, and for one use. Instances that share a host name
// must share their States.
type States interface {
	// Put keeps value under key for ttl.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Take returns the value and forgets it, in one step: of two who ask at the
	// same time one gets it. It is nil where there is none.
	Take(ctx context.Context, key string) ([]byte, error)
}

// maxStates bounds the memory of a [MemoryStates], for each kind of flow.
const maxStates = 4096

// MemoryStates are the [States] of a single process. It owns no goroutine.
type MemoryStates struct {
	now func() time.Time

	mu    sync.Mutex
	kept  map[string]memoryState
	order map[string][]string // by kind, the keys by age, also those that have been taken
}

type memoryState struct {
	value   []byte
	expires time.Time
}

// NewMemoryStates returns an empty MemoryStates; a nil clock is time.Now. It keeps
// 4096 states of a kind, and forgets the oldest when there are more: who begins flows
// in masses ends other people's, so that beginnings should be limited. Kinds are
// apart, since anybody can begin an install, and only agents logins.
func NewMemoryStates(now func() time.Time) *MemoryStates {
	if now == nil {
		now = time.Now
	}
	return &MemoryStates{now: now, kept: make(map[string]memoryState), order: make(map[string][]string)}
}

// Put never fails.
func (m *MemoryStates) Put(_ context.Context, key string, value []byte, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	kind := StateKind(key)
	order := m.order[kind]
	if len(order) >= maxStates {
		delete(m.kept, order[0])
		order = append(order[:0], order[1:]...)
	}
	m.order[kind] = append(order, key)
	m.kept[key] = memoryState{value, m.now().Add(ttl)}
	return nil
}

// Take never fails.
func (m *MemoryStates) Take(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state, ok := m.kept[key]
	delete(m.kept, key)
	if !ok || !m.now().Before(state.expires) {
		return nil, nil
	}
	return state.value, nil
}

// StateKind is the kind of flow that a key of [States] belongs to. There are three.
func StateKind(key string) string {
	return key[:strings.LastIndexByte(key, ':')+1]
}

// stateKey is the key of a secret that a browser carries: its digest, so that a
// store's contents are no way into a flow. The purpose keeps flows apart.
func stateKey(purpose, secret string) string {
	return "zoomapp:" + purpose + ":" + digest(secret)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
