package proxy

import (
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"
)

// maxLimitedClients bounds the memory of a clientLimiter, to about 6 MB. Who
// has more addresses than that is not stopped by counting them.
const maxLimitedClients = 1 << 15

// clientLimiter limits how often each client may do something: a token bucket
// for each address, as full as the limit at first and refilled steadily.
//
// It counts in this process, and forgets the clients that it has seen least
// when there are too many. It owns no goroutine and needs no closing: entries
// leave by eviction only.
type clientLimiter struct {
	buckets *otter.Cache[netip.Prefix, *rate.Limiter]
	limit   rate.Limit
	burst   int
	now     func() time.Time
}

// newClientLimiter allows events in every period per, for each client.
func newClientLimiter(events int, per time.Duration, now func() time.Time) (*clientLimiter, error) {
	if events < 1 || per <= 0 {
		return nil, fmt.Errorf("limit of %d in %v is not a limit: both must be positive", events, per)
	}
	buckets, err := otter.New(&otter.Options[netip.Prefix, *rate.Limiter]{
		MaximumSize: maxLimitedClients,
		Executor:    func(task func()) { task() }, // eviction runs where it is caused
	})
	if err != nil {
		return nil, fmt.Errorf("making the limiter's memory: %w", err)
	}
	return &clientLimiter{
		buckets: buckets,
		limit:   rate.Limit(float64(events) / per.Seconds()),
		burst:   events,
		now:     now,
	}, nil
}

// wait counts one event of a client, and returns 0 where it is allowed, else
// how long the client has to wait for the next one. Events that aren't allowed
// don't make the wait longer.
func (l *clientLimiter) wait(address string) time.Duration {
	key := clientKey(address)
	bucket, ok := l.buckets.GetIfPresent(key)
	if !ok {
		bucket, _ = l.buckets.ComputeIfAbsent(key, func() (*rate.Limiter, bool) {
			return rate.NewLimiter(l.limit, l.burst), false
		})
	}
	now := l.now()
	if bucket.AllowN(now, 1) {
		return 0
	}
	missing := 1 - bucket.TokensAt(now)
	return max(time.Duration(missing/float64(l.limit)*float64(time.Second)), time.Nanosecond)
}

// clientKey returns the network that counts as one client: an IPv4 address, or
// the /64 of an IPv6 address, since that is what one customer's line has. A
// port is ignored. What isn't an address (such as the peer of a Unix socket)
// shares one key: unknown clients are limited together rather than not at all.
func clientKey(address string) netip.Prefix {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		withPort, err := netip.ParseAddrPort(address)
		if err != nil {
			return netip.Prefix{}
		}
		addr = withPort.Addr()
	}
	addr = addr.Unmap().WithZone("") // ::ffff:192.0.2.1 is 192.0.2.1
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// peerIP returns the address of the TCP peer, or what the server knows of the
// peer where that is no address.
func peerIP(r *http.Request) string {
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return peer.Addr().String()
	}
	return r.RemoteAddr
}
