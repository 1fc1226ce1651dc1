package caddymodule

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(adminStatus{})
}

// instances holds what runs, for the admin API, which Caddy builds without
// configuration and therefore cannot be told. A handler whose configuration does
// not change keeps its entry, and with it its counts, through a reload.
var instances = caddy.NewUsagePool()

// instanceKey tells handlers apart: by the server they run in and a digest of
// their configuration. Two handlers of one server that are configured alike
// share an entry.
type instanceKey struct {
	server string
	digest [sha256.Size]byte
}

// instanceKey returns the key of h.
func (h *Handler) instanceKey(ctx caddy.Context) (instanceKey, error) {
	settings, err := json.Marshal(h)
	if err != nil {
		return instanceKey{}, err
	}
	key := instanceKey{digest: sha256.Sum256(settings)}
	if server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok {
		key.server = server.Name()
	}
	return key, nil
}

// instance is the public side of a running handler. It observes the
// middleware's decisions.
type instance struct {
	path, provider       string
	zoomHost, sdkVersion string // zoomHost is empty where a sandbox stands in
	load                 proxy.LoadMode
	dryRun               bool

	injections, customerTokens, agentTokens tally
	claims, sessions, webhooks              tally
	waiting, active                         prometheus.Gauge
}

// joinInstance returns the entry for key, which is made from cfg where there is
// none. Each call needs one call of leaveInstance.
func joinInstance(key instanceKey, cfg *proxy.Config) *instance {
	value, _ := instances.LoadOrStore(key, newInstance(cfg))
	return value.(*instance)
}

// leaveInstance gives an entry back. Requests that still use it do no harm.
func leaveInstance(key instanceKey) {
	_, _ = instances.Delete(key) // an instance has no destructor that could fail
}

func newInstance(cfg *proxy.Config) *instance {
	tokens := func(role string) tally {
		return tally{counter: func(result string) prometheus.Counter { return tokensTotal.WithLabelValues(role, result) }}
	}
	provider, zoomHost := providerZoom, cmp.Or(cfg.ZoomHost, proxy.DefaultZoomHost)
	if cfg.Sandbox != nil {
		provider, zoomHost = providerSandbox, ""
	}
	return &instance{
		path:           cmp.Or(cfg.Path, proxy.DefaultPath),
		provider:       provider,
		zoomHost:       zoomHost,
		sdkVersion:     cmp.Or(cfg.SDKVersion, proxy.DefaultSDKVersion),
		load:           cmp.Or(cfg.Load, proxy.LoadOnDemand),
		dryRun:         cfg.Inject.DryRun,
		injections:     tally{counter: func(result string) prometheus.Counter { return injectionsTotal.WithLabelValues(result) }},
		customerTokens: tokens("customer"),
		agentTokens:    tokens("agent"),
		claims:         tally{counter: func(result string) prometheus.Counter { return claimsTotal.WithLabelValues(result) }},
		sessions:       tally{counter: func(state string) prometheus.Counter { return sessionsTotal.WithLabelValues(state) }},
		webhooks:       tally{counter: func(result string) prometheus.Counter { return webhooksTotal.WithLabelValues(result) }},
		waiting:        sessionsActive.WithLabelValues(cfg.Site(), "waiting"),
		active:         sessionsActive.WithLabelValues(cfg.Site(), "active"),
	}
}

// Injection implements [proxy.Observer].
func (i *instance) Injection(result string) { i.injections.add(result) }

// Token implements [proxy.Observer].
func (i *instance) Token(role, result string) {
	if role == "agent" {
		i.agentTokens.add(result)
		return
	}
	i.customerTokens.add(result)
}

// Session implements [proxy.Observer].
func (i *instance) Session(state string) { i.sessions.add(state) }

// Sessions implements [proxy.Observer].
func (i *instance) Sessions(waiting, active int) {
	i.waiting.Set(float64(waiting))
	i.active.Set(float64(active))
}

// Claim implements [proxy.Observer].
func (i *instance) Claim(result string) { i.claims.add(result) }

// AuditFault implements [proxy.Observer].
func (i *instance) AuditFault() { auditErrorsTotal.Inc() }

// Webhook implements [proxy.Observer].
func (i *instance) Webhook(result string) { i.webhooks.add(result) }

// adminStatus is a module of the admin API that tells which cobrowse handlers
// run and what they did. It answers nothing that a visitor of the site could not
// find out, and counts.
type adminStatus struct{}

// CaddyModule returns the Caddy module information.
func (adminStatus) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.cobrowse",
		New: func() caddy.Module { return new(adminStatus) },
	}
}

// Routes implements [caddy.AdminRouter].
func (a adminStatus) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/cobrowse/status", Handler: caddy.AdminHandlerFunc(a.serve)}}
}

// status is the answer of GET /cobrowse/status.
type status struct {
	Instances []instanceStatus `json:"instances"`
}

// instanceStatus is one entry of status.
type instanceStatus struct {
	// Server is the name of the server in Caddy's configuration.
	Server     string         `json:"server"`
	Path       string         `json:"path"`
	Provider   string         `json:"provider"`
	ZoomHost   string         `json:"zoom_host,omitempty"`
	SDKVersion string         `json:"sdk_version"`
	Load       proxy.LoadMode `json:"load"`
	DryRun     bool           `json:"dry_run"`
	// Handlers is how many handlers share this entry.
	Handlers int `json:"handlers"`
	// Injections and Tokens are counted since the entry exists.
	Injections map[string]uint64            `json:"injections"`
	Tokens     map[string]map[string]uint64 `json:"tokens"`
}

// serve answers GET /cobrowse/status.
func (adminStatus) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("method not allowed: use GET")}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(currentStatus()); err != nil {
		return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	return nil
}

// currentStatus reads the pool. The pool must not be asked again while it is
// ranged over, so references are counted afterwards.
func currentStatus() status {
	entries := make(map[instanceKey]*instance)
	instances.Range(func(key, value any) bool {
		entries[key.(instanceKey)] = value.(*instance)
		return true
	})
	answer := status{Instances: []instanceStatus{}}
	for key, i := range entries {
		handlers, running := instances.References(key)
		if !running {
			continue
		}
		answer.Instances = append(answer.Instances, instanceStatus{
			Server: key.server, Path: i.path, Provider: i.provider, ZoomHost: i.zoomHost, SDKVersion: i.sdkVersion,
			Load: i.load, DryRun: i.dryRun, Handlers: handlers,
			Injections: i.injections.snapshot(),
			Tokens:     map[string]map[string]uint64{"customer": i.customerTokens.snapshot(), "agent": i.agentTokens.snapshot()},
		})
	}
	slices.SortFunc(answer.Instances, func(a, b instanceStatus) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Path, b.Path), cmp.Compare(a.ZoomHost, b.ZoomHost))
	})
	return answer
}

// Interface guards
var (
	_ caddy.AdminRouter = (*adminStatus)(nil)
	_ proxy.Observer    = (*instance)(nil)
)
