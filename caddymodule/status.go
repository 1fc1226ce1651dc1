package caddymodule

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(adminStatus{})
}

// adminStatus is a module of the admin API that tells which cobrowse handlers
// run, what they did, and how they are. It answers nothing that a visitor of the
// site could not find out, and counts.
type adminStatus struct{}

// CaddyModule returns the Caddy module information.
func (adminStatus) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.cobrowse",
		New: func() caddy.Module { return new(adminStatus) },
	}
}

// Routes implements [caddy.AdminRouter].
func (adminStatus) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{
		{Pattern: "/cobrowse/status", Handler: answerWith(func(*http.Request) any { return currentStatus() })},
		{Pattern: "/cobrowse/health/live", Handler: answerWith(func(*http.Request) any { return alive })},
		{Pattern: "/cobrowse/health/ready", Handler: answerWith(func(r *http.Request) any { return currentHealth(r.Context()) })},
	}
}

// status is the answer of GET /cobrowse/status.
type status struct {
	Instances []instanceStatus `json:"instances"`
}

// instanceStatus is one entry of status.
type instanceStatus struct {
	// Server is the name of the server in Caddy's configuration.
	Server     string         `json:"server"`
	Path       string         `json:"path"`
	Site       string         `json:"site"`
	Provider   string         `json:"provider"`
	ZoomHost   string         `json:"zoom_host,omitempty"`
	SDKVersion string         `json:"sdk_version"`
	Load       proxy.LoadMode `json:"load"`
	DryRun     bool           `json:"dry_run"`
	// Handlers is how many handlers share this entry.
	Handlers int `json:"handlers"`
	// What follows is counted since the entry exists.
	Injections  map[string]uint64            `json:"injections"`
	Tokens      map[string]map[string]uint64 `json:"tokens"`
	Sessions    map[string]uint64            `json:"sessions"`
	Claims      map[string]uint64            `json:"claims"`
	Lockouts    map[string]uint64            `json:"lockouts"`
	Webhooks    map[string]uint64            `json:"webhooks"`
	AuditFaults uint64                       `json:"audit_faults"`
}

// answerWith answers GET with what ask returns, in JSON.
func answerWith(ask func(*http.Request) any) caddy.AdminHandler {
	return caddy.AdminHandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("method not allowed: use GET")}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err := json.NewEncoder(w).Encode(ask(r)); err != nil {
			return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
		}
		return nil
	})
}

// currentStatus describes what runs.
func currentStatus() status {
	answer := status{Instances: []instanceStatus{}}
	for key, i := range running() {
		handlers, still := instances.References(key)
		if !still {
			continue
		}
		answer.Instances = append(answer.Instances, instanceStatus{
			Server: key.server, Path: i.path, Site: i.site, Provider: i.provider, ZoomHost: i.zoomHost, SDKVersion: i.sdkVersion,
			Load: i.load, DryRun: i.dryRun, Handlers: handlers,
			Injections: i.injections.snapshot(),
			Tokens:     i.tokenCounts(),
			Sessions:   i.sessions.snapshot(), Claims: i.claims.snapshot(), Lockouts: i.lockouts.snapshot(),
			Webhooks: i.webhooks.snapshot(), AuditFaults: i.auditFaults.Load(),
		})
	}
	slices.SortFunc(answer.Instances, func(a, b instanceStatus) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Path, b.Path), cmp.Compare(a.ZoomHost, b.ZoomHost))
	})
	return answer
}

// Interface guards
var (
	_ caddy.AdminRouter = (*adminStatus)(nil)
)
