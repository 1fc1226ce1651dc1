package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// EventKind names what a customer's page reports. The names are those of the
// SDK's events, but for the heartbeat, which is ours.
type EventKind string

// The kinds.
const (
	// EventPIN: the SDK has told a PIN; Event.PIN has it.
	EventPIN EventKind = "pincode_updated"
	// EventStarted: the SDK's session has started.
	EventStarted EventKind = "session_started"
	// EventAgentJoined: an agent is in the session.
	EventAgentJoined EventKind = "agent_joined"
	// EventAgentLeft: an agent has left it.
	EventAgentLeft EventKind = "agent_left"
	// EventHeartbeat: the page is still there. A page should send one every 20
	// seconds, and at once when it begins to resume a session.
	EventHeartbeat EventKind = "heartbeat"
	// EventEnded: the session has ended, or the customer has given up.
	EventEnded EventKind = "session_ended"
	// EventError: the SDK has reported an error; Event.Code has its code.
	EventError EventKind = "session_error"
)

// Valid reports whether k is one of the kinds.
func (k EventKind) Valid() bool {
	switch k {
	case EventPIN, EventStarted, EventAgentJoined, EventAgentLeft, EventHeartbeat, EventEnded, EventError:
		return true
	}
	return false
}

// Event is what a customer's page reports.
type Event struct {
	Kind EventKind
	// PIN is for EventPIN.
	PIN string
	// Page is where the customer is now, a path or URL; empty means where they
	// were.
	Page string
	// Code is for EventError: Zoom's number, at most 40 letters and digits.
	Code string
}

// EventRequest is an event with the right to report it.
type EventRequest struct {
	Site, ID, Ticket string // as [Manager.Create] gave them
	Addr             netip.Addr
	Event            Event
}

// Event applies what a customer's page reports, and returns the session as it
// then is, which the page should act upon: where it is over (also with
// [ErrOver]), the page ends its Zoom session; where it is StateCreated and the
// page knows a PIN, the record was put back and the page reports the PIN again.
//
// Errors: [ErrInvalid] for an event that cannot be meant so; [ErrTicket];
// [ErrOver], but for EventEnded; [ErrPINTaken]; [LimitError]; [ErrFull];
// [ErrUnavailable]; [context.Canceled] where the page has gone.
func (m *Manager) Event(ctx context.Context, r EventRequest) (Change, error) {
	ticket, err := m.Verify(r.Site, r.ID, r.Ticket)
	if err != nil {
		return Change{}, err
	}
	if !r.Event.Kind.Valid() {
		return Change{}, fmt.Errorf("%w: unknown event", ErrInvalid)
	}
	change, err := m.report(ctx, r)
	if !errors.Is(err, ErrNotFound) || r.Event.Kind == EventEnded {
		return change, err
	}
	if err := m.restore(ctx, ticket, r); err != nil {
		return Change{}, err
	}
	change, err = m.report(ctx, r)
	change.Restored = true
	return change, err
}

// report applies an event to the record, which must be there.
func (m *Manager) report(ctx context.Context, r EventRequest) (Change, error) {
	var pin PIN
	if r.Event.Kind == EventPIN {
		var err error
		if pin, err = m.bind(ctx, r); err != nil {
			return Change{}, err
		}
	}
	change, err := m.change(ctx, r.Site, r.ID, func(s *Session, now time.Time) error {
		return m.config.Timeouts.apply(s, r.Event, pin, now)
	})
	if err != nil {
		m.unbind(ctx, r, pin.Key)
		return change, err
	}
	s := change.Session
	if len(s.Claims) > 0 && !s.State.Over() && s.PIN.Key != "" {
		// A claimed PIN stays ours for as long as the session is heard of.
		_ = m.store.Reserve(ctx, s.PIN.Key, s.ID, m.ttl(s, m.now()))
	}
	return change, nil
}

// restore puts back the record that a ticket was made for. It counts as a
// creation for the client's address, and costs no token.
func (m *Manager) restore(ctx context.Context, t Ticket, r EventRequest) error {
	if err := m.spend(ctx, limitAddress, m.config.Limits.SessionsPerAddress, t.Site, network(r.Addr)); err != nil {
		return err
	}
	now := m.now()
	s := Session{
		ID: t.ID, Site: t.Site, State: StateCreated, Customer: t.Customer,
		Page: cleanPage(r.Event.Page), CreatedAt: t.CreatedAt, LastSeen: now,
	}
	s.Deadline = m.config.Timeouts.deadline(s)
	_, err := m.store.Create(ctx, s, m.ttl(s, now))
	if errors.Is(err, ErrExists) {
		return nil // another tab or instance was faster
	}
	return err
}

