package caddymodule_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/caddymodule"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(outageStore{})
}

// outage is whether the stores of outageStore are down.
var outage atomic.Bool

// outageStore is an engine that can be lost. The dot in its name keeps it out of
// the list of engines that Caddyfiles can name.
type outageStore struct{ store proxy.SessionStore }

func (outageStore) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.stores.test.outage",
		New: func() caddy.Module { return new(outageStore) },
	}
}

func (o *outageStore) Provision(caddy.Context) (err error) {
	o.store, err = memory.New(memory.Config{})
	return err
}

func (o *outageStore) Cleanup() error { return o.store.Close() }

func (o *outageStore) SessionStore() proxy.SessionStore { return lossy{o.store} }

var _ caddymodule.SessionStore = (*outageStore)(nil)

// lossy fails in what the tests come across.
type lossy struct{ proxy.SessionStore }

func (l lossy) Ping(ctx context.Context) error {
	if outage.Load() {
		return session.Unavailable("ping", os.ErrDeadlineExceeded)
	}
	return l.SessionStore.Ping(ctx)
}

func (l lossy) Hit(ctx context.Context, key string, delta int64, window time.Duration) (session.Count, error) {
	if outage.Load() {
		return session.Count{}, session.Unavailable("hit", os.ErrDeadlineExceeded)
	}
	return l.SessionStore.Hit(ctx, key, delta, window)
}

// startLossySite runs a site whose store can be lost.
func startLossySite(t *testing.T, block string) *site {
	t.Helper()
	t.Cleanup(func() { outage.Store(false) })
	s := startSite(t, serveHTML(page), block)
	adapted, _, err := adapt(t, s.caddyfile(s.block))
	if err != nil {
		t.Fatal(err)
	}
	lossy := strings.Replace(adapted, `"engine": "memory"`, `"engine": "test.outage"`, 1)
	if lossy == adapted {
		t.Fatal("the configuration names no store")
	}
	s.tester.InitServer(lossy, "json")
	return s
}

// readiness is the answer of the admin API.
type readiness struct {
	Status    string
	Instances []struct{ Server, Path, Site, Provider, Store, Audit string }
}

// awaitReady asks until the status is as wanted: answers are up to a second old.
func (s *site) awaitReady(want string) readiness {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		got := decode[readiness](s.t, s.adminGet("/cobrowse/health/ready"))
		if got.Status == want {
			return got
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%+v, want %s", got, want)
		}
	}
}

// TestHealth loses the session store: whoever asks reads it, with status 200,
// pages go on, customers are told to wait, and all of it ends by itself.
func TestHealth(t *testing.T) {
	s := startLossySite(t, "cobrowse {\n store memory\n health /healthz\n desk {\n site shop\n }\n }\nrewrite /index.html\nreverse_proxy {up}")
	const faults = `caddy_cobrowse_store_errors_total{op="hit"}`
	faultsBefore := s.metric(faults)
	askedBefore := s.metric(`caddy_cobrowse_store_duration_seconds_count{op="ping"}`)

	ready := s.awaitReady("ok")
	if len(ready.Instances) != 1 || ready.Instances[0].Store != "ok" || ready.Instances[0].Audit != "none" || ready.Instances[0].Site != "shop" || ready.Instances[0].Provider != "zoom" {
		t.Errorf("ready %+v", ready)
	}
	public := s.do(http.MethodGet, "/healthz", "")
	if public.status != http.StatusOK || public.body != "{\"status\":\"ok\"}\n" || public.header.Get("Cache-Control") != "no-store" {
		t.Errorf("public path: %+v", public)
	}
	if got := s.do(http.MethodPost, "/healthz", ""); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %+v", got)
	}

	outage.Store(true)
	if ready = s.awaitReady("degraded"); ready.Instances[0].Store != "unavailable" {
		t.Errorf("ready %+v", ready)
	}
	if got := s.do(http.MethodGet, "/healthz", ""); got.status != http.StatusOK || got.body != "{\"status\":\"degraded\"}\n" {
		t.Errorf("public path: %+v", got)
	}
	if got := strings.TrimSpace(s.adminGet("/cobrowse/health/live")); got != `{"status":"ok"}` {
		t.Errorf("live %s", got)
	}
	injected(t, s.get("/"), page)
	if got := s.postToken("/_cobrowse/sessions", `{"page":"/"}`); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("a customer's click: %d %s", got.status, got.body)
	}
	if after := s.metric(faults); after <= faultsBefore {
		t.Errorf("faults of the store: %v before, %v after", faultsBefore, after)
	}
	if after := s.metric(`caddy_cobrowse_store_duration_seconds_count{op="ping"}`); after < askedBefore+2 {
		t.Errorf("questions: %v before, %v after", askedBefore, after)
	}

	outage.Store(false)
	s.awaitReady("ok")
	if got := s.postToken("/_cobrowse/sessions", `{"page":"/"}`); got.status != http.StatusCreated {
		t.Errorf("a customer's click: %d %s", got.status, got.body)
	}
}

// TestHealthIsCheap shows that a public path costs the store one question a
// second, however many ask.
func TestHealthIsCheap(t *testing.T) {
	s := startSite(t, serveHTML(page), "cobrowse {\n health /healthz\n }\nreverse_proxy {up}")
	const asked = `caddy_cobrowse_store_duration_seconds_count{op="ping"}`
	before, begun := s.metric(asked), time.Now()
	for range 50 {
		s.do(http.MethodGet, "/healthz", "")
	}
	after, seconds := s.metric(asked), time.Since(begun).Seconds()
	if after-before < 1 || after-before > seconds+1 {
		t.Errorf("%v questions in %.1f s", after-before, seconds)
	}
}

// TestHealthWithoutSites: a Caddy that runs no handler is well.
func TestHealthWithoutSites(t *testing.T) {
	s := startSite(t, serveHTML(page), "respond ok")
	if got := s.awaitReady("ok"); len(got.Instances) != 0 {
		t.Errorf("%+v", got)
	}
}
