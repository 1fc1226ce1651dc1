package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/header"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(HeaderAgents{})
}

// HeaderAgents takes the agent's identity from request headers that another
// proxy in front of this server sets, such as oauth2-proxy. They count only
// where the TCP connection comes from that proxy. From all other requests of
// the site the headers are removed, in every spelling (`Remote-User`,
// `remote_user`, `Remote.User`).
//
// For Caddy's own `forward_auth` there is the provider `forward_auth`: its
// headers come with the client's connection, which must not be trusted.
type HeaderAgents struct {
	AgentPolicy

	// TrustedProxies are the addresses of the proxies that set the headers, and
	// that remove those of clients: CIDR prefixes, addresses, or
	// `private_ranges`. X-Forwarded-For is not looked at. Required.
	TrustedProxies []string `json:"trusted_proxies,omitempty"`

	// Headers names the headers. The defaults are Authelia's names.
	Headers *IdentityHeaders `json:"headers,omitempty"`

	source *header.Source
}

// IdentityHeaders names the headers that say who somebody is.
type IdentityHeaders struct {
	// User has the ID. The default is `Remote-User`.
	User string `json:"user,omitempty"`

	// Name has the name for people to read. The default is `Remote-Name`.
	Name string `json:"name,omitempty"`

	// Groups has the groups, with a separator between them. The default is
	// `Remote-Groups`.
	Groups string `json:"groups,omitempty"`

	// Email has the email address, for the record only. The default is
	// `Remote-Email`.
	Email string `json:"email,omitempty"`

	// Separator is the character between two groups. The default is a comma;
	// Authentik writes `|`.
	Separator string `json:"separator,omitempty"`
}

// errSeparator refuses what is not one character.
var errSeparator = errors.New("headers separator is no single character: write one such as ',' or '|'")

// config returns the names as the reader of headers takes them.
func (h *IdentityHeaders) config() (header.Config, error) {
	if h == nil {
		return header.Config{}, nil
	}
	cfg := header.Config{User: h.User, Name: h.Name, Groups: h.Groups, Email: h.Email}
	if h.Separator != "" {
		separator, size := utf8.DecodeRuneInString(h.Separator)
		if size != len(h.Separator) || separator == utf8.RuneError {
			return cfg, errSeparator
		}
		cfg.GroupSeparator = separator
	}
	return cfg, nil
}

// CaddyModule returns the Caddy module information.
func (HeaderAgents) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.agents.header",
		New: func() caddy.Module { return new(HeaderAgents) },
	}
}

// Provision makes the source.
func (a *HeaderAgents) Provision(caddy.Context) error {
	if err := a.provision(); err != nil {
		return fmt.Errorf("agents header: %w", err)
	}
	return nil
}

func (a *HeaderAgents) provision() error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if a.source, err = header.New(cfg); err != nil {
		return err
	}
	return a.restrict(a.source)
}

func (a *HeaderAgents) config() (header.Config, error) {
	cfg, err := a.Headers.config()
	if err != nil {
		return cfg, err
	}
	cfg.TrustedProxies, err = prefixes("trusted_proxies", a.TrustedProxies)
	return cfg, err
}

// check finds the faults of a Caddyfile. There are no placeholders, so that all
// are known by then.
func (a *HeaderAgents) check() error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if len(cfg.TrustedProxies) == 0 {
		return errors.New("trusted_proxies is missing: name the addresses of the proxy that sets the headers, or any client would be any agent; for Caddy's forward_auth write agents forward_auth")
	}
	if _, err := header.New(cfg); err != nil {
		return err
	}
	return a.AgentPolicy.check()
}

// Clean implements [proxy.RequestCleaner]: it makes forged headers absent ones.
func (a *HeaderAgents) Clean(r *http.Request) {
	if a.source != nil {
		a.source.Clean(r)
	}
}

// UnmarshalCaddyfile reads
//
//	agents header {
//	    trusted_proxies <prefix>...
//	    headers {
//	        user      <name>
//	        name      <name>
//	        groups    <name>
//	        email     <name>
//	        separator <character>
//	    }
//	    <policy>
//	}
//
// where <policy> is users, groups, supervisors, supervisor_groups and networks,
// each with one or more values.
func (a *HeaderAgents) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return a.unmarshalProvider(d, "header", nil, map[string]word{
		"trusted_proxies": listWord("trusted_proxies <prefix>...", &a.TrustedProxies),
		"headers":         headersWord(&a.Headers),
	}, a.check)
}

// headersWord is the block headers.
func headersWord(field **IdentityHeaders) word {
	return word{usage: "headers { user|name|groups|email|separator ... }", parse: func(p *parser) error {
		h := new(IdentityHeaders)
		*field = h
		return p.blockOnly(map[string]word{
			"user":      textWord("user <header>", &h.User),
			"name":      textWord("name <header>", &h.Name),
			"groups":    textWord("groups <header>", &h.Groups),
			"email":     textWord("email <header>", &h.Email),
			"separator": textWord("separator <character>", &h.Separator),
		})
	}}
}

// Interface guards
var (
	_ caddy.Provisioner     = (*HeaderAgents)(nil)
	_ caddyfile.Unmarshaler = (*HeaderAgents)(nil)
	_ proxy.AgentIdentifier = (*HeaderAgents)(nil)
	_ proxy.RequestCleaner  = (*HeaderAgents)(nil)
)
