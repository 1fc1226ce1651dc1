package memory_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// shared is a store that several "instances" use: closing one of them leaves
// it to the others, as a reload of the proxy does.
type shared struct {
	*memory.Store
	spaces *spaces
	name   string
}

// spaces are the stores of a test by their name.
type spaces struct {
	mu    sync.Mutex
	users map[string]int
	store map[string]*memory.Store
}

func (s *spaces) open(t *testing.T, name string, c memory.Config) session.Store {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store[name] == nil {
		store, err := memory.New(c)
		if err != nil {
			t.Fatal(err)
		}
		s.store[name] = store
	}
	s.users[name]++
	return &shared{s.store[name], s, name}
}

func (s *shared) Close() error {
	s.spaces.mu.Lock()
	defer s.spaces.mu.Unlock()
	if s.spaces.users[s.name]--; s.spaces.users[s.name] > 0 {
		return nil
	}
	return s.Store.Close()
}

func engine() storetest.Engine {
	clock := newClock()
	spaces := &spaces{users: make(map[string]int), store: make(map[string]*memory.Store)}
	return storetest.Engine{
		Open: func(t *testing.T, space string, c storetest.Capacity) session.Store {
			return spaces.open(t, space, memory.Config{MaxSessions: c.Sessions, Now: clock.Now})
		},
		Advance: clock.Advance,
		Tick:    time.Minute,
	}
}

func TestContract(t *testing.T) { storetest.Run(t, engine()) }

func TestManager(t *testing.T) { storetest.RunManager(t, engine()) }

func BenchmarkMemory(b *testing.B) {
	s, err := memory.New(memory.Config{MaxSessions: 10_000_000})
	if err != nil {
		b.Fatal(err)
	}
	storetest.Benchmark(b, s)
}
