package caddymodule

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// seriesOf counts the series that have a site's label.
func seriesOf(t *testing.T, site string) int {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registerMetrics(registry); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, family := range families {
		for _, series := range family.GetMetric() {
			for _, label := range series.GetLabel() {
				if label.GetName() == "site" && label.GetValue() == site {
					n++
				}
			}
		}
	}
	return n
}

// TestSiteSeriesLeave: a site has series for as long as some handler names it,
// so that configurations which come and go leave nothing behind.
func TestSiteSeriesLeave(t *testing.T) {
	cfg := &proxy.Config{Desk: proxy.DeskConfig{Site: t.Name()}}
	old := joinInstance(instanceKey{server: t.Name() + " old"}, cfg)
	old.Injection("injected")
	old.Sessions(3, 1)
	old.Token("customer", "minted")
	old.Token("video-host", "minted")
	old.Token("made up", "minted")
	old.Claim("claimed")
	old.Lockout("too_many_tries_agent")
	old.AuditFault()
	old.Webhook("accepted")
	old.Session("created")
	const want = 15 // some have several from the beginning
	if got := seriesOf(t, t.Name()); got != want {
		t.Errorf("%d series, want %d", got, want)
	}

	renewed := joinInstance(instanceKey{server: t.Name() + " new"}, cfg) // a reload: the new one comes first
	old.leave()
	renewed.Sessions(0, 2)
	if got := seriesOf(t, t.Name()); got != want {
		t.Errorf("after a reload: %d series, want %d", got, want)
	}
	renewed.leave()
	if got := seriesOf(t, t.Name()); got != 0 {
		t.Errorf("the site is gone: %d series", got)
	}
}

// TestNothingIsAllocated for what each page costs.
func TestNothingIsAllocated(t *testing.T) {
	ctx := context.WithValue(context.Background(), instanceKey{}, "some value on the way")
	if n := testing.AllocsPerRun(100, func() {
		observeHold("spliced", time.Millisecond)
		observeHold("made up", time.Millisecond)
		traceFact(ctx, proxy.TraceResult, proxy.Injected)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkHold is what each document pays for the histogram.
func BenchmarkHold(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		observeHold("spliced", 70*time.Microsecond)
	}
}

// BenchmarkTrace is what each document pays where nobody traces.
func BenchmarkTrace(b *testing.B) {
	ctx := context.WithValue(context.WithValue(context.Background(), instanceKey{}, 1), siteSeries{}, 2)
	b.ReportAllocs()
	for b.Loop() {
		traceFact(ctx, proxy.TraceResult, proxy.Injected)
	}
}
