package caddymodule

import (
	"net/http"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// Folder implements [proxy.AgentApp].
func (a *ZoomAppAgents) Folder() string { return zoomAppFolder }

// Mount implements [proxy.AgentApp]. What costs memory, a request to somebody else or
// a try is for a limited number of requests of one address.
func (a *ZoomAppAgents) Mount(m proxy.AppMount) (http.Handler, error) {
	pages, err := a.app.Pages(zoomapp.PagesConfig{
		Base: m.Base, Desk: m.Desk, SameOrigin: m.SameOrigin, Installer: a.installer, Login: a.login.flow(),
	})
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.URL.Path, m.Base) {
		case "/context", "/login", "/install", "/redirect":
			if !m.Admit(w, r) {
				return
			}
		case "/deauthorized":
			if a.notices != nil {
				a.notices.ServeHTTP(w, r)
				return
			}
		}
		pages.ServeHTTP(w, r)
	}), nil
}

// Enter implements [proxy.AgentApp]: an app whose home URL is the desk itself sends
// a context there once, and the page's own requests come with the session.
func (a *ZoomAppAgents) Enter(w http.ResponseWriter, r *http.Request) {
	if zoomapp.HasContext(r) {
		_, _, _ = a.app.SignIn(w, r) // has been identified: a failure would cost the session, not the page
	}
}

// Frame implements [proxy.AgentApp].
func (a *ZoomAppAgents) Frame(h http.Header, r *http.Request) { a.app.Frame(h, r) }

// Isolated implements [proxy.AgentApp].
func (a *ZoomAppAgents) Isolated() bool { return a.PWA }

// Inside implements [proxy.AgentApp].
func (a *ZoomAppAgents) Inside(r *http.Request) bool { return zoomapp.IsClientHint(r) }

// Strip implements [proxy.AgentApp].
func (a *ZoomAppAgents) Strip(h http.Header) { zoomapp.Strip(h) }
