package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// report is what came of a run.
type report struct {
	options
	pairs []*pair
	// attacked is when, after the beginning, the attacks set in.
	attacked time.Duration
	outcomes outcomes
	// empty is before the first session, idle with all of them and no traffic,
	// busy the most that was seen.
	empty, idle, busy stats
}

// verdict is an error where something was lost or an attack was not repelled.
func (r *report) verdict() error {
	var errs []error
	for _, p := range r.pairs {
		for what, t := range map[string]*tally{"changes": p.changes, "strokes": p.strokes} {
			if sent, missing := t.count(); missing != 0 || sent <= 0 {
				errs = append(errs, fmt.Errorf("%s: of %d %s, %d are missing", p.name, sent, what, missing))
			}
		}
		if p.err != nil {
			errs = append(errs, p.err)
		}
	}
	for _, a := range attacks {
		if len(r.outcomes.counts[a.name]) == 0 {
			errs = append(errs, fmt.Errorf("%s: none was tried", a.name))
		}
		for how, n := range r.outcomes.counts[a.name] {
			if !slices.Contains(a.repelled, how) {
				errs = append(errs, fmt.Errorf("%s: %d were %s", a.name, n, how))
			}
		}
	}
	return errors.Join(errs...)
}

// write prints the report.
func (r *report) write(w io.Writer) {
	var quiet, attacked []time.Duration
	sent, lost := 0, 0
	for _, p := range r.pairs {
		n, missing := p.changes.count()
		sent, lost = sent+n, lost+missing
		for _, c := range p.arrived {
			if c.at < r.attacked {
				quiet = append(quiet, c.took)
			} else {
				attacked = append(attacked, c.took)
			}
		}
	}
	fmt.Fprintf(w, "\n%d sessions with an agent each, %d changes a second each, for %v\n\n", r.sessions, r.rate, r.duration)
	fmt.Fprintf(w, "  changes sent %d, lost %d\n\n", sent, lost)
	fmt.Fprintf(w, "  %-22s %10s %10s %10s %10s\n", "customer to agent", "changes", "p50", "p99", "longest")
	writeLatencies(w, "quiet", quiet)
	writeLatencies(w, "under attack", attacked)
	n := uint64(max(1, r.sessions)) //nolint:gosec // not negative
	fmt.Fprintf(w, "\n  %-22s %10s %10s %10s %10s\n", "the service's process", "heap", "stacks", "resident", "goroutines")
	for _, s := range []struct {
		name string
		stats
	}{{"empty", r.empty}, {"with the sessions", r.idle}, {"most under load", r.busy}} {
		fmt.Fprintf(w, "  %-22s %10s %10s %10s %10d\n", s.name, size(s.Heap), size(s.Stacks), size(s.Resident), s.Goroutines)
	}
	fmt.Fprintf(w, "  %-22s %10s %10s %10s %10.1f\n\n", "a session", size(less(r.idle.Heap, r.empty.Heap)/n), size(less(r.idle.Stacks, r.empty.Stacks)/n),
		size(less(r.idle.Resident, r.empty.Resident)/n), float64(r.idle.Goroutines-r.empty.Goroutines)/float64(n))
	for _, a := range attacks {
		counts := r.outcomes.counts[a.name]
		var parts []string
		for _, how := range slices.Sorted(maps.Keys(counts)) {
			parts = append(parts, fmt.Sprintf("%d %s", counts[how], how))
		}
		fmt.Fprintf(w, "  %-30s %s\n", a.name, strings.Join(parts, ", "))
	}
	fmt.Fprintln(w)
}

func writeLatencies(w io.Writer, name string, d []time.Duration) {
	slices.Sort(d)
	fmt.Fprintf(w, "  %-22s %10d %10s %10s %10s\n", name, len(d), quantile(d, 0.5), quantile(d, 0.99), quantile(d, 1))
}

// quantile returns a quantile of what is sorted, as text.
func quantile(sorted []time.Duration, q float64) string {
	if len(sorted) == 0 {
		return "-"
	}
	return sorted[int(q*float64(len(sorted)-1))].Round(10 * time.Microsecond).String()
}

func less(a, b uint64) uint64 { return a - min(a, b) }

// size prints bytes.
func size(n uint64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
