package agent

import "net/http"

// Agent is a person who may join customers' sessions.
type Agent struct {
	// ID identifies the agent for as long as the agent exists: a login name, a
	// subject claim. It is never empty.
	ID string
	// Name is what colleagues and customers read. Empty means that ID is shown.
	Name string
	// Email is the address that the source asserts, for the record only: it
	// decides nothing. Empty where the source has none.
	Email string
	// Groups are the groups of which the source says the agent is a member. A
	// receiver must not change them, since sources may share them.
	Groups []string
	// Role says what the agent may do beyond joining. The zero value is
	// [RoleAgent].
	Role Role
	// Source names the kind of source that found the agent, such as "oidc", for
	// the record. Empty where it does not say.
	Source string
}

// Role is what an agent may do. The zero value may do the least.
type Role uint8

const (
	// RoleAgent joins the sessions of customers.
	RoleAgent Role = iota
	// RoleSupervisor also sees all sessions, and may end them.
	RoleSupervisor
)

// String returns "agent" or "supervisor".
func (r Role) String() string {
	if r == RoleSupervisor {
		return "supervisor"
	}
	return "agent"
}

// Identifier finds the agent behind a request.
//
// Identify returns [ErrUnidentified] (wrapped or not) where there is none, and
// any other error where it cannot tell, such as a provider that is down. It is
// called once for each request to an agent's route, must be safe for concurrent
// use, and must not keep the request.
type Identifier interface {
	Identify(r *http.Request) (Agent, error)
}

// Revalidator is an [Identifier] that can say, without counting it as the
// agent's activity, whether the agent behind a request is still one. A stream
// that outlives its request's first second asks it now and then, and ends where
// the agent has signed out.
type Revalidator interface {
	Identifier
	Revalidate(r *http.Request) (Agent, error)
}

// Revalidate asks id whether the agent behind r is still one. An identifier
// that is no [Revalidator] is asked to identify again.
func Revalidate(id Identifier, r *http.Request) (Agent, error) {
	if again, ok := id.(Revalidator); ok {
		return again.Revalidate(r)
	}
	return id.Identify(r)
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
