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
// late, somebody is attacking with many addresses, and others are no longer
// counted: see spent and exhausted.
const maxKeys = 50_000

func newAttempts(most int, per time.Duration) *attempts {
	return &attempts{max: most, per: per, keys: make(map[string]window)}
}

// spent reports whether key has failed too often. It is for what an attacker
// gains nothing by: keys that are not counted pass, or whoever has many
// addresses could shut everybody out.
func (a *attempts) spent(key string, now time.Time) bool {
	w := a.keys[key]
	return now.Before(w.until) && w.count >= a.max
}

// exhausted is spent for what can be guessed, PINs: while the counter is full,
// keys that it does not know are refused as well.
func (a *attempts) exhausted(key string, now time.Time) bool {
	if _, known := a.keys[key]; !known {
		return len(a.keys) >= maxKeys
	}
	return a.spent(key, now)
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
