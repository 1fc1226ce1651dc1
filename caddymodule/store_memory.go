package caddymodule

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

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
	// remembered for ten minutes among them. A record takes about 1 KiB. The
	// default is 200000.
	MaxSessions int `json:"max_sessions,omitempty"`

	key   string
	store proxy.SessionStore
}

// CaddyModule returns the Caddy module information.
func (MemoryStore) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.stores.memory",
		New: func() caddy.Module { return new(MemoryStore) },
	}
}

// memoryStores holds the stores that run, so that a reload forgets no session.
var memoryStores = caddy.NewUsagePool()

// pooledStore is a store that a pool can end.
type pooledStore struct{ proxy.SessionStore }

// Destruct implements [caddy.Destructor].
func (s pooledStore) Destruct() error { return s.Close() }

// Provision takes the store of this server, or makes it. Handlers of one server
// share it, since their sites have names of their own.
func (m *MemoryStore) Provision(ctx caddy.Context) error {
	if m.MaxSessions < 0 {
		return fmt.Errorf("store memory: max_sessions %d is negative: leave it out for the default", m.MaxSessions)
	}
	key := fmt.Sprint(m.MaxSessions)
	if server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok {
		key += " " + server.Name()
	}
	value, _, err := memoryStores.LoadOrNew(key, func() (caddy.Destructor, error) {
		s, err := memory.New(memory.Config{MaxSessions: m.MaxSessions})
		return pooledStore{s}, err
	})
	if err != nil {
		return fmt.Errorf("store memory: %w", err)
	}
	m.key, m.store = key, value.(pooledStore).SessionStore
	return nil
}

// SessionStore implements [SessionStore].
func (m *MemoryStore) SessionStore() proxy.SessionStore { return m.store }

// Cleanup gives the store back; the last one forgets everything.
func (m *MemoryStore) Cleanup() error {
	if m.store == nil {
		return nil
	}
	m.store = nil
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
