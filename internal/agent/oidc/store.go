package oidc

import (
	"context"
	"errors"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// SignIn is an agent who has signed in.
type SignIn struct {
	// Agent is who it is, as the provider said at the login.
	Agent agent.Agent
	// Client is the provider and the client for which the agent signed in. Another
	// configuration that shares the Store does not take it for its own.
	Client string
	// Created is when the login was, and Used when the sign-in was last used.
	Created, Used time.Time
	// Lifetime and Idle are how long it lasts after Created, and after Used.
	Lifetime, Idle time.Duration
}

// Over reports whether the sign-in has ended at a time.
func (s SignIn) Over(now time.Time) bool {
	return !now.Before(s.Created.Add(s.Lifetime)) || !now.Before(s.Used.Add(s.Idle))
}

// Errors of a [Store].
var (
	// ErrNoSignIn means that there is no such sign-in, or none any more.
	ErrNoSignIn = errors.New("no such sign-in")
	// ErrFull means that the Store keeps as many sign-ins as it may. It never
	// drops one agent's for another's.
	ErrFull = errors.New("too many sign-ins")
)

// Store keeps sign-ins. It is safe for concurrent use. Errors other than those
// above mean that it cannot tell, and nobody is an agent then.
//
// Keys are digests of what only the agent's browser has: who reads the Store
// can sign in as nobody. What it returns is believed: a Store in a place to which
// others can write must tell its own sign-ins from theirs.
type Store interface {
	// Create keeps a sign-in under a key that no other has. It may end the
	// oldest ones of the same agent where there are many.
	Create(ctx context.Context, key string, s SignIn) error
	// Find returns the sign-in of a key, or [ErrNoSignIn] where there is none
	// that is not over. With use, its last use is now; the returned SignIn tells
	// of the one before. A Store for which that is dear may leave it out where the
	// last use that it knows is less than a minute old.
	Find(ctx context.Context, key string, now time.Time, use bool) (SignIn, error)
	// Delete ends a sign-in. That there is none is no error.
	Delete(ctx context.Context, key string) error
	// Once reports whether it is called with this key for the first time, and
	// remembers the key until a time. In doubt it says no.
	Once(ctx context.Context, key string, now, until time.Time) (bool, error)
}
