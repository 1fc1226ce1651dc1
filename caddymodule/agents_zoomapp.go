package caddymodule

import (
	"cmp"
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
// An agent's ID is `z-` and the Zoom user's ID, unless agents sign in with a provider
// as well (see Login). A bad context is refused, whatever
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

	// PWA lets Zoom's web client show the desk, in a frame. There the pages have
	// Cross-Origin-Embedder-Policy `require-corp`, as Zoom's sample sends it, and the
	// frame of Zoom's desk is a credentialless one, which browsers other than Chromium
	// and its relatives do not know: in these it stays empty, unless Zoom's desk sends
	// that field as well. The default is false: desktop clients, which use no frame.
	PWA bool `json:"pwa,omitempty"`

	// Install answers `/_cobrowse/zoomapp/install` and `/_cobrowse/zoomapp/redirect`,
	// where users install the app by themselves. By default these paths are not
	// there.
	Install *ZoomAppInstall `json:"install,omitempty"`

	// Login lets nobody in on Zoom's word alone: agents sign in with an OpenID Connect
	// provider, too, in the system's browser, which then leads back into the client.
	// Who the agent is, the provider says then; the Zoom user must be on the list
	// nevertheless. It needs Install with Tokens. By default Zoom's word is enough.
	Login *ZoomAppLogin `json:"login,omitempty"`

	app        *zoomapp.App
	installer  *zoomapp.Installer // nil where Install is
	installURL string
	notices    *zoomAppNotices // nil where Zoom's are not taken
	login      *zoomAppLogin   // nil where Login is
	states     string          // of the installs and logins, in their pool
	home       string          // path of the app's home page
}

// zoomAppCredentials are the app's, in clear. They are handed on, and never kept
// in the module.
type zoomAppCredentials struct{ id, secret string }

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

// Provision prepares the app. It asks Zoom and the provider nothing.
func (a *ZoomAppAgents) Provision(ctx caddy.Context) error {
	if err := a.provision(ctx, caddy.NewReplacer()); err != nil {
		return fmt.Errorf("agents zoomapp: %w", err)
	}
	return nil
}

func (a *ZoomAppAgents) provision(ctx caddy.Context, repl *caddy.Replacer) error {
	if err := a.check(); err != nil {
		return err
	}
	site := siteOf(ctx)
	a.home = cmp.Or(site.path, proxy.DefaultPath) + "/" + zoomAppFolder
	app, err := a.credentials(repl, ctx.Slogger())
	if err != nil {
		return err
	}
	a.app, err = zoomapp.New(zoomapp.Config{
		ClientID: app.id, ClientSecret: app.secret, Agents: a.names(),
		SessionTTL: time.Duration(a.SessionTTL), PWA: a.PWA, Logger: ctx.Slogger(),
	})
	if err != nil {
		return err
	}
	if err := a.prepareFlows(ctx, repl, app, site); err != nil {
		return err
	}
	return a.restrict(zoomAppIdentity{a})
}

// prepareFlows makes what is there where the operator wants it.
func (a *ZoomAppAgents) prepareFlows(ctx caddy.Context, repl *caddy.Replacer, app zoomAppCredentials, site siteSettings) error {
	if a.Install == nil {
		return nil // and so there is no login
	}
	states, err := a.prepareInstall(ctx, repl, app)
	if err != nil {
		return err
	}
	if a.notices != nil {
		a.notices.forget = a.installer.Forget
	}
	if a.Login == nil {
		return nil
	}
	if err := a.prepareLogin(ctx, repl, site, states); err != nil {
		return fmt.Errorf("login oidc: %w", err)
	}
	return nil
}

// names are the agents' by their uid.
func (a *ZoomAppAgents) names() map[string]string {
	names := make(map[string]string, len(a.Agents))
	for _, who := range a.Agents {
		names[who.UID] = cmp.Or(who.Name, defaultAgentName)
	}
	return names
}

