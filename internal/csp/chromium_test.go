package csp_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp/csptest"
)

// TestChromium asks a real browser what it makes of each policy before and
// after the edit: all that we need must be allowed afterwards, and nothing that
// concerns the site's own requests may differ.
func TestChromium(t *testing.T) {
	responses := append(syntheticPolicies(), differentPolicies(t)...)
	server, browser := startProbes(t, responses)
	editor, err := csp.New(csp.Config{Scripts: []csp.Script{{Path: loaderPath, Integrity: integrityOf(loaderBody)}, {Path: widgetPath}}})
	if err != nil {
		t.Fatal(err)
	}
	var n tally
	t.Run("tabs", func(t *testing.T) {
		const tabs = 3
		for i := range tabs {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				p := &prober{server: server, tab: browser.NewTab(t, probesScript)}
				for j := i; j < len(responses); j += tabs {
					t.Run(responses[j].name, func(t *testing.T) { p.compare(t, editor, responses[j], &n) })
				}
			})
		}
	})
	n.check(t)
}

// differentPolicies are those real policies that differ in more than what no
// probe asks about.
func differentPolicies(t *testing.T) []response {
	unprobed := regexp.MustCompile(`(?i)(report-uri|frame-ancestors)[^;]*;?|'nonce-[^']*'|\s+`)
	var all []response
	seen := map[string]bool{}
	for _, r := range realPolicies(t) {
		key := unprobed.ReplaceAllString(strings.Join(r.enforced, "\n"), "")
		if !seen[key] {
			seen[key] = true
			all = append(all, r)
		}
	}
	return all
}

// startProbes starts the server of all pages and a browser that finds it under
// every name that a probe asks for, and finds nothing else.
func startProbes(t *testing.T, responses []response) (*probeServer, *browsertest.Browser) {
	t.Helper()
	server := &probeServer{arrived: map[string]bool{}}
	listener := httptest.NewUnstartedServer(server)
	address := listener.Listener.Addr().String()
	routes := map[string]string{}
	for _, host := range hostsOfProbes {
		routes[host] = address
	}
	for _, r := range responses {
		for _, u := range listedHosts(r) {
			host, _, _ := strings.Cut(strings.TrimPrefix(u, "https://"), "/")
			host, _, _ = strings.Cut(host, ":")
			routes[host] = address
		}
	}
	browser := browsertest.Start(t, browsertest.Config{Routes: routes, Flags: map[string]string{
		// Else every frame of another site is a process of its own, and every
		// page left is kept for the way back.
		"disable-site-isolation-trials": "",
		"disable-features":              "Translate,IsolateOrigins,site-per-process,BackForwardCache",
	}})
	listener.TLS = &tls.Config{Certificates: []tls.Certificate{browser.Certificate()}}
	listener.EnableHTTP2 = true
	listener.Config.ErrorLog = log.New(io.Discard, "", 0)
	listener.StartTLS()
	t.Cleanup(listener.Close)
	return server, browser
}

// tally counts what was seen, so that a probe that can't fail is noticed.
type tally struct{ edited, allowed, blocked, neededBefore atomic.Int64 }

func (n *tally) check(t *testing.T) {
	t.Helper()
	t.Logf("%d policies edited; site's own requests: %d allowed, %d blocked; %d needs blocked before",
		n.edited.Load(), n.allowed.Load(), n.blocked.Load(), n.neededBefore.Load())
	if n.edited.Load() < 110 || n.allowed.Load() < 2000 || n.blocked.Load() < 2000 || n.neededBefore.Load() < 300 {
		t.Error("too little was seen")
	}
}

// compare looks at a response's page as it was and as edited.
func (p *prober) compare(t *testing.T, editor *csp.Editor, r response, n *tally) {
	plan := editor.Plan(site, r.enforced, r.reportOnly, r.metas, nil)
	if plan.Skip != "" {
		t.Logf("not injected: %s", plan.Skip)
		return
	}
	probes, nonce := pageProbes(r), siteNonce(r)
	edited := response{enforced: plan.Enforced, reportOnly: plan.ReportOnly, metas: plan.Metas}
	after := p.look(t, p.server.add(edited, nonce, probes, &plan))
	before := after
	if plan.Changed {
		before = p.look(t, p.server.add(r, nonce, probes, nil))
		n.edited.Add(1)
	}
	p.agree(t, edited, nonce, after, probes)
	for _, probe := range probes {
		was, is := before.states[probe.ID], after.states[probe.ID]
		switch {
		case probe.need && is != allowed:
			t.Errorf("%s is %s\nbefore %q\nafter  %q", probe.ID, is, r, edited)
		case probe.need && was != allowed:
			n.neededBefore.Add(1)
		case !probe.need && was != is:
			t.Errorf("%s was %s, is %s\nbefore %q\nafter  %q", probe.ID, was, is, r, edited)
		case is == allowed:
			n.allowed.Add(1)
		case is == blocked:
			n.blocked.Add(1)
		default:
			t.Errorf("%s is %s\n%q", probe.ID, is, edited)
		}
	}
	if !after.loader || !after.widget || !after.sdk {
		t.Errorf("loader ran: %v, widget: %v, sdk: %v\nbefore %q\nafter  %q", after.loader, after.widget, after.sdk, r, edited)
	}
	for _, report := range after.ours {
		t.Errorf("a report on us: %+v\nafter %q", report, edited)
	}
}

// agree asserts that the decision function of csptest, on which the other tests
// rely, says what the browser does.
func (p *prober) agree(t *testing.T, r response, nonce string, s seen, probes []probe) {
	t.Helper()
	policies := parse(t, csptest.Chromium, append(slices.Clone(r.enforced), r.metas...))
	for _, pr := range probes {
		kind, how, _ := strings.Cut(pr.Kind, " with ")
		request := csptest.Request{Kind: csptest.Kind(kind), URL: pr.URL, ParserInserted: pr.parser}
		switch {
		case how == "nonce" || strings.HasPrefix(pr.ID, "with nonce, "):
			request.Nonce = nonce
		case how == "hash":
			request.Hash = integrityOf(hashedBody)
		case pr.URL == "data:":
			request.URL = "data:,x"
		case pr.URL == "blob:":
			request.URL = "blob:" + site + "/x"
		}
		if policies.Allows(request) != (s.states[pr.ID] == allowed) {
			t.Errorf("csptest is wrong about %s, which is %s\n%q", pr.ID, s.states[pr.ID], r)
		}
	}
}
