package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// Store is a [session.Store] in Redis.
type Store struct {
	client  goredis.UniversalClient
	config  Config // without credentials
	scripts scripts
	ears    ears
}

// New returns a Store. It connects when it is first used: a proxy starts
// without its Redis, and says that it is degraded.
func New(c Config) (*Store, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	client := goredis.NewUniversalClient(c.options())
	c.Username, c.Password, c.SentinelUsername, c.SentinelPassword, c.TLS = "", "", "", "", nil
	return &Store{client: client, config: c, scripts: newScripts()}, nil
}

// step runs one step within its time limit, and wraps what went wrong.
func (s *Store) step(ctx context.Context, name string, f func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, s.config.StepTimeout)
	defer cancel()
	err := f(limited)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("redis store: %s: %w", name, context.Canceled)
	case strings.HasPrefix(err.Error(), "OOM "): // maxmemory with noeviction
		return fmt.Errorf("%w: redis is out of memory: %s", session.ErrFull, name)
	}
	return session.Unavailable("redis: "+name, err)
}

// run runs a script that answers with a number.
func (s *Store) run(ctx context.Context, name string, script *goredis.Script, key string, args ...any) (answer int64, err error) {
	err = s.step(ctx, name, func(ctx context.Context) error {
		answer, err = script.Run(ctx, s.client, []string{s.config.Prefix + key}, args...).Int64()
		return err
	})
	return answer, err
}

// milliseconds is how Redis takes a time to live: at least one.
func milliseconds(d time.Duration) int64 { return max(d.Milliseconds(), 1) }

// Create is [session.Store].Create. The index comes first, since it knows
// whether there is room; one that names a session too many is harmless.
func (s *Store) Create(ctx context.Context, r session.Session, ttl time.Duration) (session.Session, error) {
	if err := s.list(ctx, r, ttl); err != nil {
		return session.Session{}, err
	}
	r.Rev = 1
	data, err := session.Encode(r)
	if err != nil {
		return session.Session{}, err
	}
	created, err := s.run(ctx, "creating a session", s.scripts.create, "s:"+r.ID, data, milliseconds(ttl))
	switch {
	case err != nil:
		return session.Session{}, err
	case created == 0:
		return session.Session{}, session.ErrExists
	}
	return r.Clone(), nil
}

// list puts a session into its site's index for ttl, or takes it out where it
// is over.
func (s *Store) list(ctx context.Context, r session.Session, ttl time.Duration) error {
	const name = "listing a session"
	if r.State.Over() {
		return s.step(ctx, name, func(ctx context.Context) error {
			return s.client.ZRem(ctx, s.config.Prefix+"i:"+r.Site, r.ID).Err()
		})
	}
	listed, err := s.run(ctx, name, s.scripts.list, "i:"+r.Site, r.ID, milliseconds(ttl), s.config.MaxSessions)
	if err == nil && listed == 0 {
		return session.ErrFull
	}
	return err
}

// Get is [session.Store].Get.
func (s *Store) Get(ctx context.Context, id string) (r session.Session, err error) {
	found := true
	err = s.step(ctx, "reading a session", func(ctx context.Context) error {
		data, err := s.client.HGet(ctx, s.config.Prefix+"s:"+id, "data").Bytes()
		if errors.Is(err, goredis.Nil) {
			found = false
			return nil
		}
		if err == nil {
			r, err = session.Decode(data)
		}
		return err
	})
	if err == nil && !found {
		err = session.ErrNotFound
	}
	return r, err
}

// Update is [session.Store].Update.
func (s *Store) Update(ctx context.Context, r session.Session, ttl time.Duration) (session.Session, error) {
	replaced := strconv.FormatInt(r.Rev, 10)
	r.Rev++
	data, err := session.Encode(r)
	if err != nil {
		return session.Session{}, err
	}
	updated, err := s.run(ctx, "changing a session", s.scripts.update, "s:"+r.ID,
		replaced, r.Rev, data, milliseconds(ttl))
	switch {
	case err != nil:
		return session.Session{}, err
	case updated < 0:
		return session.Session{}, session.ErrNotFound
	case updated == 0:
		return session.Session{}, session.ErrConflict
	}
	// The record is written, whatever becomes of the index: the next update
	// mends it.
	_ = s.list(context.WithoutCancel(ctx), r, ttl)
	return r.Clone(), nil
}

