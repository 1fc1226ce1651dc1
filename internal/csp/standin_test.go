package csp_test

import (
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp/csptest"
)

const standInSDK = "/_cobrowse/sandbox/static/resource/sdk/key/js/3.10.x"

// newStandInEditor edits for a service on the page's own origin.
func newStandInEditor(t testing.TB) *csp.Editor {
	t.Helper()
	e, err := csp.New(csp.Config{
		SDKPath: standInSDK,
		Scripts: []csp.Script{{Path: loaderPath, Integrity: loaderHash}, {Path: widgetPath}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// standInNeeds are what must be allowed where the origin is known.
func standInNeeds(plan csp.Plan) []csptest.Request {
	return []csptest.Request{
		{Kind: csptest.Script, URL: site + loaderPath, ParserInserted: true, Nonce: plan.Nonce, Hash: plan.Integrity},
		{Kind: csptest.Script, URL: site + widgetPath, Nonce: plan.Nonce},
		{Kind: csptest.Script, URL: site + standInSDK, Nonce: plan.Nonce},
		{Kind: csptest.Connect, URL: site + "/_cobrowse/token"},
		{Kind: csptest.Connect, URL: "wss://shop.example/_cobrowse/sandbox/sdkapi/zcb/sandbox/socket"},
	}
}

func TestStandIn(t *testing.T) {
	e := newStandInEditor(t)
	responses := []response{
		{name: "self", enforced: []string{"default-src 'self'"}},
		{name: "nothing", enforced: []string{"default-src 'none'"}},
		{name: "a nonce", enforced: []string{"script-src 'nonce-YQ==' 'strict-dynamic'; connect-src 'none'"}},
		{name: "https only", enforced: []string{"default-src https:"}},
		{name: "the site by name", enforced: []string{"default-src https://shop.example; connect-src https://shop.example"}},
		{name: "sockets by name", enforced: []string{"script-src shop.example; connect-src https://shop.example wss://shop.example"}},
		{name: "all sockets", enforced: []string{"connect-src 'none' wss:"}},
		{name: "without a scheme", enforced: []string{"connect-src shop.example"}},
		{name: "a star", enforced: []string{"default-src *"}},
		{name: "report-only", reportOnly: []string{"default-src 'none'; img-src 'self'"}},
	}
	var got strings.Builder
	for _, r := range responses {
		t.Run(r.name, func(t *testing.T) {
			plan := checkForm(t, e, site, r)
			writePlan(&got, r, plan)
			for _, unknown := range []string{"", "http://10.0.0.1"} {
				checkForm(t, e, unknown, r)
			}
		})
	}
	checkGolden(t, "standin.golden", got.String())
}

func TestStandInRealPolicies(t *testing.T) {
	e := newStandInEditor(t)
	for _, r := range realPolicies(t) {
		t.Run(r.name, func(t *testing.T) {
			plan := checkForm(t, e, site, r)
			if plan.Skip != "" {
				return
			}
			checkNeeds(t, plan.Enforced, standInNeeds(plan))
			checkNeeds(t, plan.ReportOnly, standInNeeds(plan))
			checkNeeds(t, plan.Metas, standInNeeds(plan)[1:])
			before := strings.Count(strings.Join(r.enforced, " "), "zoom.us")
			if after := strings.Count(strings.Join(plan.Enforced, " "), "zoom.us"); after != before {
				t.Errorf("Zoom's hosts were added, where nothing is fetched from them: %q", plan.Enforced)
			}
		})
	}
}

func TestStandInSocketWithoutTLS(t *testing.T) {
	plan := newStandInEditor(t).Plan("http://shop.example:8080", []string{"connect-src 'none'"}, nil, nil, nil)
	const want = "connect-src http://shop.example:8080/_cobrowse/ ws://shop.example:8080/_cobrowse/"
	if !strings.HasPrefix(plan.Enforced[0], want) {
		t.Errorf("got %q, want %q", plan.Enforced[0], want)
	}
}

func TestStandInPath(t *testing.T) {
	for _, path := range []string{"sandbox/sdk", "/a b", "/a;b", "/a/../b", "/'self'"} {
		_, err := csp.New(csp.Config{SDKPath: path, Scripts: []csp.Script{{Path: loaderPath, Integrity: loaderHash}}})
		if err == nil || !strings.Contains(err.Error(), "SDKPath") {
			t.Errorf("%q: got error %v", path, err)
		}
	}
}
