package proxy

import (
	"errors"
	"net/http"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// serveVideoOffer answers POST desk/video: an agent who has claimed a session
// offers its customer to continue by video, and gets the host's part. The
// customer's page finds its own part in the answer to what it reports next, which
// is a heartbeat away at most.
func (d *helpDesk) serveVideoOffer(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ID string `json:"id"`
	}
	d.serveSigned(w, videoRole(token.RoleHost), http.StatusOK, func() (any, *fault) {
		who, f := d.admitAgent(w, r, &body)
		if f != nil {
			return nil, f
		}
		return d.offerVideo(r, who, body.ID)
	})
}

// faultNotClaimed says the same of a session that nobody has claimed and of one
// that is a colleague's.
var faultNotClaimed = &fault{
	status: http.StatusForbidden, code: "not-claimed", title: "Not your session",
	detail: "Video is for an agent who has joined the session. Join it first.",
}

// offerVideo signs, writes the audit line, and only then notes the offer, for
// which customers are waiting, and answers. Where it cannot be noted, the record
// has an offer too many.
func (d *helpDesk) offerVideo(r *http.Request, who *agent.Agent, id string) (*videoPart, *fault) {
	s, err := d.sessions.Claimed(r.Context(), d.site, id, who.ID)
	if err != nil {
		return nil, d.refuseVideo(r, who, id, err)
	}
	part := d.videoPart(token.RoleHost, id, who.ID, agentName(who))
	if part == nil {
		return nil, faultStore
	}
	line := d.record.by(d.record.line(audit.EventVideoOffered, audit.Success, &s), r, who, d.clientIP(r))
	line.Role, line.TokenHash = videoRole(token.RoleHost), audit.TokenHash(part.Signature)
	if err := d.record.append(r.Context(), line); err != nil {
		return nil, faultRecord
	}
	if _, err := d.sessions.OfferVideo(r.Context(), d.site, id, who.ID); err != nil {
		return nil, d.refuseVideo(r, who, id, err)
	}
	return part, nil
}

// refuseVideo answers, and writes down who reached for a session that is not
// theirs.
func (d *helpDesk) refuseVideo(r *http.Request, who *agent.Agent, id string, err error) *fault {
	if !errors.Is(err, session.ErrNotClaimed) {
		return d.sessionFault(err)
	}
	line := d.record.by(audit.Record{
		Event: audit.EventAgentRefused, Outcome: audit.Refused, Reason: faultNotClaimed.code, Session: id,
	}, r, who, d.clientIP(r))
	_ = d.record.append(r.Context(), line) // no signature leaves either way
	return faultNotClaimed
}

// customerVideo is the part of a session's customer; nil unless an agent who has
// claimed it is in the session and has offered to continue by video. Each report
// is answered with a fresh signature, since the customer may take the offer up
// when an old one has expired; the first one since the offer is written down and
// counted for all of them.
func (d *helpDesk) customerVideo(r *http.Request, s *session.Session) *videoPart {
	if !d.video.pairs() || !s.VideoOpen() {
		return nil
	}
	part := d.videoPart(token.RoleAttendee, s.ID, s.ID, customerName(s.Customer.ID, s.Customer.Name)) // the identity is as in the Cobrowse token
	if part == nil || s.Video.Shown() {
		return part
	}
	switch first, err := d.sessions.ShowVideo(r.Context(), d.site, s.ID); {
	case errors.Is(err, session.ErrNotFound):
		return nil // its agent has left this moment
	case err != nil:
		_ = d.sessionFault(err) // which logs it; the next report tries again
		return nil
	case first:
		d.videoShown(r, s, part.Signature)
	}
	return part
}

// videoShown writes down that a customer's page was given its part. As with the
// customer's token, it has it nevertheless where the record cannot be written.
func (d *helpDesk) videoShown(r *http.Request, s *session.Session, signature string) {
	line := d.record.line(audit.EventVideoShown, audit.Success, s)
	line.Role, line.RequestID, line.TokenHash = videoRole(token.RoleAttendee), d.record.requestID(r), audit.TokenHash(signature)
	_ = d.record.append(r.Context(), line)
	d.record.observer.Token(line.Role, resultMinted)
}

// videoPart makes a part, or logs why not.
func (d *helpDesk) videoPart(role token.VideoRole, id, identity, userName string) *videoPart {
	part, err := d.video.part(role, d.site, id, identity, userName)
	if err != nil { // the session goes on without
		d.record.logger.Error("minting a video signature failed", "error", err)
		return nil
	}
	return part
}

// videoState is what a desk shows of an offer.
func videoState(o session.VideoOffer) string {
	switch {
	case o.Shown():
		return "shown"
	case o.Made():
		return "offered"
	}
	return ""
}
