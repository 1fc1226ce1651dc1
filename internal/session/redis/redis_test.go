package redis_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opener opens stores with a configuration of the test's; the space is their
// prefix.
func opener(c redis.Config) func(*testing.T, string, storetest.Capacity) session.Store {
	return func(t *testing.T, space string, capacity storetest.Capacity) session.Store {
		t.Helper()
		c := c
		c.Prefix = c.Prefix + space + ":"
		c.MaxSessions = capacity.Sessions
		s, err := redis.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// patientConfig is for suites on a machine that is busy with others: what they
// show is not how fast it is.
func patientConfig(addresses ...string) redis.Config {
	return redis.Config{
		Addresses: addresses, PoolSize: 64,
		DialTimeout: 10 * time.Second, IOTimeout: 10 * time.Second, StepTimeout: 20 * time.Second,
		PollEvery: time.Hour, // only announcements wake
	}
}

// realEngine is an engine on real servers.
func realEngine(c redis.Config) storetest.Engine {
	return storetest.Engine{Open: opener(c), Advance: time.Sleep, Tick: 200 * time.Millisecond, Patient: true}
}

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, realEngine(patientConfig(redistest.Start(t).Addr())))
}

func TestContractMiniredis(t *testing.T) {
	t.Parallel()
	storetest.Run(t, miniEngine(t))
}

// miniEngine is an engine on miniredis, whose time the test moves.
func miniEngine(t *testing.T) storetest.Engine {
	server := miniredis.RunT(t)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	server.SetTime(now)
	return storetest.Engine{
		Open: opener(patientConfig(server.Addr())),
		Advance: func(d time.Duration) {
			now = now.Add(d)
			server.SetTime(now)
			server.FastForward(d)
		},
		Tick: time.Minute,
	}
}

func TestManager(t *testing.T) {
	t.Parallel()
	storetest.RunManager(t, realEngine(patientConfig(redistest.Start(t).Addr())))
}

func TestManagerMiniredis(t *testing.T) {
	t.Parallel()
	storetest.RunManager(t, miniEngine(t))
}

func BenchmarkRedis(b *testing.B) {
	c := patientConfig(redistest.Start(b).Addr())
	c.MaxSessions = 10_000_000
	s, err := redis.New(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	storetest.Benchmark(b, s)
}
