package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/claims"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwt"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(JWTAgents{})
}

// JWTAgents takes the agent's identity from a signed JSON Web Token that comes
// with the request: a bearer token, a cookie of the site's own sign-in, or the
// assertion of an identity-aware proxy such as Cloudflare Access or Pomerium.
// The algorithms, the issuer and the audience are this configuration's, never
// the token's. Placeholders are expanded when the configuration is loaded.
type JWTAgents struct {
	AgentPolicy

	// JWKSURL is the address of the issuer's key set, over HTTPS or on loopback.
	// Exactly one of it, the public keys and the secrets must be set. The default
	// is none.
	JWKSURL string `json:"jwks_url,omitempty"`

	// PublicKeys are PEM files with the issuer's public keys or certificates:
	// RSA, ECDSA or Ed25519. The default is none.
	PublicKeys []string `json:"public_keys,omitempty"`

	// Secrets are shared with the issuer, for HMAC only, and have 32 bytes or
	// more each; any of them verifies, so that one can be replaced. They should
	// be placeholders: a secret that is written out here can be read through
	// the admin API. The default is none.
	Secrets []string `json:"secrets,omitempty"`

	// Issuer is what the claim `iss` must be. Required.
	Issuer string `json:"issuer,omitempty"`

	// Audience is what the claim `aud` must name one of: who this server is to
	// the issuer. Required.
	Audience []string `json:"audience,omitempty"`

	// Algorithms are the only ones with which a token may be signed. The default
	// is every asymmetric one that fits the keys, and HS256 with secrets.
	Algorithms []string `json:"algorithms,omitempty"`

	// Header is the header whose whole value is the token, such as
	// `Cf-Access-Jwt-Assertion`. By default the token is a bearer token.
	Header string `json:"header,omitempty"`

	// Cookie is the cookie whose value is the token, instead of a header.
	// The default is none.
	Cookie string `json:"cookie,omitempty"`

	// Claims names the claims that describe the agent. The defaults are `sub`,
	// `name`, `email` and `groups`.
	Claims *ClaimNames `json:"claims,omitempty"`

	source *jwt.Source
}

// ClaimNames names the claims of a token that describe a person.
type ClaimNames struct {
	// ID has the ID, which is never another person's. The default is `sub`.
	ID string `json:"id,omitempty"`

	// Name has the name for people to read. The default is `name`.
	Name string `json:"name,omitempty"`

	// Email has the email address, for the record only. The default is `email`.
	Email string `json:"email,omitempty"`

	// Groups has the groups. The default is `groups`.
	Groups string `json:"groups,omitempty"`
}

func (c *ClaimNames) config() claims.Names {
	if c == nil {
		return claims.Names{}
	}
	return claims.Names{ID: c.ID, Name: c.Name, Email: c.Email, Groups: c.Groups}
}

// CaddyModule returns the Caddy module information.
func (JWTAgents) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.agents.jwt",
		New: func() caddy.Module { return new(JWTAgents) },
	}
}

// Provision makes the source. It reads key files, and asks the issuer for
// nothing.
func (a *JWTAgents) Provision(ctx caddy.Context) error {
	if err := a.provision(caddy.NewReplacer(), ctx.Slogger()); err != nil {
		return fmt.Errorf("agents jwt: %w", err)
	}
	return nil
}

func (a *JWTAgents) provision(repl *caddy.Replacer, logger *slog.Logger) error {
	if err := a.check(); err != nil {
		return err
	}
	cfg := jwt.Config{Header: a.Header, Cookie: a.Cookie, Algorithms: a.Algorithms, Claims: a.Claims.config()}
	if err := a.expand(&cfg, repl, logger); err != nil {
		return err
	}
	var err error
	if a.source, err = jwt.New(cfg); err != nil {
		return err
	}
	return a.restrict(a.source)
}

// expand fills what may have placeholders.
func (a *JWTAgents) expand(cfg *jwt.Config, repl *caddy.Replacer, logger *slog.Logger) (err error) {
	if cfg.JWKSURL, err = expand(repl, a.JWKSURL, "jwks_url"); err != nil {
		return err
	}
	if cfg.Issuer, err = expand(repl, a.Issuer, "issuer"); err != nil {
		return err
	}
	for _, raw := range a.Audience {
		audience, err := expand(repl, raw, "audience")
		if err != nil {
			return err
		}
		cfg.Audience = append(cfg.Audience, audience)
	}
	for _, raw := range a.PublicKeys {
		if err := addPublicKeys(cfg, repl, raw); err != nil {
			return err
		}
	}
	secrets, err := expandSecrets(repl, logger, a.Secrets, "secret", "set it to the secret that the issuer of the tokens signs with")
	for _, secret := range secrets {
		cfg.Secrets = append(cfg.Secrets, []byte(secret))
	}
	return err
}

