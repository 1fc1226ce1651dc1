package session

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// Query says what a desk wants to see.
type Query struct {
	Site string
	// Search is looked for in customers' names, IDs and pages, whatever its
	// case. Empty finds all. The agent's own sessions are always found, so that
	// one which is missing from the list is over.
	Search string
	// Agent is who asks: of the sessions that others have claimed or that are
	// active, only this agent's own are listed.
	Agent string
	// All lists those of all agents: for supervisors.
	All bool
	// Limit bounds the sessions returned, beside the agent's own: 100 where it
	// is zero.
	Limit int
}

// Listing is the answer to a [Query].
type Listing struct {
	// Sessions begin with those that wait, the longest wait first, and go on
	// with those that are active, the latest first.
	Sessions []Session
	// Found is how many the query found, of which Sessions are the first.
	Found int
	// Waiting and Active count the site's sessions, whoever asks.
	Waiting, Active int
}

// List returns the sessions of a site that wait or are active. Several desks
// share what was read from the store within [Config].ListEvery. Errors:
// [ErrUnavailable].
func (m *Manager) List(ctx context.Context, q Query) (Listing, error) {
	shown, err := m.boards.get(ctx, q.Site, m.config.ListEvery, m.config.Now, m.load)
	if err != nil {
		return Listing{}, err
	}
	now, search, limit := m.now(), strings.ToLower(q.Search), defaultTo(q.Limit, 100)
	var l Listing
	for _, e := range shown {
		if e.session.due(now) {
			continue
		}
		if e.session.State == StateWaiting {
			l.Waiting++
		} else {
			l.Active++
		}
		own := q.Agent != "" && e.session.ClaimedBy(q.Agent)
		if !own && (!q.sees(&e.session) || !strings.Contains(e.text, search)) {
			continue
		}
		if l.Found++; own || len(l.Sessions) < limit {
			l.Sessions = append(l.Sessions, e.session.Clone())
		}
	}
	return l, nil
}

// sees reports whether the query's agent may see a session of others.
func (q *Query) sees(s *Session) bool {
	return q.All || s.State == StateWaiting && len(s.Claims) == 0
}

// entry is a session as lists hold it, with the text that searches look in.
type entry struct {
	session Session
	text    string
}

// load reads all that a site's desks can see.
func (m *Manager) load(ctx context.Context, site string) ([]*entry, error) {
	var shown []*entry
	err := m.each(ctx, site, func(s Session) {
		if s.State == StateWaiting || s.State == StateActive {
			text := strings.ToLower(strings.Join([]string{s.Customer.Name, s.Customer.ID, s.Page}, "\n"))
			shown = append(shown, &entry{s, text})
		}
	})
	slices.SortFunc(shown, func(a, b *entry) int { return order(&a.session, &b.session) })
	return shown, err
}

// order puts waiting sessions first, the longest wait before the others, then
// active ones, the latest before the others.
func order(a, b *Session) int {
	switch {
	case a.State != b.State && a.State == StateWaiting:
		return -1
	case a.State != b.State:
		return 1
	case a.State == StateWaiting:
		return cmp.Or(a.WaitingAt.Compare(b.WaitingAt), strings.Compare(a.ID, b.ID))
	}
	return cmp.Or(b.ActiveAt.Compare(a.ActiveAt), strings.Compare(a.ID, b.ID))
}

// each calls f once for each session of a site that is not over.
func (m *Manager) each(ctx context.Context, site string, f func(Session)) error {
	seen := make(map[string]bool)
	for cursor := ""; ; {
		page, next, err := m.store.List(ctx, site, cursor)
		if err != nil {
			return err
		}
		for _, s := range page {
			if !seen[s.ID] { // a store may return one twice
				seen[s.ID] = true
				f(s)
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// Swept is what a sweep has found.
type Swept struct {
	// Changes are the sessions that this sweep was the first to write down as
	// expired.
	Changes []Change
	// Left is how many of the site's sessions are not over, whatever their
	// state: also those of StateCreated, which no [Listing] counts. While there
	// are any, something is left to be swept later.
	Left int
}

// Sweep writes down which sessions of a site have expired, and returns those
// that this call was the first to: several instances may sweep at once. It
// changes nothing that anybody sees, since a passed deadline already counts;
// it is for the audit record, for webhooks, and for PINs to be free. Call it
// every 10 seconds or so. Errors: [ErrUnavailable], with what was done before.
func (m *Manager) Sweep(ctx context.Context, site string) (Swept, error) {
	now := m.now()
	var swept Swept
	var due []string
	if err := m.each(ctx, site, func(s Session) {
		swept.Left++
		if s.StateAt(now) != s.State {
			due = append(due, s.ID)
		}
	}); err != nil {
		return Swept{}, err
	}
	for _, id := range due {
		mine := false
		change, err := m.change(ctx, site, id, func(s *Session, now time.Time) error {
			if mine = s.StateAt(now) != s.State; mine {
				s.end(StateExpired, s.silence(), now)
			}
			return nil
		})
		if err != nil && !isGone(err) {
			return swept, err
		}
		if err == nil && mine {
			swept.Changes = append(swept.Changes, change)
		}
		if err != nil || change.Session.State.Over() { // else its page was heard of just now
			swept.Left--
		}
	}
	return swept, nil
}

// silence says why a session expired.
func (s *Session) silence() Cause {
	if s.unclaimed() && s.Deadline.Equal(s.PIN.Until) {
		return CauseUnclaimed
	}
	return CauseSilence
}

// Watch returns a channel on which something is received some time after a
// desk's list has changed, when [Manager.List] already returns the new one; at
// most once in [Config].ListEvery. It is closed when ctx is done or the store
// is closed.
func (m *Manager) Watch(ctx context.Context, site string) <-chan struct{} {
	changes := m.store.Watch(ctx, site)
	if m.config.ListEvery <= 0 {
		return changes
	}
	wakes := make(chan struct{}, 1)
	go func() {
		defer close(wakes)
		for range changes {
			// What comes meanwhile is in the list that this wake lets read, or
			// wakes again: the list then was loaded after this moment.
			if sleep(ctx, m.config.ListEvery) != nil {
				return
			}
			select {
			case wakes <- struct{}{}:
			default: // the watcher has not yet read the last one
			}
		}
	}()
	return wakes
}
