package session

import (
	"context"
	"time"
)

// Values keeps small values for others than sessions, such as who has signed in:
// each under a key of its own, until its time has come. An engine of a [Store]
// may offer it beside its records, so that what instances share is in one place.
//
// Every method is one atomic step on one key, as those of a [Store] are, and
// keeps to the same rules of time limits and errors. It takes keys of up to 200
// ASCII characters, and values of 1 byte to 64 KiB.
type Values interface {
	// Put keeps value under key for ttl, whatever was there. Errors: [ErrFull].
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Get returns the value of key, or nil where there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Swap puts value in the place of old for ttl, and reports whether it did:
	// where key has another value, or none any more, it does nothing. An empty
	// old means that there must be none, so that of those who do so at once one
	// wins. Errors: [ErrFull].
	Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (swapped bool, err error)
	// Take returns the value of key and forgets it, in one step: of those who
	// ask at once one gets it. It is nil where there is none.
	Take(ctx context.Context, key string) ([]byte, error)
}
