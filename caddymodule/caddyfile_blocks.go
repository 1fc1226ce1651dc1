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
		"pin":                 {usage: "pin zoom|byop", parse: func(p *parser) error { return p.choice(&session.PIN, "zoom", "byop") }},
		"agents":              {usage: "agents <n>", parse: func(p *parser) error { return p.positive(&session.Agents) }},
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
	words := map[string]word{
		"tokens": {usage: "tokens <n> [per] <duration>", parse: func(p *parser) error {
			var rate Rate
			err := p.rate(&rate)
			limits.Tokens, limits.Per = int(rate.Max), rate.Per
			return err
		}},
	}
	for name, field := range map[string]**Rate{
		"sessions_per_address": &limits.SessionsPerAddress, "sessions_per_site": &limits.SessionsPerSite,
		"customer_tokens":     &limits.CustomerTokens,
		"pin_tries_per_agent": &limits.PINTriesPerAgent, "pin_tries_per_address": &limits.PINTriesPerAddress, "pin_tries_per_site": &limits.PINTriesPerSite,
	} {
		words[name] = word{usage: name + " <n> [per] <duration>", parse: func(p *parser) error {
			*field = new(Rate)
			return p.rate(*field)
		}}
	}
	return p.blockOnly(words)
}

// parseDesk reads the desk block.
func parseDesk(p *parser) error {
	desk := new(Desk)
	p.handler.Desk = desk
	return p.blockOnly(map[string]word{
		"site":            {usage: "site <name>", parse: func(p *parser) error { return p.one(&desk.Site) }},
		"frame_ancestors": {usage: "frame_ancestors <origin>...", parse: func(p *parser) error { return p.many(&desk.FrameAncestors) }},
	})
}

// parseAudit reads the audit block.
func parseAudit(p *parser) error {
	audit := new(Audit)
	p.handler.Audit = audit
	return p.blockOnly(map[string]word{
		"file":     {usage: "file <path>", parse: func(p *parser) error { return p.one(&audit.File) }},
		"key":      {usage: "key <key>", parse: func(p *parser) error { return p.one(&audit.Key) }},
		"max_size": {usage: "max_size <size>", parse: func(p *parser) error { return p.size(&audit.MaxSize) }},
		"max_age":  {usage: "max_age <duration>", parse: func(p *parser) error { return p.duration(&audit.MaxAge) }},
	})
}

// parseWebhooks reads the webhooks block.
func parseWebhooks(p *parser) error {
	hooks := new(Webhooks)
	p.handler.Webhooks = hooks
	return p.blockOnly(map[string]word{
		"zoom_secret": {usage: "zoom_secret <secret>...", parse: func(p *parser) error { return p.many(&hooks.ZoomSecrets) }},
		"to": {usage: "to <url> { secret <secret>... }", repeat: true, parse: func(p *parser) error {
			var to WebhookReceiver
			if !p.NextArg() {
				return p.misused()
			}
			to.URL = p.Val()
			err := p.blockOnly(map[string]word{
				"secret":     {usage: "secret <secret>...", parse: func(p *parser) error { return p.many(&to.Secrets) }},
				"allow_http": {usage: "allow_http", parse: func(p *parser) error { return p.flag(&to.AllowHTTP) }},
			})
			hooks.To = append(hooks.To, to)
			return err
		}},
	})
}
