package caddymodule

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(OIDCAgents{})
}

// OIDCAgents lets agents sign in with an OpenID Connect provider, such as
// Keycloak, Entra ID, Okta or Google: the desk sends them there, and
// `/_cobrowse/callback` takes them back. The address of the latter, with the
// site's origin in front, must be registered with the provider.
//
// Sign-ins are kept in memory, survive a reload, and end with the process. With
// `store redis` they are kept there, sealed with the SDK secret: they survive a
// restart, too, and all instances know them. Placeholders are expanded when the
// configuration is loaded.
type OIDCAgents struct {
	AgentPolicy

	OIDCSettings

	// PostLogout is the page of this site to which the provider sends agents who
	// have signed out there, too: a path, or a URL at the origin, which must be
	// registered with the provider. The default is the provider's own page.
	PostLogout string `json:"post_logout,omitempty"`

	login  string          // the URL where a login begins
	others map[string]bool // hosts of the site at which none can begin

	oidcProvider
}

// CaddyModule returns the Caddy module information.
func (OIDCAgents) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.agents.oidc",
		New: func() caddy.Module { return new(OIDCAgents) },
	}
}

// Provision makes the provider. It asks it for nothing, so that one that is
// down keeps no server from starting.
func (a *OIDCAgents) Provision(ctx caddy.Context) error {
	if err := a.provision(caddy.NewReplacer(), ctx.Slogger(), siteOf(ctx)); err != nil {
		return fmt.Errorf("agents oidc: %w", err)
	}
	return nil
}

func (a *OIDCAgents) provision(repl *caddy.Replacer, logger *slog.Logger, site siteSettings) error {
	if err := a.check(); err != nil {
		return err
	}
	cfg, err := a.config(repl, logger, site)
	postLogout, errPost := expand(repl, a.PostLogout, "post_logout")
	if err := joinFaults([]error{err, errPost}); err != nil {
		return err
	}
	if strings.HasPrefix(postLogout, "/") {
		postLogout = cfg.Origin + postLogout
	}
	cfg.PostLogoutRedirectURI = postLogout
	a.know(&cfg, site)
	if err := a.open(cfg, site.shared); err != nil {
		return err
	}
	return a.restrict(a.provider)
}

// check finds what is missing or contradicts, whatever placeholders expand to.
func (a *OIDCAgents) check() error {
	if err := a.OIDCSettings.check(); err != nil {
		return err
	}
	return a.AgentPolicy.check()
}

// Cleanup gives the sign-ins back. Whoever comes next takes them over, and the
// last one forgets them.
func (a *OIDCAgents) Cleanup() error { return a.close() }

// Login implements [proxy.SignIn]. A browser at another of the site's origins
// begins at the one that the provider knows, since the cookie of its login would
// not be there when it comes back.
func (a *OIDCAgents) Login(w http.ResponseWriter, r *http.Request) {
	if a.others[strings.ToLower(r.Host)] {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, a.login+"?"+r.URL.RawQuery, http.StatusSeeOther) //nolint:gosec // G710: the address is the configuration's, only the query is the request's
		return
	}
	a.provider.Login(w, r)
}

// know remembers where logins begin, and the hosts of the site's other origins.
func (a *OIDCAgents) know(cfg *oidc.Config, site siteSettings) {
	a.login = cfg.Origin + cmp.Or(cfg.Base, proxy.DefaultPath) + "/login"
	a.others = make(map[string]bool)
	for _, origin := range site.origins {
		a.others[hostOf(origin)] = true
	}
	delete(a.others, hostOf(cfg.Origin))
}

// hostOf returns the host, and port if any, of an origin.
func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// Callback implements [proxy.SignIn].
func (a *OIDCAgents) Callback(w http.ResponseWriter, r *http.Request) { a.provider.Callback(w, r) }

// Logout implements [proxy.SignIn].
func (a *OIDCAgents) Logout(w http.ResponseWriter, r *http.Request) { a.provider.Logout(w, r) }

// StripCookies implements [proxy.SignIn].
func (a *OIDCAgents) StripCookies(h http.Header) { a.provider.StripCookies(h) }

// UnmarshalCaddyfile reads
//
//	agents oidc {
//	    issuer         <url>
//	    client_id      <id>
//	    client_secret  <secret>
//	    origin         <origin>
//	    scopes         <scope>...
//	    algorithms     <algorithm>...
//	    claims {
//	        id     <claim>
//	        name   <claim>
//	        email  <claim>
//	        groups <claim>
//	    }
//	    allow_groups   <group>...
//	    allow_any_user
//	    lifetime       <duration>
//	    idle           <duration>
//	    plain_loopback
//	    post_logout    <path>|<url>
//	    <policy>
//	}
//
// where <policy> is as in [HeaderAgents.UnmarshalCaddyfile].
func (a *OIDCAgents) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	words := a.OIDCSettings.words()
	words["post_logout"] = textWord("post_logout <path>|<url>", &a.PostLogout)
	return a.unmarshalProvider(d, "oidc", nil, words, a.check)
}

// Interface guards
var (
	_ caddy.Provisioner     = (*OIDCAgents)(nil)
	_ caddy.CleanerUpper    = (*OIDCAgents)(nil)
	_ caddyfile.Unmarshaler = (*OIDCAgents)(nil)
	_ agent.Revalidator     = (*OIDCAgents)(nil)
	_ proxy.SignIn          = (*OIDCAgents)(nil)
)
