package caddymodule

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

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
	site, path, provider string
	zoomHost, sdkVersion string // zoomHost is empty where a sandbox stands in
	load                 proxy.LoadMode
	dryRun               bool

	injections, claims, lockouts, sessions, webhooks tally

	tokens           map[string]*tally // by role
	auditFaults      atomic.Uint64
	auditFaultsTotal prometheus.Counter
	waiting, active  prometheus.Gauge

	checkup checkup

	mu      sync.Mutex
	members []*member
}

// member is one handler of an instance.
type member struct {
	*instance
	key   instanceKey
	parts parts
	left  sync.Once
}

// joinInstance makes a handler a member of the instance for key, which is made
// from cfg where there is none.
func joinInstance(key instanceKey, cfg *proxy.Config) *member {
	series := joinSite(cfg.Site())
	value, _ := instances.LoadOrStore(key, newInstance(cfg, series))
	m := &member{instance: value.(*instance), key: key, parts: partsOf(cfg)}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members = append(m.members, m)
	return m
}

// leave gives the entry back. Requests that still use it do no harm.
func (m *member) leave() {
	m.left.Do(func() {
		m.mu.Lock()
		m.members = slices.DeleteFunc(m.members, func(other *member) bool { return other == m })
		m.mu.Unlock()
		_, _ = instances.Delete(m.key) // an instance has no destructor that could fail
		leaveSite(m.site)
	})
}

// newest returns the parts of the handler that came last: where a configuration
// replaces another one, the old one's are about to be closed.
func (i *instance) newest() (parts, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.members) == 0 {
		return parts{}, false
	}
	return i.members[len(i.members)-1].parts, true
}

// running returns the instances by their keys. The pool must not be asked while
// it is ranged over, so this is all that is done there.
func running() map[instanceKey]*instance {
	entries := make(map[instanceKey]*instance)
	instances.Range(func(key, value any) bool {
		entries[key.(instanceKey)] = value.(*instance)
		return true
	})
	return entries
}

func newInstance(cfg *proxy.Config, series siteSeries) *instance {
	provider, zoomHost := providerZoom, cmp.Or(cfg.ZoomHost, proxy.DefaultZoomHost)
	if cfg.Sandbox != nil {
		provider, zoomHost = providerSandbox, ""
	}
	tokens := make(map[string]*tally)
	for _, role := range []string{"customer", "agent", "video-attendee", "video-host", otherResult} {
		t := series.tally(tokensTotal, role)
		tokens[role] = &t
	}
	return &instance{
		site:             series.site,
		path:             cmp.Or(cfg.Path, proxy.DefaultPath),
		provider:         provider,
		zoomHost:         zoomHost,
		sdkVersion:       cmp.Or(cfg.SDKVersion, proxy.DefaultSDKVersion),
		load:             cmp.Or(cfg.Load, proxy.LoadOnDemand),
		dryRun:           cfg.Inject.DryRun,
		injections:       series.tally(injectionsTotal),
		claims:           series.tally(claimsTotal),
		lockouts:         series.tally(lockoutsTotal),
		sessions:         series.tally(sessionsTotal),
		webhooks:         series.tally(webhooksTotal),
		tokens:           tokens,
		auditFaultsTotal: auditErrorsTotal.WithLabelValues(series.site),
		waiting:          sessionsActive.WithLabelValues(series.site, "waiting"),
		active:           sessionsActive.WithLabelValues(series.site, "active"),
	}
}

// Injection implements [proxy.Observer].
func (i *instance) Injection(result string) { i.injections.add(result) }

// Held implements [proxy.Observer].
func (i *instance) Held(method string, held time.Duration) { observeHold(method, held) }

// Token implements [proxy.Observer].
func (i *instance) Token(role, result string) {
	counts, known := i.tokens[role]
	if !known {
		counts = i.tokens[otherResult]
	}
	counts.add(result)
}

// tokenCounts are the counts of the roles that asked for one.
func (i *instance) tokenCounts() map[string]map[string]uint64 {
	counts := make(map[string]map[string]uint64)
	for role, t := range i.tokens {
		if results := t.snapshot(); len(results) > 0 {
			counts[role] = results
		}
	}
	return counts
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

// Lockout implements [proxy.Observer].
func (i *instance) Lockout(limit string) { i.lockouts.add(limit) }

// AuditFault implements [proxy.Observer].
func (i *instance) AuditFault() {
	i.auditFaults.Add(1)
	i.auditFaultsTotal.Inc()
}

// Webhook implements [proxy.Observer].
func (i *instance) Webhook(result string) { i.webhooks.add(result) }

// Interface guard
var _ proxy.Observer = (*instance)(nil)
