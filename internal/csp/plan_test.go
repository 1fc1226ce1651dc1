package csp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// TestTrust is about what the tag carries.
func TestTrust(t *testing.T) {
	const strict = "script-src 'strict-dynamic' "
	tests := []struct {
		name                 string
		enforced, reportOnly []string
		metas                []string
		nonce                string
		integrity            bool
	}{
		{name: "no policy"},
		{name: "not strict", enforced: []string{"script-src 'nonce-YQ=='"}},
		{name: "one", enforced: []string{strict + "'nonce-YQ=='"}, nonce: "YQ=="},
		{name: "url alphabet", enforced: []string{strict + "'nonce-a-b_'"}, nonce: "a-b_"},
		{name: "not base64", enforced: []string{strict + `'nonce-"><script>'`}, integrity: true},
		{name: "empty", enforced: []string{strict + "'nonce-'"}, integrity: true},
		{name: "padding alone", enforced: []string{strict + "'nonce-=='"}, integrity: true},
		{name: "no nonce", enforced: []string{strict}, integrity: true},
		{name: "the first of two", enforced: []string{strict + "'nonce-a' 'nonce-b'"}, nonce: "a"},
		{name: "the one in both", enforced: []string{strict + "'nonce-a' 'nonce-b'", strict + "'nonce-b'"}, nonce: "b"},
		{name: "repeated in one list", enforced: []string{strict + "'nonce-a' 'nonce-a', " + strict + "'nonce-b', " + strict + "'nonce-b'"}, nonce: "b", integrity: true},
		{name: "case counts", enforced: []string{strict + "'nonce-a'", strict + "'nonce-A'"}, nonce: "a", integrity: true},
		{name: "shadowed list", enforced: []string{strict + "'nonce-a'; script-src-elem 'self'"}},
		{name: "duplicate directive", enforced: []string{"script-src 'self'; " + strict + "'nonce-a'"}},
		{name: "enforced before report-only", enforced: []string{strict + "'nonce-a'"}, reportOnly: []string{strict + "'nonce-b'", strict + "'nonce-b'"}, nonce: "a", integrity: true},
		{name: "report-only decides between two", enforced: []string{strict + "'nonce-a' 'nonce-b'"}, reportOnly: []string{strict + "'nonce-b'"}, nonce: "b"},
		{name: "report-only alone", enforced: []string{"script-src 'self'"}, reportOnly: []string{strict + "'nonce-b'"}, nonce: "b"},
		{name: "metas don't count", metas: []string{strict + "'nonce-a'"}},
	}
	e := newEditor(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan := checkPlan(t, e, site, response{enforced: test.enforced, reportOnly: test.reportOnly, metas: test.metas})
			integrity := ""
			if test.integrity {
				integrity = loaderHash
			}
			if plan.Nonce != test.nonce || plan.Integrity != integrity {
				t.Errorf("nonce %q, integrity %q; want %q, %q", plan.Nonce, plan.Integrity, test.nonce, integrity)
			}
		})
	}
}

// TestManyNonces: a header full of nonces costs no more than its length.
func TestManyNonces(t *testing.T) {
	var line strings.Builder
	line.WriteString("script-src 'strict-dynamic'")
	for i := range 20_000 {
		fmt.Fprintf(&line, " 'nonce-%d'", i)
	}
	plan := checkForm(t, newEditor(t), site, response{enforced: []string{line.String()}})
	if plan.Nonce != "0" || plan.Changed {
		t.Errorf("nonce %q, changed %v", plan.Nonce, plan.Changed)
	}
}

// TestUntouched asserts that lines and slices come back as they were given.
func TestUntouched(t *testing.T) {
	e := newEditor(t)
	lines := []string{"frame-ancestors 'none'", "default-src *, upgrade-insecure-requests"}
	plan := e.Plan(site, lines, lines, lines, nil)
	if plan.Changed || &plan.Enforced[0] != &lines[0] || &plan.ReportOnly[0] != &lines[0] || &plan.Metas[0] != &lines[0] {
		t.Errorf("not the slices that were given: %+v", plan)
	}
	if plan := e.Plan(site, nil, nil, nil, nil); plan.Enforced != nil || plan.ReportOnly != nil || plan.Metas != nil || plan.Changed {
		t.Errorf("something from nothing: %+v", plan)
	}
}

// TestAllocations: where nothing is to do, nothing is allocated.
func TestAllocations(t *testing.T) {
	e := newEditor(t)
	tests := map[string][]string{
		"no policy":     nil,
		"nothing to do": {"frame-ancestors 'none'; upgrade-insecure-requests", "default-src *"},
		"covered":       {"script-src 'self' https://*.zoom.us; connect-src 'self' https: wss:; img-src *.zoom.us"},
	}
	for name, lines := range tests {
		t.Run(name, func(t *testing.T) {
			if n := testing.AllocsPerRun(100, func() { e.Plan(site, lines, lines, nil, nil) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func BenchmarkPlan(b *testing.B) {
	const typical = "default-src 'self'; script-src 'self' 'unsafe-inline' https://www.googletagmanager.com https://cdn.example; " +
		"style-src 'self' 'unsafe-inline'; img-src * data:; connect-src 'self' https://api.example; report-uri /csp"
	e := newEditor(b)
	for _, bench := range []struct {
		name  string
		lines []string
	}{
		{"none", nil},
		{"untouched", []string{"frame-ancestors 'none'"}},
		{"typical", []string{typical}},
		{"strict", []string{"script-src 'nonce-cjRuZDBt' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'; base-uri 'none'"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = e.Plan(site, bench.lines, nil, nil, nil)
			}
		})
	}
}

var sink csp.Plan
