package caddymodule

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	httpcaddyfile.RegisterDirective("cobrowse", parseCaddyfile)
	// The outer encode compresses what we made of a page, and we see what
	// templates, intercept and reverse_proxy made of it.
	httpcaddyfile.RegisterDirectiveOrder("cobrowse", httpcaddyfile.After, "encode")
}

// parseCaddyfile reads the directive in a site block. It does what
// [httpcaddyfile.RegisterHandlerDirective] would, and looks after the prefix.
func parseCaddyfile(helper httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	helper.Next() // the directive's name
	set, err := helper.ExtractMatcherSet()
	if err != nil {
		return nil, err
	}
	h := new(Handler)
	p := &parser{Dispenser: helper.Dispenser, handler: h, matcherToken: func(d *caddyfile.Dispenser) (caddy.ModuleMap, bool, error) {
		return helper.WithDispenser(d).MatcherToken()
	}}
	if err := p.directive(); err != nil {
		return nil, err
	}
	values := helper.NewRoute(set, h)
	if own := ownPaths(set, cmp.Or(h.Path, proxy.DefaultPath), h.Health); own != nil {
		for i := range values {
			if route, ok := values[i].Value.(caddyhttp.Route); ok {
				route.MatcherSetsRaw = append(route.MatcherSetsRaw, own)
				values[i].Value = route
			}
		}
	}
	return values, nil
}

// ownPaths is for a directive such as "cobrowse /shop/*", where pages would get
// a script that is never served, because its own path does not match. It returns
// the same matcher set with the prefix in place of its paths, to be matched
// besides, or nil where the paths cover the prefix already or are no matter. The
// health path, "" where there is none, is matched with it.
func ownPaths(set caddy.ModuleMap, prefix, health string) caddy.ModuleMap {
	var paths caddyhttp.MatchPath
	if err := json.Unmarshal(set["path"], &paths); err != nil || len(paths) == 0 {
		return nil
	}
	for _, path := range paths {
		if stem, wild := strings.CutSuffix(path, "*"); wild && strings.HasPrefix(prefix, stem) {
			return nil
		}
	}
	own := maps.Clone(set)
	ours := caddyhttp.MatchPath{prefix, prefix + "/*"}
	if health != "" {
		ours = append(ours, health)
	}
	own["path"] = caddyconfig.JSON(ours, nil)
	return own
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens. Syntax:
//
//	cobrowse [<matcher>] {
//	    sdk_key     <key>
//	    sdk_secret  <secret>...
//	    provider    zoom|sandbox
//	    zoom_host   <host>
//	    sdk_version <version>
//	    path        <prefix>
//	    origins     <origin>...
//	    load        on_demand|eager
//	    inject {
//	        only    <matcher>|<matchers>|{ <matchers>... }
//	        except  <matcher>|<matchers>|{ <matchers>... }
//	        percent <0-100>
//	        dry_run
//	        expose
//	    }
//	    private <path>...
//	    csp adjust|off|{
//	        allow <switch>...
//	    }
//	    button none|{
//	        label    <text>
//	        position bottom-right|bottom-left|top-right|top-left
//	        color    "#rrggbb"
//	        attach   <selector>
//	        shortcut <keys>
//	        none
//	    }
//	    session {
//	        agent_annotation    on|off
//	        customer_annotation on|off
//	        remote_assist       <type>...
//	        multi_tab           on|off
//	    }
//	    mask [<path>...] {
//	        all_input
//	        selectors  <css>...
//	        attributes <name=value>...
//	    }
//	    customer {
//	        id            <placeholder>
//	        name          <placeholder>
//	        token_ttl     <duration>
//	        token_ttl_max <duration>
//	    }
//	    agents <provider> [<args>...] { ... }
//	    store  <engine> { ... }
//	    desk {
//	        site            <name>
//	        frame_ancestors <origin>...
//	    }
//	    audit {
//	        file     <path>
//	        key      <key>
//	        max_size <size>
//	        max_age  <duration>
//	    }
//	    webhooks {
//	        zoom_secret <secret>...
//	        to <url> {
//	            secret <secret>...
//	            allow_http
//	        }
//	    }
//	    health <path>
//	    limits {
//	        tokens                <n> [per] <duration>
//	        sessions_per_address  <n> [per] <duration>
//	        sessions_per_site     <n> [per] <duration>
//	        customer_tokens       <n> [per] <duration>
//	        pin_tries_per_agent   <n> [per] <duration>
//	        pin_tries_per_address <n> [per] <duration>
//	        pin_tries_per_site    <n> [per] <duration>
//	    }
//	    video_tokens {
//	        sdk_key       <key>
//	        sdk_secret    <secret>...
//	        customers     [<pattern>]
//	        agents
//	        token_ttl     <duration>
//	        token_ttl_max <duration>
//	        toolkit_version <version>
//	    }
//	    owasp_headers
//	}
//
// Every word may be left out, as may the block. The words only, except and mask
// may be repeated; only and except take Caddy's request matchers as a block, in
// one line ("only path /shop/*"), or by name ("only @shop").
//
// A matcher after the directive's name restricts all of the handler, its own
// paths included, so that "only" is what most sites want. Where it names paths,
// those below the prefix are matched as well.
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	p := &parser{Dispenser: d, handler: h}
	return p.directive()
}

