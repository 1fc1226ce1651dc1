package caddymodule

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(Handler{})
}

// Handler is a middleware that puts Zoom Cobrowse on the site behind it, whose
// own code does not change. Every HTML page gets one script element at the top
// of its head and, where the site has a Content-Security-Policy, just enough
// added to it. Customers then find a help button on every page; a click starts
// a Zoom Cobrowse session with a PIN, and an agent joins it from the desk that
// this handler serves at `/_cobrowse/desk`.
//
// Without any field it is complete, as long as the environment has the
// credentials of Zoom's Build portal in `ZOOM_SDK_KEY` and `ZOOM_SDK_SECRET`.
//
// The handler must come after `encode` in a route, since it has to see pages
// before they are compressed, and before the handler that answers. Headers that
// are set with `defer` run after it and overwrite the policy that it adjusted.
//
// Metrics: `caddy_cobrowse_injections_total{site,result}` counts documents, and
// `caddy_cobrowse_tokens_total{site,role,result}` counts token requests; there
// are more, all of which begin with `caddy_cobrowse_`. The admin endpoint
// `GET /cobrowse/status` lists the running handlers, and
// `GET /cobrowse/health/ready` tells whether what stands behind them can be
// reached.
type Handler struct {
	// SDKKey is the SDK key of Zoom's Build portal. It is public: browsers see
	// it. Placeholders are expanded when the configuration is loaded. The
	// default is `{env.ZOOM_SDK_KEY}`, or `{env.ZOOM_COBROWSE_SDK_KEY}` where the
	// environment has only that and the secret beside it, as newer samples of Zoom's
	// name them.
	SDKKey string `json:"sdk_key,omitempty"`

	// SDKSecrets are the SDK secret of Zoom's Build portal and, during a
	// rotation, previous ones: the first signs, all are accepted. Placeholders
	// are expanded when the configuration is loaded, and should be used, such as
	// `{file./run/secrets/zoom_sdk_secret}`: a secret that is written out here
	// can be read through the admin API. The default is `{env.ZOOM_SDK_SECRET}`,
	// or `{env.ZOOM_COBROWSE_SDK_SECRET}`, as for the key.
	SDKSecrets []string `json:"sdk_secrets,omitempty"`

	// Provider is the service that runs the sessions: `zoom`, or `sandbox`, a
	// stand-in that this handler serves itself below its prefix, for trying and
	// testing. The sandbox needs no account: where no credentials are named and
	// the environment has none, it makes its own. The default is `zoom`.
	Provider string `json:"provider,omitempty"`

	// ZoomHost is the host that serves Zoom's SDK and desk, without scheme and
	// path. Placeholders are expanded when the configuration is loaded. The
	// default is `us01-zcb.zoom.us`.
	ZoomHost string `json:"zoom_host,omitempty"`

	// SDKVersion is the version of Zoom's SDK that browsers load: exact, such as
	// `3.10.0`, or a range, such as `3.10.x`. Placeholders are expanded when the
	// configuration is loaded. The default is `3.10.x`.
	SDKVersion string `json:"sdk_version,omitempty"`

	// Path is the prefix of everything that this handler serves itself. Nothing
	// below it ever reaches the site. Placeholders are expanded when the
	// configuration is loaded. The default is `/_cobrowse`.
	Path string `json:"path,omitempty"`

	// Origins are the public origins of the site, such as
	// `https://shop.example`: scheme, host, and port where it is not the
	// scheme's own. With them, policies name the script by its exact address,
	// and token requests are compared with them. Without them, policies say
	// `'self'`, and a token is minted only for requests that the browser itself
	// marks as same-origin, which browsers do over HTTPS and on loopback.
	// Placeholders are expanded when the configuration is loaded. The default is
	// an empty list.
	Origins []string `json:"origins,omitempty"`

	// Load says when a browser fetches Zoom's SDK: `on_demand`, after the click
	// or where a live session is to be resumed, so that no request goes to Zoom
	// before; or `eager`, on every page. The default is `on_demand`.
	Load string `json:"load,omitempty"`

	// Inject restricts the pages that are touched. By default all are.
	Inject *Inject `json:"inject,omitempty"`

	// Private are paths of pages that are never shared: nothing is injected
	// there. A path begins with a slash, is compared in lower case, and may end
	// in `*` to mean all paths that begin so. Placeholders are not supported.
	// The default is an empty list.
	Private []string `json:"private,omitempty"`

	// CSP says what may be done to the site's Content-Security-Policy. By
	// default the least that works is added.
	CSP *CSP `json:"csp,omitempty"`

	// Button describes the help button. By default it is at the bottom right,
	// with a label in the page's language.
	Button *Button `json:"button,omitempty"`

	// Session holds settings that are passed to Zoom's SDK. By default Zoom's
	// own defaults apply.
	Session *Session `json:"session,omitempty"`

	// Masks are rules that hide parts of a page from the agent. The first rule
	// whose paths match a page is the one that counts there. The default is an
	// empty list: nothing is masked but what Zoom masks by itself.
	Masks []Mask `json:"masks,omitempty"`

	// Customer describes the tokens of customers. By default a customer is
	// anonymous, and a token lives 30 minutes.
	Customer *Customer `json:"customer,omitempty"`

	// AgentsRaw is the module that says who is an agent. By default nobody is:
	// the desk and agent tokens are refused with 403, and say how to open them.
	AgentsRaw json.RawMessage `json:"agents,omitempty" caddy:"namespace=http.handlers.cobrowse.agents inline_key=provider"`

	// StoreRaw is the module that keeps the records of sessions. By default it is
	// `memory`, which is right for one instance; `redis` is for several.
	StoreRaw json.RawMessage `json:"store,omitempty" caddy:"namespace=http.handlers.cobrowse.stores inline_key=engine"`

	// Desk describes the agents' page. By default it shows the customers of this
	// site, and no other page may frame it.
	Desk *Desk `json:"desk,omitempty"`

	// Audit is the record of who was let into whose session. By default only the
	// log tells.
	Audit *Audit `json:"audit,omitempty"`

	// Webhooks takes Zoom's webhooks in, and sends this handler's own out. By
	// default there are none.
	Webhooks *Webhooks `json:"webhooks,omitempty"`

	// Limits bounds what clients can spend. By default it is 30 token requests a
	// minute for each client.
	Limits *Limits `json:"limits,omitempty"`

	// Video hands out signatures of Zoom's Video SDK, and lets sessions continue by
	// video. By default neither is there.
	Video *VideoTokens `json:"video_tokens,omitempty"`

	// OWASPHeaders adds to the site's HTML documents what they lack of four header
	// fields, without which the Zoom client refuses to show them:
	// Strict-Transport-Security, X-Content-Type-Options, Referrer-Policy and
	// Content-Security-Policy. What the site sends stays as it is. Browsers that
	// have seen the first one use nothing but HTTPS for a year. The default is
	// false.
	OWASPHeaders bool `json:"owasp_headers,omitempty"`

	// Health is a path, such as `/healthz`, that answers whether this handler is
	// `ok` or `degraded`, with status 200 either way and without details.
	// Placeholders are not supported. The default is none: the admin API's
	// `/cobrowse/health/ready` tells, with details.
	Health string `json:"health,omitempty"`

	// member is this handler's share of its instance; nil until it is taken.
	member *member
	// sandbox names the sandbox in its pool; nil unless one was taken.
	sandbox *sandboxKey
	// audit and webhooks name what was taken from pools.
	audit    string
	webhooks []string
	// memory is the store of a configuration that names none.
	memory *MemoryStore
	mw     *proxy.Middleware
}

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision builds the middleware. It asks nobody, and opens nothing but the
// audit record, which may be in use, so that "caddy validate" can run it beside a
// running server.
func (h *Handler) Provision(ctx caddy.Context) error {
	logger := ctx.Slogger()
	credentials, err := h.expandCredentials(caddy.NewReplacer(), logger)
	if err != nil {
		return err
	}
	cfg, err := h.config(ctx, credentials)
	if err != nil {
		return err
	}
	if err := registerMetrics(ctx.GetMetricsRegistry()); err != nil {
		return err
	}
	return h.start(ctx, cfg, logger)
}

