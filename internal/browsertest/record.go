package browsertest

import (
	"slices"
	"sync"
)

// Violation is a securitypolicyviolation event.
type Violation struct {
	Page, Directive, Blocked string
	// Disposition is "enforce" or "report".
	Disposition string
	Sample      string
}

// record is what a tab has shown so far. The browser's events arrive on a
// goroutine of their own.
type record struct {
	mu         sync.Mutex
	console    []string
	violations []Violation
	requests   []string
}

func (r *record) said(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.console = append(r.console, line)
}

func (r *record) violated(v Violation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations = append(r.violations, v)
}

func (r *record) requested(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, url)
}

// recorded returns the tab's record. An empty one would be no proof where the
// engine keeps none.
func (tab *Tab) recorded() *record {
	tab.t.Helper()
	if tab.record == nil {
		tab.t.Fatalf("%s does not tell what a tab does; have the page itself keep it", tab.browser.Engine)
	}
	return tab.record
}

// Console returns the errors and warnings of the console, exceptions, failed
// requests, and whatever else the browser complains about. The words are each
// browser's own.
func (tab *Tab) Console() []string {
	tab.t.Helper()
	r := tab.recorded()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.console)
}

// Violations returns the securitypolicyviolation events of the tab's documents;
// in Chromium of those only that share its process, which frames of other sites
// do not.
func (tab *Tab) Violations() []Violation {
	tab.t.Helper()
	r := tab.recorded()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.violations)
}

// Requests returns the URL of every request that the tab has made, those too
// that went nowhere. In Chromium, frames of other sites are processes of their
// own: of theirs it knows the document only.
func (tab *Tab) Requests() []string {
	tab.t.Helper()
	r := tab.recorded()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}