// Reserve is [session.Store].Reserve.
func (s *Store) Reserve(ctx context.Context, key, id string, ttl time.Duration) error {
	reserved, err := s.run(ctx, "reserving a PIN", s.scripts.reserve, "r:"+key, id, milliseconds(ttl))
	if err == nil && reserved == 0 {
		return session.ErrTaken
	}
	return err
}

// Reserved is [session.Store].Reserved.
func (s *Store) Reserved(ctx context.Context, key string) (id string, err error) {
	err = s.step(ctx, "looking up a PIN", func(ctx context.Context) error {
		id, err = s.client.Get(ctx, s.config.Prefix+"r:"+key).Result()
		if errors.Is(err, goredis.Nil) {
			return nil
		}
		return err
	})
	if err == nil && id == "" {
		err = session.ErrNotFound
	}
	return id, err
}

// Release is [session.Store].Release.
func (s *Store) Release(ctx context.Context, key, id string) error {
	_, err := s.run(ctx, "releasing a PIN", s.scripts.release, "r:"+key, id)
	return err
}

// Hit is [session.Store].Hit.
func (s *Store) Hit(ctx context.Context, key string, delta int64, window time.Duration) (c session.Count, err error) {
	err = s.step(ctx, "counting", func(ctx context.Context) error {
		answer, err := s.scripts.hit.Run(ctx, s.client, []string{s.config.Prefix + "c:" + key},
			delta, milliseconds(window)).Int64Slice()
		if err != nil {
			return err
		}
		if len(answer) != 2 {
			return fmt.Errorf("%d numbers instead of 2", len(answer))
		}
		c = session.Count{N: answer[0], Reset: time.Duration(max(answer[1], 0)) * time.Millisecond}
		return nil
	})
	return c, err
}

// pageSize is how many sessions are read at a time.
const pageSize = 500

// List is [session.Store].List.
func (s *Store) List(ctx context.Context, site, cursor string) (sessions []session.Session, next string, err error) {
	position, err := strconv.ParseUint("0"+cursor, 10, 64)
	if err != nil {
		return nil, "", fmt.Errorf("redis store: %w: cursor", session.ErrInvalid)
	}
	var found []string // IDs and scores in turn
	if err := s.step(ctx, "listing sessions", func(ctx context.Context) error {
		found, position, err = s.client.ZScan(ctx, s.config.Prefix+"i:"+site, position, "", pageSize).Result()
		return err
	}); err != nil {
		return nil, "", err
	}
	for len(found) > 0 { // a small index comes whole, however large its page
		n := min(len(found), 2*pageSize)
		page, err := s.read(ctx, found[:n])
		if err != nil {
			return nil, "", err
		}
		sessions, found = append(sessions, page...), found[n:]
	}
	if position != 0 {
		next = strconv.FormatUint(position, 10)
	}
	return sessions, next, nil
}

// read reads the records of an index's IDs, which come with their scores. They
// lie on all nodes of a Cluster, so it is a pipeline and no MGET. Those that
// are gone or over are left out: the index forgets them in time.
func (s *Store) read(ctx context.Context, scored []string) (sessions []session.Session, err error) {
	var answers []*goredis.StringCmd
	err = s.step(ctx, "reading sessions", func(ctx context.Context) error {
		pipe := s.client.Pipeline()
		for i := 0; i < len(scored); i += 2 {
			answers = append(answers, pipe.HGet(ctx, s.config.Prefix+"s:"+scored[i], "data"))
		}
		_, err := pipe.Exec(ctx)
		if errors.Is(err, goredis.Nil) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, answer := range answers {
		data, err := answer.Bytes()
		if errors.Is(err, goredis.Nil) {
			continue
		}
		if err != nil {
			return nil, session.Unavailable("redis: reading sessions", err)
		}
		r, err := session.Decode(data)
		if err != nil {
			return nil, session.Unavailable("redis: reading sessions", err)
		}
		if !r.State.Over() {
			sessions = append(sessions, r)
		}
	}
	return sessions, nil
}

// Ping is [session.Store].Ping.
func (s *Store) Ping(ctx context.Context) error {
	return s.step(ctx, "asking whether it is there", func(ctx context.Context) error {
		return s.client.Ping(ctx).Err()
	})
}

// Close ends the watchers and closes the connections. What is in Redis stays.
func (s *Store) Close() error {
	s.ears.close()
	if err := s.client.Close(); err != nil && !errors.Is(err, goredis.ErrClosed) {
		return fmt.Errorf("redis store: closing: %w", err)
	}
	return nil
}
