package proxy

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fakeClock is a clock that tests move.
type fakeClock struct{ t atomic.Pointer[time.Time] }

func newFakeClock(start time.Time) *fakeClock {
	c := &fakeClock{}
	c.t.Store(&start)
	return c
}

func (c *fakeClock) now() time.Time { return *c.t.Load() }

func (c *fakeClock) advance(d time.Duration) {
	t := c.now().Add(d)
	c.t.Store(&t)
}

func newTestLimiter(t *testing.T, events int, per time.Duration) (*clientLimiter, *fakeClock) {
	t.Helper()
	clock := newFakeClock(time.UnixMilli(1760000000123))
	l, err := newClientLimiter(events, per, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	return l, clock
}

func TestLimitRefills(t *testing.T) {
	l, clock := newTestLimiter(t, 3, time.Minute)
	const client = "192.0.2.1"
	expect := func(step string, want time.Duration) {
		t.Helper()
		if got := l.wait(client).Round(time.Millisecond); got != want {
			t.Errorf("%s: wait %v, want %v", step, got, want)
		}
	}
	expect("first", 0)
	expect("second", 0)
	expect("third", 0)
	expect("fourth", 20*time.Second)
	expect("a refused request costs nothing", 20*time.Second)
	clock.advance(15 * time.Second)
	expect("a little early", 5*time.Second)
	clock.advance(5 * time.Second)
	expect("in time", 0)
	expect("at once again", 20*time.Second)
	clock.advance(time.Hour)
	expect("full again", 0)
	expect("full again", 0)
	expect("full again", 0)
	expect("not fuller than full", 20*time.Second)
	clock.advance(-time.Hour)
	if l.wait(client) == 0 {
		t.Error("a clock that goes back gives tokens")
	}
}

func TestLimitKeepsClientsApart(t *testing.T) {
	tests := []struct {
		name, first, second string
		same                bool
	}{
		{"one address", "192.0.2.1", "192.0.2.1", true},
		{"neighbours", "192.0.2.1", "192.0.2.2", false},
		{"ports", "192.0.2.1:1000", "192.0.2.1:2000", true},
		{"mapped", "::ffff:192.0.2.1", "192.0.2.1", true},
		{"mapped, in hexadecimal", "::ffff:c000:201", "192.0.2.1", true},
		{"mapped neighbours", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"one /64", "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
		{"two /64", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"with port", "[2001:db8::1]:443", "2001:db8::1", true},
		{"zones", "fe80::1%eth0", "fe80::1%eth1", true},
		{"spellings", "2001:DB8::1", "2001:0db8:0000::0001", true},
		{"no addresses", "@", "", true},
		{"no address and an address", "@", "192.0.2.1", false},
		{"leading zeros are no address", "192.0.2.01", "not an address", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, _ := newTestLimiter(t, 1, time.Minute)
			if l.wait(test.first) != 0 {
				t.Fatal("the first request is refused")
			}
			if same := l.wait(test.second) != 0; same != test.same {
				t.Errorf("%q and %q count as one client: %v, want %v", test.first, test.second, same, test.same)
			}
		})
	}
}

func TestLimitMemoryIsBounded(t *testing.T) {
	l, _ := newTestLimiter(t, 5, time.Minute)
	for i := range 3 * maxLimitedClients {
		l.wait(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String())
	}
	l.buckets.CleanUp()
	if n := l.buckets.EstimatedSize(); n > maxLimitedClients {
		t.Errorf("%d clients are remembered, want at most %d", n, maxLimitedClients)
	}
}

// TestLimitUnderLoad: of many requests at one instant exactly as many pass as
// the limit says, also where they come at the same time.
func TestLimitUnderLoad(t *testing.T) {
	l, _ := newTestLimiter(t, 50, time.Minute)
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 20 {
				if l.wait("2001:db8::1") == 0 {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got := passed.Load(); got != 50 {
		t.Errorf("%d requests passed, want 50", got)
	}
}

func TestLimitRefusesNonsense(t *testing.T) {
	for _, test := range []struct {
		events int
		per    time.Duration
	}{{0, time.Minute}, {-1, time.Minute}, {1, 0}, {1, -time.Second}} {
		if l, err := newClientLimiter(test.events, test.per, time.Now); err == nil || l != nil {
			t.Errorf("%d in %v is accepted", test.events, test.per)
		}
	}
}

func TestLimitPeerIP(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:1234":     "192.0.2.1",
		"[2001:db8::1]:1234": "2001:db8::1",
		"@":                  "@",
		"":                   "",
	} {
		if got := peerIP(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("peerIP(%q) = %q, want %q", remote, got, want)
		}
	}
}

func BenchmarkLimitWait(b *testing.B) {
	l, err := newClientLimiter(30, time.Minute, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	clients := make([]string, 1000)
	for i := range clients {
		clients[i] = fmt.Sprintf("10.0.%d.%d", i/256, i%256)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.wait(clients[i%len(clients)])
	}
}
