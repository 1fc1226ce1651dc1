package proxy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// joinReply answers POST desk/join. Token and SDKToken are the same.
type joinReply struct {
	Token    string      `json:"token"`
	SDKToken string      `json:"sdkToken"`
	PIN      string      `json:"pin"`
	Session  deskSession `json:"session"`
	// Video says that the agent can offer to continue by video.
	Video bool `json:"video,omitempty"`
}

// serveJoin answers POST desk/join: the one place where an agent's token for
// the desk is made. It is made for an identified agent, who has claimed a
// customer's record, of which the audit record has a line on the disk.
func (d *helpDesk) serveJoin(w http.ResponseWriter, r *http.Request) {
	var body struct {
		PIN string `json:"pin"`
		ID  string `json:"id"`
	}
	d.serveSigned(w, "agent", http.StatusOK, func() (any, *fault) {
		who, f := d.admitAgent(w, r, &body)
		if f != nil {
			return nil, f
		}
		return d.join(r, who, body.PIN, body.ID)
	})
}

// join claims, mints, writes the audit line, and only then answers.
func (d *helpDesk) join(r *http.Request, who *agent.Agent, pin, id string) (*joinReply, *fault) {
	client := d.clientIP(r)
	claimed, err := d.sessions.Claim(r.Context(), session.ClaimRequest{
		Site: d.site, Agent: session.Agent{ID: who.ID, Name: token.FitUserName(who.Name)}, PIN: pin, ID: id, Addr: addr(client),
	})
	if err != nil {
		return nil, d.refuseClaim(r, who, client, id, err)
	}
	signed, err := d.minter.Mint(token.Grant{
		Role: token.RoleAgent, UserID: token.FitUserID(who.ID), UserName: agentName(who),
		Lifetime: token.MinLifetime, // a leaked one is worth as little as Zoom allows
	})
	if err != nil {
		d.record.logger.Error("minting a token failed", "error", err)
		d.giveBack(r, who, &claimed)
		return nil, faultStore
	}
	line := d.record.by(d.record.line(audit.EventTokenIssued, audit.Success, &claimed.Session), r, who, client)
	line.TokenHash = audit.TokenHash(signed)
	if !claimed.Again {
		line.Event = audit.EventSessionClaimed
	}
	if err := d.record.append(r.Context(), line); err != nil {
		d.giveBack(r, who, &claimed)
		return nil, faultRecord
	}
	d.record.claim(r.Context(), "claimed")
	if !claimed.Again {
		d.record.claimed(&claimed.Session, who)
	}
	return &joinReply{Token: signed, SDKToken: signed, PIN: claimed.PIN, Session: d.deskSession(&claimed.Session, who.ID), Video: d.video.pairs()}, nil
}

// faultRecord: what was asked for leaves no trace, so it is not done.
var faultRecord = &fault{
	status: http.StatusServiceUnavailable, code: "unavailable", title: "Not available",
	detail: "The audit record cannot be written, and nobody joins without it. Tell the operator.", wait: shortWait,
}

// agentName is what customers read of an agent.
func agentName(who *agent.Agent) string {
	if name := token.FitUserName(who.Name); name != "" {
		return name
	}
	return token.FitUserName(who.ID)
}

// giveBack undoes a claim whose token was never made, so that a colleague can
// have the customer, also where the agent has gone meanwhile. Where that fails
// too, the agent can still join again, and give it up.
func (d *helpDesk) giveBack(r *http.Request, who *agent.Agent, claimed *session.Claimed) {
	if claimed.Again {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), shortWait)
	defer cancel()
	if _, err := d.sessions.Release(ctx, d.site, claimed.Session.ID, who.ID); err != nil {
		d.record.logger.Warn("a claim could not be given back", "error", err)
	}
}

