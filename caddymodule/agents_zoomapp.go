package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(ZoomAppAgents{})
}

// ZoomAppAgents shows the desk inside the Zoom client, as a Zoom App: who is
// signed in to Zoom there, and is on the list of agents, needs no second login.
//
// The app's home URL in Zoom's Marketplace is `/_cobrowse/zoomapp` of the site,
// over HTTPS. The app's domain allow list needs the site's host,
// `appssdk.zoom.us`, and the host of Zoom's Cobrowse service.
//
// An agent's ID is `z-` and the Zoom user's ID. A bad context is refused, whatever
// else the request carries. No context and no session of this app reach the site,
// and pages that are shown inside the Zoom client get no help button.
type ZoomAppAgents struct {
	AgentPolicy

	// ClientID is that of the app in Zoom's Marketplace. Placeholders are expanded
	// when the configuration is loaded. The default is
	// `{env.ZOOM_APP_CLIENT_ID}`.
	ClientID string `json:"client_id,omitempty"`

	// ClientSecret is that of the app. Placeholders are expanded when the
	// configuration is loaded, and should be used. The default is
	// `{env.ZOOM_APP_CLIENT_SECRET}`.
	ClientSecret string `json:"client_secret,omitempty"`

	// Agents are the Zoom users who are agents, at least one: any Zoom user can
	// open an app that is published. Required.
	Agents []ZoomAppAgent `json:"agents,omitempty"`

	// SessionTTL is how long the desk stays open to an agent who has opened it in
	// the Zoom client: from a minute to 24 hours. The default is `8h`.
	SessionTTL caddy.Duration `json:"session_ttl,omitempty"`

	// PWA lets Zoom's web client show the desk, in a frame. The default is false:
	// desktop clients, which use none.
	PWA bool `json:"pwa,omitempty"`

	// Install answers `/_cobrowse/zoomapp/install` and `/_cobrowse/zoomapp/redirect`,
	// where users install the app by themselves. By default these paths are not
	// there.
	Install *ZoomAppInstall `json:"install,omitempty"`

	app       *zoomapp.App
	installer *zoomapp.Installer // nil where Install is
	home      string             // path of the app's home page
	states    string             // of the installs, in their pool
}

// ZoomAppAgent is a Zoom user who is an agent.
type ZoomAppAgent struct {
	// UID is Zoom's ID of the user, of 22 characters, such as
	// `KDcuGIm1QgePTO8WbOqwIQ`. Required.
	UID string `json:"uid,omitempty"`

	// Name is what customers and colleagues read. The default is `Agent`.
	Name string `json:"name,omitempty"`
}

// defaultAgentName is what customers read of an agent without a name.
const defaultAgentName = "Agent"

// zoomAppFolder is where the app's pages are, below the prefix.
const zoomAppFolder = "zoomapp"

// Where the app's credentials come from unless the operator says otherwise.
const (
	defaultAppID     = "{env.ZOOM_APP_CLIENT_ID}"
	defaultAppSecret = "{env.ZOOM_APP_CLIENT_SECRET}" //nolint:gosec // a placeholder, not a secret
)

// CaddyModule returns the Caddy module information.
func (ZoomAppAgents) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.agents.zoomapp",
		New: func() caddy.Module { return new(ZoomAppAgents) },
	}
}

// Provision prepares the app. It asks Zoom nothing.
func (a *ZoomAppAgents) Provision(ctx caddy.Context) error {
	if err := a.provision(caddy.NewReplacer(), ctx.Slogger(), siteOf(ctx)); err != nil {
		return fmt.Errorf("agents zoomapp: %w", err)
	}
	return nil
}

func (a *ZoomAppAgents) provision(repl *caddy.Replacer, logger *slog.Logger, site siteSettings) error {
	if err := a.check(); err != nil {
		return err
	}
	a.home = proxy.DefaultPath + "/" + zoomAppFolder
	if site.path != "" {
		a.home = site.path + "/" + zoomAppFolder
	}
	id, secret, err := a.credentials(repl, logger)
	if err != nil {
		return err
	}
	agents := make(map[string]string, len(a.Agents))
	for _, who := range a.Agents {
		agents[who.UID] = who.Name
		if who.Name == "" {
			agents[who.UID] = defaultAgentName
		}
	}
	a.app, err = zoomapp.New(zoomapp.Config{
		ClientID: id, ClientSecret: secret, Agents: agents,
		SessionTTL: time.Duration(a.SessionTTL), PWA: a.PWA, Logger: logger,
	})
	if err != nil {
		return err
	}
	if a.Install != nil {
		if err := a.prepareInstall(repl, logger, site, id, secret); err != nil {
			return err
		}
	}
	return a.restrict(agent.IdentifierFunc(a.identify))
}

