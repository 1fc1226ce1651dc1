package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sampleReport is a report of three rounds with invented numbers, in which each
// kind of cell occurs.
func sampleReport(t *testing.T) report {
	t.Helper()
	p, err := newPlan(options{only: "html-2k,json,gzip-2k,stall,memory", peers: "ours,nginx,apache", rounds: 3, duration: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r := newResults(p)
	for _, w := range p.workloads {
		r.Direct[w.name] = 40_000
	}
	at := func(workload, peer string, rates ...int) {
		s := new(samples)
		for i, rate := range rates {
			l := load{requests: rate, elapsed: time.Second, p50: 2 * time.Millisecond, p99: time.Duration(9+i) * time.Millisecond}
			s.add(sample{load: l, used: time.Duration(rate) * (100 + time.Duration(i)) * time.Microsecond, others: 0.04 * float64(i)})
		}
		put(r.Loads, workload, peer, s)
	}
	at("html-2k", "caddy", 10_000, 8_000, 12_000)
	at("html-2k", "ours", 9_800, 7_900, 11_400)
	at("html-2k", "nginx", 38_000, 39_000, 37_000)
	at("json-2k", "caddy", 10_000, 10_000, 10_000)
	at("json-2k", "ours", 9_800, 9_800, 9_800)
	at("gzip-2k", "caddy", 10_000, 10_000, 10_000)
	at("gzip-2k", "ours", 6_000, 5_000)
	r.Loads["gzip-2k"]["ours"].add(sample{others: 0.5})
	r.Loads["gzip-2k"]["ours"].Failed = 2
	put(r.Stalls, "identity", "caddy", []time.Duration{600 * time.Microsecond, 900 * time.Microsecond, 700 * time.Microsecond})
	put(r.Stalls, "identity", "ours", []time.Duration{time.Millisecond, time.Millisecond, 2 * time.Millisecond})
	put(r.Memory, sectionMemory, "caddy", []int64{1 << 20, 2 << 20, 3 << 20})
	put(r.Memory, sectionMemory, "ours", []int64{1 << 20, 2 << 20, 2 << 20})
	r.fault("start", "apache", errors.New("it did not\nstart"))
	r.decided("html-2k", map[string]int64{"injected": 29_100, "skipped": 0})
	r.decided("gzip-2k", map[string]int64{"injected": 10_990, "hold-exceeded": 10})
	r.decided("json-2k", map[string]int64{"not-a-document": 29_400})
	r.Machine = machine{
		CPU: "4 × Example CPU", Kernel: "6.1", Go: "go1.26", Cores: share([]int{0, 1, 2, 3}), Revision: "0123456789ab",
		Versions: map[string]string{"caddy": "v2.11.9", "nginx": "1.22.1", "wrk": "4.1.0"},
		Date:     time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC),
	}
	return report{r}
}

func TestReport(t *testing.T) {
	r := sampleReport(t)
	for name, got := range map[string]string{"report.md.golden": r.markdown("benchmarks.svg"), "report.txt.golden": r.text()} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; -update rewrites it. Got:\n%s", name, got)
		}
	}
}

// The goals are judged by medians: 0.98 reaches 0.95 and misses 0.99.
func TestGoals(t *testing.T) {
	var got []string
	for _, row := range sampleReport(t).goalTable().rows {
		got = append(got, row[0]+": "+row[len(row)-1])
	}
	const want = "html-2k: yes, gzip-2k: no, json-2k: no, first byte, identity: yes, one page of 200 MB: yes"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("goals %q, want %q", text, want)
	}
}

func TestCPUModel(t *testing.T) {
	const cpuinfo = "processor\t: 0\nmodel name\t: Example CPU\n\nprocessor\t: 1\nmodel name\t: Example CPU\n"
	if got := cpuModel(cpuinfo); got != "2 × Example CPU" {
		t.Errorf("got %q", got)
	}
}
