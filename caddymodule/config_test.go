package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// notFromOperator lists the fields of proxy.Config that config does not set, or
// cannot set together with all others, and why.
var notFromOperator = map[string]string{
	"Sandbox":                    "of the pool of sandboxes, by start",
	"Observer":                   "set by start, which knows the instance",
	"Audit":                      "of the pool of open files, by joinRecords",
	"Webhooks":                   "of the pool of senders, by joinRecords",
	"SignIn":                     "of an agents module that has pages of its own",
	"AgentApp":                   "of an agents module that is an app",
	"Logger":                     "set by start",
	"Now":                        "the clock is for tests",
	"CSP.Off":                    "contradicts CSP.Allow; TestConfigOtherForms",
	"Desk.Limits.PINsPerSession": "no operator needs another",
	"Button.None":                "contradicts Button.Label; TestConfigOtherForms",
}

// testContext is a context as a module gets it, outside of a running server.
func testContext(t testing.TB) caddy.Context {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	return ctx
}

// fullHandler reads the handler of the golden file that has every word.
func fullHandler(t testing.TB) *Handler {
	t.Helper()
	golden, err := os.ReadFile("testdata/adapt/full.caddytest")
	if err != nil {
		t.Fatal(err)
	}
	caddyfile, _, _ := strings.Cut(string(golden), "\n----------\n")
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(adapted, &tree); err != nil {
		t.Fatal(err)
	}
	fields := findHandler(tree)
	delete(fields, "handler")
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	h := new(Handler)
	if err := caddy.StrictUnmarshalJSON(raw, h); err != nil {
		t.Fatal(err)
	}
	return h
}

// findHandler returns the first cobrowse handler of a configuration.
func findHandler(tree any) map[string]any {
	switch node := tree.(type) {
	case map[string]any:
		if node["handler"] == "cobrowse" {
			return node
		}
		for _, child := range node {
			if found := findHandler(child); found != nil {
				return found
			}
		}
	case []any:
		for _, child := range node {
			if found := findHandler(child); found != nil {
				return found
			}
		}
	}
	return nil
}

// TestConfigSetsEveryField shows that every field of proxy.Config is reached by
// some word of the Caddyfile, so that none is forgotten when one is added.
func TestConfigSetsEveryField(t *testing.T) {
	for _, name := range []string{"ZOOM_WEBHOOK_SECRET", "ZOOM_VIDEO_SDK_KEY", "ZOOM_VIDEO_SDK_SECRET"} {
		t.Setenv(name, "of "+name)
	}
	h := fullHandler(t)
	cfg, err := h.config(testContext(t), credentials{key: "key", secrets: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	unset := map[string]bool{}
	collectUnset(reflect.ValueOf(cfg), "", unset)
	for name := range unset {
		if notFromOperator[name] == "" {
			t.Errorf("config sets no %s", name)
		}
	}
	for name := range notFromOperator {
		if !unset[name] {
			t.Errorf("%s is listed as not set, but is", name)
		}
	}
}

// collectUnset notes the exported fields that are zero. A field of a list
// counts as set if one element sets it.
func collectUnset(v reflect.Value, prefix string, unset map[string]bool) {
	for field, value := range v.Fields() {
		name := prefix + field.Name
		switch {
		case value.IsZero():
			unset[name] = true
		case value.Kind() == reflect.Struct:
			collectUnset(value, name+".", unset)
		case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct:
			elements := make(map[string]int)
			for i := range value.Len() {
				inner := map[string]bool{}
				collectUnset(value.Index(i), name+".", inner)
				for n := range inner {
					elements[n]++
				}
			}
			for n, times := range elements {
				if times == value.Len() {
					unset[n] = true
				}
			}
		}
	}
}

// TestConfigOtherForms covers what full.caddytest cannot have.
func TestConfigOtherForms(t *testing.T) {
	h := &Handler{CSP: &CSP{Mode: "off"}, Button: &Button{None: true, Attach: ".help"}}
	cfg, err := h.config(testContext(t), credentials{})
	if err != nil {
		t.Fatal(err)
	}
	if !cfg.CSP.Off || !cfg.Button.None || cfg.Button.Attach != ".help" {
		t.Errorf("got %+v and %+v", cfg.CSP, cfg.Button)
	}
	if cfg.Agents != nil {
		t.Error("somebody can be an agent although nothing says who")
	}
	if cfg.Customer.Identify != nil {
		t.Error("customers are identified although nothing says how")
	}
}

// TestConfigExpandsPlaces covers placeholders outside of credentials.
func TestConfigExpandsPlaces(t *testing.T) {
	t.Setenv("COBROWSE_TEST_HOST", "eu01-zcb.zoom.us")
	t.Setenv("COBROWSE_TEST_ORIGIN", "https://shop.example")
	h := &Handler{ZoomHost: "{env.COBROWSE_TEST_HOST}", Origins: []string{"{env.COBROWSE_TEST_ORIGIN}"}}
	cfg, err := h.config(testContext(t), credentials{})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.ZoomHost != "eu01-zcb.zoom.us" || !reflect.DeepEqual(cfg.Origins, []string{"https://shop.example"}) {
		t.Errorf("got %q, %q", cfg.ZoomHost, cfg.Origins)
	}
	h = &Handler{Path: "{env.COBROWSE_TEST_UNSET}", SDKVersion: "{nonsense}"}
	_, err = h.config(testContext(t), credentials{})
	if err == nil || !strings.Contains(err.Error(), "path: ") || !strings.Contains(err.Error(), "COBROWSE_TEST_UNSET") || !strings.Contains(err.Error(), "sdk_version: ") {
		t.Errorf("error %v", err)
	}
}

// noIdentifier is a guest module that cannot do its work.
type noIdentifier struct{}

func init() { caddy.RegisterModule(noIdentifier{}) }

func (noIdentifier) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.agents.test_no_identifier",
		New: func() caddy.Module { return new(noIdentifier) },
	}
}

