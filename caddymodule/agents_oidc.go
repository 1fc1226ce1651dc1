package caddymodule

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

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
// Sign-ins are kept in memory, survive a reload, and end with the process.
// Placeholders are expanded when the configuration is loaded.
type OIDCAgents struct {
	AgentPolicy

	// Issuer is the provider's issuer identifier, exactly as it writes it, such
	// as `https://login.example.com/realms/staff`: https, or on loopback.
	// Required.
	Issuer string `json:"issuer,omitempty"`

	// ClientID is what the provider knows this server by. Required.
	ClientID string `json:"client_id,omitempty"`

	// ClientSecret is what this server proves that with. It should be a
	// placeholder: a secret that is written out here can be read through the
	// admin API. The default is none, for clients that the provider knows as
	// public ones.
	ClientSecret string `json:"client_secret,omitempty"`

	// Origin is where agents' browsers find this server, such as
	// `https://shop.example`. Agents who begin at another of the handler's origins
	// are led here. The default is the first of the handler's origins.
	Origin string `json:"origin,omitempty"`

	// Scopes are asked for beside `openid`. The default is `profile` and `email`;
	// some providers want another for groups.
	Scopes []string `json:"scopes,omitempty"`

	// Algorithms are the only ones with which the provider may sign. The default
	// is every asymmetric one.
	Algorithms []string `json:"algorithms,omitempty"`

	// Claims names the claims that describe the agent, in the ID token or at the
	// UserInfo endpoint. The defaults are `sub`, `name`, `email` and `groups`.
	Claims *ClaimNames `json:"claims,omitempty"`

	// AllowGroups are the groups whose members may sign in. It must be set unless
	// any user may; the default is nobody.
	AllowGroups []string `json:"allow_groups,omitempty"`

	// AllowAnyUser lets everybody sign in who has an account with the provider.
	// The default is false.
	AllowAnyUser bool `json:"allow_any_user,omitempty"`

	// Lifetime ends a sign-in so long after it was made. The default is 8 hours.
	Lifetime caddy.Duration `json:"lifetime,omitempty"`

	// Idle ends a sign-in so long after its last use. The default is 30 minutes.
	Idle caddy.Duration `json:"idle,omitempty"`

	// PostLogout is the page of this site to which the provider sends agents who
	// have signed out there, too: a path, or a URL at the origin, which must be
	// registered with the provider. The default is the provider's own page.
	PostLogout string `json:"post_logout,omitempty"`

	// PlainLoopback admits an origin such as `http://localhost:8080`, for
	// development. It admits no other host. The default is false.
	PlainLoopback bool `json:"plain_loopback,omitempty"`

	login  string          // the URL where a login begins
	others map[string]bool // hosts of the site at which none can begin

	key      string // of the sign-ins in their pool
	provider *oidc.Provider
}

// signIns holds the sign-ins of each provider and site, so that a reload signs
// nobody out.
var signIns = caddy.NewUsagePool()

// pooledSignIns are sign-ins that a pool can drop.
type pooledSignIns struct{ *oidc.Sessions }

// Destruct implements [caddy.Destructor]. Requests that are still in flight may
// go on asking.
func (pooledSignIns) Destruct() error { return nil }

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
	cfg := oidc.Config{
		Base: site.path, Scopes: a.Scopes, Algorithms: a.Algorithms, Claims: a.Claims.config(),
		AllowGroups: a.AllowGroups, AllowAnyUser: a.AllowAnyUser,
		Lifetime: time.Duration(a.Lifetime), Idle: time.Duration(a.Idle),
		PlainLoopback: a.PlainLoopback, Logger: logger,
	}
	if err := a.expand(&cfg, repl, logger, site); err != nil {
		return err
	}
	a.know(&cfg, site)
	key := strings.Join([]string{cfg.Issuer, cfg.ClientID, cfg.Origin, cfg.Base}, "\x00")
	kept, _, err := signIns.LoadOrNew(key, func() (caddy.Destructor, error) {
		return pooledSignIns{oidc.NewSessions(0)}, nil
	})
	if err != nil {
		return err
	}
	a.key = key // what was taken, Cleanup gives back, also where a later step fails
	cfg.Store = kept.(pooledSignIns).Sessions
	if a.provider, err = oidc.New(cfg); err != nil {
		return err
	}
	return a.restrict(a.provider)
}

