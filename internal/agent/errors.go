package agent

import (
	"errors"
	"fmt"
)

// Errors of an [Identifier]. All of them mean that no agent token may be minted.
// What a person is told must not depend on more than these: why exactly a
// credential was refused is for the log.
var (
	// ErrUnidentified means that the request carries no valid identity. The
	// three errors below are kinds of it, for errors.Is.
	ErrUnidentified = errors.New("no identified agent")
	// ErrNotConfigured means that the operator named no source of identity, so
	// that nobody can be an agent.
	ErrNotConfigured = errors.New("no agent identity source is configured")

	// ErrNoCredential means that the request carries nothing that the source
	// reads: the person has not signed in yet.
	ErrNoCredential = fmt.Errorf("no credential: %w", ErrUnidentified)
	// ErrInvalidCredential means that the request carries a credential that the
	// source refuses: forged, expired, ambiguous, of a sign-in that is over.
	ErrInvalidCredential = fmt.Errorf("invalid credential: %w", ErrUnidentified)
	// ErrNotAllowed means that the source knows the person, but that the
	// operator's rules make them no agent, or not from there. Signing in again
	// does not help.
	ErrNotAllowed = fmt.Errorf("not an agent by the operator's rules: %w", ErrUnidentified)
)

// SignInError means that nobody is identified, and that there is a page of ours
// where the person can sign in. A page's answer may be a redirect to Path; an
// endpoint's answer is a refusal that names it.
type SignInError struct {
	// Path is the path of the page on this site, such as "/_cobrowse/login". It
	// comes from the configuration, never from the request, and takes the query
	// parameter "return".
	Path string
	// Err says why nobody is identified. It is [ErrUnidentified].
	Err error
}

// Error says why nobody is identified.
func (e *SignInError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *SignInError) Unwrap() error { return e.Err }

// SignInPath returns the path of the page where the person whom err refuses can
// sign in, or "" where that would not help.
func SignInPath(err error) string {
	if signIn, ok := errors.AsType[*SignInError](err); ok && !errors.Is(err, ErrNotAllowed) {
		return signIn.Path
	}
	return ""
}
