package session

import (
	"context"
	"time"
)

// VideoOffer is an agent's offer to go on by video as well. It lasts for as long
// as its agent has the claim and the session is not over, and is forgotten with
// the store: then the agent makes it again.
type VideoOffer struct {
	// AgentID is the claimant who has made it.
	AgentID string `json:"agent_id,omitempty"`
	// At is when it was made, the last time.
	At time.Time `json:"at,omitzero"`
	// ShownAt is when the customer's page was first told of it. Zero means not
	// yet.
	ShownAt time.Time `json:"shown_at,omitzero"`
}

// Made reports whether there is an offer.
func (o VideoOffer) Made() bool { return o.AgentID != "" }

// Shown reports whether the customer's page knows of the offer.
func (o VideoOffer) Shown() bool { return !o.ShownAt.IsZero() }

// VideoOpen reports whether the customer may continue by video now: an agent in
// the session has offered it.
func (s *Session) VideoOpen() bool {
	return s.State == StateActive && s.Video.Made() && s.ClaimedBy(s.Video.AgentID)
}

// Claimed returns the session that an agent has claimed, for what must be done
// before [Manager.OfferVideo]. Errors: those of OfferVideo.
func (m *Manager) Claimed(ctx context.Context, site, id, agentID string) (Session, error) {
	s, err := m.get(ctx, site, id)
	if err == nil {
		err = s.mayOffer(agentID, m.now())
	}
	return s, err
}

// OfferVideo notes that an agent who has claimed the session offers to continue
// by video. The customer may be told at once, by any instance, so that what must
// come before has been done. Offering again makes a new offer of it, which the
// customer's page has not been told of. Errors: [ErrNotFound]; [ErrOver];
// [ErrNotClaimed]; [ErrUnavailable].
func (m *Manager) OfferVideo(ctx context.Context, site, id, agentID string) (Change, error) {
	return m.change(ctx, site, id, func(s *Session, now time.Time) error {
		if err := s.mayOffer(agentID, now); err != nil {
			return err
		}
		s.Video = VideoOffer{AgentID: agentID, At: now}
		return nil
	})
}

// mayOffer says why an agent may not offer video.
func (s *Session) mayOffer(agentID string, now time.Time) error {
	switch {
	case s.StateAt(now).Over():
		return ErrOver
	case agentID == "" || !s.ClaimedBy(agentID):
		return ErrNotClaimed
	}
	return nil
}

// ShowVideo notes that the customer's page is about to be told of the offer, and
// reports whether that is for the first time: of all who ask at once, on all
// instances, one is the first. Errors: [ErrNotFound], also where the offer is
// gone; [ErrUnavailable].
func (m *Manager) ShowVideo(ctx context.Context, site, id string) (first bool, err error) {
	_, err = m.change(ctx, site, id, func(s *Session, now time.Time) error {
		if s.StateAt(now).Over() || !s.VideoOpen() {
			return ErrNotFound
		}
		if first = !s.Video.Shown(); first {
			s.Video.ShownAt = now
		}
		return nil
	})
	return first && err == nil, err
}