// Cleanup gives back what a reload must not end.
func (a *ZoomAppAgents) Cleanup() error {
	err := a.giveBack()
	if a.login != nil {
		err = errors.Join(err, a.login.close())
	}
	return err
}

func (a *ZoomAppAgents) credentials(repl *caddy.Replacer, logger *slog.Logger) (zoomAppCredentials, error) {
	const cure = "set it as the app's page in Zoom's Marketplace shows it, under App Credentials"
	id, errID := expandSecret(repl, cmp.Or(a.ClientID, defaultAppID), "client_id", cure)
	secrets, errSecret := expandSecrets(repl, logger, []string{cmp.Or(a.ClientSecret, defaultAppSecret)}, "client_secret", cure)
	if err := joinFaults([]error{errID, errSecret}); err != nil {
		return zoomAppCredentials{}, err
	}
	return zoomAppCredentials{id, secrets[0]}, nil
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
	if a.Install != nil && a.Install.Tokens != nil {
		if err := a.Install.Tokens.check(); err != nil {
			return err
		}
	}
	if a.Login != nil {
		if a.Install == nil || a.Install.Tokens == nil {
			return errLoginNeedsTokens
		}
		if err := a.Login.check(); err != nil {
			return fmt.Errorf("login oidc: %w", err)
		}
	}
	return a.AgentPolicy.check()
}

// zoomAppIdentity finds agents for the policy.
type zoomAppIdentity struct{ *ZoomAppAgents }

// Identify implements [agent.Identifier].
func (i zoomAppIdentity) Identify(r *http.Request) (agent.Agent, error) { return i.find(r, true) }

// Revalidate implements [agent.Revalidator].
func (i zoomAppIdentity) Revalidate(r *http.Request) (agent.Agent, error) { return i.find(r, false) }

// find finds the agent, and translates refusals. Where to sign in is said only to
// requests without a context, and to those whose context is good: a bad one gets no
// second chance.
func (a *ZoomAppAgents) find(r *http.Request, use bool) (agent.Agent, error) {
	who, err := a.app.Identify(r)
	switch {
	case err == nil && a.login != nil:
		return a.login.find(r, who, use)
	case err == nil:
		return agent.Agent{ID: who.ID, Name: who.Name, Source: zoomAppFolder}, nil
	case errors.Is(err, zoomapp.ErrNotAgent):
		return agent.Agent{}, fmt.Errorf("%w: %w", agent.ErrNotAllowed, err)
	case zoomapp.HasContext(r):
		return agent.Agent{}, fmt.Errorf("%w: %w", agent.ErrInvalidCredential, err)
	}
	return agent.Agent{}, signInAt(a.home, err)
}

// signInAt says that nobody is signed in, and where that can be changed.
func signInAt(home string, err error) error {
	kind := agent.ErrInvalidCredential
	if errors.Is(err, zoomapp.ErrNoSession) {
		kind = agent.ErrNoCredential
	}
	return &agent.SignInError{Path: home, Err: fmt.Errorf("%w: %w", kind, err)}
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
//	        tokens {
//	            key          <key> [<previous key>...]
//	            secret_token <token>
//	        }
//	    }
//	    login oidc {
//	        name <text>
//	        <words of agents oidc>
//	    }
//	    <policy>
//	}
//
// where agent may be repeated, the words of login are those of
// [OIDCAgents.UnmarshalCaddyfile] but for post_logout, and <policy> is as in
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
		"login":       {usage: "login oidc { ... }", parse: a.parseLogin},
	}, a.check)
}

// Interface guards
var (
	_ caddy.Provisioner     = (*ZoomAppAgents)(nil)
	_ caddy.CleanerUpper    = (*ZoomAppAgents)(nil)
	_ caddyfile.Unmarshaler = (*ZoomAppAgents)(nil)
	_ agent.Revalidator     = (*ZoomAppAgents)(nil)
	_ agent.Revalidator     = zoomAppIdentity{}
	_ proxy.AgentApp        = (*ZoomAppAgents)(nil)
)
