package caddymodule

import (
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// parseInject reads the inject block.
func parseInject(p *parser) error {
	in := new(Inject)
	p.handler.Inject = in
	matchers := func(sets *caddyhttp.RawMatcherSets) func(*parser) error {
		return func(p *parser) error {
			set, err := p.matchers()
			if err == nil {
				*sets = append(*sets, set)
			}
			return err
		}
	}
	return p.blockOnly(map[string]word{
		"only":   {usage: "only <matchers>", repeat: true, parse: matchers(&in.OnlyRaw)},
		"except": {usage: "except <matchers>", repeat: true, parse: matchers(&in.ExceptRaw)},
		"percent": {usage: "percent <0-100>", parse: func(p *parser) error {
			var text string
			if err := p.one(&text); err != nil {
				return err
			}
			percent, err := strconv.ParseFloat(text, 64)
			if err != nil || !(percent >= 0 && percent <= 100) {
				return p.Errf("inject percent '%s' is no number from 0 to 100, without a percent sign", text)
			}
			in.Percent = &percent
			return nil
		}},
		"dry_run": {usage: "dry_run", parse: func(p *parser) error { return p.flag(&in.DryRun) }},
		"expose":  {usage: "expose", parse: func(p *parser) error { return p.flag(&in.Expose) }},
	})
}

// parseCSP reads csp with a mode, a block, or both.
func parseCSP(p *parser) error {
	csp := new(CSP)
	p.handler.CSP = csp
	hasMode := p.CountRemainingArgs() > 0
	if hasMode {
		if err := p.choice(&csp.Mode, cspAdjust, cspOff); err != nil {
			return err
		}
	}
	before := p.count
	err := p.block("csp", map[string]word{
		"allow": {usage: "allow <switch>...", repeat: true, parse: func(p *parser) error { return p.many(&csp.Allow) }},
	})
	if err == nil && !hasMode && p.count == before {
		return p.misused()
	}
	return err
}

// parseButton reads button none or the button block.
func parseButton(p *parser) error {
	button := new(Button)
	p.handler.Button = button
	if p.CountRemainingArgs() > 0 {
		var mode string
		button.None = true
		return p.choice(&mode, "none")
	}
	return p.blockOnly(map[string]word{
		"label": {usage: `label "<text>"`, parse: func(p *parser) error { return p.one(&button.Label) }},
		"position": {usage: "position bottom-right|bottom-left|top-right|top-left", parse: func(p *parser) error {
			return p.choice(&button.Position, "bottom-right", "bottom-left", "top-right", "top-left")
		}},
		"color":    {usage: `color "#rrggbb"`, parse: func(p *parser) error { return p.one(&button.Color) }},
		"attach":   {usage: `attach "<selector>"`, parse: func(p *parser) error { return p.one(&button.Attach) }},
		"shortcut": {usage: "shortcut <keys>", parse: func(p *parser) error { return p.one(&button.Shortcut) }},
		"none":     {usage: "none", parse: func(p *parser) error { return p.flag(&button.None) }},
	})
}

// parseSession reads the session block.
func parseSession(p *parser) error {
	session := new(Session)
	p.handler.Session = session
	return p.blockOnly(map[string]word{
		"agent_annotation":    {usage: "agent_annotation on|off", parse: func(p *parser) error { return p.toggle(&session.AgentAnnotation) }},
		"customer_annotation": {usage: "customer_annotation on|off", parse: func(p *parser) error { return p.toggle(&session.CustomerAnnotation) }},
		"remote_assist":       {usage: "remote_assist <type>...", parse: func(p *parser) error { return p.many(&session.RemoteAssist) }},
		"multi_tab":           {usage: "multi_tab on|off", parse: func(p *parser) error { return p.toggle(&session.MultiTab) }},
	})
}

// parseMask reads one mask with its paths.
func parseMask(p *parser) error {
	mask := Mask{Paths: p.RemainingArgs()}
	err := p.blockOnly(map[string]word{
		"all_input":  {usage: "all_input", parse: func(p *parser) error { return p.flag(&mask.AllInput) }},
		"selectors":  {usage: `selectors "<css>"...`, repeat: true, parse: func(p *parser) error { return p.many(&mask.Selectors) }},
		"attributes": {usage: "attributes <name=value>...", repeat: true, parse: func(p *parser) error { return p.many(&mask.Attributes) }},
	})
	p.handler.Masks = append(p.handler.Masks, mask)
	return err
}

// parseCustomer reads the customer block.
func parseCustomer(p *parser) error {
	customer := new(Customer)
	p.handler.Customer = customer
	duration := func(field *caddy.Duration) func(*parser) error {
		return func(p *parser) error { return p.duration(field) }
	}
	return p.blockOnly(map[string]word{
		"id":            {usage: "id <placeholder>", parse: func(p *parser) error { return p.one(&customer.ID) }},
		"name":          {usage: "name <placeholder>", parse: func(p *parser) error { return p.one(&customer.Name) }},
		"token_ttl":     {usage: "token_ttl <duration>", parse: duration(&customer.TokenTTL)},
		"token_ttl_max": {usage: "token_ttl_max <duration>", parse: duration(&customer.TokenTTLMax)},
	})
}

// parseLimits reads the limits block.
func parseLimits(p *parser) error {
	limits := new(Limits)
	p.handler.Limits = limits
	return p.blockOnly(map[string]word{
		"tokens": {usage: "tokens <n> [per] <duration>", parse: func(p *parser) error {
			if !p.NextArg() {
				return p.misused()
			}
			n, err := strconv.Atoi(p.Val())
			if err != nil || n < 1 {
				return p.Errf("limits tokens '%s' is no number above 0", p.Val())
			}
			limits.Tokens = n
			if p.CountRemainingArgs() == 2 && p.NextArg() && p.Val() != "per" {
				return p.misused()
			}
			return p.duration(&limits.Per)
		}},
	})
}