func (a *ZoomAppAgents) credentials(repl *caddy.Replacer, logger *slog.Logger) (id, secret string, err error) {
	const cure = "set it as the app's page in Zoom's Marketplace shows it, under App Credentials"
	rawID, rawSecret := a.ClientID, a.ClientSecret
	if rawID == "" {
		rawID = defaultAppID
	}
	if rawSecret == "" {
		rawSecret = defaultAppSecret
	}
	id, errID := expandSecret(repl, rawID, "client_id", cure)
	secrets, errSecret := expandSecrets(repl, logger, []string{rawSecret}, "client_secret", cure)
	if err := joinFaults([]error{errID, errSecret}); err != nil {
		return "", "", err
	}
	return id, secrets[0], nil
}

// check finds what is missing or contradicts, whatever placeholders expand to.
func (a *ZoomAppAgents) check() error {
	if len(a.Agents) == 0 {
		return errors.New("agent is missing: list the Zoom users who are agents, as agent <uid> <name>, since any Zoom user can open an app that is published")
	}
	uids := make([]string, 0, len(a.Agents))
	for _, who := range a.Agents {
		if who.UID == "" {
			return errors.New("agent without a uid: write Zoom's ID of the user, of 22 characters")
		}
		uids = append(uids, who.UID)
	}
	if err := noDuplicates("agent", uids, true); err != nil {
		return err
	}
	return a.AgentPolicy.check()
}

// identify finds the agent, and translates refusals. Where to sign in is said only
// to requests without a context: a bad one gets no second chance.
func (a *ZoomAppAgents) identify(r *http.Request) (agent.Agent, error) {
	who, err := a.app.Identify(r)
	switch {
	case err == nil:
		return agent.Agent{ID: who.ID, Name: who.Name, Source: zoomAppFolder}, nil
	case errors.Is(err, zoomapp.ErrNotAgent):
		return agent.Agent{}, fmt.Errorf("%w: %w", agent.ErrNotAllowed, err)
	case zoomapp.HasContext(r):
		return agent.Agent{}, fmt.Errorf("%w: %w", agent.ErrInvalidCredential, err)
	case errors.Is(err, zoomapp.ErrNoSession):
		err = fmt.Errorf("%w: %w", agent.ErrNoCredential, err)
	default:
		err = fmt.Errorf("%w: %w", agent.ErrInvalidCredential, err)
	}
	return agent.Agent{}, &agent.SignInError{Path: a.home, Err: err}
}

// UnmarshalCaddyfile reads
//
//	agents zoomapp {
//	    client_id     <id>
//	    client_secret <secret>
//	    agent         <uid> [<name>]
//	    session_ttl   <duration>
//	    pwa
//	    install {
//	        origin     <origin>
//	        oauth_base <address>
//	        api_base   <address>
//	    }
//	    <policy>
//	}
//
// where agent may be repeated, and <policy> is as in
// [HeaderAgents.UnmarshalCaddyfile].
func (a *ZoomAppAgents) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return a.unmarshalProvider(d, zoomAppFolder, nil, map[string]word{
		"client_id":     textWord("client_id <id>", &a.ClientID),
		"client_secret": textWord("client_secret <secret>", &a.ClientSecret),
		"agent": {usage: `agent <uid> ["<name>"]`, repeat: true, parse: func(p *parser) error {
			args := p.RemainingArgs()
			if len(args) < 1 || len(args) > 2 {
				return p.missing()
			}
			who := ZoomAppAgent{UID: args[0]}
			if len(args) == 2 {
				who.Name = args[1]
			}
			a.Agents = append(a.Agents, who)
			return nil
		}},
		"session_ttl": {usage: "session_ttl <duration>", parse: func(p *parser) error { return p.duration(&a.SessionTTL) }},
		"pwa":         {usage: "pwa", parse: func(p *parser) error { return p.flag(&a.PWA) }},
		"install":     {usage: "install [{ ... }]", parse: a.parseInstall},
	}, a.check)
}

// Interface guards
var (
	_ caddy.Provisioner     = (*ZoomAppAgents)(nil)
	_ caddy.CleanerUpper    = (*ZoomAppAgents)(nil)
	_ caddyfile.Unmarshaler = (*ZoomAppAgents)(nil)
	_ agent.Revalidator     = (*ZoomAppAgents)(nil)
	_ proxy.AgentApp        = (*ZoomAppAgents)(nil)
)
