package proxy

import (
	"errors"
	"net/http"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// resultNotAllowed: 403, the operator's policy has nobody who may ask for this.
const resultNotAllowed = "not-allowed"

// Reasons of a refused video request.
const (
	reasonHostUnidentified    = "Role 1 is for agents, and you are not identified as one"
	reasonHostNotConfigured   = "Role 1 is closed: nothing says who is an agent. The operator opens it with `agents`"
	reasonHostClosed          = "Role 1 is closed: the operator's policy lets no agent ask for signatures"
	reasonAttendeesClosed     = "Role 0 is for agents here, and you are not identified as one"
	reasonSessionNotAllowed   = "Customers may not attend a session of this name"
	reasonAttendeesNoProvider = "Role 0 is closed: the operator's policy lets no customer ask, and nothing says who is an agent"
)

// authorize decides whether whoever sent r may have what grant says. Agents are
// found in what the server knows, never in the body.
func (e *videoEndpoint) authorize(r *http.Request, grant *token.VideoGrant, event *videoEvent) *refusal {
	customer := grant.Role == token.RoleAttendee && e.customers
	if customer && (e.sessions == nil || e.sessions.MatchString(grant.SessionName)) {
		return nil
	}
	err := agent.ErrUnidentified
	if e.forAgents {
		if event.agent, err = identify(e.agents, r); err == nil {
			return nil
		}
	}
	switch known := errors.Is(err, agent.ErrUnidentified) || errors.Is(err, agent.ErrNotConfigured); {
	case !known:
		e.logger.Warn("the agent identity source failed", "error", err)
		return refuseIdentity()
	case customer:
		return refuse(http.StatusForbidden, resultNotAllowed, "sessionName", reasonSessionNotAllowed)
	case grant.Role == token.RoleAttendee && errors.Is(err, agent.ErrNotConfigured):
		return refuseRole(resultNotConfigured, reasonAttendeesNoProvider)
	case grant.Role == token.RoleAttendee:
		return refuseRole(resultUnidentified, reasonAttendeesClosed)
	case !e.forAgents:
		return refuseRole(resultNotAllowed, reasonHostClosed)
	case errors.Is(err, agent.ErrNotConfigured):
		return refuseRole(resultNotConfigured, reasonHostNotConfigured)
	}
	return refuseRole(resultUnidentified, reasonHostUnidentified)
}
