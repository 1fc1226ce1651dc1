package caddymodule

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(CaddyUser{})
}

// CaddyUser says that the agent is the user whom Caddy itself has authenticated
// before this handler ran, with `basic_auth` or another authentication handler.
// Guard `/_cobrowse/desk*` with it.
//
// The agent's ID is `{http.auth.user.id}`; the name is
// `{http.auth.user.name}`, `{http.auth.user.display_name}` or
// `{http.auth.user.display}`, the first that the authentication has set. Caddy
// knows no groups, so that the policy may name users only. Headers such as
// Remote-User are never read, whoever sent them.
type CaddyUser struct {
	AgentPolicy
}

// nameKeys are the metadata of an authenticated user that hold a name for
// people, the best one first. Which exist depends on the authentication module.
var nameKeys = [...]string{"http.auth.user.name", "http.auth.user.display_name", "http.auth.user.display"}

// CaddyModule returns the Caddy module information.
func (CaddyUser) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.agents.caddy_user",
		New: func() caddy.Module { return new(CaddyUser) },
	}
}

// Provision puts the policy in front.
func (u *CaddyUser) Provision(caddy.Context) error {
	err := u.check()
	if err == nil {
		err = u.restrict(proxy.AgentIdentifierFunc(caddyUser))
	}
	if err != nil {
		return fmt.Errorf("agents caddy_user: %w", err)
	}
	return nil
}

// caddyUser returns the user whom Caddy has authenticated.
func caddyUser(r *http.Request) (proxy.Agent, error) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return proxy.Agent{}, errNoReplacer
	}
	id, _ := repl.GetString("http.auth.user.id")
	if id == "" {
		return proxy.Agent{}, agent.ErrNoCredential
	}
	who := proxy.Agent{ID: id, Source: "caddy_user"}
	for _, key := range nameKeys {
		if name, _ := repl.GetString(key); name != "" {
			who.Name = agent.DisplayName(name)
			break
		}
	}
	return who, nil
}

// check refuses groups, which would never match.
func (u *CaddyUser) check() error {
	if len(u.Groups)+len(u.SupervisorGroups) > 0 {
		return errors.New("users of Caddy's have no groups: name them with users and supervisors instead of groups and supervisor_groups")
	}
	return u.AgentPolicy.check()
}

// UnmarshalCaddyfile reads the provider's line and block. Users may stand on
// either. Syntax:
//
//	agents caddy_user [<id>...] {
//	    users       <id>...
//	    supervisors <id>...
//	    networks    <prefix>...
//	}
func (u *CaddyUser) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	args := func(p *parser) error {
		u.Users = p.RemainingArgs()
		return nil
	}
	return u.unmarshalProvider(d, "caddy_user", args, nil, u.check)
}

// Interface guards
var (
	_ caddy.Module          = CaddyUser{}
	_ caddy.Provisioner     = (*CaddyUser)(nil)
	_ proxy.AgentIdentifier = (*CaddyUser)(nil)
	_ caddyfile.Unmarshaler = (*CaddyUser)(nil)
)
