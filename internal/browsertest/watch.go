package browsertest

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
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

// listen is called with each event of the tab.
func (r *record) listen(ev any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		r.requests = append(r.requests, ev.Request.URL)
	case *runtime.EventBindingCalled:
		var v Violation
		if ev.Name == violationBinding && json.Unmarshal([]byte(ev.Payload), &v) == nil {
			r.violations = append(r.violations, v)
		}
	case *log.EventEntryAdded:
		// What the browser itself writes: failed requests, refusals.
		if l := string(ev.Entry.Level); l == "error" || l == "warning" {
			r.console = append(r.console, strings.TrimSpace(l+": "+ev.Entry.Text+" "+ev.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if l := string(ev.Type); l == "error" || l == "warning" || l == "assert" {
			r.console = append(r.console, l+": "+arguments(ev.Args))
		}
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		r.console = append(r.console, "exception: "+text)
	}
}

func arguments(args []*runtime.RemoteObject) string {
	parts := make([]string, 0, len(args))
	for _, a := range args {
		if a.Description != "" {
			parts = append(parts, a.Description)
			continue
		}
		parts = append(parts, string(a.Value))
	}
	return strings.Join(parts, " ")
}
