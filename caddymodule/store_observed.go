package caddymodule

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// observedStore is a store whose steps are timed and whose faults are counted.
// Watch and Close are left to it: they wait for others.
type observedStore struct{ proxy.SessionStore }

// step is one method of a store, as metrics see it.
type step struct {
	seconds prometheus.Observer
	errors  prometheus.Counter
}

func newStep(op string) step {
	return step{seconds: storeSeconds.WithLabelValues(op), errors: storeErrorsTotal.WithLabelValues(op)}
}

// The steps, by the names of [session.Store] and [session.Values]. That all are there from the
// beginning lets an alert see the first error.
var (
	stepCreate   = newStep("create")
	stepGet      = newStep("get")
	stepUpdate   = newStep("update")
	stepReserve  = newStep("reserve")
	stepReserved = newStep("reserved")
	stepRelease  = newStep("release")
	stepHit      = newStep("hit")
	stepList     = newStep("list")
	stepAnnounce = newStep("announce")
	stepPing     = newStep("ping")

	stepPutValue  = newStep("put_value")
	stepGetValue  = newStep("get_value")
	stepSwapValue = newStep("swap_value")
	stepTakeValue = newStep("take_value")
)

// done notes a step that began then.
func (s *step) done(begun time.Time, err error) {
	s.seconds.Observe(time.Since(begun).Seconds())
	if isStoreFault(err) {
		s.errors.Inc()
	}
}

// isStoreFault tells faults of an engine from its answers, and from callers who
// went away.
func isStoreFault(err error) bool {
	if err == nil {
		return false
	}
	for _, answer := range []error{session.ErrExists, session.ErrNotFound, session.ErrConflict, session.ErrTaken} {
		if errors.Is(err, answer) {
			return false
		}
	}
	return errors.Is(err, session.ErrUnavailable) || !errors.Is(err, context.Canceled)
}

// Create implements [session.Store].
func (o observedStore) Create(ctx context.Context, s session.Session, ttl time.Duration) (session.Session, error) {
	begun := time.Now()
	made, err := o.SessionStore.Create(ctx, s, ttl)
	stepCreate.done(begun, err)
	return made, err
}

// Get implements [session.Store].
func (o observedStore) Get(ctx context.Context, id string) (session.Session, error) {
	begun := time.Now()
	s, err := o.SessionStore.Get(ctx, id)
	stepGet.done(begun, err)
	return s, err
}

// Update implements [session.Store].
func (o observedStore) Update(ctx context.Context, s session.Session, ttl time.Duration) (session.Session, error) {
	begun := time.Now()
	updated, err := o.SessionStore.Update(ctx, s, ttl)
	stepUpdate.done(begun, err)
	return updated, err
}

// Reserve implements [session.Store].
func (o observedStore) Reserve(ctx context.Context, key, id string, ttl time.Duration) error {
	begun := time.Now()
	err := o.SessionStore.Reserve(ctx, key, id, ttl)
	stepReserve.done(begun, err)
	return err
}

// Reserved implements [session.Store].
func (o observedStore) Reserved(ctx context.Context, key string) (string, error) {
	begun := time.Now()
	id, err := o.SessionStore.Reserved(ctx, key)
	stepReserved.done(begun, err)
	return id, err
}

// Release implements [session.Store].
func (o observedStore) Release(ctx context.Context, key, id string) error {
	begun := time.Now()
	err := o.SessionStore.Release(ctx, key, id)
	stepRelease.done(begun, err)
	return err
}

// Hit implements [session.Store].
func (o observedStore) Hit(ctx context.Context, key string, delta int64, window time.Duration) (session.Count, error) {
	begun := time.Now()
	count, err := o.SessionStore.Hit(ctx, key, delta, window)
	stepHit.done(begun, err)
	return count, err
}

// List implements [session.Store].
func (o observedStore) List(ctx context.Context, site, cursor string) ([]session.Session, string, error) {
	begun := time.Now()
	sessions, next, err := o.SessionStore.List(ctx, site, cursor)
	stepList.done(begun, err)
	return sessions, next, err
}

// Announce implements [session.Store].
func (o observedStore) Announce(ctx context.Context, site string) error {
	begun := time.Now()
	err := o.SessionStore.Announce(ctx, site)
	stepAnnounce.done(begun, err)
	return err
}

// Ping implements [session.Store].
func (o observedStore) Ping(ctx context.Context) error {
	begun := time.Now()
	err := o.SessionStore.Ping(ctx)
	stepPing.done(begun, err)
	return err
}

// observedValues are values whose steps are timed and whose faults are counted.
type observedValues struct{ values proxy.SharedValues }

// Put implements [session.Values].
func (o observedValues) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	begun := time.Now()
	err := o.values.Put(ctx, key, value, ttl)
	stepPutValue.done(begun, err)
	return err
}

// Get implements [session.Values].
func (o observedValues) Get(ctx context.Context, key string) ([]byte, error) {
	begun := time.Now()
	value, err := o.values.Get(ctx, key)
	stepGetValue.done(begun, err)
	return value, err
}

// Swap implements [session.Values].
func (o observedValues) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	begun := time.Now()
	swapped, err := o.values.Swap(ctx, key, old, value, ttl)
	stepSwapValue.done(begun, err)
	return swapped, err
}

// Take implements [session.Values].
func (o observedValues) Take(ctx context.Context, key string) ([]byte, error) {
	begun := time.Now()
	value, err := o.values.Take(ctx, key)
	stepTakeValue.done(begun, err)
	return value, err
}

// Interface guards
var (
	_ session.Store  = observedStore{}
	_ session.Values = observedValues{}
)
