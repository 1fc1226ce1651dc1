package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Config configures a [Manager]. Store and Secrets are required; the zero value
// of everything else means its default.
type Config struct {
	Store Store
	// Secrets are the SDK secrets: all keys of this package come from them. The
	// first one signs, seals and looks up first; all of them verify, open and
	// look up, so that a secret can be rotated while sessions go on. Counters
	// live under the first one's key and begin anew with it.
	Secrets []string `json:"-"`
	// PINs says who makes PINs; the default is [PINZoom].
	PINs PINMode
	// MaxAgents is how many agents may claim one session: 1, the default, to
	// [MaxAgents].
	MaxAgents int
	Limits    Limits
	Timeouts  Timeouts
	// ListEvery is how old a list may be that several desks share, and how long
	// [Manager.Watch] gathers changes: 500 ms. A negative one shares nothing
	// and gathers nothing.
	ListEvery time.Duration
	// RefuseAfter is when a refused claim is answered, counted from its
	// beginning: 250 ms. It hides what was looked up before the refusal.
	RefuseAfter time.Duration

	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand gives IDs, nonces and PINs; nil means crypto/rand. It must be safe
	// for concurrent use.
	Rand io.Reader
	// Sleep waits, or returns the context's error; nil means a real timer.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Timeouts say how long a session stays where it is. Zero means the default.
type Timeouts struct {
	// Waiting is how long a customer's page may be silent before an agent has
	// joined: 3 minutes, after which Zoom ends a session that nobody joins.
	Waiting time.Duration
	// Active is how long it may be silent while an agent is in: 2 minutes, in
	// which Zoom lets either side reconnect.
	Active time.Duration
	// PIN is how long a PIN works that nobody has claimed: 10 minutes (OWASP
	// ASVS 5.0, 6.5.5).
	PIN time.Duration
	// Keep is how long a session that is over is remembered, so that a late
	// event gets the right answer: 10 minutes.
	Keep time.Duration
	// Ticket is how long a ticket is good, counted from the session's creation:
	// 8 hours, a working day.
	Ticket time.Duration
}

// Limits bound what one party can cost or try. A zero [Rate] means its default,
// one with a negative Max means no limit.
type Limits struct {
	// SessionsPerAddress bounds the sessions that one client address creates or
	// puts back, and the tokens that it asks for: 20 in 10 minutes. An IPv6
	// address counts as its /64, which is what one customer is given.
	SessionsPerAddress Rate
	// SessionsPerSite bounds those of a site: 1,000 a minute.
	SessionsPerSite Rate
	// TokensPerSite is the budget of customer tokens, each of which can cost
	// money at Zoom's: 20,000 a day.
	TokensPerSite Rate
	// PINsPerSession bounds how often a page may report another PIN: 20 in 10
	// minutes.
	PINsPerSession Rate
	// TriesPerAgent, TriesPerAddress and TriesPerSite bound wrong PINs: 10, 30
	// and 100 in 10 minutes. What is over the agent's limit does not count for
	// the address, nor what is over the address's for the site: one agent
	// cannot lock out the others.
	TriesPerAgent, TriesPerAddress, TriesPerSite Rate
}

// Rate is a number of things in a window of time, which begins with the first
// of them.
type Rate struct {
	Max    int64
	Window time.Duration
}

// setDefaults fills in what the operator left out.
func (c *Config) setDefaults() {
	c.PINs = defaultTo(c.PINs, PINZoom)
	c.MaxAgents = defaultTo(c.MaxAgents, 1)
	c.ListEvery = defaultTo(c.ListEvery, 500*time.Millisecond)
	c.RefuseAfter = defaultTo(c.RefuseAfter, 250*time.Millisecond)
	c.Timeouts.setDefaults()
	c.Limits.setDefaults()
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
}

func (t *Timeouts) setDefaults() {
	t.Waiting = defaultTo(t.Waiting, 3*time.Minute)
	t.Active = defaultTo(t.Active, 2*time.Minute)
	t.PIN = defaultTo(t.PIN, 10*time.Minute)
	t.Keep = defaultTo(t.Keep, 10*time.Minute)
	t.Ticket = defaultTo(t.Ticket, 8*time.Hour)
}

func (l *Limits) setDefaults() {
	const window = 10 * time.Minute
	l.SessionsPerAddress = defaultTo(l.SessionsPerAddress, Rate{20, window})
	l.SessionsPerSite = defaultTo(l.SessionsPerSite, Rate{1000, time.Minute})
	l.TokensPerSite = defaultTo(l.TokensPerSite, Rate{20_000, 24 * time.Hour})
	l.PINsPerSession = defaultTo(l.PINsPerSession, Rate{20, window})
	l.TriesPerAgent = defaultTo(l.TriesPerAgent, Rate{10, window})
	l.TriesPerAddress = defaultTo(l.TriesPerAddress, Rate{30, window})
	l.TriesPerSite = defaultTo(l.TriesPerSite, Rate{100, window})
}

func defaultTo[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

// validate refuses, after setDefaults, what would half-work.
func (c *Config) validate() error {
	if c.Store == nil {
		return errors.New("session: no store; give one, such as memory.New")
	}
	if len(c.Secrets) == 0 {
		return errors.New("session: no SDK secret; tickets cannot be signed without one")
	}
	for i, secret := range c.Secrets {
		if strings.TrimSpace(secret) == "" {
			return fmt.Errorf("session: SDK secret %d of %d is empty", i+1, len(c.Secrets))
		}
	}
	if !c.PINs.Valid() {
		return fmt.Errorf("session: pin %q is neither %q nor %q", c.PINs, PINZoom, PINBYOP)
	}
	if c.MaxAgents < 1 || c.MaxAgents > MaxAgents {
		return fmt.Errorf("session: %d agents a session; Zoom takes 1 to %d", c.MaxAgents, MaxAgents)
	}
	for name, d := range map[string]time.Duration{
		"waiting": c.Timeouts.Waiting, "active": c.Timeouts.Active, "pin": c.Timeouts.PIN,
		"keep": c.Timeouts.Keep, "ticket": c.Timeouts.Ticket,
	} {
		if d < time.Second {
			return fmt.Errorf("session: timeout %s is %v; it must be 1s or more", name, d)
		}
	}
	return c.Limits.validate()
}

func (l *Limits) validate() error {
	for name, r := range map[string]Rate{
		"sessions per address": l.SessionsPerAddress, "sessions per site": l.SessionsPerSite,
		"tokens per site": l.TokensPerSite, "pins per session": l.PINsPerSession,
		"tries per agent": l.TriesPerAgent, "tries per address": l.TriesPerAddress, "tries per site": l.TriesPerSite,
	} {
		if r.Max == 0 || r.Max > 0 && r.Window < time.Second {
			return fmt.Errorf("session: limit %s is %d in %v; give a number and a window of 1s or more, or a negative number for no limit",
				name, r.Max, r.Window)
		}
	}
	return nil
}

// Format hides the secrets from every verb of package fmt.
func (Config) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// LogValue hides the secrets from package slog.
func (Config) LogValue() slog.Value { return slog.StringValue(hidden) }

const hidden = "session.Config(secrets hidden)"

// sleep waits for d with a real timer.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
