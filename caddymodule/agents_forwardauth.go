package caddymodule

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/header"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(ForwardAuthAgents{})
}

// ForwardAuthAgents takes the agent's identity from the answer that a gateway
// such as Authelia or Authentik has given to Caddy's `forward_auth`. Guard
// `/_cobrowse/desk*` with it.
//
// It reads Caddy's placeholders `{http.reverse_proxy.header.*}`, which only a
// gateway that was asked for this very request can have set. No header of the
// request is read, whoever sent it, so that `copy_headers` is not needed here.
type ForwardAuthAgents struct {
	AgentPolicy

	// Headers names the headers of the gateway's answer. The defaults are
	// Authelia's names.
	Headers *IdentityHeaders `json:"headers,omitempty"`

	reader *header.Reader
}

// CaddyModule returns the Caddy module information.
func (ForwardAuthAgents) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.agents.forward_auth",
		New: func() caddy.Module { return new(ForwardAuthAgents) },
	}
}

// Provision makes the reader.
func (a *ForwardAuthAgents) Provision(caddy.Context) error {
	if err := a.check(); err != nil {
		return fmt.Errorf("agents forward_auth: %w", err)
	}
	if err := a.restrict(proxy.AgentIdentifierFunc(a.read)); err != nil {
		return fmt.Errorf("agents forward_auth: %w", err)
	}
	return nil
}

// check makes the reader, which has no placeholders, and looks at the policy.
func (a *ForwardAuthAgents) check() error {
	cfg, err := a.Headers.config()
	if err != nil {
		return err
	}
	if a.reader, err = header.NewReader(cfg); err != nil {
		return err
	}
	return a.AgentPolicy.check()
}

// gatewayPrefix begins the placeholders that forward_auth, which is a
// reverse_proxy with handle_response, sets from the answer. Caddy joins several
// fields of one name with commas, and a user with a comma is refused.
const gatewayPrefix = "http.reverse_proxy.header."

// read returns whom the gateway's answer names.
func (a *ForwardAuthAgents) read(r *http.Request) (proxy.Agent, error) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return proxy.Agent{}, errNoReplacer
	}
	answer := make(http.Header)
	for _, name := range a.reader.Names() {
		if value, ok := repl.GetString(gatewayPrefix + name); ok {
			answer[name] = []string{value}
		}
	}
	who, err := a.reader.Read(answer)
	if err == nil {
		who.Source = "forward_auth"
	}
	return who, err
}

// errNoReplacer is a fault of the server's, not of a client's.
var errNoReplacer = errors.New("the request did not come through Caddy's HTTP server")

// UnmarshalCaddyfile reads
//
//	agents forward_auth {
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
// where <policy> is as in [HeaderAgents.UnmarshalCaddyfile].
func (a *ForwardAuthAgents) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return a.unmarshalProvider(d, "forward_auth", nil, map[string]word{"headers": headersWord(&a.Headers)}, a.check)
}

// Interface guards
var (
	_ caddy.Provisioner     = (*ForwardAuthAgents)(nil)
	_ caddyfile.Unmarshaler = (*ForwardAuthAgents)(nil)
	_ proxy.AgentIdentifier = (*ForwardAuthAgents)(nil)
)
