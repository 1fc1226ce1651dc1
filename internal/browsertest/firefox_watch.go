package browsertest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// firefoxEvents are the events that firefoxTabs understands.
var firefoxEvents = []string{
	"browsingContext.contextCreated", "log.entryAdded", "script.message",
	"network.beforeRequestSent", "network.responseCompleted", "network.fetchError",
}

// firefoxTabs keeps the records of all tabs. Events name the browsing context
// that they are about, which may be a frame of a tab.
type firefoxTabs struct {
	mu      *sync.Mutex
	parents map[string]string  // of frames
	records map[string]*record // of tabs
}

func newFirefoxTabs() firefoxTabs {
	return firefoxTabs{new(sync.Mutex), make(map[string]string), make(map[string]*record)}
}

// record returns the record of the tab in which a browsing context is.
func (f firefoxTabs) record(context string) *record {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.parents[context] != "" {
		context = f.parents[context]
	}
	if f.records[context] == nil {
		f.records[context] = new(record)
	}
	return f.records[context]
}

// firefoxEvent has the members that we use of all events' parameters.
type firefoxEvent struct {
	Context string
	// browsingContext.contextCreated
	Parent string
	// network
	Request   struct{ URL string }
	Response  struct{ Status int }
	ErrorText string
	// log.entryAdded and script.message
	Source            struct{ Context string }
	Type, Level, Text string
	Method, Channel   string
	Args              []remoteValue
	Data              remoteValue
}

func (f firefoxTabs) event(method string, params json.RawMessage) {
	var e firefoxEvent
	if json.Unmarshal(params, &e) != nil {
		return
	}
	switch method {
	case "browsingContext.contextCreated":
		f.mu.Lock()
		f.parents[e.Context] = e.Parent
		f.mu.Unlock()
	case "network.beforeRequestSent":
		f.record(e.Context).requested(e.Request.URL)
	case "network.responseCompleted":
		if e.Response.Status >= 400 {
			f.record(e.Context).said(fmt.Sprintf("error: the server responded with a status of %d %s", e.Response.Status, e.Request.URL))
		}
	case "network.fetchError":
		// A page that is left leaves requests behind.
		if e.ErrorText != "NS_BINDING_ABORTED" {
			f.record(e.Context).said("error: " + e.ErrorText + " " + e.Request.URL)
		}
	case "log.entryAdded":
		if e.Level == "error" || e.Level == "warn" {
			f.record(e.Source.Context).said(e.line())
		}
	case "script.message":
		var text string
		var v Violation
		if e.Channel == violationBinding && json.Unmarshal(e.Data.Value, &text) == nil && json.Unmarshal([]byte(text), &v) == nil {
			f.record(e.Source.Context).violated(v)
		}
	}
}

// line writes a log entry as chromium_watch.go does.
func (e firefoxEvent) line() string {
	if strings.HasPrefix(e.Text, "Content-Security-Policy: ") {
		return "error: " + e.Text // the browser's own words
	}
	if e.Type != "console" {
		return "exception: " + e.Text
	}
	var parts []string
	for _, a := range e.Args {
		if len(a.Value) > 0 {
			parts = append(parts, string(a.Value))
			continue
		}
		parts = append(parts, a.Type)
	}
	level := strings.Replace(e.Method, "warn", "warning", 1)
	return level + ": " + strings.Join(parts, " ")
}
