package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// sharedSignIns is an [oidc.Store] that several instances share.
//
// What it keeps is sealed with the SDK secret, each value for its own key, and has
// its end inside. So who reads the values learns nothing, and who writes them can
// sign agents out, but make none, not even with another agent's sign-in. Who can
// bring back deleted values can undo a logout for somebody who kept the cookie, but
// not beyond the sign-in's own end.
//
// It differs from [oidc.Sessions] in three ways. A use is written down when the one
// that is known is a minute old, so that a sign-in may end a minute early. There is
// no limit but that of an agent and that of the engine. And when the first SDK
// secret changes, the sign-ins of before no longer count as the agent's.
type sharedSignIns struct {
	sealed *session.Sealed
	logger *slog.Logger
}

// Times and tries of sharedSignIns.
const (
	// useEvery is how old the last use that is known may be. It is a tenth of the
	// idle time where that is less.
	useEvery = time.Minute
	// listTries is how often an agent's list is tried to be changed, in which
	// others may be faster.
	listTries = 16
)

// errBusy means that the same agent signs in many times at this moment.
var errBusy = errors.New("the list of an agent's sign-ins is changed all the time")

// Keys: a sign-in, a login that is finished, and the list of an agent's sign-ins.
func signInKey(key string) string { return "oidc:s:" + key }
func onceKey(key string) string   { return "oidc:o:" + key }
func (s *sharedSignIns) listKey(in oidc.SignIn) string {
	return "oidc:a:" + s.sealed.Name(in.Client, in.Agent.ID)
}

// keepSignIns gives cfg the sign-ins that instances share, and the keys of logins
// that one of them begins and another one finishes. A scope is the provider, the
// client and the site: what is kept for one is nothing to another.
func (s sharing) keepSignIns(cfg *oidc.Config, scope []string) error {
	sealed, err := s.sealed(append([]string{"agents oidc sign-ins"}, scope...)...)
	if err != nil {
		return err
	}
	cfg.Store = &sharedSignIns{sealed: sealed, logger: cfg.Logger}
	cfg.StateKeys, err = s.keys(append([]string{"agents oidc logins"}, scope...)...)
	return err
}

// left is how long a sign-in lasts when nothing more happens.
func left(in oidc.SignIn, now time.Time) time.Duration {
	return min(in.Created.Add(in.Lifetime).Sub(now), in.Used.Add(in.Idle).Sub(now))
}

// full translates the engine's error.
func full(err error) error {
	if errors.Is(err, session.ErrFull) {
		return fmt.Errorf("%w: %w", oidc.ErrFull, err)
	}
	return err
}

// Create implements [oidc.Store]. Where an agent would have more than
// [oidc.MaxPerAgent], the oldest end.
func (s *sharedSignIns) Create(ctx context.Context, key string, in oidc.SignIn) error {
	value, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encoding a sign-in: %w", err)
	}
	made, err := s.sealed.Swap(ctx, signInKey(key), session.Found{}, value, left(in, in.Used))
	switch {
	case err != nil:
		return full(err)
	case !made:
		return errors.New("there is a sign-in of this key")
	}
	if err := s.list(ctx, key, in); err != nil {
		_ = s.Delete(context.WithoutCancel(ctx), key) // nobody has its cookie
		return full(err)
	}
	return nil
}

// list adds a sign-in to those of its agent, and ends the oldest ones where there
// are too many.
func (s *sharedSignIns) list(ctx context.Context, key string, in oidc.SignIn) error {
	index := s.listKey(in)
	for range listTries {
		found, err := s.sealed.Get(ctx, index)
		if err != nil {
			return err
		}
		var keys []string // the oldest first
		if found.Value != nil {
			if err := json.Unmarshal(found.Value, &keys); err != nil {
				return fmt.Errorf("decoding an agent's sign-ins: %w", err)
			}
		}
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == key }) // it is the newest
		keys, ended, err := s.makeRoom(ctx, keys, in)
		if err != nil {
			return err
		}
		value, err := json.Marshal(append(keys, key))
		if err != nil {
			return fmt.Errorf("encoding an agent's sign-ins: %w", err)
		}
		swapped, err := s.sealed.Swap(ctx, index, found, value, in.Lifetime)
		if err != nil {
			return err
		}
		if swapped {
			return s.end(ctx, ended)
		}
	}
	return errBusy
}

