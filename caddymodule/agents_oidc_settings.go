package caddymodule

import (
	"cmp"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// OIDCSettings say which OpenID Connect provider agents sign in with, and who of
// its people may. Placeholders are expanded when the configuration is loaded.
type OIDCSettings struct {
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

	// PlainLoopback admits an origin such as `http://localhost:8080`, for
	// development. It admits no other host. The default is false.
	PlainLoopback bool `json:"plain_loopback,omitempty"`
}

// words are the words of the settings.
func (s *OIDCSettings) words() map[string]word {
	return map[string]word{
		"issuer":         textWord("issuer <url>", &s.Issuer),
		"client_id":      textWord("client_id <id>", &s.ClientID),
		"client_secret":  textWord("client_secret <secret>", &s.ClientSecret),
		"origin":         textWord("origin <origin>", &s.Origin),
		"scopes":         listWord("scopes <scope>...", &s.Scopes),
		"algorithms":     listWord("algorithms <algorithm>...", &s.Algorithms),
		"claims":         claimsWord(&s.Claims),
		"allow_groups":   listWord("allow_groups <group>...", &s.AllowGroups),
		"allow_any_user": {usage: "allow_any_user", parse: func(p *parser) error { return p.flag(&s.AllowAnyUser) }},
		"lifetime":       {usage: "lifetime <duration>", parse: func(p *parser) error { return p.duration(&s.Lifetime) }},
		"idle":           {usage: "idle <duration>", parse: func(p *parser) error { return p.duration(&s.Idle) }},
		"plain_loopback": {usage: "plain_loopback", parse: func(p *parser) error { return p.flag(&s.PlainLoopback) }},
	}
}

// check finds what is missing or contradicts, whatever placeholders expand to.
func (s *OIDCSettings) check() error {
	switch {
	case s.Issuer == "":
		return errors.New("issuer is missing: write the provider's issuer identifier, such as https://login.example.com/realms/staff")
	case s.ClientID == "":
		return errors.New("client_id is missing: register this server with the provider, which then names it")
	case len(s.AllowGroups) == 0 && !s.AllowAnyUser:
		return errors.New("allow_groups is missing: name the groups whose members may sign in, or write allow_any_user, where everybody with an account is an agent")
	case len(s.AllowGroups) > 0 && s.AllowAnyUser:
		return errors.New("allow_groups can have no effect beside allow_any_user: keep one of them")
	}
	return noDuplicates("allow_groups", s.AllowGroups, true)
}

// config fills what may have placeholders. All that is missing is reported at once.
func (s *OIDCSettings) config(repl *caddy.Replacer, logger *slog.Logger, site siteSettings) (oidc.Config, error) {
	cfg := oidc.Config{
		Base: site.path, Scopes: s.Scopes, Algorithms: s.Algorithms, Claims: s.Claims.config(),
		AllowGroups: s.AllowGroups, AllowAnyUser: s.AllowAnyUser,
		Lifetime: time.Duration(s.Lifetime), Idle: time.Duration(s.Idle),
		PlainLoopback: s.PlainLoopback, Logger: logger,
	}
	e := expander{repl: repl}
	e.set(&cfg.Issuer, s.Issuer, "issuer")
	e.set(&cfg.ClientID, s.ClientID, "client_id")
	e.set(&cfg.Origin, s.Origin, "origin")
	if cfg.Origin == "" && len(site.origins) > 0 {
		cfg.Origin = site.origins[0]
	}
	if cfg.Origin == "" {
		e.faults = append(e.faults, errors.New("origin is missing: write where agents' browsers find this server, such as https://shop.example, here or as origins of the cobrowse block"))
	}
	if s.ClientSecret != "" {
		secrets, err := expandSecrets(repl, logger, []string{s.ClientSecret}, "client_secret", "set it to the secret that the provider shows for the client, or leave the word out for a public client")
		e.faults = append(e.faults, err)
		if err == nil {
			cfg.ClientSecret = secrets[0]
		}
	}
	return cfg, joinFaults(e.faults)
}

// oidcProvider is a provider with its sign-ins.
type oidcProvider struct {
	key      string // of the sign-ins in their pool; "" where instances share them
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

// open takes the sign-ins of the configuration's provider and site, which its
// instances may share, and makes the provider. It asks it for nothing. What was
// taken, close gives back, also where a later step fails.
func (o *oidcProvider) open(cfg oidc.Config, shared sharing) error {
	scope := []string{cfg.Issuer, cfg.ClientID, cfg.Origin, cmp.Or(cfg.Base, proxy.DefaultPath)}
	keep := o.keepHere
	if shared.values != nil {
		keep = shared.keepSignIns
	} else {
		shared.tell(cfg.Logger, "sign-ins with an OpenID Connect provider")
	}
	if err := keep(&cfg, scope); err != nil {
		return err
	}
	var err error
	o.provider, err = oidc.New(cfg)
	return err
}

// keepHere gives cfg the sign-ins of this process.
func (o *oidcProvider) keepHere(cfg *oidc.Config, scope []string) error {
	key := strings.Join(scope, "\x00")
	kept, _, err := signIns.LoadOrNew(key, func() (caddy.Destructor, error) {
		return pooledSignIns{oidc.NewSessions(0)}, nil
	})
	if err != nil {
		return err
	}
	o.key = key
	cfg.Store = kept.(pooledSignIns).Sessions
	return nil
}

// close gives the sign-ins back.
func (o *oidcProvider) close() error {
	if o.provider != nil {
		o.provider.Close()
	}
	if o.key == "" {
		return nil
	}
	key := o.key
	o.key = ""
	_, err := signIns.Delete(key)
	return err
}
