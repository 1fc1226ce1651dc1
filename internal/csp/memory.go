package csp

import (
	"slices"
	"strings"
	"sync/atomic"
)

// memory is the plans for the policies that came last. A site has a few, which
// it sends with every page, and to plan for one of them takes longer than all
// the rest that is done to a page's header. Policies with a nonce come once:
// they are neither looked for long nor kept.
//
// It is small, so that it is searched in order: strings of different lengths
// differ at once. The zero value is empty, and safe for concurrent use.
type memory struct {
	plans [memorySize]atomic.Pointer[remembered]
	kept  atomic.Uint32 // how many have been, the oldest goes first
}

const (
	memorySize = 8
	// memoryLimit is how long the policies of a response may be that are kept, in
	// bytes.
	memoryLimit = 8 << 10
)

// remembered is a plan and what it was made for.
type remembered struct {
	site                 string
	enforced, reportOnly []string
	plan                 Plan // of which lines that did not change are nil
}

// recall returns the plan for these lines, if there is one. The slices of the
// result are the caller's own, or those that were given.
func (m *memory) recall(site string, enforced, reportOnly []string) (Plan, bool) {
	for i := range m.plans {
		k := m.plans[i].Load()
		if k == nil {
			break
		}
		if !slices.Equal(k.enforced, enforced) || !slices.Equal(k.reportOnly, reportOnly) || k.site != site {
			continue
		}
		plan := k.plan
		plan.Enforced = copyOr(plan.Enforced, enforced)
		plan.ReportOnly = copyOr(plan.ReportOnly, reportOnly)
		plan.Degraded = slices.Clone(plan.Degraded)
		return plan, true
	}
	return Plan{}, false
}

// keep remembers a plan, where its policies may come again.
func (m *memory) keep(site string, enforced, reportOnly []string, plan *Plan) {
	size := 0
	for _, lines := range [...][]string{enforced, reportOnly} {
		for _, line := range lines {
			if size += len(line); size > memoryLimit || strings.Contains(line, "'nonce-") {
				return
			}
		}
	}
	k := &remembered{
		site: site, enforced: slices.Clone(enforced), reportOnly: slices.Clone(reportOnly), plan: *plan,
	}
	k.plan.Enforced = changedLines(plan.Enforced, enforced)
	k.plan.ReportOnly = changedLines(plan.ReportOnly, reportOnly)
	m.plans[(m.kept.Add(1)-1)%memorySize].Store(k)
}

// copyOr returns a copy of the edited lines, or those that were given where none
// is edited.
func copyOr(edited, given []string) []string {
	if edited == nil {
		return given
	}
	return slices.Clone(edited)
}

// changedLines returns a copy of the edited lines, or nil where they are the ones
// that were given.
func changedLines(edited, given []string) []string {
	if slices.Equal(edited, given) {
		return nil
	}
	return slices.Clone(edited)
}
