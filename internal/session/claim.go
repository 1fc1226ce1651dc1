package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// ClaimRequest is an agent's wish to join.
type ClaimRequest struct {
	Site  string
	Agent Agent // with an ID; who it is has been proven
	// PIN is what the agent typed, or ID the session that the agent chose from
	// the list. Exactly one of them is given.
	PIN, ID string
	// Addr is the agent's address.
	Addr netip.Addr
}

// Claimed is the right to mint one agent token.
type Claimed struct {
	Session Session
	// PIN is what the agent must type into Zoom's desk. It is empty where the
	// secret that sealed it is gone.
	PIN string
	// Again: the agent had claimed the session before.
	Again bool
}

// Claim lets an agent join a session. With [Config].MaxAgents 1 the first one
// wins and all others lose; for the winner it may be repeated.
//
// By PIN, everything that fails is a [RefusalError], after [Config].RefuseAfter. By
// ID, which cannot be guessed and which the list shows, it is [ErrNotFound],
// [ErrOver], [ErrNoPIN] or [ErrClaimed]. Either way: [ErrInvalid] for a request
// that cannot be meant so; [ErrFull]; [ErrUnavailable]; [context.Canceled] where
// the agent has gone, beside the [RefusalError] where one was due: it is to be
// written down nevertheless. On every error no agent token may be minted.
func (m *Manager) Claim(ctx context.Context, r ClaimRequest) (Claimed, error) {
	if r.Agent.ID == "" || r.Site == "" || (r.PIN == "") == (r.ID == "") {
		return Claimed{}, fmt.Errorf("%w: a claim has a site, an agent, and either a PIN or a session's id", ErrInvalid)
	}
	r.Agent.Name = clean(r.Agent.Name, MaxName)
	if r.ID != "" {
		return m.claim(ctx, r, nil)
	}
	begun := m.config.Now()
	claimed, err := m.claimPIN(ctx, r)
	if errors.Is(err, ErrRefused) {
		if left := m.config.Sleep(ctx, m.config.RefuseAfter-m.config.Now().Sub(begun)); left != nil {
			return Claimed{}, fmt.Errorf("waiting to refuse: %w: %w", left, err)
		}
	}
	return claimed, err
}

// claimPIN counts a try, claims, and gives the try back where it was none: when
// it succeeded, and when the store failed, since nothing was learnt from that.
func (m *Manager) claimPIN(ctx context.Context, r ClaimRequest) (Claimed, error) {
	counted, err := m.admit(ctx, m.tries(r))
	var claimed Claimed
	if err == nil {
		claimed, err = m.lookUp(ctx, r)
	}
	if err == nil || errors.Is(err, ErrUnavailable) {
		m.giveBack(ctx, counted)
	}
	return claimed, err
}

// lookUp claims the session that has the PIN.
func (m *Manager) lookUp(ctx context.Context, r ClaimRequest) (Claimed, error) {
	text, err := m.config.PINs.normalise(r.PIN)
	if err != nil {
		return Claimed{}, &RefusalError{Reason: ReasonMalformed}
	}
	pinKeys := m.ring.pinKeys(r.Site, text)
	if r.ID, err = m.find(ctx, pinKeys); err != nil {
		return Claimed{}, refusal(err)
	}
	claimed, err := m.claim(ctx, r, pinKeys)
	return claimed, refusal(err)
}

// find returns the session that a PIN is reserved for.
func (m *Manager) find(ctx context.Context, pinKeys []string) (id string, err error) {
	for _, key := range pinKeys {
		if id, err = m.store.Reserved(ctx, key); !errors.Is(err, ErrNotFound) {
			return id, err
		}
	}
	return "", err
}

// refusal turns what a claim by ID may tell into what one by PIN may.
func refusal(err error) error {
	switch {
	case errors.Is(err, ErrClaimed):
		return &RefusalError{Reason: ReasonClaimed}
	case errors.Is(err, ErrOver):
		return &RefusalError{Reason: ReasonOver}
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrNoPIN):
		return &RefusalError{Reason: ReasonUnknown}
	}
	return err
}

// claim decides on one revision of the record and replaces that very revision,
// which is what makes one winner. With pinKeys, the record must have that PIN
// now: the reservation was read before it, and may be out of date.
func (m *Manager) claim(ctx context.Context, r ClaimRequest, pinKeys []string) (Claimed, error) {
	again := false
	change, err := m.change(ctx, r.Site, r.ID, func(s *Session, now time.Time) error {
		switch again = s.ClaimedBy(r.Agent.ID); {
		case s.StateAt(now).Over():
			return ErrOver
		case s.PIN.Key == "" || s.State == StateCreated:
			return ErrNoPIN
		case pinKeys != nil && !slices.Contains(pinKeys, s.PIN.Key):
			return ErrNotFound
		case again:
			return nil
		case pinKeys != nil && len(s.Claims) == 0 && !now.Before(s.PIN.Until):
			return ErrOver
		case len(s.Claims) >= m.config.MaxAgents:
			return ErrClaimed
		}
		s.Claims = append(s.Claims, Claim{Agent: r.Agent, At: now})
		s.Deadline = m.config.Timeouts.deadline(*s)
		return nil
	})
	if err != nil {
		return Claimed{}, err
	}
	s := change.Session
	return Claimed{Session: s, PIN: m.ring.openPIN(s.ID, s.PIN.Sealed), Again: again}, nil
}
