package browsertest

import (
	"encoding/json"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// listen is called with each DevTools event of a tab.
func (r *record) listen(ev any) {
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		r.requested(ev.Request.URL)
	case *network.EventWebSocketCreated:
		r.requested(ev.URL)
	case *runtime.EventBindingCalled:
		var v Violation
		if ev.Name == violationBinding && json.Unmarshal([]byte(ev.Payload), &v) == nil {
			r.violated(v)
		}
	case *log.EventEntryAdded:
		// What the browser itself writes: failed requests, refusals.
		if l := string(ev.Entry.Level); l == "error" || l == "warning" {
			r.said(strings.TrimSpace(l + ": " + ev.Entry.Text + " " + ev.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if l := string(ev.Type); l == "error" || l == "warning" || l == "assert" {
			r.said(l + ": " + arguments(ev.Args))
		}
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		r.said("exception: " + text)
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
