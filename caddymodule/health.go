package caddymodule

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// Pages need neither the store nor the audit record, and most requests are
// pages: a proxy that has lost one of the two must stay behind its load
// balancer. So every answer here is 200, and the body says "degraded".
const (
	healthOK          = "ok"
	healthDegraded    = "degraded"
	partOK            = "ok"
	partUnavailable   = "unavailable"
	partNotConfigured = "none"
)

const (
	// checkPatience bounds one check, so that probes with a limit of a second or
	// two get an answer.
	checkPatience = time.Second
	// checkAgain is how old an answer may be: whoever asks without pause, which a
	// public path allows, costs the store one question in that time.
	checkAgain = time.Second
)

// parts are what a handler needs of others.
type parts struct {
	store proxy.SessionStore
	audit interface{ Fault() error } // nil: no record is kept
}

// partsOf takes them from a configuration.
func partsOf(cfg *proxy.Config) parts {
	p := parts{store: cfg.Store}
	p.audit, _ = cfg.Audit.(interface{ Fault() error })
	return p
}

// condition is how the parts of one handler are.
type condition struct {
	Store string `json:"store"` // ok or unavailable
	Audit string `json:"audit"` // ok, unavailable, or none where no record is kept
}

func (c condition) status() string {
	if c.Store == partUnavailable || c.Audit == partUnavailable {
		return healthDegraded
	}
	return healthOK
}

// check asks the parts.
func (p parts) check(ctx context.Context) condition {
	c := condition{Store: partOK, Audit: partNotConfigured}
	if p.store != nil && p.store.Ping(ctx) != nil {
		c.Store = partUnavailable
	}
	if p.audit != nil {
		c.Audit = partOK
		if p.audit.Fault() != nil {
			c.Audit = partUnavailable
		}
	}
	return c
}

// checkup remembers the last check for a moment. Who comes while one is made
// waits for it.
type checkup struct {
	mu   sync.Mutex
	at   time.Time
	last condition
}

// condition returns how i is. The one who asks may go away meanwhile: others
// wait for the same answer.
func (i *instance) condition(ctx context.Context) condition {
	i.checkup.mu.Lock()
	defer i.checkup.mu.Unlock()
	if !i.checkup.at.IsZero() && time.Since(i.checkup.at) < checkAgain {
		return i.checkup.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkPatience)
	defer cancel()
	if p, running := i.newest(); running {
		i.checkup.last = p.check(ctx)
	}
	i.checkup.at = time.Now()
	return i.checkup.last
}

// health is the answer of GET /cobrowse/health/ready.
type health struct {
	Status    string           `json:"status"`
	Instances []instanceHealth `json:"instances"`
}

// instanceHealth is one entry of health.
type instanceHealth struct {
	Server   string `json:"server"`
	Path     string `json:"path"`
	Site     string `json:"site"`
	Provider string `json:"provider"`
	condition
}

// alive is the answer of GET /cobrowse/health/live, which whoever can answer at
// all gives.
var alive = shortHealth{Status: healthOK}

// shortHealth is an answer without details.
type shortHealth struct {
	Status string `json:"status"`
}

// currentHealth asks all instances at the same time.
func currentHealth(ctx context.Context) health {
	entries := running()
	answer := health{Status: healthOK, Instances: make([]instanceHealth, 0, len(entries))}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for key, i := range entries {
		wg.Go(func() {
			entry := instanceHealth{key.server, i.path, i.site, i.provider, i.condition(ctx)}
			mu.Lock()
			defer mu.Unlock()
			answer.Instances = append(answer.Instances, entry)
			if entry.status() != healthOK {
				answer.Status = healthDegraded
			}
		})
	}
	wg.Wait()
	slices.SortFunc(answer.Instances, func(a, b instanceHealth) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Path, b.Path))
	})
	return answer
}

// asksHealth reports whether a request is for the handler's public health path:
// as it is now, or as the client sent it, since a site may rewrite all paths.
func (h *Handler) asksHealth(r *http.Request) bool {
	switch {
	case h.Health == "":
		return false
	case r.URL.Path == h.Health:
		return true
	}
	sent := originalURL(r)
	return sent != nil && sent.Path == h.Health
}

// serveHealth answers the public health path: how this handler is, in one word.
func (h *Handler) serveHealth(w http.ResponseWriter, r *http.Request) error {
	header := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		return caddyhttp.Error(http.StatusMethodNotAllowed, errors.New("the health path is read with GET"))
	}
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	return json.NewEncoder(w).Encode(shortHealth{h.member.condition(r.Context()).status()})
}