// TestConfigRefusesGuests covers guest modules that are missing or unfit.
func TestConfigRefusesGuests(t *testing.T) {
	for provider, want := range map[string]string{
		"test_no_identifier": "cannot identify agents",
		"test_missing":       "agents: loading provider",
	} {
		h := &Handler{AgentsRaw: json.RawMessage(`{"provider":"` + provider + `"}`)}
		if _, err := h.config(testContext(t), credentials{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", provider, err, want)
		}
	}
	h := &Handler{Inject: &Inject{OnlyRaw: caddyhttp.RawMatcherSets{{"missing": json.RawMessage(`{}`)}}}}
	if _, err := h.config(testContext(t), credentials{}); err == nil || !strings.Contains(err.Error(), "inject: loading matchers") {
		t.Errorf("matcher: error %v", err)
	}
}

// failingMatcher is a matcher that can tell nothing.
type failingMatcher struct{}

func (failingMatcher) MatchWithError(*http.Request) (bool, error) {
	return true, errors.New("cannot tell")
}

// TestMatcherFails shows that a page in doubt is not touched.
func TestMatcherFails(t *testing.T) {
	set := caddyhttp.MatcherSet{failingMatcher{}}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if matcher(set, false, slog.New(slog.DiscardHandler))(r) {
		t.Error("an only that fails did match")
	}
	if !matcher(set, true, slog.New(slog.DiscardHandler))(r) {
		t.Error("an except that fails did not match")
	}
}

// TestClientIP covers requests that did not come through Caddy's server.
func TestClientIP(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.1:1234": "192.0.2.1", "[2001:db8::1]:80": "2001:db8::1", "@": "@"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		if got := clientIP(r); got != want {
			t.Errorf("%s: got %q, want %q", remote, got, want)
		}
	}
	vars := map[string]any{caddyhttp.ClientIPVarKey: "198.51.100.7"}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r = r.WithContext(context.WithValue(r.Context(), caddyhttp.VarsCtxKey, vars))
	if got := clientIP(r); got != "198.51.100.7" {
		t.Errorf("got %q", got)
	}
}

// TestIdentifyCustomer covers placeholders that are known, unknown and empty.
func TestIdentifyCustomer(t *testing.T) {
	repl := caddy.NewEmptyReplacer()
	repl.Set("http.auth.user.id", "c-17")
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	with := r.WithContext(context.WithValue(r.Context(), caddy.ReplacerCtxKey, repl))
	c := &Customer{ID: "{http.auth.user.id}", Name: "{http.auth.user.name}"}
	identify := c.config().Identify
	if id, name := identify(with); id != "c-17" || name != "" {
		t.Errorf("got %q, %q", id, name)
	}
	if id, name := identify(r); id != "" || name != "" {
		t.Errorf("without a replacer: got %q, %q", id, name)
	}
}

// TestCaddyUser shows who is an agent, and that headers say nothing.
func TestCaddyUser(t *testing.T) {
	tests := []struct {
		name  string
		users []string
		known map[string]string
		want  proxy.Agent
	}{
		{"nobody", nil, nil, proxy.Agent{}},
		{"empty", nil, map[string]string{"http.auth.user.id": ""}, proxy.Agent{}},
		{"name without id", nil, map[string]string{"http.auth.user.name": "Anna"}, proxy.Agent{}},
		{"candidate only", nil, map[string]string{"http.auth.candidate.id": "anna"}, proxy.Agent{}},
		{"user", nil, map[string]string{"http.auth.user.id": "anna"}, proxy.Agent{ID: "anna"}},
		{"user with name", nil, map[string]string{"http.auth.user.id": "anna", "http.auth.user.name": "Anna A."}, proxy.Agent{ID: "anna", Name: "Anna A."}},
		{"user with display name", nil, map[string]string{"http.auth.user.id": "anna", "http.auth.user.display": "A."}, proxy.Agent{ID: "anna", Name: "A."}},
		{"listed", []string{"bob", "anna"}, map[string]string{"http.auth.user.id": "anna"}, proxy.Agent{ID: "anna"}},
		{"not listed", []string{"bob"}, map[string]string{"http.auth.user.id": "anna"}, proxy.Agent{}},
		{"name with a direction mark", nil, map[string]string{"http.auth.user.id": "anna", "http.auth.user.name": "A\u202e"}, proxy.Agent{ID: "anna", Name: "A"}},
		{"listed in another case", []string{"Anna"}, map[string]string{"http.auth.user.id": "anna"}, proxy.Agent{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			repl := caddy.NewEmptyReplacer()
			for key, value := range tt.known {
				repl.Set(key, value)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			for _, forged := range []string{"Remote-User", "X-Remote-User", "Remote_User", "Http.auth.user.id", "X-Forwarded-User"} {
				r.Header[forged] = []string{"root"}
			}
			r = r.WithContext(context.WithValue(r.Context(), caddy.ReplacerCtxKey, repl))
			user := &CaddyUser{AgentPolicy{Users: tt.users}}
			if err := user.Provision(caddy.Context{}); err != nil {
				t.Fatal(err)
			}
			got, err := user.Identify(r)
			if err == nil {
				tt.want.Source = "caddy_user"
			}
			if !reflect.DeepEqual(got, tt.want) || (err == nil) == (tt.want.ID == "") || err != nil && !errors.Is(err, proxy.ErrUnidentified) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
	if _, err := new(CaddyUser).Identify(httptest.NewRequest(http.MethodGet, "/", nil)); !errors.Is(err, proxy.ErrUnidentified) {
		t.Errorf("without a replacer: error %v", err)
	}
}
