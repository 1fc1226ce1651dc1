package caddymodule

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// ZoomAppInstall describes how users install the Zoom App by themselves. Zoom's
// tokens are used once, to open the app, and forgotten.
type ZoomAppInstall struct {
	// Origin is where browsers find this site, such as `https://shop.example`.
	// `/_cobrowse/zoomapp/redirect` there must be the app's OAuth redirect URL in
	// Zoom's Marketplace. Placeholders are expanded when the configuration is
	// loaded. The default is the first of the handler's origins.
	Origin string `json:"origin,omitempty"`

	// OAuthBase is Zoom's address for OAuth. Placeholders are expanded when the
	// configuration is loaded. The default is `https://zoom.us`.
	OAuthBase string `json:"oauth_base,omitempty"`

	// APIBase is the address of Zoom's API. Placeholders are expanded when the
	// configuration is loaded. The default is `https://api.zoom.us`.
	APIBase string `json:"api_base,omitempty"`
}

// installs holds what begun installs need at their next step, so that a reload
// ends none.
var installs = caddy.NewUsagePool()

// pooledStates are states that a pool can drop.
type pooledStates struct{ *zoomapp.MemoryStates }

// Destruct implements [caddy.Destructor].
func (pooledStates) Destruct() error { return nil }

// parseInstall reads install with or without a block.
func (a *ZoomAppAgents) parseInstall(p *parser) error {
	a.Install = new(ZoomAppInstall)
	if p.NextArg() {
		return p.misused()
	}
	return p.block(p.name(), map[string]word{
		"origin":     textWord("origin <origin>", &a.Install.Origin),
		"oauth_base": textWord("oauth_base <address>", &a.Install.OAuthBase),
		"api_base":   textWord("api_base <address>", &a.Install.APIBase),
	})
}

// prepareInstall makes the installer.
func (a *ZoomAppAgents) prepareInstall(repl *caddy.Replacer, logger *slog.Logger, site siteSettings, id, secret string) error {
	cfg := zoomapp.ZoomConfig{ClientID: id, ClientSecret: secret}
	var origin string
	var faults []error
	for _, place := range []struct {
		field     *string
		raw, word string
	}{{&origin, a.Install.Origin, "origin"}, {&cfg.OAuthBase, a.Install.OAuthBase, "oauth_base"}, {&cfg.APIBase, a.Install.APIBase, "api_base"}} {
		value, err := expand(repl, place.raw, "install "+place.word)
		*place.field = value
		faults = append(faults, err)
	}
	if origin == "" && len(site.origins) > 0 {
		origin = site.origins[0]
	}
	if origin == "" {
		faults = append(faults, errors.New("install origin is missing: write where browsers find this server, such as https://shop.example, here or as origins of the cobrowse block"))
	}
	if err := joinFaults(faults); err != nil {
		return err
	}
	zoom, err := zoomapp.NewZoom(cfg)
	if err != nil {
		return err
	}
	redirect := origin + a.home + "/redirect"
	states, err := a.takeStates(site.shared, logger, id+"\x00"+redirect)
	if err != nil {
		return err
	}
	a.installer, err = zoomapp.NewInstaller(zoom, zoomapp.InstallConfig{
		RedirectURL: redirect, States: states, Logger: logger,
	})
	return err
}

// Cleanup gives back what installs need.
func (a *ZoomAppAgents) Cleanup() error {
	if a.states == "" {
		return nil
	}
	key := a.states
	a.states = ""
	_, err := installs.Delete(key)
	return err
}

// Folder implements [proxy.AgentApp].
func (a *ZoomAppAgents) Folder() string { return zoomAppFolder }

// Mount implements [proxy.AgentApp]. What costs memory, a request to Zoom or a try
// is for a limited number of requests of one address.
func (a *ZoomAppAgents) Mount(m proxy.AppMount) (http.Handler, error) {
	pages, err := a.app.Pages(zoomapp.PagesConfig{
		Base: m.Base, Desk: m.Desk, SameOrigin: m.SameOrigin, Installer: a.installer,
	})
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.URL.Path, m.Base) {
		case "/context", "/install", "/redirect":
			if !m.Admit(w, r) {
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
func (a *ZoomAppAgents) Frame(h http.Header) { a.app.Frame(h) }

// Inside implements [proxy.AgentApp].
func (a *ZoomAppAgents) Inside(r *http.Request) bool { return zoomapp.IsClientHint(r) }

// Strip implements [proxy.AgentApp].
func (a *ZoomAppAgents) Strip(h http.Header) { zoomapp.Strip(h) }
