package session

import (
	"errors"
	"fmt"
	"time"
)

// Errors of a [Manager], beside those of its [Store].
var (
	// ErrInvalid: the request cannot be meant so. What wraps it says why.
	ErrInvalid = errors.New("invalid session request")
	// ErrTicket: the ticket was not signed by us, for this session and site, or
	// it is too old.
	ErrTicket = errors.New("session ticket is not valid")
	// ErrOver: the session has ended or expired.
	ErrOver = errors.New("session is over")
	// ErrPINTaken: another live session has the PIN.
	ErrPINTaken = errors.New("PIN belongs to another live session")
	// ErrNoPIN: the session has no PIN yet that an agent could type.
	ErrNoPIN = errors.New("session has no PIN yet")
	// ErrClaimed: as many agents as may have claimed the session already. Only
	// a claim by ID says so; one by PIN is refused like any other.
	ErrClaimed = errors.New("session is claimed by another agent")
	// ErrNotClaimed: the agent does not hold a claim on the session.
	ErrNotClaimed = errors.New("session is not claimed by this agent")
	// ErrRefused: a claim by PIN failed. See [RefusalError].
	ErrRefused = errors.New("PIN is not accepted")
	// ErrLimited: a limit is reached. See [LimitError].
	ErrLimited = errors.New("limit is reached")
)

// Reason says why a claim by PIN was refused. It is for the audit record and
// for counters, never for the agent: it would say which PINs exist.
type Reason string

// The reasons.
const (
	ReasonMalformed  Reason = "malformed"
	ReasonUnknown    Reason = "unknown"
	ReasonOver       Reason = "over"
	ReasonClaimed    Reason = "claimed"
	ReasonTries      Reason = "too_many_tries_agent"
	ReasonTriesAddr  Reason = "too_many_tries_address"
	ReasonTriesSite  Reason = "too_many_tries_site"
	refusalForPeople        = "the PIN is not accepted: it is wrong, no longer waiting or already taken, or too many wrong ones were tried; " +
		"ask the customer for the PIN on their screen, or wait a few minutes"
)

// RefusalError is the error of a claim by PIN: [ErrRefused], in the same words for
// every reason.
type RefusalError struct {
	Reason Reason
	// Locked is how long tries stay refused, for one of the three reasons of
	// too many tries; else zero. It is as telling as the reason.
	Locked time.Duration
}

// Error returns what an agent may read.
func (*RefusalError) Error() string { return refusalForPeople }

// Is makes a RefusalError an [ErrRefused].
func (*RefusalError) Is(target error) bool { return target == ErrRefused }

// LimitError says which limit is reached, and when it makes sense to try again:
// an [ErrLimited].
type LimitError struct {
	// Limit is the name of the limit, such as "sessions_per_address".
	Limit string
	// RetryAfter is for the Retry-After header field (RFC 9110, 10.2.3); it is
	// never less than a second.
	RetryAfter time.Duration
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%v: %s; try again in %v", ErrLimited, e.Limit, e.RetryAfter.Round(time.Second))
}

// Is makes a LimitError an [ErrLimited].
func (*LimitError) Is(target error) bool { return target == ErrLimited }
