package csp_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// What the tests configure: a page at site, Zoom at its usual host.
const (
	site       = "https://shop.example"
	loaderPath = "/_cobrowse/loader-4f1c.js"
	widgetPath = "/_cobrowse/widget-9a02.js"
	sdkURL     = "https://us01-zcb.zoom.us/static/resource/sdk/3.10.x/js/sdk.js"
	loaderHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
)

func newEditor(t testing.TB, allow ...csp.Switch) *csp.Editor {
	t.Helper()
	e, err := csp.New(csp.Config{
		Scripts: []csp.Script{{Path: loaderPath, Integrity: loaderHash}, {Path: widgetPath}},
		Allow:   allow,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// response is what a site sends.
type response struct {
	name                        string
	enforced, reportOnly, metas []string
}

// realPolicies are the different responses of testdata/csp-real.json.
func realPolicies(t testing.TB) []response {
	t.Helper()
	data, err := os.ReadFile("testdata/csp-real.json")
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		ID      string
		Headers []struct{ Name, Value string }
	}
	if err := json.Unmarshal(data, &entries); err != nil {
		t.Fatal(err)
	}
	var all []response
	seen := map[string]bool{}
	for _, e := range entries {
		r := response{name: e.ID}
		for _, h := range e.Headers {
			r.enforced = append(r.enforced, h.Value)
		}
		if key := strings.Join(r.enforced, "\n"); !seen[key] {
			seen[key] = true
			all = append(all, r)
		}
	}
	if len(all) != 133 {
		t.Fatalf("%d different policies in the corpus, want 133", len(all))
	}
	return all
}
