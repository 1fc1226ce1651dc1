package caddymodule

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// TestRegisterMetrics registers twice in each of two registries, as two handlers
// of two configurations do.
func TestRegisterMetrics(t *testing.T) {
	for range 2 {
		registry := prometheus.NewPedanticRegistry()
		for range 2 {
			if err := registerMetrics(registry); err != nil {
				t.Fatal(err)
			}
		}
		joined := joinInstance(instanceKey{server: t.Name()}, new(proxy.Config))
		joined.Injection("injected")
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == "caddy_cobrowse_injections_total" }) {
			t.Errorf("families %v", families)
		}
		joined.leave()
	}
}

// TestRegisterMetricsFails reports a registry that has another collector of the
// same name.
func TestRegisterMetricsFails(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "caddy_cobrowse_injections_total", Help: "another"}, []string{"other"}))
	if err := registerMetrics(registry); err == nil {
		t.Error("no error")
	}
}

// testTally is a tally that counts into a vector of its own.
func testTally() (*tally, *prometheus.CounterVec) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "test"}, []string{"result"})
	return &tally{counter: func(result string) prometheus.Counter { return vec.WithLabelValues(result) }}, vec
}

// TestTallyIsBounded shows that results cannot make labels without end, or of
// what visitors send.
func TestTallyIsBounded(t *testing.T) {
	tally, vec := testTally()
	for _, odd := range []string{"", "Konto 12345", "https://shop.example/?q", "a\nb", "<script>", "-x", "a-b-c-d-e-f-g-h-i"} {
		tally.add(odd)
	}
	if got := tally.snapshot(); len(got) != 1 || got["other"] != 7 {
		t.Errorf("got %v", got)
	}
	for i := range 10 * maxResults {
		tally.add(fmt.Sprintf("result-%d", i))
	}
	series := make(chan prometheus.Metric, 20*maxResults)
	vec.Collect(series)
	if got := len(series); got > maxResults+1 {
		t.Errorf("%d series", got)
	}
}

// TestTallyCounts adds from many goroutines.
func TestTallyCounts(t *testing.T) {
	tally, vec := testTally()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 1000 {
				tally.add([]string{"injected", "media-type"}[i%2])
			}
		})
	}
	wg.Wait()
	if got := tally.snapshot(); got["injected"] != 4000 || got["media-type"] != 4000 || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	var total dto.Metric
	if err := vec.WithLabelValues("injected").Write(&total); err != nil || total.GetCounter().GetValue() != 4000 {
		t.Errorf("counter %v, %v", &total, err)
	}
}

// TestInstanceIsShared shows that a handler that comes again finds its counts.
func TestInstanceIsShared(t *testing.T) {
	key := instanceKey{server: t.Name()}
	first := joinInstance(key, new(proxy.Config))
	first.Injection("injected")
	first.Token("agent", "minted")
	first.Token("customer", "rate")
	second := joinInstance(key, new(proxy.Config))
	second.leave()
	second.leave() // counts once
	if second.instance != first.instance {
		t.Error("another instance")
	}
	var found *instanceStatus
	for _, i := range currentStatus().Instances {
		if i.Server == t.Name() {
			found = &i
		}
	}
	if found == nil || found.Handlers != 1 || found.Injections["injected"] != 1 || found.Tokens["agent"]["minted"] != 1 || found.Tokens["customer"]["rate"] != 1 {
		t.Errorf("status %+v", found)
	}
	first.leave()
	for _, i := range currentStatus().Instances {
		if i.Server == t.Name() {
			t.Error("the instance is still there")
		}
	}
}

// BenchmarkTally is what each request pays, documents or not.
func BenchmarkTally(b *testing.B) {
	tally, _ := testTally()
	b.ReportAllocs()
	for b.Loop() {
		tally.add("not-a-document")
	}
}
