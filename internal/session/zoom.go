package session

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ZoomEvent names what Zoom's service reports by webhook. The names are Zoom's.
type ZoomEvent string

// The events.
const (
	ZoomStarted    ZoomEvent = "cobrowse.session_started"
	ZoomEnded      ZoomEvent = "cobrowse.session_ended"
	ZoomUserJoined ZoomEvent = "cobrowse.session_user_joined"
	ZoomUserLeft   ZoomEvent = "cobrowse.session_user_left"
)

// Valid reports whether e is one of the events.
func (e ZoomEvent) Valid() bool {
	switch e {
	case ZoomStarted, ZoomEnded, ZoomUserJoined, ZoomUserLeft:
		return true
	}
	return false
}

// ZoomNotice is a webhook whose signature has been checked.
type ZoomNotice struct {
	// Site is whose record the notice may change, where it has come to the
	// address of one site; empty means any, since Zoom names none.
	Site  string
	Event ZoomEvent
	// SessionID is Zoom's session_id.
	SessionID string
	// UserID is the claim user_id of the user it is about: of a customer it is
	// a [Session]'s ID, where the token was minted so. It may be empty.
	UserID string
	// Agent: the user is an agent (role_type).
	Agent bool
}

// maxZoomID bounds Zoom's session_id, whose form is not documented.
const maxZoomID = 200

// Zoom joins what Zoom's service reports to the record: the first notice about
// the customer tells which session Zoom's session_id means, and later ones are
// found by it. An agent who joined makes the session active, and an end ends
// it; who left is for the audit record only, since the customer's page tells
// the same and users leave with each navigation.
//
// Errors: [ErrInvalid]; [ErrNotFound] for a session that is not ours, or of
// another site, such as one that was started before the store forgot;
// [ErrFull]; [ErrUnavailable]. Upon the last two Zoom sends the notice again;
// nothing comes after a change that could fail and keep it from being told.
func (m *Manager) Zoom(ctx context.Context, n ZoomNotice) (Change, error) {
	if !n.Event.Valid() || n.SessionID == "" || len(n.SessionID) > maxZoomID {
		return Change{}, fmt.Errorf("%w: not a notice of Zoom's", ErrInvalid)
	}
	key := m.ring[0].countKey("zoom", n.SessionID)
	known, err := m.noticed(ctx, n, key)
	if err != nil {
		return Change{}, err
	}
	// Before the change, of which the caller could not tell if this failed after
	// it. An end needs no reservation, nor room for one.
	if !n.Agent && n.Event != ZoomEnded {
		err := m.store.Reserve(ctx, key, known.ID, m.config.Timeouts.Ticket)
		if err != nil && !errors.Is(err, ErrTaken) { // the first one keeps it
			return Change{}, err
		}
	}
	return m.change(ctx, known.Site, known.ID, func(s *Session, now time.Time) error {
		s.ZoomID = n.SessionID
		if s.StateAt(now).Over() {
			return nil
		}
		switch {
		case n.Event == ZoomEnded:
			s.end(StateEnded, CauseZoom, now)
		case n.Event == ZoomUserJoined && n.Agent && s.State != StateActive:
			s.join(now)
			s.Deadline = m.config.Timeouts.deadline(*s)
		}
		return nil
	})
}

// noticed returns the record that a notice is about: the one that it names as
// its customer, else the one for which Zoom's session_id is reserved.
func (m *Manager) noticed(ctx context.Context, n ZoomNotice, key string) (Session, error) {
	id := n.UserID
	if n.Agent || !validID(id) {
		var err error
		if id, err = m.store.Reserved(ctx, key); err != nil {
			return Session{}, err
		}
	}
	s, err := m.store.Get(ctx, id)
	if err == nil && n.Site != "" && s.Site != n.Site {
		return Session{}, ErrNotFound
	}
	return s, err
}
