package session

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Manager is the life of sessions over a [Store]. It is safe for concurrent
// use, and any number of managers may share a store: they need the same
// secrets, and clocks that agree to within seconds.
type Manager struct {
	store  Store
	ring   keyring
	config Config // without secrets
	boards *boards
}

// New returns a Manager. It starts nothing; whoever made the store closes it.
func New(c Config) (*Manager, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	ring, err := newKeyring(c.Secrets)
	if err != nil {
		return nil, err
	}
	c.Secrets = nil
	return &Manager{store: c.Store, ring: ring, config: c, boards: newBoards()}, nil
}

// Ping asks the store whether it is there.
func (m *Manager) Ping(ctx context.Context) error { return m.store.Ping(ctx) }

// CreateRequest is a customer's click.
type CreateRequest struct {
	Site     string // required
	Customer Customer
	// Page is where the customer is: a path or URL, whose query is dropped.
	Page string
	// Addr is the client's address. All that are not valid count as one.
	Addr netip.Addr
}

// Created is the answer to a [CreateRequest].
type Created struct {
	Session Session
	// Ticket is what the customer's page must show with each event.
	Ticket string
	// PIN is ours, for start's customPinCode, with [PINBYOP]; else empty.
	PIN string
}

// Create makes a session and counts a customer token, which the caller may
// then mint. Errors: [ErrInvalid] without site; [LimitError]; [ErrFull];
// [ErrUnavailable]; [context.Canceled] where the client has gone.
func (m *Manager) Create(ctx context.Context, r CreateRequest) (Created, error) {
	if r.Site == "" {
		return Created{}, fmt.Errorf("%w: no site", ErrInvalid)
	}
	if err := m.SpendToken(ctx, r.Site, r.Addr); err != nil {
		return Created{}, err
	}
	id, err := m.newID()
	if err != nil {
		return Created{}, err
	}
	now := m.now()
	s := Session{
		ID: id, Site: r.Site, State: StateCreated, Page: cleanPage(r.Page),
		Customer:  Customer{ID: clean(r.Customer.ID, MaxCustomerID), Name: clean(r.Customer.Name, MaxName)},
		CreatedAt: now, LastSeen: now,
	}
	// Before a PIN is reserved, which would have to be released again.
	ticket, err := m.ring.sign(Ticket{
		ID: id, Site: s.Site, Customer: s.Customer,
		CreatedAt: now, ExpiresAt: now.Add(m.config.Timeouts.Ticket),
	})
	if err != nil {
		return Created{}, err
	}
	var pin string
	if m.config.PINs == PINBYOP {
		if s.PIN, pin, err = m.mint(ctx, s, now); err != nil {
			return Created{}, err
		}
	}
	s.Deadline = m.config.Timeouts.deadline(s)
	record, err := m.store.Create(ctx, s, m.ttl(s, now))
	if err != nil {
		m.free(ctx, s.PIN.Key, id)
		return Created{}, err
	}
	return Created{Session: record, Ticket: ticket, PIN: pin}, nil
}

// Verify checks a ticket for a session of a site, without asking the store.
// Errors: [ErrTicket].
func (m *Manager) Verify(site, id, ticket string) (Ticket, error) {
	t, err := m.ring.verify(ticket, m.now())
	if err != nil || t.Site != site || t.ID != id {
		return Ticket{}, ErrTicket
	}
	return t, nil
}

// End ends a session for somebody who may: a supervisor. Ending one that is
// over already changes nothing. Errors: [ErrNotFound]; [ErrUnavailable].
func (m *Manager) End(ctx context.Context, site, id string, cause Cause) (Change, error) {
	return m.change(ctx, site, id, func(s *Session, now time.Time) error {
		if !s.StateAt(now).Over() {
			s.end(StateEnded, cause, now)
		}
		return nil
	})
}

