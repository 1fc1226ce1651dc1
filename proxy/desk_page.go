package proxy

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

// deskPages serves the agent's page to agents, and to others a page that says
// how to become one.
type deskPages struct {
	page   *desk.Page
	agents agent.Identifier
	app    AgentApp // nil where the agents' source is no app

	transport *transport
	logger    *slog.Logger
}

// refusal says how the desk is refused: for good, or because the source of
// agents' identities cannot tell at the moment.
func (d *deskPages) refusal(w http.ResponseWriter, err error) (int, desk.Reason) {
	f := agentFault(err)
	switch {
	case f.status == http.StatusServiceUnavailable:
		d.logger.Warn("the agent identity source failed", "error", err)
		w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(f.wait)))
		return f.status, desk.Unavailable
	case errors.Is(err, agent.ErrNotConfigured):
		return f.status, desk.NotConfigured
	}
	return f.status, desk.NotSignedIn
}

// serve answers GET desk. The URL is the one that the client sent.
func (d *deskPages) serve(w http.ResponseWriter, r *http.Request, sent *url.URL) {
	if !allowed(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	status, body := http.StatusOK, d.page.HTML()
	if _, err := identify(d.agents, r); err != nil {
		// Also with a sign-in that is over: who left the desk open overnight
		// signs in again.
		if path := agent.SignInPath(err); path != "" {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, path+"?return="+url.QueryEscape(sent.RequestURI()), http.StatusSeeOther)
			return
		}
		var why desk.Reason
		status, why = d.refusal(w, err)
		body = d.page.Refused(why)
	}
	h := w.Header()
	if d.app != nil && status == http.StatusOK {
		d.app.Enter(w, r)
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", d.page.CSP())
	h.Set("Permissions-Policy", d.page.PermissionsPolicy())
	d.transport.secure(h, r)
	h.Set("X-Content-Type-Options", "nosniff")
	if !d.page.Frameable() {
		h.Set("X-Frame-Options", "DENY")
	}
	h.Set("Referrer-Policy", "strict-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if d.app != nil {
		d.app.Frame(h, r)
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a lost client is nobody's fault
	}
}
