package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// The names of the limits: in [LimitError], and in the counters' keys.
const (
	limitAddress  = "sessions_per_address"
	limitSite     = "sessions_per_site"
	limitBudget   = "tokens_per_site"
	limitPINs     = "pins_per_session"
	limitTries    = "tries_agent"
	limitTriesIP  = "tries_address"
	limitTriesAll = "tries_site"
)

// SpendToken counts a customer token for the client's address and the site,
// and takes it from the site's budget of the day. [Manager.Create] does so
// itself; the caller does before it mints any other customer token. Errors:
// [LimitError]; [ErrFull]; [ErrUnavailable]; [context.Canceled] where the
// client has gone. In doubt nothing may be minted.
func (m *Manager) SpendToken(ctx context.Context, site string, addr netip.Addr) error {
	limits := m.config.Limits
	// The narrowest first: who is over a limit of their own takes nothing from
	// what others share.
	if err := m.spend(ctx, limitAddress, limits.SessionsPerAddress, site, network(addr)); err != nil {
		return err
	}
	if err := m.spend(ctx, limitSite, limits.SessionsPerSite, site); err != nil {
		return err
	}
	return m.spend(ctx, limitBudget, limits.TokensPerSite, site)
}

// spend counts one, and returns a [LimitError] where that is one too many.
func (m *Manager) spend(ctx context.Context, name string, rate Rate, parts ...string) error {
	if rate.Max < 0 {
		return nil
	}
	count, err := m.store.Hit(ctx, m.ring[0].countKey(name, parts...), 1, rate.Window)
	if err != nil {
		return err
	}
	if count.N > rate.Max {
		return &LimitError{Limit: name, RetryAfter: max(count.Reset, time.Second)}
	}
	return nil
}

// try is a counter of wrong PINs that one more try counts in.
type try struct {
	name   string
	reason Reason
	rate   Rate
	key    string
}

// tries returns the counters of an agent's try, the narrowest first.
func (m *Manager) tries(r ClaimRequest) []try {
	limits, keys := m.config.Limits, m.ring[0]
	all := []try{
		{limitTries, ReasonTries, limits.TriesPerAgent, keys.countKey(limitTries, r.Site, r.Agent.ID)},
		{limitTriesIP, ReasonTriesAddr, limits.TriesPerAddress, keys.countKey(limitTriesIP, r.Site, network(r.Addr))},
		{limitTriesAll, ReasonTriesSite, limits.TriesPerSite, keys.countKey(limitTriesAll, r.Site)},
	}
	bounded := all[:0]
	for _, t := range all {
		if t.rate.Max >= 0 {
			bounded = append(bounded, t)
		}
	}
	return bounded
}

// admitTries is how often a try asks to be admitted until its refusal is due.
const admitTries = 5

// admit counts a try that may look something up, and returns the counters that
// it was added to. Where one is over its limit the try is given back, since
// nothing will be learnt from it, and asks again a little later: tries under
// way that succeed are given back too, and an office of agents behind one
// address can have more of them under way than it may have wrong. Failed ones
// stay, so no more than the limit are ever looked up in vain. That takes no
// longer than a refusal does anyway.
func (m *Manager) admit(ctx context.Context, tries []try) (counted []try, err error) {
	for n := 1; ; n++ {
		counted, err = m.count(ctx, tries)
		if !errors.Is(err, ErrRefused) {
			return counted, err
		}
		m.giveBack(ctx, counted)
		if n == admitTries {
			return nil, err
		}
		if left := m.config.Sleep(ctx, m.config.RefuseAfter/admitTries); left != nil {
			return nil, fmt.Errorf("waiting to be admitted: %w: %w", left, err)
		}
	}
}

// count counts a try before anything is looked up, so that a thousand at once
// are no more than a thousand after each other. It stops at the first counter
// that is over, and returns those that were added to.
func (m *Manager) count(ctx context.Context, tries []try) (counted []try, err error) {
	for i, t := range tries {
		count, err := m.store.Hit(ctx, t.key, 1, t.rate.Window)
		if err != nil {
			return tries[:i], err
		}
		if count.N > t.rate.Max {
			return tries[:i+1], &RefusalError{Reason: t.reason, Locked: max(count.Reset, time.Second)}
		}
	}
	return tries, nil
}

// giveBack takes a try out of the counters. The client may have left meanwhile.
// Where the store fails it stays counted, which is the safe side, and nobody
// waits for the other counters.
func (m *Manager) giveBack(ctx context.Context, tries []try) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	for _, t := range tries {
		if _, err := m.store.Hit(ctx, t.key, -1, t.rate.Window); err != nil {
			return
		}
	}
}
