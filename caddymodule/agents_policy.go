package caddymodule

import (
	"fmt"
	"maps"
	"net/http"
	"net/netip"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// AgentPolicy says which of the people whom a provider identifies are agents,
// and which of these are supervisors. All providers have its fields beside
// their own.
type AgentPolicy struct {
	// Users are the IDs of the people who are agents. IDs and groups are
	// compared exactly, and placeholders are not supported. A person who is
	// listed here, or is a member of one of the groups, is an agent. Where users
	// and groups are both empty, which is the default, everybody is whom the
	// provider identifies: where customers log in there as well, name the
	// agents, or each customer is one.
	Users []string `json:"users,omitempty"`

	// Groups are the groups whose members are agents. The default is an empty
	// list.
	Groups []string `json:"groups,omitempty"`

	// Supervisors are the IDs of supervisors, who see all sessions and may end
	// them. They are agents, too. The default is an empty list: nobody is.
	Supervisors []string `json:"supervisors,omitempty"`

	// SupervisorGroups are the groups whose members are supervisors. The default
	// is an empty list.
	SupervisorGroups []string `json:"supervisor_groups,omitempty"`

	// Networks are the only ones from which agents may come: CIDR prefixes,
	// addresses, or `private_ranges`. A client's address is what Caddy takes it
	// for, so that proxies in front of this server must be among the
	// `trusted_proxies` of Caddy's server options. The default is an empty list:
	// from anywhere.
	Networks []string `json:"networks,omitempty"`

	guard agent.Identifier
}

// Identify implements [proxy.AgentIdentifier] for every provider: what it finds
// is seen by the policy first.
func (p *AgentPolicy) Identify(r *http.Request) (proxy.Agent, error) {
	if p.guard == nil {
		return proxy.Agent{}, proxy.ErrUnidentified
	}
	return p.guard.Identify(r)
}

// Revalidate says whether the agent is still one, which is no activity of the
// agent's.
func (p *AgentPolicy) Revalidate(r *http.Request) (proxy.Agent, error) {
	if p.guard == nil {
		return proxy.Agent{}, proxy.ErrUnidentified
	}
	return agent.Revalidate(p.guard, r)
}

// restrict puts the policy in front of a source.
func (p *AgentPolicy) restrict(source agent.Identifier) error {
	if err := p.check(); err != nil {
		return err
	}
	networks, err := prefixes("networks", p.Networks)
	if err != nil {
		return err
	}
	p.guard, err = agent.Restrict(source, agent.Policy{
		Users: p.Users, Groups: p.Groups,
		Supervisors: p.Supervisors, SupervisorGroups: p.SupervisorGroups,
		Networks: networks, ClientAddr: clientAddr,
	})
	return err
}

// check finds what is wrong with the policy by itself.
func (p *AgentPolicy) check() error {
	for _, list := range []struct {
		name   string
		values []string
	}{
		{"users", p.Users},
		{"groups", p.Groups},
		{"supervisors", p.Supervisors},
		{"supervisor_groups", p.SupervisorGroups},
		{"networks", p.Networks},
	} {
		if err := noDuplicates(list.name, list.values, true); err != nil {
			return err
		}
	}
	_, err := prefixes("networks", p.Networks)
	return err
}

// prefixes reads networks as Caddy writes them elsewhere.
func prefixes(subdirective string, texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		ranges := []string{text}
		if text == "private_ranges" {
			ranges = caddyhttp.PrivateRangesCIDR()
		}
		for _, r := range ranges {
			prefix, err := caddyhttp.CIDRExpressionToPrefix(r)
			if err != nil {
				return nil, fmt.Errorf("%s '%s' is no network: write a prefix such as 10.0.0.0/8 or 2001:db8::/32, an address, or private_ranges", subdirective, text)
			}
			list = append(list, prefix)
		}
	}
	return list, nil
}

// clientAddr is clientIP as an address; the zero Addr where it is none.
func clientAddr(r *http.Request) netip.Addr {
	addr, err := netip.ParseAddr(clientIP(r))
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

// unmarshalProvider reads a provider's line and block: its own words and the
// policy's. args reads the values on the line, and is nil where there are none.
// check then finds what contradicts or is missing, so that the error has a line.
func (p *AgentPolicy) unmarshalProvider(d *caddyfile.Dispenser, provider string, args func(*parser) error, own map[string]word, check func() error) error {
	reader := &parser{Dispenser: d, path: []string{"agents " + provider}, usage: "agents " + provider + " { ... }"}
	reader.Next() // the provider's name
	if args != nil {
		if err := args(reader); err != nil {
			return err
		}
	} else if reader.NextArg() {
		return reader.misused()
	}
	words := p.words()
	maps.Copy(words, own)
	if err := reader.block(reader.name(), words); err != nil {
		return err
	}
	if err := check(); err != nil {
		return reader.WrapErr(fmt.Errorf("%s: %w", reader.name(), err))
	}
	return nil
}

// words are the words of a policy.
func (p *AgentPolicy) words() map[string]word {
	return map[string]word{
		"users":             listWord("users <id>...", &p.Users),
		"groups":            listWord("groups <group>...", &p.Groups),
		"supervisors":       listWord("supervisors <id>...", &p.Supervisors),
		"supervisor_groups": listWord("supervisor_groups <group>...", &p.SupervisorGroups),
		"networks":          listWord("networks <prefix>...", &p.Networks),
	}
}

// listWord is a word with one or more values, which may be repeated.
func listWord(usage string, field *[]string) word {
	return word{usage: usage, repeat: true, parse: func(p *parser) error { return p.many(field) }}
}

// textWord is a word with one value.
func textWord(usage string, field *string) word {
	return word{usage: usage, parse: func(p *parser) error { return p.one(field) }}
}

// siteSettings are what a provider may want to know of the handler that it
// identifies agents for.
type siteSettings struct {
	origins []string // may be empty
	path    string   // "" means the default
	shared  sharing  // with the site's other instances
}

type siteSettingsKey struct{}

// withSite tells the providers that ctx provisions about their site.
func withSite(ctx caddy.Context, site siteSettings) caddy.Context {
	return ctx.WithValue(siteSettingsKey{}, site)
}

// siteOf returns what withSite has told.
func siteOf(ctx caddy.Context) siteSettings {
	site, _ := ctx.Value(siteSettingsKey{}).(siteSettings)
	return site
}
