package caddymodule

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// config maps the handler's fields to the proxy's configuration. It is the one
// place that knows both; a test asserts that it forgets none. Observer and
// Logger are added by start.
func (h *Handler) config(ctx caddy.Context, creds credentials) (proxy.Config, error) {
	cfg := proxy.Config{
		SDKKey:      creds.key,
		SDKSecrets:  creds.secrets,
		Load:        proxy.LoadMode(h.Load),
		CSP:         h.CSP.config(),
		Button:      h.Button.config(),
		Session:     h.Session.config(),
		Customer:    h.Customer.config(),
		Limits:      h.Limits.config(),
		ClientIP:    clientIP,
		OverTLS:     overTLS,
		RequestID:   requestID,
		OriginalURL: originalURL,
		Trace:       traceFact,

		OWASPHeaders: h.OWASPHeaders,
	}
	for _, m := range h.Masks {
		cfg.Masks = append(cfg.Masks, proxy.MaskConfig(m))
	}
	if err := h.expandPlaces(&cfg); err != nil {
		return cfg, err
	}
	var err error
	if cfg.Inject, err = h.Inject.config(ctx); err != nil {
		return cfg, err
	}
	cfg.Inject.Private = h.Private
	var shared sharing
	if cfg.Store, shared, err = h.loadStore(ctx, creds.secrets); err != nil {
		return cfg, err
	}
	if cfg.Agents, err = h.loadAgents(withSite(ctx, siteSettings{cfg.Origins, cfg.Path, shared})); err != nil {
		return cfg, err
	}
	cfg.SignIn = signInOf(cfg.Agents)
	cfg.AgentApp, _ = cfg.Agents.(proxy.AgentApp)
	if cfg.Desk, err = h.desk(caddy.NewReplacer()); err != nil {
		return cfg, err
	}
	if cfg.ZoomWebhookSecrets, err = h.Webhooks.zoomSecrets(caddy.NewReplacer(), ctx.Slogger()); err != nil {
		return cfg, err
	}
	cfg.Video, err = h.Video.config(caddy.NewReplacer(), ctx.Slogger(), h.Provider)
	return cfg, err
}

// loadStore loads the module that keeps sessions, or makes the default one, and
// says what instances share by it.
func (h *Handler) loadStore(ctx caddy.Context, secrets []string) (proxy.SessionStore, sharing, error) {
	if h.StoreRaw == nil {
		h.memory = new(MemoryStore)
		if err := h.memory.Provision(ctx); err != nil {
			return nil, sharing{}, err
		}
		return observedStore{h.memory.SessionStore()}, sharing{}, nil
	}
	loaded, err := ctx.LoadModule(h, "StoreRaw")
	if err != nil {
		return nil, sharing{}, fmt.Errorf("store: loading engine: %w", err)
	}
	module, ok := loaded.(SessionStore)
	if !ok {
		return nil, sharing{}, fmt.Errorf("store: module %T is no store: it has no SessionStore() method", loaded)
	}
	store := observedStore{module.SessionStore()}
	return store, sharingOf(loaded, store, secrets), nil
}

// expandPlaces fills the settings that say where things are, which may differ
// between the machines that share a configuration.
func (h *Handler) expandPlaces(cfg *proxy.Config) error {
	e := expander{repl: caddy.NewReplacer()}
	e.set(&cfg.ZoomHost, h.ZoomHost, "zoom_host")
	e.set(&cfg.SDKVersion, h.SDKVersion, "sdk_version")
	e.set(&cfg.Path, h.Path, "path")
	for _, raw := range h.Origins {
		var origin string
		e.set(&origin, raw, "origins")
		cfg.Origins = append(cfg.Origins, origin)
	}
	return joinFaults(append(e.faults, h.validateHealth(cfg.Path)))
}

// loadAgents loads the module that identifies agents. Nil means that none is
// configured, as in [proxy.Config].
func (h *Handler) loadAgents(ctx caddy.Context) (proxy.AgentIdentifier, error) {
	if h.AgentsRaw == nil {
		return nil, nil
	}
	loaded, err := ctx.LoadModule(h, "AgentsRaw")
	if err != nil {
		return nil, fmt.Errorf("agents: loading provider: %w", err)
	}
	identifier, ok := loaded.(proxy.AgentIdentifier)
	if !ok {
		return nil, fmt.Errorf("agents: module %T cannot identify agents: it has no Identify(*http.Request) method as proxy.AgentIdentifier wants it", loaded)
	}
	return identifier, nil
}

