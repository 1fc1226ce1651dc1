package csp_test

import (
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// FuzzPlan gives the editor arbitrary policies: header lines, separated by line
// feeds, and one meta element. All that checkPlan asserts must hold: no panic,
// nothing but additions of ours, our needs allowed, no decision about the site's
// own requests changed, and a second edit that changes nothing.
func FuzzPlan(f *testing.F) {
	seeds := syntheticPolicies()
	for _, responses := range skippedPolicies() {
		seeds = append(seeds, responses...)
	}
	for i, r := range realPolicies(f) {
		if len(r.enforced[0]) < 1000 && i%2 == 0 { // longer ones slow the fuzzer down
			seeds = append(seeds, r)
		}
	}
	for _, r := range seeds {
		f.Add(strings.Join(r.enforced, "\n"), strings.Join(r.reportOnly, "\n"), strings.Join(r.metas, " "), true)
		f.Add("", "", strings.Join(append(r.enforced, r.metas...), ","), false)
	}
	plain := newEditor(f)
	switched := newEditor(f, csp.Switches()...)
	f.Fuzz(func(t *testing.T, enforced, reportOnly, meta string, named bool) {
		if len(enforced)+len(reportOnly)+len(meta) > 2000 {
			t.Skip("the checks take long; short policies have the same cases")
		}
		r := response{enforced: headerLines(enforced), reportOnly: headerLines(reportOnly)}
		if meta != "" {
			r.metas = []string{meta}
		}
		origin := ""
		if named {
			origin = site
		}
		checkPlan(t, plain, origin, r)
		// With every switch on decisions do change, but the form holds.
		checkForm(t, switched, origin, r)
	})
}

func headerLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
