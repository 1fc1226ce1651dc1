package caddymodule

import (
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// sites holds the series of the sites that run. There are as many as the
// configuration names, however often it changes: a site that has left it has no
// series, and above all no sessions that wait for ever.
var sites = caddy.NewUsagePool()

// siteSeries are the series of one site.
type siteSeries struct{ site string }

// joinSite keeps the series of a site until leaveSite.
func joinSite(site string) siteSeries {
	value, loaded := sites.LoadOrStore(site, siteSeries{site})
	if !loaded {
		value.(siteSeries).begin()
	}
	return value.(siteSeries)
}

// begin sets series to zero that alerts look at: Prometheus sees no increase in
// one that begins with its first event.
func (s siteSeries) begin() {
	for _, limit := range []session.Reason{session.ReasonTries, session.ReasonTriesAddr, session.ReasonTriesSite} {
		lockoutsTotal.WithLabelValues(s.site, string(limit))
	}
	for _, result := range []inject.Reason{proxy.Injected, proxy.ReasonInternal, proxy.ReasonHoldTimeout} {
		injectionsTotal.WithLabelValues(s.site, string(result))
	}
	auditErrorsTotal.WithLabelValues(s.site)
}

func leaveSite(site string) { _, _ = sites.Delete(site) } // its destructor never fails

// Destruct implements [caddy.Destructor]. A request that is still served may
// bring a series back, which is no harm.
func (s siteSeries) Destruct() error {
	labels := prometheus.Labels{"site": s.site}
	sessionsActive.DeletePartialMatch(labels)
	for _, vec := range []*prometheus.CounterVec{
		injectionsTotal, tokensTotal, sessionsTotal, claimsTotal, lockoutsTotal, auditErrorsTotal, webhooksTotal,
	} {
		vec.DeletePartialMatch(labels)
	}
	return nil
}

// tally counts results into series of the site: those of vec with the given
// labels between the site's and the result's.
func (s siteSeries) tally(vec *prometheus.CounterVec, labels ...string) tally {
	labels = append([]string{s.site}, labels...)
	return tally{counter: func(result string) prometheus.Counter {
		return vec.WithLabelValues(append(slices.Clip(labels), result)...)
	}}
}

// holds are the series of injectionSeconds, which would cost a lookup with a
// lock for each page.
var holds = map[string]prometheus.Observer{
	string(inject.MethodUntouched): injectionSeconds.WithLabelValues(string(inject.MethodUntouched)),
	string(inject.MethodInserted):  injectionSeconds.WithLabelValues(string(inject.MethodInserted)),
	string(inject.MethodSpliced):   injectionSeconds.WithLabelValues(string(inject.MethodSpliced)),
	string(inject.MethodRecoded):   injectionSeconds.WithLabelValues(string(inject.MethodRecoded)),
}

// observeHold counts a document that was held.
func observeHold(method string, held time.Duration) {
	if series, known := holds[method]; known {
		series.Observe(held.Seconds())
	}
}

// Interface guard
var _ caddy.Destructor = siteSeries{}
