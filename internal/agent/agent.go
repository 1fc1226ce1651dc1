// Package agent says who the agent behind a request is.
//
// An agent token lets its holder join any Cobrowse session whose PIN it
// learns, so it is minted for an identified agent only. Identification is
// somebody else's work (Caddy's authentication, an identity provider); this
// package holds the small vocabulary that the rest of the program shares: what
// an agent is, how one is found, and the two ways in which that fails.
//
// An [Identifier] must fail closed: whenever it is in doubt it returns
// [ErrUnidentified], never an Agent without an ID.
package agent

import (
	"errors"
	"net/http"
)

// Agent is a person who may join customers' sessions.
type Agent struct {
	// ID identifies the agent for as long as the agent exists: a login name, a
	// subject claim. It is never empty.
	ID string
	// Name is what colleagues and customers read. Empty means that ID is shown.
	Name string
}

// Errors of an [Identifier]. Both mean that no agent token may be minted.
var (
	// ErrUnidentified means that the request carries no valid identity.
	ErrUnidentified = errors.New("no identified agent")
	// ErrNotConfigured means that the operator named no source of identity, so
	// that nobody can be an agent.
	ErrNotConfigured = errors.New("no agent identity source is configured")
)

// Identifier finds the agent behind a request.
//
// Identify returns [ErrUnidentified] (wrapped or not) where there is none. It
// is called once for each request to an agent's route, must be safe for
// concurrent use, and must not keep the request.
type Identifier interface {
	Identify(r *http.Request) (Agent, error)
}

// IdentifierFunc makes a function an [Identifier].
type IdentifierFunc func(r *http.Request) (Agent, error)

// Identify calls f.
func (f IdentifierFunc) Identify(r *http.Request) (Agent, error) { return f(r) }

// None is the identifier of a configuration that names no source of identity.
// It refuses everybody with [ErrNotConfigured].
type None struct{}

// Identify always returns [ErrNotConfigured].
func (None) Identify(*http.Request) (Agent, error) { return Agent{}, ErrNotConfigured }
