package caddymodule_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func init() { caddy.RegisterModule(eventCollector{}) }

// eventCollector is an event handler that remembers, and fails as it is told.
type eventCollector struct{}

var collected struct {
	sync.Mutex
	events []string
}

func (eventCollector) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "events.handlers.test_collector", New: func() caddy.Module { return new(eventCollector) }}
}

func (*eventCollector) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	return nil
}

func (*eventCollector) Handle(_ context.Context, e caddy.Event) error {
	collected.Lock()
	defer collected.Unlock()
	agent, _ := e.Data["agent_id"].(string)
	collected.events = append(collected.events, fmt.Sprintf("%s %v %s", e.Name(), e.Data["outcome"], agent))
	panic("a subscriber that does not know what it does")
}

// TestEvents: each line of the record is an event, and no subscriber can keep an
// agent out.
func TestEvents(t *testing.T) {
	s := startSiteWith(t, serveHTML(page), `events {
		on cobrowse.session.created test_collector
		on cobrowse.session.claimed test_collector
		on cobrowse.agent.refused test_collector
	}`, "http", fmt.Sprintf(`
	basic_auth /_cobrowse/desk* {
		%s
	}
	cobrowse {
		agents caddy_user
	}
	reverse_proxy {up}`, passwordOf(t, "anna", "hiccup")))
	collected.Lock()
	collected.events = nil
	collected.Unlock()

	s.waiting("733107")
	anna := login("anna", "hiccup")
	s.postToken("/_cobrowse/desk/join", `{"pin":"000000"}`, anna)
	if got := s.postToken("/_cobrowse/desk/join", `{"pin":"733107"}`, anna); got.status != http.StatusOK {
		t.Errorf("join: status %d, %s", got.status, got.body)
	}
	collected.Lock()
	defer collected.Unlock()
	want := []string{
		"cobrowse.session.created success ", "cobrowse.agent.refused refused anna", "cobrowse.session.claimed success anna",
	}
	if !slices.Equal(collected.events, want) {
		t.Errorf("events %q, want %q", collected.events, want)
	}
}