// start joins the pool of instances and builds the middleware.
func (h *Handler) start(ctx caddy.Context, cfg proxy.Config, logger *slog.Logger) error {
	key, err := h.instanceKey(ctx)
	if err != nil {
		return err
	}
	cfg.Logger = logger
	if h.Provider == providerSandbox {
		if h.sandbox, err = joinSandbox(ctx, &cfg, logger); err != nil {
			return err
		}
	}
	if err := h.joinRecords(&cfg, logger, key); err != nil {
		return err
	}
	// What was joined, Cleanup leaves, also where a later step fails.
	h.member = joinInstance(key, &cfg)
	cfg.Observer = h.member
	if err := withEvents(ctx, &cfg, logger); err != nil {
		return err
	}
	if h.mw, err = proxy.New(cfg); err != nil {
		return err
	}
	if server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok {
		server.RegisterOnShutdown(h.mw.EndStreams) // which it would wait for
	}
	return nil
}

// joinRecords gives cfg the audit record and the webhooks.
func (h *Handler) joinRecords(cfg *proxy.Config, logger *slog.Logger, key instanceKey) (err error) {
	repl := caddy.NewReplacer()
	if h.Audit != nil {
		if cfg.Audit, h.audit, err = h.Audit.joinAudit(repl, logger, auditOrigin{cfg.Site(), key.digest[:]}); err != nil {
			return err
		}
	}
	cfg.Webhooks, h.webhooks, err = h.Webhooks.joinSenders(repl, logger)
	return err
}

// ServeHTTP implements [caddyhttp.MiddlewareHandler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if h.asksHealth(r) {
		return h.serveHealth(w, r)
	}
	return h.mw.ServeHTTP(w, r, next.ServeHTTP)
}

// Cleanup gives back what Provision took, however far that came. Requests of
// this configuration may still be in flight: the middleware goes on serving
// pages for them.
func (h *Handler) Cleanup() error {
	if h.member != nil {
		h.member.leave()
	}
	var faults []error
	if h.mw != nil {
		faults = append(faults, h.mw.Close())
	}
	if h.audit != "" {
		_, err := auditWriters.Delete(h.audit)
		faults = append(faults, err)
	}
	for _, key := range h.webhooks {
		_, err := senders.Delete(key)
		faults = append(faults, err)
	}
	h.audit, h.webhooks = "", nil
	if h.memory != nil {
		faults = append(faults, h.memory.Cleanup())
	}
	if h.sandbox != nil {
		key := *h.sandbox
		h.sandbox = nil
		faults = append(faults, leaveSandbox(key))
	}
	return errors.Join(faults...)
}

// Interface guards
var (
	_ caddy.Module                = Handler{}
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
	_ caddyfile.Unmarshaler       = (*Handler)(nil)
)