// refuseClaim writes down who was refused, and why; the agent does not learn it.
func (d *helpDesk) refuseClaim(r *http.Request, who *agent.Agent, client, id string, err error) *fault {
	f := d.sessionFault(err)
	line := d.record.by(audit.Record{Event: audit.EventAgentRefused, Outcome: audit.Refused, Reason: f.code, Session: id}, r, who, client)
	if len(line.Session) > audit.MaxName {
		line.Session = ""
	}
	if refusal, ok := errors.AsType[*session.RefusalError](err); ok {
		line.Reason = string(refusal.Reason)
		if refusal.Locked > 0 {
			line.Event = audit.EventAgentLockout
			d.record.observer.Lockout(line.Reason)
		}
	}
	if f == faultStore {
		line.Outcome = audit.Failure
	}
	d.record.claim(r.Context(), line.Reason)
	_ = d.record.append(r.Context(), line) // no token leaves either way
	return f
}

// serveRelease answers POST desk/release: the agent lets a colleague have the
// customer.
func (d *helpDesk) serveRelease(w http.ResponseWriter, r *http.Request) {
	d.change(w, r, eventReleased, func(who *agent.Agent, id string) (session.Change, *fault, error) {
		change, err := d.sessions.Release(r.Context(), d.site, id, who.ID)
		return change, nil, err
	})
}

// serveEnd answers POST desk/end, for supervisors. The customer's page learns it
// with its next heartbeat, and ends the session at Zoom.
func (d *helpDesk) serveEnd(w http.ResponseWriter, r *http.Request) {
	d.change(w, r, audit.EventSessionEnded, func(who *agent.Agent, id string) (session.Change, *fault, error) {
		if who.Role != agent.RoleSupervisor {
			return session.Change{}, &fault{status: http.StatusForbidden, code: "not-supervisor", title: "Not a supervisor", detail: "Only supervisors end sessions."}, nil
		}
		change, err := d.sessions.End(r.Context(), d.site, id, session.CauseSupervisor)
		return change, nil, err
	})
}

// eventReleased is the audit record's word for a claim that was given up.
const eventReleased = "session.released"

// change does something to the session that the body names, and writes down who
// did it.
func (d *helpDesk) change(w http.ResponseWriter, r *http.Request, event string, do func(*agent.Agent, string) (session.Change, *fault, error)) {
	var body struct {
		ID string `json:"id"`
	}
	who, f := d.admitAgent(w, r, &body)
	if f != nil {
		f.write(w)
		return
	}
	change, f, err := do(who, body.ID)
	if err != nil {
		f = d.sessionFault(err)
	}
	if f != nil {
		f.write(w)
		return
	}
	d.record.byAgent(r, &change, who, d.clientIP(r), event)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}

// admitAgent is admit for agents, and says who it is. The identity is asked for
// last, since a source may have to ask somebody else.
func (d *helpDesk) admitAgent(w http.ResponseWriter, r *http.Request, into any) (*agent.Agent, *fault) {
	if f := d.admit(w, r, d.agentRate, into); f != nil {
		return nil, f
	}
	who, err := identify(d.agents, r)
	if err != nil {
		return nil, d.agentFault(err)
	}
	return &who, nil
}

func (d *helpDesk) agentFault(err error) *fault {
	f := agentFault(err)
	if f.status == http.StatusServiceUnavailable {
		d.record.logger.Warn("the agent identity source failed", "error", err)
	}
	return f
}

// deskSession is a session as the desk sees it.
type deskSession struct {
	ID        string           `json:"id"`
	State     session.State    `json:"state"`
	Customer  session.Customer `json:"customer"`
	Page      string           `json:"page"`
	CreatedAt time.Time        `json:"created_at"`
	WaitingAt time.Time        `json:"waiting_at,omitzero"`
	ActiveAt  time.Time        `json:"active_at,omitzero"`
	Claims    []session.Claim  `json:"claims"`
	Mine      bool             `json:"mine"`
	// Video is "offered" once an agent has offered to continue by video, and
	// "shown" when the customer's page knows of it.
	Video string `json:"video,omitempty"`
}

func (d *helpDesk) deskSession(s *session.Session, agentID string) deskSession {
	out := deskSession{
		ID: s.ID, State: s.StateAt(d.now()), Customer: s.Customer, Page: s.Page,
		CreatedAt: s.CreatedAt, WaitingAt: s.WaitingAt, ActiveAt: s.ActiveAt,
		Claims: s.Claims, Mine: s.ClaimedBy(agentID), Video: videoState(s.Video),
	}
	if out.Claims == nil {
		out.Claims = []session.Claim{}
	}
	return out
}
