package main

import "fmt"

// Goals of this project, as ratios to plain Caddy and in bytes.
const (
	goalDocument = 0.95     // documents in identity
	goalOther    = 0.99     // what is no document
	goalMemory   = 10 << 20 // above plain Caddy's growth, for the page of 200 MB
)

// goalTable compares our medians with the goals. A ratio that reaches the goal
// in its best round only counts as missed.
func (r report) goalTable() table {
	t := table{header: []string{"goal", "wanted", "measured", "met"}}
	for _, w := range r.plan.workloads {
		ours, base := r.loads[w.name][ourPeer], r.loads[w.name][basePeer]
		if w.gzip || ours == nil || base == nil {
			continue
		}
		want := goalOther
		if w.document {
			want = goalDocument
		}
		s := newSpread(ratios(ours.perSecond, base.perSecond))
		if s.n > 0 {
			t.rows = append(t.rows, []string{w.name, fmt.Sprintf("≥ %.2f", want), ratioText(s), yesNo(s.median >= want)})
		}
	}
	ours, base := newSpread(r.memory[sectionMemory][ourPeer]), newSpread(r.memory[sectionMemory][basePeer])
	if ours.n > 0 && base.n > 0 {
		more := ours.median - base.median
		t.rows = append(t.rows, []string{
			r.memoryTitles()[0].title, fmt.Sprintf("≤ +%d MB", goalMemory>>20),
			fmt.Sprintf("%+.1f MB", megabytes(more)), yesNo(more <= goalMemory),
		})
	}
	return t
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func (r report) goals() []section {
	t := r.goalTable()
	if len(t.rows) == 0 {
		return nil
	}
	return []section{{"Goals", "What this project wants of itself: ratios of requests a second to plain Caddy, and memory above plain Caddy's.", t}}
}
