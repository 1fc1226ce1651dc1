package sandbox

import "time"

// attempts counts failures by key in fixed windows. It is not safe for
// concurrent use; the hub's lock guards it.
type attempts struct {
	max  int
	per  time.Duration
	keys map[string]window
}

type window struct {
	until time.Time
	count int
}

// maxKeys bounds the memory of a counter. When so many keys have failed of
// late, others are refused as well: somebody is attacking with many addresses.
const maxKeys = 50_000

func newAttempts(most int, per time.Duration) *attempts {
	return &attempts{max: most, per: per, keys: make(map[string]window)}
}

// exhausted reports whether key has failed too often.
func (a *attempts) exhausted(key string, now time.Time) bool {
	w, ok := a.keys[key]
	if !ok {
		return len(a.keys) >= maxKeys
	}
	return now.Before(w.until) && w.count >= a.max
}

// fail counts a failure.
func (a *attempts) fail(key string, now time.Time) {
	w, ok := a.keys[key]
	if !ok || !now.Before(w.until) {
		if !ok && len(a.keys) >= maxKeys {
			return
		}
		w = window{until: now.Add(a.per)}
	}
	w.count++
	a.keys[key] = w
}

// prune forgets the windows that have passed.
func (a *attempts) prune(now time.Time) {
	for key, w := range a.keys {
		if !now.Before(w.until) {
			delete(a.keys, key)
		}
	}
}

// bucket is a token bucket: rate a second, bursts of twice as many.
type bucket struct {
	rate, level float64
	last        time.Time
}

func newBucket(rate float64, now time.Time) *bucket {
	return &bucket{rate: rate, level: 2 * rate, last: now}
}

// take reports whether one more is within the rate.
func (b *bucket) take(now time.Time) bool {
	b.level = min(2*b.rate, b.level+b.rate*max(0, now.Sub(b.last).Seconds()))
	b.last = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}