// expand fills what may have placeholders.
func (a *OIDCAgents) expand(cfg *oidc.Config, repl *caddy.Replacer, logger *slog.Logger, site siteSettings) error {
	var faults []error
	set := func(field *string, raw, subdirective string) {
		value, err := expand(repl, raw, subdirective)
		*field = value
		faults = append(faults, err)
	}
	set(&cfg.Issuer, a.Issuer, "issuer")
	set(&cfg.ClientID, a.ClientID, "client_id")
	set(&cfg.Origin, a.Origin, "origin")
	set(&cfg.PostLogoutRedirectURI, a.PostLogout, "post_logout")
	if cfg.Origin == "" && len(site.origins) > 0 {
		cfg.Origin = site.origins[0]
	}
	if cfg.Origin == "" {
		faults = append(faults, errors.New("origin is missing: write where agents' browsers find this server, such as https://shop.example, here or as origins of the cobrowse block"))
	}
	if strings.HasPrefix(cfg.PostLogoutRedirectURI, "/") {
		cfg.PostLogoutRedirectURI = cfg.Origin + cfg.PostLogoutRedirectURI
	}
	if a.ClientSecret != "" {
		secrets, err := expandSecrets(repl, logger, []string{a.ClientSecret}, "client_secret", "set it to the secret that the provider shows for the client, or leave the word out for a public client")
		faults = append(faults, err)
		if err == nil {
			cfg.ClientSecret = secrets[0]
		}
	}
	return joinFaults(faults)
}

// check finds what is missing or contradicts, whatever placeholders expand to.
func (a *OIDCAgents) check() error {
	switch {
	case a.Issuer == "":
		return errors.New("issuer is missing: write the provider's issuer identifier, such as https://login.example.com/realms/staff")
	case a.ClientID == "":
		return errors.New("client_id is missing: register this server with the provider, which then names it")
	case len(a.AllowGroups) == 0 && !a.AllowAnyUser:
		return errors.New("allow_groups is missing: name the groups whose members may sign in, or write allow_any_user, where everybody with an account is an agent")
	case len(a.AllowGroups) > 0 && a.AllowAnyUser:
		return errors.New("allow_groups can have no effect beside allow_any_user: keep one of them")
	}
	if err := noDuplicates("allow_groups", a.AllowGroups, true); err != nil {
		return err
	}
	return a.AgentPolicy.check()
}

// Cleanup gives the sign-ins back. Whoever comes next takes them over, and the
// last one forgets them.
func (a *OIDCAgents) Cleanup() error {
	if a.provider != nil {
		a.provider.Close()
	}
	if a.key == "" {
		return nil
	}
	key := a.key
	a.key = ""
	_, err := signIns.Delete(key)
	return err
}

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
//	    post_logout    <path>|<url>
//	    plain_loopback
//	    <policy>
//	}
//
// where <policy> is as in [HeaderAgents.UnmarshalCaddyfile].
func (a *OIDCAgents) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return a.unmarshalProvider(d, "oidc", nil, map[string]word{
		"issuer":         textWord("issuer <url>", &a.Issuer),
		"client_id":      textWord("client_id <id>", &a.ClientID),
		"client_secret":  textWord("client_secret <secret>", &a.ClientSecret),
		"origin":         textWord("origin <origin>", &a.Origin),
		"scopes":         listWord("scopes <scope>...", &a.Scopes),
		"algorithms":     listWord("algorithms <algorithm>...", &a.Algorithms),
		"claims":         claimsWord(&a.Claims),
		"allow_groups":   listWord("allow_groups <group>...", &a.AllowGroups),
		"allow_any_user": {usage: "allow_any_user", parse: func(p *parser) error { return p.flag(&a.AllowAnyUser) }},
		"lifetime":       {usage: "lifetime <duration>", parse: func(p *parser) error { return p.duration(&a.Lifetime) }},
		"idle":           {usage: "idle <duration>", parse: func(p *parser) error { return p.duration(&a.Idle) }},
		"post_logout":    textWord("post_logout <path>|<url>", &a.PostLogout),
		"plain_loopback": {usage: "plain_loopback", parse: func(p *parser) error { return p.flag(&a.PlainLoopback) }},
	}, a.check)
}

// Interface guards
var (
	_ caddy.Provisioner     = (*OIDCAgents)(nil)
	_ caddy.CleanerUpper    = (*OIDCAgents)(nil)
	_ caddyfile.Unmarshaler = (*OIDCAgents)(nil)
	_ agent.Revalidator     = (*OIDCAgents)(nil)
	_ proxy.SignIn          = (*OIDCAgents)(nil)
)
