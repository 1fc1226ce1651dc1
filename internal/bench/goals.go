package main

import (
	"fmt"
	"time"
)

// Goals of this project.
const (
	goalDocument  = 0.95 // documents in identity: ratios to plain Caddy
	goalGzip      = 0.85 // documents in gzip
	goalGzipLarge = 0.80 // those from goalLarge on
	goalOther     = 0.99 // what is no document

	goalLarge     = 100 << 10            // bytes
	goalMemory    = 10 << 20             // bytes above plain Caddy's growth
	goalFirstByte = 5 * time.Millisecond // after plain Caddy's
)

// goal is the ratio that a workload is to reach.
func (w workload) goal() float64 {
	switch {
	case !w.document:
		return goalOther
	case !w.gzip:
		return goalDocument
	case w.bytes >= goalLarge:
		return goalGzipLarge
	}
	return goalGzip
}

// recompressing are the peers that inflate and deflate the whole body of a page
// in gzip, or have it sent plain and deflate it.
var recompressing = []string{"nginx", "apache", "go-readall"}

// goalTable compares our medians with the goals. A ratio that reaches the goal
// in its best round only counts as missed.
func (r report) goalTable() table {
	t := table{header: []string{"goal", "wanted", "measured", "met"}}
	row := func(name, wanted, measured string, met bool) {
		word := "no"
		if met {
			word = "yes"
		}
		t.rows = append(t.rows, []string{name, wanted, measured, word})
	}
	for _, w := range r.workloads() {
		s := r.rates(w.name, ourPeer)
		if s.n == 0 {
			continue
		}
		row(w.name, fmt.Sprintf("≥ %.2f", w.goal()), ratioText(s), s.median >= w.goal())
		if best, rate := r.bestRecompressing(w); best != "" {
			row(w.name+", beside "+peerTitles[best], fmt.Sprintf("> %.2f", rate), ratioText(s), s.median > rate)
		}
	}
	for _, w := range stallWorkloads() {
		ours, base := newSpread(r.Stalls[w.name][ourPeer]), newSpread(r.Stalls[w.name][basePeer])
		if more := ours.median - base.median; ours.n > 0 && base.n > 0 {
			row("first byte, "+w.name, "≤ +"+milliseconds(goalFirstByte), fmt.Sprintf("%+.1f ms", float64(more.Microseconds())/1000), more <= goalFirstByte)
		}
	}
	for _, m := range r.memoryTitles() {
		ours, base := newSpread(r.Memory[m.section][ourPeer]), newSpread(r.Memory[m.section][basePeer])
		if more := ours.median - base.median; ours.n > 0 && base.n > 0 {
			row(m.title, fmt.Sprintf("≤ +%d MB", goalMemory>>20), fmt.Sprintf("%+.1f MB", megabytes(more)), more <= goalMemory)
		}
	}
	return t
}

// bestRecompressing returns the quickest of those peers and its ratio to plain
// Caddy; "" where none was measured, or nothing is compressed.
func (r report) bestRecompressing(w workload) (name string, rate float64) {
	if !w.gzip {
		return "", 0
	}
	for _, p := range recompressing {
		if s := r.rates(w.name, p); s.n > 0 && s.median > rate {
			name, rate = p, s.median
		}
	}
	return name, rate
}

func (r report) goals() []section {
	t := r.goalTable()
	if len(t.rows) == 0 {
		return nil
	}
	return []section{{
		"Goals",
		"What this project wants of itself: requests a second as a ratio to plain Caddy, and to be ahead of whoever recompresses; the first byte after plain Caddy's; memory above plain Caddy's.",
		t,
	}}
}
