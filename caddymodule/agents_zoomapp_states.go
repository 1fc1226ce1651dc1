package caddymodule

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// takeStates returns what remembers the flows of an app: the store that instances
// share, else this process, over reloads. What is taken of the pool, Cleanup gives
// back.
func (a *ZoomAppAgents) takeStates(shared sharing, logger *slog.Logger, key string) (zoomapp.States, error) {
	if shared.values != nil {
		return shared.states(key)
	}
	shared.tell(logger, "installs and logins of the Zoom App that are under way")
	kept, _, err := installs.LoadOrNew(key, func() (caddy.Destructor, error) {
		return pooledStates{zoomapp.NewMemoryStates(nil)}, nil
	})
	if err != nil {
		return nil, err
	}
	a.states = key
	return kept.(pooledStates).MemoryStates, nil
}

// sharedStates are [zoomapp.States] that several instances share. They are sealed,
// for what is kept makes a code worth something, and each has its end inside.
type sharedStates struct {
	sealed *session.Sealed
	store  proxy.SessionStore
	now    func() time.Time
}

// maxSharedStates is how many states of a kind an app may have made within the life
// of one. Strangers can begin installs, and a store that is full has no room for
// customers; agents' logins are counted apart from them.
const maxSharedStates = 4096

// sharedState is what is sealed.
type sharedState struct {
	Value []byte `json:"v"`
	Ends  int64  `json:"e"` // in seconds since the epoch
}

// states returns the states of an app.
func (s sharing) states(app string) (*sharedStates, error) {
	sealed, err := s.sealed("agents zoomapp states", app)
	if err != nil {
		return nil, err
	}
	return &sharedStates{sealed: sealed, store: s.store, now: time.Now}, nil
}

// Put implements [zoomapp.States]. The error is [session.ErrFull] where too many
// flows have begun.
func (s *sharedStates) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	kind := zoomapp.StateKind(key)
	begun, err := s.store.Hit(ctx, "zoomapp:"+s.sealed.Name("count", kind), 1, ttl)
	switch {
	case err != nil:
		return err
	case begun.N > maxSharedStates:
		return fmt.Errorf("%w: %d states of this kind were made in %v", session.ErrFull, begun.N, ttl)
	}
	state, err := json.Marshal(sharedState{value, s.now().Add(ttl).Unix()})
	if err != nil {
		return fmt.Errorf("encoding a state: %w", err)
	}
	return s.sealed.Put(ctx, key, state, ttl)
}

// Take implements [zoomapp.States].
func (s *sharedStates) Take(ctx context.Context, key string) ([]byte, error) {
	text, err := s.sealed.Take(ctx, key)
	if err != nil || text == nil {
		return nil, err
	}
	var state sharedState
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("decoding a state: %w", err)
	}
	if s.now().Unix() >= state.Ends {
		return nil, nil
	}
	return state.Value, nil
}

// Interface guard
var _ zoomapp.States = (*sharedStates)(nil)
