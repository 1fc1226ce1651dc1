package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// report turns results into tables.
type report struct{ *results }

// section is a table under a heading, with a line that says how to read it.
type section struct {
	title, note string
	table       table
}

// none stands where there is nothing to tell.
const none = "–"

// sections returns all tables that have rows.
func (r report) sections() []section {
	all := []section{
		{
			"Requests a second, as a ratio to plain Caddy",
			"Median of the rounds (least–most); more is better. ≥: the origin or the load generator was the limit, the proxy could do more.",
			r.loadTable(r.rateCell),
		},
		{
			"CPU time a request, as a ratio to plain Caddy",
			"Median of the rounds (least–most); less is better.",
			r.loadTable(r.cpuCell),
		},
		{
			"What was done with the requests",
			"As " + peerTitles[ourPeer] + " itself counted in all rounds, by the words of X-Cobrowse. Documents that are not injected are requests which the load generator broke off when its time was up, unless the next table has failed answers.",
			r.decisionTable(),
		},
		{
			"Absolute figures",
			"Medians of the rounds. Latencies are those of half and of 99 % of the requests under full load.",
			r.absoluteTable(),
		},
		{
			"Time to the first byte where the origin stalls",
			fmt.Sprintf("The origin sends the page's head, waits %v, and sends the rest. Median (least–most).", stallTime),
			r.stallTable(),
		},
		{
			"Peak memory above idle",
			fmt.Sprintf("One page of %d MB, streamed; and %d slow clients at once with a page of 1 MB each. Median (least–most).", r.Setup.Huge>>20, slowClients),
			r.memoryTable(),
		},
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.table.rows) == 0 })
}

// header names the peers that take part.
func (r report) header(first string) []string {
	header := []string{first}
	for _, p := range r.Setup.Peers {
		header = append(header, peerTitles[p])
	}
	return header
}

// loadTable has a row a workload and a column a peer.
func (r report) loadTable(cell func(w workload, peer string) string) table {
	t := table{header: r.header("workload")}
	for _, w := range r.workloads() {
		if r.Loads[w.name][basePeer] == nil {
			continue
		}
		row := []string{w.name}
		for _, p := range r.Setup.Peers {
			if s := r.Loads[w.name][p]; s != nil && len(s.PerSecond) > 0 {
				row = append(row, cell(w, p))
			} else {
				row = append(row, none)
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// rates are the ratios of a peer's requests a second to plain Caddy's, round by
// round.
func (r *results) rates(workload, peer string) spread[float64] {
	s, base := r.Loads[workload][peer], r.Loads[workload][basePeer]
	if s == nil || base == nil {
		return spread[float64]{}
	}
	return newSpread(ratios(s.PerSecond, base.PerSecond))
}

// costs are the same of CPU time a request.
func (r *results) costs(workload, peer string) spread[float64] {
	s, base := r.Loads[workload][peer], r.Loads[workload][basePeer]
	if s == nil || base == nil {
		return spread[float64]{}
	}
	return newSpread(ratios(s.CPU, base.CPU))
}

// glance is a workload's ratios so far, for whoever waits.
func (r *results) glance(workload string) string {
	var parts []string
	for _, p := range r.Setup.Peers[1:] {
		if s := r.rates(workload, p); s.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %.2f", p, s.median))
		}
	}
	return strings.Join(parts, ", ")
}

// limited is the part of the origin's own rate from which on a proxy's rate
// says nothing more about the proxy.
const limited = 0.85

// limited says that a peer could have done more, had the origin or the load
// generator.
func (r *results) limited(workload, peer string) bool {
	s, direct := r.Loads[workload][peer], r.Direct[workload]
	return s != nil && direct > 0 && newSpread(counted(s.PerSecond)).median > limited*direct
}

func (r report) rateCell(w workload, peer string) string {
	text := ratioText(r.rates(w.name, peer))
	if peer != basePeer && r.limited(w.name, peer) {
		return "≥ " + text
	}
	return text
}

func (r report) cpuCell(w workload, peer string) string {
	return ratioText(r.costs(w.name, peer))
}

// absoluteTable has a row for each workload and peer.
func (r report) absoluteTable() table {
	t := table{header: []string{"workload", "proxy", "requests/s", "CPU a request", "p50", "p99", "failed"}}
	for _, w := range r.workloads() {
		if r.Loads[w.name] == nil {
			continue
		}
		t.rows = append(t.rows, []string{w.name, "no proxy", fmt.Sprintf("%.0f", r.Direct[w.name]), none, none, none, none})
		for _, p := range r.Setup.Peers {
			s := r.Loads[w.name][p]
			if s == nil || len(s.PerSecond) == 0 {
				continue
			}
			t.rows = append(t.rows, []string{
				w.name, peerTitles[p], fmt.Sprintf("%.0f", newSpread(counted(s.PerSecond)).median),
				fmt.Sprintf("%.0f µs", newSpread(counted(s.CPU)).median), milliseconds(newSpread(counted(s.P50)).median),
				milliseconds(newSpread(counted(s.P99)).median), strconv.Itoa(s.Failed),
			})
		}
	}
	return t
}

func ratioText(s spread[float64]) string {
	switch {
	case s.n == 0:
		return none
	case s.n == 1 || s.least == s.most:
		return fmt.Sprintf("%.2f", s.median)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.least, s.most)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

func (r report) stallTable() table {
	t := table{header: r.header("encoding")}
	for _, w := range stallWorkloads() {
		if r.Stalls[w.name] == nil {
			continue
		}
		row := []string{w.name}
		for _, p := range r.Setup.Peers {
			s := newSpread(r.Stalls[w.name][p])
			if s.n == 0 {
				row = append(row, none)
				continue
			}
			row = append(row, fmt.Sprintf("%s (%s–%s)", milliseconds(s.median),
				strings.TrimSuffix(milliseconds(s.least), " ms"), strings.TrimSuffix(milliseconds(s.most), " ms")))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// memoryTitles returns the rows of the table of memory.
func (r report) memoryTitles() []struct{ section, title string } {
	return []struct{ section, title string }{
		{sectionMemory, fmt.Sprintf("one page of %d MB", r.Setup.Huge>>20)},
		{sectionSlow, fmt.Sprintf("%d pages of 1 MB at once", slowClients)},
		{sectionSlowGzip, fmt.Sprintf("%d pages of 1 MB at once, gzip", slowClients)},
	}
}

func (r report) memoryTable() table {
	t := table{header: r.header("load")}
	for _, m := range r.memoryTitles() {
		if r.Memory[m.section] == nil {
			continue
		}
		row := []string{m.title}
		for _, p := range r.Setup.Peers {
			s := newSpread(r.Memory[m.section][p])
			if s.n == 0 {
				row = append(row, none)
				continue
			}
			row = append(row, fmt.Sprintf("+%.1f MB (%.1f–%.1f)", megabytes(s.median), megabytes(s.least), megabytes(s.most)))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }

// faultLines lists who was left out, and why.
func (r report) faultLines() []string {
	var lines []string
	for _, section := range slices.Sorted(maps.Keys(r.Faults)) {
		for _, peer := range slices.Sorted(maps.Keys(r.Faults[section])) {
			lines = append(lines, fmt.Sprintf("%s, %s: %s", section, peerTitles[peer], strings.ReplaceAll(r.Faults[section][peer], "\n", " ")))
		}
	}
	return lines
}
