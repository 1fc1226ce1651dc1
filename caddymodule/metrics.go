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
//
// No label has anything of a person, a page or a PIN: sites are named by the
// operator, and all other labels are words of ours. docs/metrics.md lists them.
var (
	injectionsTotal = counters("injections_total",
		"Documents that passed the cobrowse handler, by what was done: injected, or the reason why not.", "site", "result")
	injectionSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: metricNamespace,
		Subsystem: metricSubsystem,
		Name:      "injection_duration_seconds",
		Help: "How long the beginning of a document was held until its first byte left, from the site's header on, " +
			"by how it went out: inserted, spliced, recoded, untouched.",
		// From "the head came with the header", by the 50 ms that a slow head may
		// take, to the 10 s after which a page is released.
		Buckets: []float64{.00001, .00003, .0001, .0003, .001, .003, .01, .03, .06, .1, .3, 1, 3, 10},
	}, []string{"method"})
	tokensTotal = counters("tokens_total",
		"Token requests, by the role that was asked for (customer, agent, video-attendee, video-host) and the result: minted, or the reason why not.", "site", "role", "result")
	sessionsTotal = counters("sessions_total",
		"Sessions that came to a state: created, waiting, active, ended, expired.", "site", "state")
	sessionsActive = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: metricNamespace,
		Subsystem: metricSubsystem,
		Name:      "sessions_active",
		Help:      "Sessions of a desk that wait for an agent or have one, as this instance saw them last.",
	}, []string{"site", "state"})
	claimsTotal = counters("pin_claims_total",
		"Agents' wishes to join a session, by result: claimed, or the reason why not.", "site", "result")
	lockoutsTotal = counters("lockouts_total",
		"Claims that were refused because too many wrong PINs had been tried, by the limit that was reached.", "site", "limit")
	auditErrorsTotal = counters("audit_errors_total",
		"Lines of the audit record that could not be written. No agent's token left for them.", "site")
	webhooksTotal = counters("zoom_webhooks_total",
		"Requests in the name of Zoom's webhooks, by result: accepted, or the reason why not.", "site", "result")
)

// storeSeconds, storeErrorsTotal and sentTotal are of things that several sites
// may share.
var (
	storeSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: metricNamespace,
		Subsystem: metricSubsystem,
		Name:      "store_duration_seconds",
		Help:      "How long steps of the session store took, failed ones included.",
		// From a map in memory to the 500 ms after which a step is given up.
		Buckets: []float64{.00001, .0001, .0003, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1},
	}, []string{"op"})
	storeErrorsTotal = counters("store_errors_total",
		"Steps of the session store that failed: it could not be asked, did not answer in time, or is full.", "op")
	sentTotal = counters("webhooks_total",
		"Events that were sent to the operator's programs, by what became of them.", "result")
)

// The names of all metrics begin so.
const (
	metricNamespace = "caddy"
	metricSubsystem = "cobrowse"
)

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricNamespace, Subsystem: metricSubsystem, Name: name, Help: help,
	}, labels)
}

// collectors are all of the above.
func collectors() []prometheus.Collector {
	return []prometheus.Collector{
		injectionsTotal, injectionSeconds, tokensTotal, sessionsTotal, sessionsActive, claimsTotal, lockoutsTotal,
		auditErrorsTotal, webhooksTotal, storeSeconds, storeErrorsTotal, sentTotal,
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
