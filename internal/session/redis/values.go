package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// Values returns what the store keeps beside sessions: in the same Redis, under
// the same prefix, by the same connections and with the same time limits. It ends
// with the store.
func (s *Store) Values() session.Values { return values{s} }

// values is a [session.Values] in Redis.
type values struct{ s *Store }

func (v values) key(key string) string { return v.s.config.Prefix + "v:" + key }

// Put is [session.Values].Put.
func (v values) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return v.s.step(ctx, "keeping a value", func(ctx context.Context) error {
		return v.s.client.Set(ctx, v.key(key), value, time.Duration(milliseconds(ttl))*time.Millisecond).Err()
	})
}

// Get is [session.Values].Get.
func (v values) Get(ctx context.Context, key string) (value []byte, err error) {
	err = v.s.step(ctx, "reading a value", func(ctx context.Context) error {
		answer, err := v.s.client.Get(ctx, v.key(key)).Result()
		if err == nil {
			value = []byte(answer)
		}
		return found(err)
	})
	return value, err
}

// Swap is [session.Values].Swap.
func (v values) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	swapped, err := v.s.run(ctx, "changing a value", v.s.scripts.swap, "v:"+key, old, value, milliseconds(ttl))
	return swapped == 1, err
}

// Take is [session.Values].Take.
func (v values) Take(ctx context.Context, key string) (value []byte, err error) {
	err = v.s.step(ctx, "taking a value", func(ctx context.Context) error {
		answer, err := v.s.scripts.take.Run(ctx, v.s.client, []string{v.key(key)}).Text()
		if err == nil {
			value = []byte(answer)
		}
		return found(err)
	})
	return value, err
}

// found takes that there is nothing for no error.
func found(err error) error {
	if errors.Is(err, goredis.Nil) {
		return nil
	}
	return err
}
