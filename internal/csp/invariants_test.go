package csp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// checkPlan asserts all that must hold of any plan without switches.
func checkPlan(t testing.TB, e *csp.Editor, origin string, r response) csp.Plan {
	t.Helper()
	plan := checkForm(t, e, origin, r)
	if plan.Skip != "" {
		return plan
	}
	self := origin == ""
	checkDecisions(t, r.enforced, plan.Enforced, self)
	checkDecisions(t, r.reportOnly, plan.ReportOnly, self)
	checkDecisions(t, r.metas, plan.Metas, self)
	checkNeeds(t, plan.Enforced, needs(plan))
	checkNeeds(t, plan.ReportOnly, needs(plan))
	checkNeeds(t, plan.Metas, metaNeeds(plan))
	return plan
}

// checkForm asserts what must hold of any plan, whatever is switched on: the
// given lines stay, additions are ours only, a second edit changes nothing, and
// headers don't depend on metas.
func checkForm(t testing.TB, e *csp.Editor, origin string, r response) csp.Plan {
	t.Helper()
	given := response{enforced: slices.Clone(r.enforced), reportOnly: slices.Clone(r.reportOnly), metas: slices.Clone(r.metas)}
	plan := e.Plan(origin, r.enforced, r.reportOnly, r.metas, nil)
	if !slices.Equal(given.enforced, r.enforced) || !slices.Equal(given.reportOnly, r.reportOnly) || !slices.Equal(given.metas, r.metas) {
		t.Fatalf("the given lines were modified: %q, were %q", r, given)
	}
	changed := checkLines(t, r.enforced, plan.Enforced)
	changed = checkLines(t, r.reportOnly, plan.ReportOnly) || changed
	changed = checkLines(t, r.metas, plan.Metas) || changed
	if changed != plan.Changed {
		t.Errorf("Changed is %v, lines differ: %v", plan.Changed, changed)
	}
	if plan.Skip != "" {
		if changed || plan.Nonce != "" || plan.Integrity != "" {
			t.Errorf("skipped for %s, and yet edited: %+v", plan.Skip, plan)
		}
		return plan
	}
	again := e.Plan(origin, plan.Enforced, plan.ReportOnly, plan.Metas, nil)
	if again.Changed || again.Skip != "" || again.Nonce != plan.Nonce || again.Integrity != plan.Integrity {
		t.Errorf("editing twice: %+v, then %+v", plan, again)
	}
	refresh := e.Plan(origin, r.enforced, r.reportOnly, nil, nil)
	if !slices.Equal(refresh.Enforced, plan.Enforced) || !slices.Equal(refresh.ReportOnly, plan.ReportOnly) ||
		refresh.Nonce != plan.Nonce || refresh.Integrity != plan.Integrity {
		t.Errorf("without metas the headers differ: %+v, with them %+v", refresh, plan)
	}
	return plan
}

// checkLines asserts that edited lines are the given ones with additions of
// ours only, and says whether there is any.
func checkLines(t testing.TB, before, after []string) (changed bool) {
	t.Helper()
	if len(before) != len(after) {
		t.Fatalf("%d lines became %d: %q", len(before), len(after), after)
	}
	for i := range before {
		was, is := strings.Split(before[i], ","), strings.Split(after[i], ",")
		if len(was) != len(is) {
			t.Fatalf("%d policies became %d: %q", len(was), len(is), after[i])
		}
		changed = changed || before[i] != after[i]
		for j := range was {
			if restored := withoutOurs(was[j], is[j]); restored != was[j] {
				t.Errorf("without our additions %q is %q, want %q", is[j], restored, was[j])
			}
		}
	}
	return changed
}

// withoutOurs takes what we add out of an edited policy: whole directives at
// its end and sources at the end of others. The original tells where 'none'
// stood.
func withoutOurs(original, edited string) string {
	was, is := strings.Split(original, ";"), strings.Split(edited, ";")
	end := original[len(strings.TrimRight(original, spaces)):]
	// A policy that ends with a semicolon has our first directive after it.
	last := len(was) - 1
	if len(is) > len(was) || strings.Trim(was[last], spaces) == "" {
		for i := len(was); i < len(is); i++ {
			if !isNewDirective(is[i]) {
				return "not a directive of ours: " + is[i]
			}
		}
		if strings.Trim(was[last], spaces) == "" && strings.Trim(is[last], spaces) != "" {
			if !isNewDirective(is[last]) {
				return "not a directive of ours: " + is[last]
			}
			is[last] = ""
		}
		is = is[:len(was)]
		if !strings.HasSuffix(is[last], end) {
			is[last] += end
		}
	}
	for i := range is {
		if is[i] != was[i] {
			is[i] = withoutSources(was[i], is[i])
		}
	}
	return strings.Join(is, ";")
}

const spaces = " \t\n\f\r"

// isNewDirective says whether a directive is one that the editor may create.
func isNewDirective(text string) bool {
	name, _, _ := strings.Cut(strings.Trim(text, spaces), " ")
	return slices.Contains([]string{
		"script-src", "script-src-elem", "style-src", "connect-src", "img-src", "font-src", "media-src", "frame-src", "worker-src",
	}, name)
}

// added are the sources that the editor may add, by any test's configuration.
var added = []string{
	site + loaderPath, site + widgetPath, site + "/_cobrowse/", site + standInSDK, "wss://shop.example/_cobrowse/", "https://us01-zcb.zoom.us", "https://*.zoom.us",
	"wss://*.zoom.us", "'self'", "'" + loaderHash + "'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:",
	csp.TrustedTypesPolicy,
}

// withoutSources takes sources of ours off the end of an edited directive, as
// many as there are more than in the original.
func withoutSources(original, edited string) string {
	kept := strings.TrimRight(original, spaces)
	rest, found := strings.CutPrefix(edited, kept)
	if !found { // 'none' was replaced
		i := strings.Index(strings.ToLower(original), "'none'")
		if i < 0 {
			return edited
		}
		rest, found = strings.CutPrefix(edited, original[:i])
		if !found {
			return edited
		}
		rest = " " + rest
	}
	sources, found := strings.CutSuffix(rest, original[len(kept):])
	if !found || sources == "" || sources[0] != ' ' {
		return edited
	}
	for source := range strings.SplitSeq(sources[1:], " ") {
		if !slices.Contains(added, source) {
			return "not a source of ours: " + source
		}
	}
	return original
}
