package memory

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// Values returns what the store keeps beside sessions. It ends with the store.
func (s *Store) Values() session.Values { return values{s} }

// values is a [session.Values] in memory.
type values struct{ s *Store }

type value struct {
	item
	bytes []byte // never written to
}

// Put is [session.Values].Put.
func (v values) Put(ctx context.Context, key string, b []byte, ttl time.Duration) error {
	now, err := v.s.begin(ctx, "keeping a value")
	defer v.s.mu.Unlock()
	if err != nil {
		return err
	}
	return v.put(key, b, now.Add(ttl))
}

// put keeps a value until a time. The store is locked.
func (v values) put(key string, b []byte, until time.Time) error {
	kept := v.s.values[key]
	if kept == nil {
		if len(v.s.values) >= v.s.config.MaxValues {
			return session.ErrFull
		}
		kept = &value{item: item{key: key, at: until}}
		v.s.values[key] = kept
		v.s.expiry.add(kept)
	}
	kept.bytes = slices.Clone(b)
	v.s.expiry.move(kept, until)
	return nil
}

// Get is [session.Values].Get.
func (v values) Get(ctx context.Context, key string) ([]byte, error) {
	_, err := v.s.begin(ctx, "reading a value")
	defer v.s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return v.get(key), nil
}

// get returns a copy of a value. The store is locked.
func (v values) get(key string) []byte {
	if kept := v.s.values[key]; kept != nil {
		return slices.Clone(kept.bytes)
	}
	return nil
}

// Swap is [session.Values].Swap.
func (v values) Swap(ctx context.Context, key string, old, b []byte, ttl time.Duration) (bool, error) {
	now, err := v.s.begin(ctx, "changing a value")
	defer v.s.mu.Unlock()
	if err != nil {
		return false, err
	}
	if !bytes.Equal(v.get(key), old) {
		return false, nil
	}
	err = v.put(key, b, now.Add(ttl))
	return err == nil, err
}

// Take is [session.Values].Take.
func (v values) Take(ctx context.Context, key string) ([]byte, error) {
	_, err := v.s.begin(ctx, "taking a value")
	defer v.s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	b := v.get(key)
	if kept := v.s.values[key]; kept != nil {
		delete(v.s.values, key)
		v.s.expiry.remove(kept)
	}
	return b, nil
}
