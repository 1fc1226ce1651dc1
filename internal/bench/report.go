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
type report struct {
	*results
	machine machine
}

// section is a table under a heading, with a line that says how to read it.
type section struct {
	title, note string
	table       table
}

func newReport(r *results, m machine) report { return report{r, m} }

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
			fmt.Sprintf("One page of %d MB, streamed; and %d slow clients that take 1 MB each. Median (least–most).", r.plan.huge>>20, slowClients),
			r.memoryTable(),
		},
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.table.rows) == 0 })
}

// header names the peers that take part.
func (r report) header(first string) []string {
	header := []string{first}
	for _, p := range r.plan.peers {
		header = append(header, peerTitles[p.name])
	}
	return header
}

// loadTable has a row a workload and a column a peer.
func (r report) loadTable(cell func(w workload, s, base *samples) string) table {
	t := table{header: r.header("workload")}
	for _, w := range r.plan.workloads {
		base := r.loads[w.name][basePeer]
		if base == nil {
			continue
		}
		row := []string{w.name}
		for _, p := range r.plan.peers {
			if s := r.loads[w.name][p.name]; s != nil && len(s.perSecond) > 0 {
				row = append(row, cell(w, s, base))
			} else {
				row = append(row, none)
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// limited is the part of the origin's own rate from which on a proxy's rate
// says nothing more about the proxy.
const limited = 0.85

func (r report) rateCell(w workload, s, base *samples) string {
	text := ratioText(newSpread(ratios(s.perSecond, base.perSecond)))
	if s != base && newSpread(counted(s.perSecond)).median > limited*r.direct[w.name] && r.direct[w.name] > 0 {
		return "≥ " + text
	}
	return text
}

func (r report) cpuCell(_ workload, s, base *samples) string {
	return ratioText(newSpread(ratios(s.cpu, base.cpu)))
}

// absoluteTable has a row for each workload and peer.
func (r report) absoluteTable() table {
	t := table{header: []string{"workload", "proxy", "requests/s", "CPU a request", "p50", "p99", "failed"}}
	for _, w := range r.plan.workloads {
		if r.loads[w.name] == nil {
			continue
		}
		t.rows = append(t.rows, []string{w.name, "no proxy", fmt.Sprintf("%.0f", r.direct[w.name]), none, none, none, none})
		for _, p := range r.plan.peers {
			s := r.loads[w.name][p.name]
			if s == nil || len(s.perSecond) == 0 {
				continue
			}
			t.rows = append(t.rows, []string{
				w.name, peerTitles[p.name], fmt.Sprintf("%.0f", newSpread(counted(s.perSecond)).median),
				fmt.Sprintf("%.0f µs", newSpread(counted(s.cpu)).median), milliseconds(newSpread(counted(s.p50)).median),
				milliseconds(newSpread(counted(s.p99)).median), strconv.Itoa(s.failed),
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
		if r.stalls[w.name] == nil {
			continue
		}
		row := []string{w.name}
		for _, p := range r.plan.peers {
			s := newSpread(r.stalls[w.name][p.name])
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
		{sectionMemory, fmt.Sprintf("one page of %d MB", r.plan.huge>>20)},
		{sectionSlow, fmt.Sprintf("%d slow clients", slowClients)},
	}
}

func (r report) memoryTable() table {
	t := table{header: r.header("load")}
	for _, m := range r.memoryTitles() {
		if r.memory[m.section] == nil {
			continue
		}
		row := []string{m.title}
		for _, p := range r.plan.peers {
			s := newSpread(r.memory[m.section][p.name])
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
	for _, section := range slices.Sorted(maps.Keys(r.faults)) {
		for _, peer := range slices.Sorted(maps.Keys(r.faults[section])) {
			lines = append(lines, fmt.Sprintf("%s, %s: %s", section, peerTitles[peer], strings.ReplaceAll(r.faults[section][peer], "\n", " ")))
		}
	}
	return lines
}
