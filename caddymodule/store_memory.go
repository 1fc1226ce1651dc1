package caddymodule

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(MemoryStore{})
}

// SessionStore is what a module in the namespace
// `http.handlers.cobrowse.stores` implements: it has the engine that keeps the
// records of sessions, once it is provisioned.
type SessionStore interface {
	SessionStore() proxy.SessionStore
}

// MemoryStore keeps the records of sessions in this process. It needs nothing,
// survives a reload, and is right for one instance: what it knew is gone after
// a restart, when the pages of customers register again by themselves. It
// refuses new sessions rather than forget one.
type MemoryStore struct {
	// MaxSessions is how many records there may be, those that are over and
	// remembered for ten minutes among them. A record takes about 1 KiB. Handlers
	// of one server share their store; where they differ, the largest counts. The
	// default is 200000.
	MaxSessions int `json:"max_sessions,omitempty"`

	key  string
	pool *pooledMemory // nil unless it was taken
}

// CaddyModule returns the Caddy module information.
func (MemoryStore) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.stores.memory",
		New: func() caddy.Module { return new(MemoryStore) },
	}
}

// memoryStores holds the stores that run, so that a reload forgets no session,
// whatever it changes.
var memoryStores = caddy.NewUsagePool()

// pooledMemory is a store, and how large each of the handlers that have it wants
// it to be. The largest wish counts, so that it does not matter whose came last.
type pooledMemory struct {
	*memory.Store

	mu     sync.Mutex
	wishes []int
}

// Destruct implements [caddy.Destructor].
func (p *pooledMemory) Destruct() error { return p.Close() }

// join adds a handler's wish.
func (p *pooledMemory) join(wish int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wishes = append(p.wishes, wish)
	p.SetMaxSessions(slices.Max(p.wishes))
}

// leave forgets one. The last handler's stays: the store is about to end.
func (p *pooledMemory) leave(wish int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.wishes, wish)
	p.wishes = slices.Delete(p.wishes, i, i+1)
	if len(p.wishes) > 0 {
		p.SetMaxSessions(slices.Max(p.wishes))
	}
}

// wish is how large the store shall be.
func (m *MemoryStore) wish() int { return cmp.Or(m.MaxSessions, memory.DefaultMaxSessions) }

// Provision takes the store of this server, or makes it. Handlers of one server
// share it, since their sites have names of their own.
func (m *MemoryStore) Provision(ctx caddy.Context) error {
	if m.MaxSessions < 0 {
		return fmt.Errorf("store memory: max_sessions %d is negative: leave it out for the default", m.MaxSessions)
	}
	key := placeOf(ctx)
	value, _, err := memoryStores.LoadOrNew(key, func() (caddy.Destructor, error) {
		s, err := memory.New(memory.Config{})
		return &pooledMemory{Store: s}, err
	})
	if err != nil {
		return fmt.Errorf("store memory: %w", err)
	}
	m.key, m.pool = key, value.(*pooledMemory)
	m.pool.join(m.wish())
	return nil
}

// SessionStore implements [SessionStore].
func (m *MemoryStore) SessionStore() proxy.SessionStore { return m.pool }

// Cleanup gives the store back; the last one forgets everything.
func (m *MemoryStore) Cleanup() error {
	if m.pool == nil {
		return nil
	}
	m.pool.leave(m.wish())
	m.pool = nil
	_, err := memoryStores.Delete(m.key)
	return err
}

// UnmarshalCaddyfile reads
//
//	store memory {
//	    max_sessions <n>
//	}
func (m *MemoryStore) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	p := &parser{Dispenser: d}
	p.Next() // the engine's name
	if p.NextArg() {
		return p.ArgErr()
	}
	return p.block("store memory", map[string]word{
		"max_sessions": {usage: "max_sessions <n>", parse: func(p *parser) error { return p.positive(&m.MaxSessions) }},
	})
}

// Interface guards
var (
	_ caddy.Provisioner     = (*MemoryStore)(nil)
	_ caddy.CleanerUpper    = (*MemoryStore)(nil)
	_ caddyfile.Unmarshaler = (*MemoryStore)(nil)
	_ SessionStore          = (*MemoryStore)(nil)
)
