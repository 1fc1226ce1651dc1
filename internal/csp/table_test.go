package csp_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestSyntheticPolicies(t *testing.T) {
	e := newEditor(t)
	var got strings.Builder
	for _, r := range syntheticPolicies() {
		t.Run(r.name, func(t *testing.T) {
			checkPlan(t, e, "", r)
			plan := checkPlan(t, e, site, r)
			if plan.Skip != "" {
				t.Errorf("skipped: %s", plan.Skip)
			}
			writePlan(&got, r, plan)
		})
	}
	checkGolden(t, "synthetic.golden", got.String())
}

// writePlan writes a plan as a reader wants to see it: each line, and below it
// what became of it.
func writePlan(w *strings.Builder, r response, plan csp.Plan) {
	fmt.Fprintf(w, "# %s\n", r.name)
	if plan.Nonce != "" {
		fmt.Fprintf(w, "nonce %s\n", plan.Nonce)
	}
	if plan.Integrity != "" {
		fmt.Fprintf(w, "integrity %s\n", plan.Integrity)
	}
	for _, s := range plan.Degraded {
		fmt.Fprintf(w, "degraded %s\n", s)
	}
	sorts := []struct {
		name          string
		before, after []string
	}{
		{"enforced", r.enforced, plan.Enforced}, {"report-only", r.reportOnly, plan.ReportOnly}, {"meta", r.metas, plan.Metas},
	}
	for _, s := range sorts {
		for i := range s.before {
			fmt.Fprintf(w, "%s\n  %q\n", s.name, s.before[i])
			if s.after[i] == s.before[i] {
				fmt.Fprintf(w, "  unchanged\n")
			} else {
				fmt.Fprintf(w, "  %q\n", s.after[i])
			}
		}
	}
	fmt.Fprintln(w)
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; see what -update changes in it. got:\n%s", path, got)
	}
}

func TestSkippedPolicies(t *testing.T) {
	e := newEditor(t)
	for reason, responses := range skippedPolicies() {
		for _, r := range responses {
			t.Run(r.name, func(t *testing.T) {
				if plan := checkPlan(t, e, site, r); string(plan.Skip) != reason {
					t.Errorf("skip is %q, want %q", plan.Skip, reason)
				}
				// What only reports is no reason.
				reporting := response{reportOnly: append(r.enforced, r.metas...)}
				if plan := e.Plan(site, nil, reporting.reportOnly, nil, nil); plan.Skip != "" {
					t.Errorf("report-only: skip is %q", plan.Skip)
				}
			})
		}
	}
}

func TestIntegrityPolicy(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  csp.Reason
	}{
		{"none", nil, ""},
		{"scripts", []string{"blocked-destinations=(script)"}, csp.ReasonIntegrityPolicy},
		{"among others", []string{"sources=(inline), blocked-destinations=(style script), endpoints=(a)"}, csp.ReasonIntegrityPolicy},
		{"in two lines", []string{"endpoints=(a)", "blocked-destinations=(script)"}, csp.ReasonIntegrityPolicy},
		{"as a string", []string{`blocked-destinations=("script")`}, csp.ReasonIntegrityPolicy},
		{"the last of two counts", []string{"blocked-destinations=(script), blocked-destinations=(style)"}, ""},
		{"styles only", []string{"blocked-destinations=(style)"}, ""},
		{"not a list", []string{"blocked-destinations=script"}, ""},
		{"elsewhere", []string{"endpoints=(script)"}, ""},
		{"malformed", []string{"blocked-destinations=(script"}, ""},
	}
	e := newEditor(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := []string{"script-src 'self'"}
			plan := e.Plan(site, lines, nil, nil, test.lines)
			if plan.Skip != test.want || plan.Changed == (test.want != "") {
				t.Errorf("skip is %q, changed %v, want skip %q", plan.Skip, plan.Changed, test.want)
			}
		})
	}
}