// Release gives an agent's claim up, so that another can claim the session.
// Giving up what one does not hold changes nothing. Errors: [ErrNotFound];
// [ErrUnavailable].
func (m *Manager) Release(ctx context.Context, site, id, agentID string) (Change, error) {
	return m.change(ctx, site, id, func(s *Session, now time.Time) error {
		if s.StateAt(now).Over() || !s.ClaimedBy(agentID) {
			return nil
		}
		s.unclaim(agentID)
		if len(s.Claims) == 0 { // the PIN is back where it can be guessed
			s.PIN.Until = now.Add(m.config.Timeouts.PIN)
		}
		s.Deadline = m.config.Timeouts.deadline(*s)
		return nil
	})
}

// Change is what became of a session, for the audit record, for webhooks and
// for the answer to the customer's page.
type Change struct {
	// Session is the record after the change.
	Session Session
	// From is the state before it; the same as Session.State where only less
	// important things changed.
	From State
	// Restored: the store had forgotten the session, and its ticket put it back.
	Restored bool
	// Unclaimed: this change made the session active although nobody has
	// claimed it here. The agent's token came from elsewhere, or the claim was
	// forgotten with the store; the audit record should tell. It is set once in
	// a record's life, however often a page reports an agent.
	Unclaimed bool
}

// maxAttempts bounds the tries of a compare-and-swap. Each failed one means
// that somebody else's succeeded, and few parties write to one session.
const maxAttempts = 32

// change writes what f makes of the record, if it makes anything of it, and
// tells the desks when they could see it.
func (m *Manager) change(ctx context.Context, site, id string, f func(*Session, time.Time) error) (Change, error) {
	for range maxAttempts {
		before, err := m.get(ctx, site, id)
		if err != nil {
			return Change{}, err
		}
		now := m.now()
		after := before.Clone()
		if err := f(&after, now); err != nil {
			from := before.State
			before.State = before.StateAt(now)
			return Change{Session: before, From: from}, err
		}
		if same(before, after) {
			return Change{Session: before, From: before.State}, nil
		}
		after, err = m.store.Update(ctx, after, m.ttl(after, now))
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return Change{}, err
		}
		m.settle(ctx, before, after)
		return Change{
			Session: after, From: before.State,
			Unclaimed: after.JoinedUnclaimed && !before.JoinedUnclaimed,
		}, nil
	}
	return Change{}, Unavailable("changing a session", ErrConflict)
}

// get reads a record of a site. One of another site is not found.
func (m *Manager) get(ctx context.Context, site, id string) (Session, error) {
	if !validID(id) {
		return Session{}, ErrNotFound
	}
	s, err := m.store.Get(ctx, id)
	if err == nil && s.Site != site {
		return Session{}, ErrNotFound
	}
	return s, err
}

// settle does what follows from a change, none of which may fail it: PINs that
// are not in use any more are released, and the desks are told. It outlives the
// request, whose client may have left.
func (m *Manager) settle(ctx context.Context, before, after Session) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if key := before.PIN.Key; key != "" && (key != after.PIN.Key || after.State.Over()) {
		_ = m.store.Release(ctx, key, after.ID) // else it expires by itself
	}
	if visible(before, after) {
		_ = m.store.Announce(ctx, after.Site) // else desks see it when they next look
	}
}

// afterTime is how long a step may take that nobody waits for any more.
const afterTime = 2 * time.Second

// afterwards returns a context for what must be done although the client may
// have left: short, since it may be done at the end of a request whose store is
// slow.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), afterTime)
}

// ttl is how long the store keeps a record: until its deadline and a while
// longer, so that late events get the right answer.
func (m *Manager) ttl(s Session, now time.Time) time.Duration {
	end := s.Deadline
	if s.State.Over() {
		end = s.EndedAt
	}
	return max(end.Sub(now), 0) + m.config.Timeouts.Keep
}

// now is the clock in UTC without its monotonic part and in milliseconds, so
// that a time is the same before and after an engine has kept it.
func (m *Manager) now() time.Time { return m.config.Now().UTC().Round(0).Truncate(time.Millisecond) }

// idBytes is the randomness of a session's ID.
const idBytes = 16

func (m *Manager) newID() (string, error) {
	var id [idBytes]byte
	if _, err := io.ReadFull(m.config.Rand, id[:]); err != nil {
		return "", fmt.Errorf("reading random session id: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}

// validID keeps what is no ID of ours away from the engines' key names.
func validID(id string) bool {
	if len(id) != 2*idBytes {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
