package caddymodule

import (
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

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
// `{http.auth.user.display}`, the first that the authentication has set. Headers
// such as Remote-User are never read, whoever sent them.
type CaddyUser struct {
	// Users are the IDs of the users who are agents. It must be set where the
	// site's customers log in through Caddy as well, since each of them would
	// otherwise be an agent. IDs are compared exactly, and placeholders are not
	// supported. The default, an empty list, means every authenticated user.
	Users []string `json:"users,omitempty"`
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

// Identify implements [proxy.AgentIdentifier]. It fails with
// [proxy.ErrUnidentified] where nobody was authenticated or the user is no
// agent.
func (u *CaddyUser) Identify(r *http.Request) (proxy.Agent, error) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return proxy.Agent{}, proxy.ErrUnidentified
	}
	id, _ := repl.GetString("http.auth.user.id")
	if id == "" || len(u.Users) > 0 && !slices.Contains(u.Users, id) {
		return proxy.Agent{}, proxy.ErrUnidentified
	}
	agent := proxy.Agent{ID: id}
	for _, key := range nameKeys {
		if agent.Name, _ = repl.GetString(key); agent.Name != "" {
			break
		}
	}
	return agent, nil
}

// UnmarshalCaddyfile reads the provider's line. Syntax:
//
//	agents caddy_user [<id>...]
func (u *CaddyUser) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the provider's name
	u.Users = d.RemainingArgs()
	if d.NextBlock(0) {
		return d.Err("agents caddy_user takes no block: write the users who are agents after it, or nothing for every authenticated user")
	}
	if err := noDuplicates("agents caddy_user", u.Users, true); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

// Interface guards
var (
	_ caddy.Module          = CaddyUser{}
	_ proxy.AgentIdentifier = (*CaddyUser)(nil)
	_ caddyfile.Unmarshaler = (*CaddyUser)(nil)
)
