// Package memory is the engine of session records for one proxy: maps, a lock,
// and a heap of what expires when.
//
// It costs nothing to run and loses everything with the process; a customer's
// ticket puts a live session back. It is bounded, and refuses what does not fit
// ([session.ErrFull]) rather than forget a customer who waits. It has no
// goroutine: what has expired is forgotten by whichever call comes next.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// DefaultMaxSessions is the default of [Config].MaxSessions.
const DefaultMaxSessions = 200_000

// Config configures a [Store]. The zero value of each field means its default.
type Config struct {
	// MaxSessions bounds the records, those that are over and still remembered
	// among them, and the reservations: [DefaultMaxSessions] each. A record
	// takes about 1 KiB.
	MaxSessions int
	// MaxCounters bounds the counters: 1,000,000. One takes about 300 bytes.
	MaxCounters int
	// MaxValues bounds the values of others than sessions: 100,000.
	MaxValues int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Store is a [session.Store] in memory.
type Store struct {
	config   Config
	watchers session.Watchers

	mu           sync.Mutex
	closed       bool
	records      map[string]*record
	live         map[string]map[string]*record // by site and ID: those that are not over
	reservations map[string]*reservation
	counters     map[string]*counter
	values       map[string]*value
	expiry       expiry
}

// record is a session that is never written to: an update puts another one in
// its place, so that whoever has read it may keep it.
type record struct {
	item
	session session.Session
}

type reservation struct {
	item
	id string
}

type counter struct {
	item
	n int64
}

// New returns an empty Store.
func New(c Config) (*Store, error) {
	if c.MaxSessions == 0 {
		c.MaxSessions = DefaultMaxSessions
	}
	if c.MaxCounters == 0 {
		c.MaxCounters = 1_000_000
	}
	if c.MaxValues == 0 {
		c.MaxValues = 100_000
	}
	if min(c.MaxSessions, c.MaxCounters, c.MaxValues) < 0 {
		return nil, fmt.Errorf("memory store: %d sessions, %d counters and %d values; none may be negative", c.MaxSessions, c.MaxCounters, c.MaxValues)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Store{
		config:       c,
		records:      make(map[string]*record),
		live:         make(map[string]map[string]*record),
		reservations: make(map[string]*reservation),
		counters:     make(map[string]*counter),
		values:       make(map[string]*value),
	}, nil
}

// SetMaxSessions changes [Config].MaxSessions of a living Store: 1 or more. What
// it has stays, also where that is more; new sessions then wait for room.
func (s *Store) SetMaxSessions(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.MaxSessions = n
}

var errClosed = errors.New("it is closed")

// begin locks the store for one step, and forgets what has expired. The caller
// unlocks it, also on an error.
func (s *Store) begin(ctx context.Context, step string) (now time.Time, err error) {
	s.mu.Lock()
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return now, fmt.Errorf("memory store: %s: %w", step, err)
	case err != nil: // its deadline has passed
		return now, session.Unavailable("memory: "+step, err)
	}
	if s.closed {
		return now, session.Unavailable("memory: "+step, errClosed)
	}
	now = s.config.Now()
	s.forget(now)
	return now, nil
}

// forget removes what has expired.
func (s *Store) forget(now time.Time) {
	for {
		e, ok := s.expiry.due(now)
		if !ok {
			return
		}
		s.expiry.remove(e)
		switch e := e.(type) {
		case *record:
			delete(s.records, e.session.ID)
			s.unlist(e.session)
		case *reservation:
			delete(s.reservations, e.key)
		case *counter:
			delete(s.counters, e.key)
		case *value:
			delete(s.values, e.key)
		}
	}
}

// Create is [session.Store].Create.
func (s *Store) Create(ctx context.Context, r session.Session, ttl time.Duration) (session.Session, error) {
	now, err := s.begin(ctx, "creating a session")
	defer s.mu.Unlock()
	switch {
	case err != nil:
		return session.Session{}, err
	case s.records[r.ID] != nil:
		return session.Session{}, session.ErrExists
	case len(s.records) >= s.config.MaxSessions:
		return session.Session{}, session.ErrFull
	}
	r = r.Clone()
	r.Rev = 1
	s.put(&record{item: item{at: now.Add(ttl)}, session: r})
	return r.Clone(), nil
}

// put lists a record and lets it expire.
func (s *Store) put(r *record) {
	s.records[r.session.ID] = r
	s.expiry.add(r)
	if r.session.State.Over() {
		return
	}
	site := r.session.Site
	if s.live[site] == nil {
		s.live[site] = make(map[string]*record)
	}
	s.live[site][r.session.ID] = r
}

// unlist takes a session out of its site's list.
func (s *Store) unlist(r session.Session) {
	delete(s.live[r.Site], r.ID)
	if len(s.live[r.Site]) == 0 {
		delete(s.live, r.Site)
	}
}

// Get is [session.Store].Get.
func (s *Store) Get(ctx context.Context, id string) (session.Session, error) {
	_, err := s.begin(ctx, "reading a session")
	defer s.mu.Unlock()
	if err != nil {
		return session.Session{}, err
	}
	if r := s.records[id]; r != nil {
		return r.session.Clone(), nil
	}
	return session.Session{}, session.ErrNotFound
}

// Update is [session.Store].Update.
func (s *Store) Update(ctx context.Context, r session.Session, ttl time.Duration) (session.Session, error) {
	now, err := s.begin(ctx, "changing a session")
	defer s.mu.Unlock()
	if err != nil {
		return session.Session{}, err
	}
	old := s.records[r.ID]
	switch {
	case old == nil:
		return session.Session{}, session.ErrNotFound
	case old.session.Rev != r.Rev:
		return session.Session{}, session.ErrConflict
	}
	s.expiry.remove(old)
	s.unlist(old.session)
	r = r.Clone()
	r.Rev++
	s.put(&record{item: item{at: now.Add(ttl)}, session: r})
	return r.Clone(), nil
}

// List is [session.Store].List: everything at once.
func (s *Store) List(ctx context.Context, site, _ string) ([]session.Session, string, error) {
	records, err := s.listed(ctx, site)
	if err != nil {
		return nil, "", err
	}
	sessions := make([]session.Session, len(records))
	for i, r := range records {
		sessions[i] = r.session.Clone()
	}
	return sessions, "", nil
}

// listed holds the lock for as short as can be: records are never written to,
// so they are copied outside of it.
func (s *Store) listed(ctx context.Context, site string) ([]*record, error) {
	_, err := s.begin(ctx, "listing sessions")
	defer s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	records := make([]*record, 0, len(s.live[site]))
	for _, r := range s.live[site] {
		records = append(records, r)
	}
	return records, nil
}

// Announce is [session.Store].Announce.
func (s *Store) Announce(ctx context.Context, site string) error {
	_, err := s.begin(ctx, "announcing a change")
	s.mu.Unlock()
	if err == nil {
		s.watchers.Wake(site)
	}
	return err
}

// Watch is [session.Store].Watch.
func (s *Store) Watch(ctx context.Context, site string) <-chan struct{} {
	return s.watchers.Watch(ctx, site)
}

// Ping is [session.Store].Ping: it fails after Close only.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.begin(ctx, "asking whether it is there")
	defer s.mu.Unlock()
	return err
}

// Close forgets everything.
func (s *Store) Close() error {
	s.watchers.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.records, s.live, s.reservations, s.counters, s.values, s.expiry = nil, nil, nil, nil, nil, expiry{}
	return nil
}