func (in *Inject) config(ctx caddy.Context) (proxy.InjectConfig, error) {
	if in == nil {
		return proxy.InjectConfig{}, nil
	}
	cfg := proxy.InjectConfig{Percent: in.Percent, DryRun: in.DryRun, Expose: in.Expose}
	var err error
	if cfg.Only, err = loadMatchers(ctx, in, "OnlyRaw", false); err != nil {
		return cfg, err
	}
	cfg.Except, err = loadMatchers(ctx, in, "ExceptRaw", true)
	return cfg, err
}

func (c *CSP) config() proxy.CSPConfig {
	if c == nil {
		return proxy.CSPConfig{}
	}
	return proxy.CSPConfig{Off: c.Mode == cspOff, Allow: c.Allow}
}

func (b *Button) config() proxy.ButtonConfig {
	if b == nil {
		return proxy.ButtonConfig{}
	}
	return proxy.ButtonConfig(*b)
}

func (s *Session) config() proxy.SessionConfig {
	if s == nil {
		return proxy.SessionConfig{}
	}
	return proxy.SessionConfig{
		AgentAnnotation: s.AgentAnnotation, CustomerAnnotation: s.CustomerAnnotation,
		RemoteAssist: s.RemoteAssist, MultiTab: s.MultiTab,
	}
}

// desk collects what several blocks say of the desk.
func (h *Handler) desk(repl *caddy.Replacer) (proxy.DeskConfig, error) {
	cfg := proxy.DeskConfig{Limits: h.Limits.sessions()}
	if h.Session != nil {
		cfg.PINs, cfg.MaxAgents = h.Session.PIN, h.Session.Agents
	}
	if h.Desk == nil {
		return cfg, nil
	}
	cfg.FrameAncestors = h.Desk.FrameAncestors
	var err error
	cfg.Site, err = expand(repl, h.Desk.Site, "desk site")
	return cfg, err
}

// sessions are the limits that the store counts.
func (l *Limits) sessions() proxy.SessionLimits {
	if l == nil {
		return proxy.SessionLimits{}
	}
	rate := func(r *Rate) proxy.SessionRate {
		if r == nil {
			return proxy.SessionRate{}
		}
		return proxy.SessionRate{Max: r.Max, Window: time.Duration(r.Per)}
	}
	return proxy.SessionLimits{
		SessionsPerAddress: rate(l.SessionsPerAddress), SessionsPerSite: rate(l.SessionsPerSite),
		TokensPerSite: rate(l.CustomerTokens),
		TriesPerAgent: rate(l.PINTriesPerAgent), TriesPerAddress: rate(l.PINTriesPerAddress), TriesPerSite: rate(l.PINTriesPerSite),
	}
}

func (c *Customer) config() proxy.CustomerConfig {
	if c == nil {
		return proxy.CustomerConfig{}
	}
	cfg := proxy.CustomerConfig{
		TokenTTL:    time.Duration(c.TokenTTL),
		TokenTTLMax: time.Duration(c.TokenTTLMax),
	}
	if c.ID != "" || c.Name != "" {
		cfg.Identify = c.identify
	}
	return cfg
}

// identify evaluates the placeholders for one request.
func (c *Customer) identify(r *http.Request) (id, name string) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return "", ""
	}
	return repl.ReplaceAll(c.ID, ""), repl.ReplaceAll(c.Name, "")
}

func (l *Limits) config() proxy.LimitsConfig {
	if l == nil {
		return proxy.LimitsConfig{}
	}
	return proxy.LimitsConfig{TokensPerClient: l.Tokens, Per: time.Duration(l.Per)}
}

// clientIP returns the client's address as Caddy knows it: that of the TCP
// peer, or what trusted_proxies makes of the headers of a trusted one.
func clientIP(r *http.Request) string {
	if ip, ok := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string); ok && ip != "" {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// overTLS reports whether the browser came over TLS: to us, or to a proxy that
// Caddy's trusted_proxies names and that says so. It is what Caddy's reverse_proxy
// goes by; {http.request.scheme} knows the first only.
func overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	said := r.Header.Values("X-Forwarded-Proto")
	return trusted && len(said) > 0 && said[len(said)-1] == "https"
}

// requestID is Caddy's {http.request.uuid}, which the access log has where it is
// told to (log_append).
func requestID(r *http.Request) string {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return ""
	}
	id, _ := repl.GetString("http.request.uuid")
	return id
}

// originalURL returns the URL as the client sent it: Caddy runs rewrite,
// uri and try_files before encode, and so before this handler.
func originalURL(r *http.Request) *url.URL {
	if sent, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		return sent.URL
	}
	return nil
}
