package caddymodule

import (
	"errors"
	"regexp"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// The collectors belong to the process, since counters that fall to zero at
// each reload are worth little. Every configuration registers them in the
// registry that it brings.
var (
	injectionsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy",
		Subsystem: "cobrowse",
		Name:      "injections_total",
		Help:      "Documents that passed the cobrowse handler, by what was done: injected, or the reason why not.",
	}, []string{"result"})
	tokensTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy",
		Subsystem: "cobrowse",
		Name:      "tokens_total",
		Help:      "Token requests, by the role that was asked for (customer, agent) and the result: minted, or the reason why not.",
	}, []string{"role", "result"})
	sessionsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy",
		Subsystem: "cobrowse",
		Name:      "sessions_total",
		Help:      "Sessions that came to a state: created, waiting, active, ended, expired.",
	}, []string{"state"})
	sessionsActive = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "caddy",
		Subsystem: "cobrowse",
		Name:      "sessions_active",
		Help:      "Sessions of a desk that wait for an agent or have one, as this instance saw them last.",
	}, []string{"site", "state"})
	claimsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy",
		Subsystem: "cobrowse",
		Name:      "pin_claims_total",
		Help:      "Agents' wishes to join a session, by result: claimed, or the reason why not.",
	}, []string{"result"})
	auditErrorsTotal = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "caddy",
		Subsystem: "cobrowse",
		Name:      "audit_errors_total",
		Help:      "Lines of the audit record that could not be written. No agent's token left for them.",
	})
	webhooksTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy",
		Subsystem: "cobrowse",
		Name:      "zoom_webhooks_total",
		Help:      "Requests in the name of Zoom's webhooks, by result: accepted, or the reason why not.",
	}, []string{"result"})
)

// sentTotal is beside the others because senders outlive handlers.
var sentTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "caddy",
	Subsystem: "cobrowse",
	Name:      "webhooks_total",
	Help:      "Events that were sent to the operator's programs, by what became of them.",
}, []string{"result"})

// collectors are all of the above.
func collectors() []prometheus.Collector {
	return []prometheus.Collector{
		injectionsTotal, tokensTotal, sessionsTotal, sessionsActive, claimsTotal, auditErrorsTotal, webhooksTotal, sentTotal,
	}
}

// registerMetrics adds the collectors to a configuration's registry, which has
// them already where the configuration has several handlers.
func registerMetrics(registry prometheus.Registerer) error {
	for _, collector := range collectors() {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(collector); err != nil && !errors.As(err, &already) {
			return err
		}
	}
	return nil
}

// The results of package proxy are a small fixed set. Should one ever be made
// of something else by mistake, it must not become a label: what does not look
// like a reason, and what comes after maxResults of them, is counted as other.
const (
	maxResults  = 64
	otherResult = "other"
)

var resultPattern = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+){0,7}$`)

// tally counts the results of one handler, and passes each on to a counter of
// the process. It is safe for concurrent use, and a result that was seen before
// costs one lookup and two additions.
type tally struct {
	counter func(result string) prometheus.Counter

	mu    sync.Mutex // held to add an entry
	known atomic.Int32
	seen  sync.Map // result → *count
}

type count struct {
	total prometheus.Counter
	here  atomic.Uint64
}

// add counts one result.
func (t *tally) add(result string) {
	entry, ok := t.seen.Load(result)
	if !ok {
		entry = t.entry(result)
	}
	c := entry.(*count)
	c.total.Inc()
	c.here.Add(1)
}

// entry returns the entry of a result that add did not find.
func (t *tally) entry(result string) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !resultPattern.MatchString(result) || t.known.Load() >= maxResults {
		result = otherResult
	}
	entry, loaded := t.seen.LoadOrStore(result, &count{total: t.counter(result)})
	if !loaded {
		t.known.Add(1)
	}
	return entry
}

// snapshot returns the counts so far.
func (t *tally) snapshot() map[string]uint64 {
	counts := make(map[string]uint64)
	t.seen.Range(func(result, entry any) bool {
		counts[result.(string)] = entry.(*count).here.Load()
		return true
	})
	return counts
}