// makeRoom drops what is over, or another agent's by now, where there is no room
// for one more, and if that is not enough the oldest ones, which it returns.
func (s *sharedSignIns) makeRoom(ctx context.Context, keys []string, in oidc.SignIn) (kept, ended []string, err error) {
	if len(keys) < oidc.MaxPerAgent {
		return keys, nil, nil
	}
	for _, key := range keys {
		found, err := s.sealed.Get(ctx, signInKey(key))
		if err != nil {
			return nil, nil, err
		}
		var other oidc.SignIn
		if found.Value == nil || json.Unmarshal(found.Value, &other) != nil {
			continue
		}
		if other.Agent.ID == in.Agent.ID && other.Client == in.Client && !other.Over(in.Created) {
			kept = append(kept, key)
		}
	}
	surplus := max(len(kept)-oidc.MaxPerAgent+1, 0)
	return kept[surplus:], kept[:surplus], nil
}

func (s *sharedSignIns) end(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if err := s.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// Find implements [oidc.Store] in one step, and in two where the use is written
// down.
func (s *sharedSignIns) Find(ctx context.Context, key string, now time.Time, use bool) (oidc.SignIn, error) {
	found, err := s.sealed.Get(ctx, signInKey(key))
	if err != nil {
		return oidc.SignIn{}, err
	}
	if found.Foreign() {
		s.logger.WarnContext(ctx, "a sign-in in the store was not sealed with an SDK secret of this instance: nobody is an agent by it",
			"cure", "give all instances the same sdk_secret; if they have it, somebody else writes to the store")
	}
	if found.Value == nil {
		return oidc.SignIn{}, oidc.ErrNoSignIn
	}
	var in oidc.SignIn
	if err := json.Unmarshal(found.Value, &in); err != nil {
		return oidc.SignIn{}, fmt.Errorf("decoding a sign-in: %w", err)
	}
	if in.Over(now) {
		_ = s.Delete(ctx, key) // it ends by itself, too
		return oidc.SignIn{}, oidc.ErrNoSignIn
	}
	if use && now.Sub(in.Used) >= min(useEvery, in.Idle/10) {
		s.use(ctx, key, found, in, now)
	}
	return in, nil
}

// use writes down that a sign-in is used. Whether that succeeds does not matter to
// who is signed in: where it fails, the sign-in ends earlier. One that was ended
// meanwhile, at any instance, is not brought back, since its value is gone.
func (s *sharedSignIns) use(ctx context.Context, key string, found session.Found, in oidc.SignIn, now time.Time) {
	in.Used = now
	value, err := json.Marshal(in)
	if err == nil {
		_, err = s.sealed.Swap(ctx, signInKey(key), found, value, left(in, now))
	}
	if err != nil {
		s.logger.WarnContext(ctx, "the last use of a sign-in is not kept: it may end too early", "error", err)
	}
}

// Delete implements [oidc.Store].
func (s *sharedSignIns) Delete(ctx context.Context, key string) error {
	_, err := s.sealed.Take(ctx, signInKey(key))
	return err
}

// Once implements [oidc.Store].
func (s *sharedSignIns) Once(ctx context.Context, key string, now, until time.Time) (bool, error) {
	first, err := s.sealed.Swap(ctx, onceKey(key), session.Found{}, []byte{1}, until.Sub(now))
	return first, full(err)
}

// Interface guard
var _ oidc.Store = (*sharedSignIns)(nil)
