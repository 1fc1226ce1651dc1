package proxy

import (
	"context"
	"net/http"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/webhook"
)

// DeskConfig describes how agents find their customers.
type DeskConfig struct {
	// Site names the desk: its agents see the sessions that were created under
	// the same name. Instances that share a store must agree on it. The default is
	// the host of the first of Origins, or "site" where there is none.
	Site string
	// PINs says who makes PINs: "zoom", the default, or "byop" (bring your own
	// PIN), where they are ours.
	PINs string
	// MaxAgents is how many agents may join one session: 1, the default, to 5.
	MaxAgents int
	// FrameAncestors are the origins, such as a CRM's, whose pages may show the
	// desk in a frame. Empty means nobody's.
	FrameAncestors []string
	// Limits bound what one party can cost or try, in counters that all instances
	// share. The zero value means safe defaults.
	Limits SessionLimits
}

// Site returns the name of the desk: what [DeskConfig] says, or its default.
func (c *Config) Site() string {
	if c.Desk.Site != "" {
		return c.Desk.Site
	}
	if len(c.Origins) == 0 {
		return "site"
	}
	_, host, _ := strings.Cut(serializedOrigin(c.Origins[0]), "://")
	return host
}

// Types of the packages behind, under names that other packages can use.
type (
	// SessionStore keeps records of sessions.
	SessionStore = session.Store
	// SharedValues are what instances have in common beside sessions.
	SharedValues = session.Values
	// SessionLimits bound sessions, tokens and PIN attempts.
	SessionLimits = session.Limits
	// SessionRate is one of the limits.
	SessionRate = session.Rate
	// AuditRecord is one line of the tamper-evident record.
	AuditRecord = audit.Record
	// WebhookEvent is one of the proxy's own events.
	WebhookEvent = webhook.Event
)

// Audit keeps the record of who was let into which session. An agent's token
// leaves only after Append has returned nil.
type Audit interface {
	Append(ctx context.Context, r AuditRecord) error
}

// WebhookSender tells programs of the operator's about sessions, without delay
// for the request. It may be called at any time, and drops what it cannot send.
type WebhookSender interface {
	Post(event WebhookEvent)
}

// RequestCleaner is a source of agents' identities that must see every request
// before anybody else does: it takes from it what only a proxy of the operator's
// may say, such as an identity header that the client has sent. A
// [Config.Agents] that implements it is called for each request of the site, our
// own routes included.
type RequestCleaner interface {
	Clean(r *http.Request)
}

// SignIn is a source of agents' identities that has pages of its own, below our
// prefix: an [AgentIdentifier] with routes.
type SignIn interface {
	// Login and Callback answer GET {base}/login and GET {base}/callback.
	Login(w http.ResponseWriter, r *http.Request)
	Callback(w http.ResponseWriter, r *http.Request)
	// Logout answers POST {base}/logout, from a page of this site.
	Logout(w http.ResponseWriter, r *http.Request)
	// StripCookies takes the sign-in's cookies off a request that goes on to
	// the site.
	StripCookies(h http.Header)
}