// addPublicKeys reads a PEM file.
func addPublicKeys(cfg *jwt.Config, repl *caddy.Replacer, raw string) error {
	name, err := expand(repl, raw, "public_key")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(name) // #nosec G304 -- the operator names it
	if err != nil {
		return fmt.Errorf("public_key: %w", err)
	}
	keys, err := jwt.ParsePEM(text)
	if err != nil {
		return fmt.Errorf("public_key %s: %w", name, err)
	}
	cfg.Keys = append(cfg.Keys, keys...)
	return nil
}

// check finds what is missing or contradicts, whatever placeholders expand to.
func (a *JWTAgents) check() error {
	ways := 0
	for _, set := range []bool{a.JWKSURL != "", len(a.PublicKeys) > 0, len(a.Secrets) > 0} {
		if set {
			ways++
		}
	}
	switch {
	case ways != 1:
		return errors.New("say in one way how signatures are checked: jwks_url, public_key or secret")
	case a.Issuer == "":
		return errors.New("issuer is missing: write what the tokens have as iss, or whoever else uses the same keys could sign for agents")
	case len(a.Audience) == 0:
		return errors.New("audience is missing: write what the tokens have as aud, or a token for another application of the issuer would do")
	case a.Header != "" && a.Cookie != "":
		return errors.New("the token is looked for in one place: keep header or cookie")
	}
	return a.AgentPolicy.check()
}

// Cleanup ends connections to the issuer that are idle.
func (a *JWTAgents) Cleanup() error {
	if a.source != nil {
		a.source.Close()
	}
	return nil
}

// UnmarshalCaddyfile reads
//
//	agents jwt {
//	    jwks_url   <url>
//	    public_key <file>...
//	    secret     <secret>...
//	    issuer     <issuer>
//	    audience   <audience>...
//	    algorithms <algorithm>...
//	    from       bearer|cookie <name>|header <name>
//	    claims {
//	        id     <claim>
//	        name   <claim>
//	        email  <claim>
//	        groups <claim>
//	    }
//	    <policy>
//	}
//
// where <policy> is as in [HeaderAgents.UnmarshalCaddyfile].
func (a *JWTAgents) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return a.unmarshalProvider(d, "jwt", nil, map[string]word{
		"jwks_url":   textWord("jwks_url <url>", &a.JWKSURL),
		"public_key": listWord("public_key <file>...", &a.PublicKeys),
		"secret":     listWord("secret <secret>...", &a.Secrets),
		"issuer":     textWord("issuer <issuer>", &a.Issuer),
		"audience":   listWord("audience <audience>...", &a.Audience),
		"algorithms": listWord("algorithms <algorithm>...", &a.Algorithms),
		"from":       {usage: "from bearer|cookie <name>|header <name>", parse: a.parseFrom},
		"claims":     claimsWord(&a.Claims),
	}, a.check)
}

// parseFrom reads where the token is.
func (a *JWTAgents) parseFrom(p *parser) error {
	if !p.NextArg() {
		return p.misused()
	}
	switch p.Val() {
	case "bearer":
		return nil
	case "cookie":
		return p.one(&a.Cookie)
	case "header":
		return p.one(&a.Header)
	}
	return p.misused()
}

// claimsWord is the block claims.
func claimsWord(field **ClaimNames) word {
	return word{usage: "claims { id|name|email|groups <claim> }", parse: func(p *parser) error {
		c := new(ClaimNames)
		*field = c
		return p.blockOnly(map[string]word{
			"id":     textWord("id <claim>", &c.ID),
			"name":   textWord("name <claim>", &c.Name),
			"email":  textWord("email <claim>", &c.Email),
			"groups": textWord("groups <claim>", &c.Groups),
		})
	}}
}

// Interface guards
var (
	_ caddy.Provisioner     = (*JWTAgents)(nil)
	_ caddy.CleanerUpper    = (*JWTAgents)(nil)
	_ caddyfile.Unmarshaler = (*JWTAgents)(nil)
	_ proxy.AgentIdentifier = (*JWTAgents)(nil)
)
