package csp_test

import "testing"

func TestRealPolicies(t *testing.T) {
	e := newEditor(t)
	for _, r := range realPolicies(t) {
		t.Run(r.name, func(t *testing.T) {
			for _, origin := range []string{site, ""} {
				if plan := checkPlan(t, e, origin, r); plan.Skip != "" && origin == site {
					t.Logf("skipped: %s", plan.Skip)
				}
				// The same policy where it only reports, and where a meta element holds it.
				checkPlan(t, e, origin, response{reportOnly: r.enforced})
				checkPlan(t, e, origin, response{metas: r.enforced})
			}
		})
	}
}