// apply is the state machine: it makes of a session what an event makes of it.
// It returns [ErrOver] for a session that is over.
func (t Timeouts) apply(s *Session, e Event, pin PIN, now time.Time) error {
	if s.StateAt(now).Over() {
		if e.Kind == EventEnded {
			return nil
		}
		return ErrOver
	}
	s.LastSeen = now
	if e.Page != "" {
		s.Page = cleanPage(e.Page)
	}
	switch e.Kind {
	case EventPIN:
		s.PIN = pin
		s.wait(now)
	case EventStarted:
		if s.PIN.Key != "" { // our own PIN: Zoom need not report it
			s.wait(now)
		}
	case EventAgentJoined:
		s.join(now)
	case EventAgentLeft:
		s.leave(now)
	case EventError:
		s.Fault = cleanCode(e.Code)
	case EventEnded:
		s.end(StateEnded, CauseCustomer, now)
	case EventHeartbeat:
	}
	if !s.State.Over() {
		s.Deadline = t.deadline(*s)
	}
	return nil
}

// deadline is when a session expires that nothing more is heard of.
func (t Timeouts) deadline(s Session) time.Time {
	if s.State == StateActive {
		return s.LastSeen.Add(t.Active)
	}
	end := s.LastSeen.Add(t.Waiting)
	if s.unclaimed() && s.PIN.Until.Before(end) {
		return s.PIN.Until
	}
	return end
}

// unclaimed reports whether the session waits for the first agent of all: then
// the end of its PIN is its own. One whose agent has come and gone, or whose
// claim was forgotten with the store, waits for as long as its page is there.
func (s *Session) unclaimed() bool {
	return s.State == StateWaiting && s.ActiveAt.IsZero() && len(s.Claims) == 0
}

// wait lets a session that has a PIN wait for its agent. One that is active
// stays so: it has got another PIN.
func (s *Session) wait(now time.Time) {
	if s.State != StateCreated {
		return
	}
	s.State = StateWaiting
	if s.WaitingAt.IsZero() {
		s.WaitingAt = now
	}
}

// join counts an agent in. There are no more of them than claims: a page that
// resumes may be told again who is there.
func (s *Session) join(now time.Time) {
	if s.State != StateActive && len(s.Claims) == 0 {
		s.JoinedUnclaimed = true
	}
	s.Joined = min(s.Joined+1, max(1, len(s.Claims)))
	s.State = StateActive
	if s.ActiveAt.IsZero() {
		s.ActiveAt = now
	}
}

// leave counts an agent out. After the last one the session waits again: its
// claimants may come back.
func (s *Session) leave(now time.Time) {
	s.Joined = max(s.Joined-1, 0)
	if s.Joined > 0 || s.State != StateActive {
		return
	}
	s.State = StateWaiting
	if s.WaitingAt.IsZero() {
		s.WaitingAt = now
	}
}

// end lets a session be over.
func (s *Session) end(state State, cause Cause, now time.Time) {
	s.State, s.Ended, s.EndedAt = state, cause, now
	s.Joined = 0
	s.PIN.Sealed = nil // nobody may be shown it any more
	s.Video = VideoOffer{}
}

// unclaim takes an agent's claim away, and the offer that the agent has made.
func (s *Session) unclaim(agentID string) {
	s.Claims = slices.DeleteFunc(s.Claims, func(c Claim) bool { return c.ID == agentID })
	if s.Video.AgentID == agentID {
		s.Video = VideoOffer{}
	}
}

// same reports whether two revisions of a record are worth no write.
func same(a, b Session) bool {
	return !visible(a, b) && a.LastSeen.Equal(b.LastSeen) && a.Deadline.Equal(b.Deadline) &&
		a.PIN.Key == b.PIN.Key && a.PIN.Until.Equal(b.PIN.Until) && a.ZoomID == b.ZoomID &&
		a.JoinedUnclaimed == b.JoinedUnclaimed && a.Video.At.Equal(b.Video.At)
}

// visible reports whether a desk shows the two revisions differently.
func visible(a, b Session) bool {
	return a.State != b.State || a.Page != b.Page || a.Joined != b.Joined || a.Fault != b.Fault ||
		a.Video.AgentID != b.Video.AgentID || a.Video.Shown() != b.Video.Shown() || !slices.Equal(a.Claims, b.Claims)
}
