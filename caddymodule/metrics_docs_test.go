package caddymodule

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Files for operators.
const (
	metricsPage   = "../docs/metrics.md"
	dashboardFile = "../docs/grafana-dashboard.json"
)

// metric is what a collector says of itself.
type metric struct {
	name, kind, help string
	labels           []string
}

var descForm = regexp.MustCompile(`^Desc\{fqName: "([^"]*)", help: "(.*?)", (?:unit: "[^"]*", )?constLabels: \{\}, variableLabels: \{([^}]*)\}\}$`)

// registered describes the collectors in their order.
func registered(t testing.TB) []metric {
	t.Helper()
	var all []metric
	for _, c := range collectors() {
		descs := make(chan *prometheus.Desc, 1)
		c.Describe(descs)
		parts := descForm.FindStringSubmatch((<-descs).String())
		if parts == nil {
			t.Fatalf("%T describes itself in another way", c)
		}
		m := metric{name: parts[1], help: parts[2], labels: strings.Split(parts[3], ",")}
		switch c.(type) {
		case *prometheus.CounterVec:
			m.kind = "counter"
		case *prometheus.GaugeVec:
			m.kind = "gauge"
		case *prometheus.HistogramVec:
			m.kind = "histogram"
		default:
			t.Fatalf("%s is a %T", m.name, c)
		}
		all = append(all, m)
	}
	return all
}

// TestMetricsPage keeps the table of docs/metrics.md as it should be. With
// -update it is written.
func TestMetricsPage(t *testing.T) {
	const begin, end = "<!-- the table comes from the code: go test ./caddymodule -run MetricsPage -update -->\n", "<!-- end of the table -->\n"
	text, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	table, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no table", metricsPage)
	}
	var want strings.Builder
	want.WriteString("\n| metric | kind | labels | what |\n|---|---|---|---|\n")
	for _, m := range registered(t) {
		fmt.Fprintf(&want, "| `%s` | %s | `%s` | %s |\n", m.name, m.kind, strings.Join(m.labels, "`, `"), m.help)
	}
	want.WriteString("\n")
	if table == want.String() {
		return
	}
	if flag.Lookup("update").Value.String() != "true" {
		t.Fatalf("the table is\n%s\nand should be\n%s", table, want.String())
	}
	if err := os.WriteFile(metricsPage, []byte(before+begin+want.String()+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// dashboard is what matters of Grafana's model.
type dashboard struct {
	Panels []struct {
		Type       string
		Title      string
		Datasource struct{ UID string }
		GridPos    struct{ X, Y, W, H int }
		Targets    []struct{ Expr string }
	}
	Templating struct {
		List []struct{ Name, Type, Query string }
	}
}

var (
	metricForm = regexp.MustCompile(`\bcaddy_cobrowse_[a-z_]+`)
	labelForm  = regexp.MustCompile(`[{,]\s*([a-z_]+)\s*(?:=|!)`)
	byForm     = regexp.MustCompile(`\bby \(([^)]*)\)`)
)

// TestDashboard: every query of the dashboard is of a metric that is registered,
// and of labels that it has; every metric is in some panel; and all of it reads
// the data source that the person at Grafana has chosen.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var board dashboard
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	labels := make(map[string][]string) // by the names of series
	for _, m := range registered(t) {
		if m.kind != "histogram" {
			labels[m.name] = m.labels
			continue
		}
		labels[m.name+"_sum"], labels[m.name+"_count"] = m.labels, m.labels
		labels[m.name+"_bucket"] = append(slices.Clone(m.labels), "le")
	}
	used := make(map[string]bool)
	check := func(where, query string) {
		names := metricForm.FindAllString(query, -1)
		if len(names) == 0 {
			t.Errorf("%s asks for nothing of ours: %s", where, query)
		}
		var known []string
		for _, name := range names {
			if labels[name] == nil {
				t.Errorf("%s asks for %s, which is not registered", where, name)
			}
			known = append(known, labels[name]...)
			used[name] = true
		}
		for _, label := range labelsOf(query) {
			if !slices.Contains(known, label) {
				t.Errorf("%s asks for the label %s, which none of %v has", where, label, names)
			}
		}
	}
	hasSource := false
	for _, v := range board.Templating.List {
		switch v.Type {
		case "datasource":
			hasSource = v.Name == "datasource" && v.Query == "prometheus"
		case "query":
			check("variable "+v.Name, v.Query)
		}
	}
	if !hasSource {
		t.Error("no variable for the data source")
	}
	for _, p := range board.Panels {
		if p.Type == "row" {
			continue
		}
		if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %q: %+v", p.Title, p)
		}
		for _, target := range p.Targets {
			check("panel "+p.Title, target.Expr)
		}
	}
	for _, m := range registered(t) {
		if !used[m.name] && !used[m.name+"_bucket"] && !used[m.name+"_count"] {
			t.Errorf("no panel shows %s", m.name)
		}
	}
}

// labelsOf finds the labels that a query selects and groups by.
func labelsOf(query string) []string {
	var found []string
	for _, m := range labelForm.FindAllStringSubmatch(query, -1) {
		found = append(found, m[1])
	}
	for _, m := range byForm.FindAllStringSubmatch(query, -1) {
		for name := range strings.SplitSeq(m[1], ",") {
			found = append(found, strings.TrimSpace(name))
		}
	}
	return found
}
