package sandbox

import "time"

// bucket is a token bucket: rate a second, and burst at once. It is not safe for
// concurrent use; a connection's reader has its own.
type bucket struct {
	rate, burst, level float64
	last               time.Time
}

func newBucket(rate, burst float64, now time.Time) *bucket {
	return &bucket{rate: rate, burst: burst, level: burst, last: now}
}

func (b *bucket) refill(now time.Time) {
	if passed := now.Sub(b.last); passed > 0 {
		b.level = min(b.burst, b.level+b.rate*passed.Seconds())
		b.last = now
	}
}

// take reports whether one more is within the rate.
func (b *bucket) take(now time.Time) bool {
	b.refill(now)
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}

// spend takes n, and returns how long to wait until it was within the rate.
func (b *bucket) spend(n int, now time.Time) time.Duration {
	b.refill(now)
	b.level -= float64(n)
	if b.level >= 0 {
		return 0
	}
	wait := time.Duration(-b.level / b.rate * float64(time.Second))
	b.level, b.last = 0, b.last.Add(wait) // the wait pays for it
	return wait
}
