package zoomapp

import "errors"

// ErrUnidentified means that a request comes from no agent. It wraps the reason,
// which is for the log and not for the client.
var ErrUnidentified = errors.New("no agent of the Zoom App")

// ContextError is why a context is refused: a short label for logs and metrics.
type ContextError string

// Error returns the label with its place.
func (e ContextError) Error() string { return "zoom app context: " + string(e) }

// Reasons to refuse a context, in the order of the checks.
const (
	ErrMissing   ContextError = "missing"
	ErrTooLarge  ContextError = "too large"
	ErrBase64    ContextError = "base64"
	ErrLength    ContextError = "length"
	ErrForged    ContextError = "authentication"
	ErrNotJSON   ContextError = "not json"
	ErrNotObject ContextError = "not an object"
	ErrIssuer    ContextError = "issuer"
	ErrAudience  ContextError = "audience"
	ErrExpType   ContextError = "exp not a number"
	ErrNoExp     ContextError = "exp missing"
	ErrExpired   ContextError = "expired"
	ErrTSType    ContextError = "ts not a number"
	ErrEarly     ContextError = "issued in the future"
	ErrLongLived ContextError = "lifetime too long"
	ErrNoUser    ContextError = "no uid"
	// ErrNotAgent: the context is good, but its user is not on the list.
	ErrNotAgent ContextError = "not on the list of agents"
	// ErrSeveral: the header came more than once.
	ErrSeveral ContextError = "more than one"
)

// Reasons to refuse a session.
const (
	ErrNoSession      ContextError = "no context and no session"
	ErrBadSession     ContextError = "session cookie is not ours"
	ErrSessionExpired ContextError = "session expired"
)
