package oidc

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// Names in the browser's world: two sites, so that the way to the provider and
// back is cross-site, as SameSite sees it.
const (
	shop     = "https://shop.example"
	provider = "https://login.test"
)

// leadTo is how this server finds the provider: under its name, at the
// address where the test runs it.
type leadTo struct {
	http.RoundTripper
	address string
}

func (l leadTo) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = r.URL.Host, "http", l.address
	return l.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections lets [Provider.Close] reach the transport.
func (l leadTo) CloseIdleConnections() { l.RoundTripper.(*http.Transport).CloseIdleConnections() }

// withForm serves a desk whose policy is as strict about forms as the real
// one's, beside the site's routes.
func withForm(s *site) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_cobrowse/desk/form" {
			s.serve(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>desk</title><form method="post" action="/_cobrowse/logout"><button>Sign out</button></form>`)
	})
}

// TestBrowser signs in and out with a real browser and a real provider: only a
// browser knows what __Host-, SameSite and form-action mean.
func TestBrowser(t *testing.T) {
	s := &site{Server: &httptest.Server{URL: shop}, clock: new(clock), log: new(lockedBuffer)}
	o := optest.StartAs(t, provider, s.callbackURI())
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	s.use(t, provider, func(c *Config) {
		c.Transport = leadTo{transport, strings.TrimPrefix(o.URL, "http://")}
		c.Logger = slog.New(slog.NewTextHandler(s.log, nil))
	})
	b := browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{"shop.example": withForm(s), "login.test": o.Config.Handler}})

	tab := b.NewTab(t)
	tab.Open(shop + "/_cobrowse/desk?customer=4711")
	tab.Wait(`document.querySelector("input[name=username]")`)
	if got := browsertest.Eval[string](tab, `location.origin`); got != provider {
		t.Fatalf("the browser is at %s", got)
	}
	browsertest.Eval[bool](tab, `(document.querySelector("input[name=username]").value = "anna", true)`)
	browsertest.Eval[bool](tab, `(document.querySelector("input[name=password]").value = "`+password+`", true)`)
	tab.Click(`document.querySelector("button")`)
	tab.Wait(`document.body && document.body.innerText.startsWith("desk of id-anna")`)
	if got := browsertest.Eval[string](tab, `location.href`); got != shop+"/_cobrowse/desk?customer=4711" {
		t.Errorf("the desk is at %s", got)
	}
	if got := browsertest.Eval[string](tab, `document.cookie`); got != "" {
		t.Errorf("scripts see the cookies %q", got)
	}

	other := b.NewTab(t) // a session of its own knows nothing of it
	other.Open(shop + "/_cobrowse/desk")
	other.Wait(`document.querySelector("input[name=username]")`)

	tab.Open(shop + "/_cobrowse/desk/form")
	tab.Click(`document.querySelector("button")`)
	tab.Wait(`location.origin === "` + provider + `" && document.body && document.body.innerText.includes("signed out")`)
	tab.Open(shop + "/_cobrowse/desk")
	tab.Wait(`document.querySelector("input[name=username]")`)
	if v := tab.Violations(); len(v) > 0 {
		t.Errorf("violations of policies: %v", v)
	}
}