// directive reads the directive from its name to the end of its block.
func (p *parser) directive() error {
	p.Next() // the directive's name
	if p.NextArg() {
		return p.Errf("cobrowse: unexpected '%s': after an optional matcher, which begins with '/', '*' or '@', all settings stand in the block", p.Val())
	}
	if err := p.block("cobrowse", directiveWords); err != nil {
		return err
	}
	if err := p.handler.Validate(); err != nil {
		return p.WrapErr(fmt.Errorf("cobrowse: %w", err))
	}
	return nil
}

// directiveWords are the subdirectives.
var directiveWords = map[string]word{
	"sdk_key":    {usage: "sdk_key <key>", parse: func(p *parser) error { return p.one(&p.handler.SDKKey) }},
	"sdk_secret": {usage: "sdk_secret <secret>...", parse: func(p *parser) error { return p.many(&p.handler.SDKSecrets) }},
	"provider": {usage: "provider zoom|sandbox", parse: func(p *parser) error {
		return p.choice(&p.handler.Provider, providerZoom, providerSandbox)
	}},
	"zoom_host":   {usage: "zoom_host <host>", parse: func(p *parser) error { return p.one(&p.handler.ZoomHost) }},
	"sdk_version": {usage: "sdk_version <version>", parse: func(p *parser) error { return p.one(&p.handler.SDKVersion) }},
	"path":        {usage: "path <prefix>", parse: func(p *parser) error { return p.one(&p.handler.Path) }},
	"origins":     {usage: "origins <origin>...", parse: func(p *parser) error { return p.many(&p.handler.Origins) }},
	"load": {usage: "load on_demand|eager", parse: func(p *parser) error {
		return p.choice(&p.handler.Load, string(proxy.LoadOnDemand), string(proxy.LoadEager))
	}},
	"inject":   {usage: "inject { ... }", parse: parseInject},
	"private":  {usage: "private <path>...", parse: parsePrivate},
	"csp":      {usage: "csp adjust|off|{ allow <switch>... }", parse: parseCSP},
	"button":   {usage: "button none|{ ... }", parse: parseButton},
	"session":  {usage: "session { ... }", parse: parseSession},
	"mask":     {usage: "mask [<path>...] { ... }", repeat: true, parse: parseMask},
	"customer": {usage: "customer { ... }", parse: parseCustomer},
	"agents":   {usage: "agents <provider>", parse: parseAgents},
	"desk":     {usage: "desk { ... }", parse: parseDesk},
	"audit":    {usage: "audit { ... }", parse: parseAudit},
	"webhooks": {usage: "webhooks { ... }", parse: parseWebhooks},
	"store":    {usage: "store <engine> { ... }", parse: parseStore},
	"health":   {usage: "health <path>", parse: func(p *parser) error { return p.one(&p.handler.Health) }},
	"limits":   {usage: "limits { ... }", parse: parseLimits},

	"video_tokens":  {usage: "video_tokens { ... }", parse: parseVideoTokens},
	"owasp_headers": {usage: "owasp_headers", parse: func(p *parser) error { return p.flag(&p.handler.OWASPHeaders) }},
}

func parsePrivate(p *parser) error {
	if err := p.many(&p.handler.Private); err != nil {
		return err
	}
	for _, path := range p.handler.Private {
		if !strings.HasPrefix(path, "/") {
			return p.Errf("private path '%s' does not begin with a slash", path)
		}
	}
	return nil
}

// parseAgents hands the line to the module that it names.
func parseAgents(p *parser) error {
	const namespace = "http.handlers.cobrowse.agents"
	if !p.NextArg() {
		return p.misused()
	}
	name := p.Val()
	if known := installed(namespace); !slices.Contains(known, name) {
		return p.Errf("agents: unknown provider '%s'; this build knows %s", name, strings.Join(known, ", "))
	}
	unm, err := caddyfile.UnmarshalModule(p.Dispenser, namespace+"."+name)
	if err != nil {
		return err
	}
	p.handler.AgentsRaw = caddyconfig.JSONModuleObject(unm, "provider", name, nil)
	return nil
}

// parseStore hands the line to the engine that it names.
func parseStore(p *parser) error {
	const namespace = "http.handlers.cobrowse.stores"
	if !p.NextArg() {
		return p.misused()
	}
	name := p.Val()
	if known := installed(namespace); !slices.Contains(known, name) {
		return p.Errf("store: unknown engine '%s'; this build knows %s", name, strings.Join(known, ", "))
	}
	unm, err := caddyfile.UnmarshalModule(p.Dispenser, namespace+"."+name)
	if err != nil {
		return err
	}
	p.handler.StoreRaw = caddyconfig.JSONModuleObject(unm, "engine", name, nil)
	return nil
}

// installed lists the modules of a namespace by their names in it.
func installed(namespace string) []string {
	var names []string
	for _, module := range caddy.GetModules(namespace) {
		names = append(names, module.ID.Name())
	}
	slices.Sort(names)
	return names
}
