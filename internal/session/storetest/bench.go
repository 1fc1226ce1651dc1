package storetest

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// Benchmark measures an engine beneath a Manager: whole sessions (click, PIN,
// claim, join, end), claims alone with their percentiles, and a desk's list and
// search over 100,000 who wait.
func Benchmark(b *testing.B, s session.Store) {
	m := benchManager(b, s, 0)
	var n atomic.Int64
	b.Run("session", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c := benchWaiting(b, m, n.Add(1))
				benchClaim(b, m, c)
				benchEvent(b, m, c, session.Event{Kind: session.EventAgentJoined})
				benchEvent(b, m, c, session.Event{Kind: session.EventEnded})
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sessions/s")
	})
	b.Run("claim", func(b *testing.B) {
		took := make([]time.Duration, 0, b.N)
		for b.Loop() {
			b.StopTimer()
			c := benchWaiting(b, m, n.Add(1))
			b.StartTimer()
			begun := time.Now()
			benchClaim(b, m, c)
			took = append(took, time.Since(begun))
			b.StopTimer()
			benchEvent(b, m, c, session.Event{Kind: session.EventEnded})
			b.StartTimer()
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	})
	b.Run("list-100000", func(b *testing.B) {
		before := heap()
		for range 100_000 {
			benchWaiting(b, m, n.Add(1))
		}
		perSession := float64(heap()-before) / 100_000 // nothing where it is another process's
		for name, m := range map[string]*session.Manager{"loaded": benchManager(b, s, -1), "shared": benchManager(b, s, time.Hour)} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					l, err := m.List(b.Context(), session.Query{Site: site, Search: "SÖHNE"})
					if err != nil || l.Waiting < 100_000 || l.Found < 100_000 {
						b.Fatalf("%d wait, %d found, %v", l.Waiting, l.Found, err)
					}
				}
				b.ReportMetric(perSession, "heap-B/session")
			})
		}
	})
}

// heap returns how much memory is in use.
func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // no machine has so much
}

func benchManager(b *testing.B, s session.Store, listEvery time.Duration) *session.Manager {
	b.Helper()
	// Everything is counted, and nothing is refused: 64 who claim at once from
	// one address are not what the limits are for.
	high := session.Rate{Max: 1 << 40, Window: time.Hour}
	m, err := session.New(session.Config{
		Store: s, Secrets: []string{"the SDK secret of a test"}, PINs: session.PINBYOP, ListEvery: listEvery,
		Timeouts: session.Timeouts{Waiting: time.Hour, PIN: time.Hour},
		Limits: session.Limits{
			SessionsPerAddress: high, SessionsPerSite: high, TokensPerSite: high,
			TriesPerAgent: high, TriesPerAddress: high, TriesPerSite: high,
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

func benchWaiting(b *testing.B, m *session.Manager, n int64) session.Created {
	c, err := m.Create(b.Context(), session.CreateRequest{
		Site: site, Addr: customerAddr, Page: "/apply/now", Customer: session.Customer{ID: fmt.Sprint(n), Name: fmt.Sprint("Söhne ", n)},
	})
	if err != nil {
		b.Fatal(err)
	}
	benchEvent(b, m, c, session.Event{Kind: session.EventStarted})
	return c
}

func benchEvent(b *testing.B, m *session.Manager, c session.Created, e session.Event) {
	if _, err := m.Event(b.Context(), session.EventRequest{Site: site, ID: c.Session.ID, Ticket: c.Ticket, Event: e}); err != nil {
		b.Fatal(err)
	}
}

func benchClaim(b *testing.B, m *session.Manager, c session.Created) {
	_, err := m.Claim(b.Context(), session.ClaimRequest{
		Site: site, Agent: session.Agent{ID: "ann"}, PIN: c.PIN, Addr: agentAddr,
	})
	if err != nil {
		b.Fatal(err)
	}
}
