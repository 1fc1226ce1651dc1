package session

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors of a [Store].
var (
	// ErrExists: the ID is taken.
	ErrExists = errors.New("session exists")
	// ErrNotFound: there is no such session or reservation, or no longer.
	ErrNotFound = errors.New("session not found")
	// ErrConflict: the record was written by somebody else in the meantime.
	ErrConflict = errors.New("session was changed by somebody else")
	// ErrTaken: the reservation is held for another session.
	ErrTaken = errors.New("reservation is taken")
	// ErrFull: the engine holds as much as it may. It refuses; it never evicts.
	ErrFull = errors.New("session store is full")
	// ErrUnavailable: the engine could not be asked, or did not answer in time.
	// Every fault of an engine wraps it.
	ErrUnavailable = errors.New("session store is unavailable")
)

// Store keeps records, reservations and counters, and forgets each when its
// time has come. Implementations are safe for concurrent use.
//
// Every method that writes is one atomic step on one key: that is all that a
// Redis Cluster promises, and all that [Manager] needs. The index behind List
// is advisory: it may name a session late or too long, never wrongly.
//
// A method returns within the engine's own time limit, whatever its context
// allows. When the context is cancelled it returns an error that wraps
// [context.Canceled]; all other faults wrap [ErrUnavailable]. No error holds a
// credential, a PIN or a ticket.
type Store interface {
	// Create writes a new record with Rev 1, to be forgotten after ttl.
	// Errors: ErrExists; ErrFull.
	Create(ctx context.Context, s Session, ttl time.Duration) (Session, error)
	// Get reads a record. Errors: ErrNotFound.
	Get(ctx context.Context, id string) (Session, error)
	// Update replaces the record of s.ID if its Rev is s.Rev, and returns it
	// with the next Rev; it is forgotten ttl from now. ID and Site never change.
	// Errors: ErrNotFound; ErrConflict.
	Update(ctx context.Context, s Session, ttl time.Duration) (Session, error)

	// Reserve binds key to a session for ttl; the same session may do so again,
	// which renews it. Errors: ErrTaken; ErrFull.
	Reserve(ctx context.Context, key, id string, ttl time.Duration) error
	// Reserved returns the session that key is bound to. Errors: ErrNotFound.
	Reserved(ctx context.Context, key string) (id string, err error)
	// Release unbinds key if it is bound to that session, else does nothing.
	Release(ctx context.Context, key, id string) error

	// Hit adds delta to the counter of key, which begins at zero and is
	// forgotten window after the first addition: a fixed window that later
	// additions do not lengthen. A negative delta gives back; it never makes a
	// counter, nor takes one below zero. Zero only reads.
	// Errors: ErrFull, where a new counter does not fit.
	Hit(ctx context.Context, key string, delta int64, window time.Duration) (Count, error)

	// List returns some sessions of a site that are not over, in no order, and
	// the cursor for more; the first cursor and that of the end are "". A
	// session that is there from the first call to the last is returned, and
	// may be returned twice.
	List(ctx context.Context, site, cursor string) (sessions []Session, next string, err error)

	// Announce wakes the watchers of a site, on all instances.
	Announce(ctx context.Context, site string) error
	// Watch returns a channel on which something can be received some time
	// after an Announce for the site: several announcements may be one, and an
	// engine may wake without any. It is closed when ctx is done or the store
	// is closed; whoever watches must end ctx.
	Watch(ctx context.Context, site string) <-chan struct{}

	// Ping asks the engine whether it is there.
	Ping(ctx context.Context) error
	// Close ends watchers, goroutines and connections. After it, methods return
	// ErrUnavailable.
	Close() error
}

// Count is the answer of [Store.Hit].
type Count struct {
	// N is the counter after the addition.
	N int64
	// Reset is how long it takes until the counter is forgotten; zero where
	// there is none.
	Reset time.Duration
}

// Unavailable wraps a fault of an engine in [ErrUnavailable], with the step
// that failed.
func Unavailable(step string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, step, err)
}
