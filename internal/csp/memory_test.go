package csp_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// TestMemory shows that a plan is the same whether its policies have come before
// or not, and that nobody can change a plan that is remembered.
func TestMemory(t *testing.T) {
	old := newEditor(t)
	for _, r := range syntheticPolicies() {
		for _, site := range []string{"", site} {
			want := newEditor(t).Plan(site, r.enforced, r.reportOnly, r.metas, nil)
			for again := range 3 {
				got := old.Plan(site, r.enforced, r.reportOnly, r.metas, nil)
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, time %d:\n%+v, want\n%+v", r.name, again+1, got, want)
				}
				spoil(got.Enforced, r.enforced)
				spoil(got.ReportOnly, r.reportOnly)
			}
		}
	}
}

// spoil writes into lines that are not those which were given.
func spoil(lines, given []string) {
	if len(lines) > 0 && &lines[0] != &given[0] {
		lines[0] = "spoilt"
	}
}

// TestMemoryOfMany: more policies than are remembered, asked for at once.
func TestMemoryOfMany(t *testing.T) {
	e := newEditor(t)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 400 {
				line := fmt.Sprintf("connect-src https://host%d.example", (i*(worker+1))%20)
				plan := e.Plan(site, []string{line}, nil, nil, nil)
				if len(plan.Enforced) != 1 || len(plan.Enforced[0]) <= len(line) || plan.Enforced[0][:len(line)] != line {
					t.Errorf("%s became %q", line, plan.Enforced)
				}
			}
		})
	}
	wg.Wait()
}

// TestMemoryOfNonces: a policy with a nonce is planned for each time.
func TestMemoryOfNonces(t *testing.T) {
	e := newEditor(t)
	for i := range 20 {
		nonce := fmt.Sprintf("cjRuZDBt%d", i)
		plan := e.Plan(site, []string{"script-src 'nonce-" + nonce + "' 'strict-dynamic'"}, nil, nil, nil)
		if plan.Nonce != nonce || plan.Skip != "" {
			t.Errorf("nonce %q of %q", plan.Nonce, nonce)
		}
	}
	var none csp.Plan
	if plan := e.Plan(site, nil, nil, nil, nil); !reflect.DeepEqual(plan, none) {
		t.Errorf("something from nothing: %+v", plan)
	}
}
