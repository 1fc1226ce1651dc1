package caddymodule

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// TestUnprovisionedProviders: what was never set up knows nobody.
func TestUnprovisionedProviders(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Remote-User", "anna")
	for _, provider := range []proxy.AgentIdentifier{new(CaddyUser), new(HeaderAgents), new(ForwardAuthAgents), new(JWTAgents), new(OIDCAgents)} {
		if who, err := provider.Identify(r); err == nil || who.ID != "" {
			t.Errorf("%T: %+v, %v", provider, who, err)
		}
	}
	new(HeaderAgents).Clean(r)
	if err := new(OIDCAgents).Cleanup(); err != nil {
		t.Error(err)
	}
	if err := new(JWTAgents).Cleanup(); err != nil {
		t.Error(err)
	}
}

func TestPrefixes(t *testing.T) {
	list, err := prefixes("networks", []string{"10.1.2.3", "2001:db8::/32", "private_ranges"})
	if err != nil || len(list) < 5 || list[0] != netip.MustParsePrefix("10.1.2.3/32") || list[1] != netip.MustParsePrefix("2001:db8::/32") {
		t.Errorf("%v, %v", list, err)
	}
	for _, wrong := range []string{"", "office", "10.0.0.0/33", "10.0.0.0-10.0.0.9", "*"} {
		if _, err := prefixes("networks", []string{wrong}); err == nil || !strings.Contains(err.Error(), "networks '"+wrong+"' is no network") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestPolicyOfJSON: what a Caddyfile cannot say is refused in JSON as well.
func TestPolicyOfJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		provider caddy.Provisioner
		want     string
	}{
		"groups of Caddy's": {&CaddyUser{AgentPolicy{Groups: []string{"a"}}}, "agents caddy_user: users of Caddy's have no groups"},
		"twice":             {&ForwardAuthAgents{AgentPolicy: AgentPolicy{Users: []string{"a", "a"}}}, "agents forward_auth: users has 'a' twice"},
		"white space":       {&HeaderAgents{TrustedProxies: []string{"10.0.0.1"}, AgentPolicy: AgentPolicy{Groups: []string{" a"}}}, "agents header: group"},
		"no proxy":          {new(HeaderAgents), "agents header: "},
		"network":           {&CaddyUser{AgentPolicy{Networks: []string{"x"}}}, "networks 'x' is no network"},
	} {
		if err := tt.provider.Provision(caddy.Context{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

// TestSignInsAreGivenBack: a provider that was taken down leaves no sign-ins
// behind, also where it never came up, and the next one of a reload takes over
// those of the one before.
func TestSignInsAreGivenBack(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	kept := func() (n int) {
		signIns.Range(func(_, _ any) bool { n++; return true })
		return n
	}
	site := siteSettings{origins: []string{"https://shop.example"}}
	with := func(origin string) *OIDCAgents {
		return &OIDCAgents{OIDCSettings: OIDCSettings{Issuer: "https://login.example", ClientID: "desk", AllowAnyUser: true, Origin: origin}}
	}
	before, after, broken := with(""), with("https://shop.example"), with("http://shop.example")
	if err := before.provision(caddy.NewEmptyReplacer(), logger, site); err != nil {
		t.Fatal(err)
	}
	if err := after.provision(caddy.NewEmptyReplacer(), logger, site); err != nil || kept() != 1 || before.key != after.key {
		t.Errorf("%d stores, %v", kept(), err)
	}
	if err := broken.provision(caddy.NewEmptyReplacer(), logger, site); err == nil {
		t.Error("sign-ins go over plain HTTP")
	}
	for _, a := range []*OIDCAgents{before, broken, broken, after} {
		if kept() == 0 {
			t.Error("the sign-ins are forgotten too early")
		}
		if err := a.Cleanup(); err != nil {
			t.Error(err)
		}
	}
	if kept() != 0 {
		t.Errorf("%d stores are left", kept())
	}
}

// TestLoginAtAnotherOrigin: a login begins where the provider sends the agent
// back to, and only hosts that the operator has named are led there.
func TestLoginAtAnotherOrigin(t *testing.T) {
	a := &OIDCAgents{OIDCSettings: OIDCSettings{Issuer: "http://127.0.0.1:1", ClientID: "desk", AllowAnyUser: true}}
	site := siteSettings{origins: []string{"https://shop.example", "https://WWW.shop.example", "http://shop.example:8080"}, path: "/help"}
	if err := a.provision(caddy.NewEmptyReplacer(), slog.New(slog.DiscardHandler), site); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Cleanup() })
	for host, want := range map[string]string{
		"www.shop.example":  "https://shop.example/help/login?return=%2Fhelp%2Fdesk",
		"Shop.example:8080": "https://shop.example/help/login?return=%2Fhelp%2Fdesk",
		"shop.example":      "", // the provider, which is down
		"evil.example":      "",
		"":                  "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/help/login?return=%2Fhelp%2Fdesk", nil)
		r.Host = host
		w := httptest.NewRecorder()
		a.Login(w, r)
		if got := w.Header().Get("Location"); got != want || (want == "") != (w.Code == http.StatusServiceUnavailable) {
			t.Errorf("%s: status %d to %q, want %q", host, w.Code, got, want)
		}
	}
}
