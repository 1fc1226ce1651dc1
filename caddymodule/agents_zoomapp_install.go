package caddymodule

import (
	"errors"
	"fmt"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
)

// ZoomAppInstall describes how users install the Zoom App by themselves.
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

	// Tokens keeps the users' tokens of Zoom's API, sealed. By default they are used
	// once, to open the app, and forgotten.
	Tokens *ZoomAppTokens `json:"tokens,omitempty"`
}

// installs holds what begun installs and logins of Zoom Apps need at their next
// step, so that a reload ends none.
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
		"tokens":     {usage: "tokens { ... }", parse: a.Install.parseTokens},
	})
}

// prepareInstall makes the installer, and what remembers the flows under way.
func (a *ZoomAppAgents) prepareInstall(ctx caddy.Context, repl *caddy.Replacer, app zoomAppCredentials) (zoomapp.States, error) {
	site := siteOf(ctx)
	zoom, origin, err := a.Install.config(repl, site)
	if err != nil {
		return nil, err
	}
	zoom.ClientID, zoom.ClientSecret = app.id, app.secret
	api, err := zoomapp.NewZoom(zoom)
	if err != nil {
		return nil, err
	}
	cfg := zoomapp.InstallConfig{
		RedirectURL: origin + a.home + "/redirect", LandingURL: origin + a.home + "/install", Logger: ctx.Slogger(),
	}
	if cfg.States, err = a.takeStates(site.shared, ctx.Slogger(), app.id+"\x00"+cfg.RedirectURL); err != nil {
		return nil, err
	}
	if a.Install.Tokens != nil {
		if err := a.prepareTokens(ctx, repl, app.id, &cfg); err != nil {
			return nil, fmt.Errorf("install tokens: %w", err)
		}
	}
	a.installURL = cfg.LandingURL
	a.installer, err = zoomapp.NewInstaller(api, cfg)
	return cfg.States, err
}

// giveBack gives back what takeStates took.
func (a *ZoomAppAgents) giveBack() error {
	if a.states == "" {
		return nil
	}
	key := a.states
	a.states = ""
	_, err := installs.Delete(key)
	return err
}

// config fills what may have placeholders. All that is missing is reported at once.
func (i *ZoomAppInstall) config(repl *caddy.Replacer, site siteSettings) (cfg zoomapp.ZoomConfig, origin string, err error) {
	e := expander{repl: repl}
	e.set(&origin, i.Origin, "install origin")
	e.set(&cfg.OAuthBase, i.OAuthBase, "install oauth_base")
	e.set(&cfg.APIBase, i.APIBase, "install api_base")
	if origin == "" && len(site.origins) > 0 {
		origin = site.origins[0]
	}
	if origin == "" {
		e.faults = append(e.faults, errors.New("install origin is missing: write where browsers find this server, such as https://shop.example, here or as origins of the cobrowse block"))
	}
	return cfg, origin, joinFaults(e.faults)
}
