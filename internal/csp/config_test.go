package csp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

func TestNewRefuses(t *testing.T) {
	loader := csp.Script{Path: loaderPath, Integrity: loaderHash}
	tests := []struct {
		name string
		cfg  csp.Config
		want string // in the message
	}{
		{"no scripts", csp.Config{}, "Scripts"},
		{"loader without integrity", csp.Config{Scripts: []csp.Script{{Path: loaderPath}}}, loaderPath},
		{"integrity cut short", csp.Config{Scripts: []csp.Script{{Path: loaderPath, Integrity: "sha256-aaaa"}}}, "sha256-aaaa"},
		{"integrity of another kind", csp.Config{Scripts: []csp.Script{{Path: loaderPath, Integrity: "md5-" + loaderHash[7:]}}}, "md5-"},
		{"two digests", csp.Config{Scripts: []csp.Script{{Path: loaderPath, Integrity: loaderHash + " " + loaderHash}}}, "integrity"},
		{"relative script", csp.Config{Scripts: []csp.Script{{Path: "loader.js", Integrity: loaderHash}}}, `"loader.js"`},
		{"semicolon in a script", csp.Config{Scripts: []csp.Script{loader, {Path: "/a;b.js"}}}, `"/a;b.js"`},
		{"comma in the base", csp.Config{Base: "/a,b", Scripts: []csp.Script{loader}}, "Base"},
		{"quote in the base", csp.Config{Base: "/a'", Scripts: []csp.Script{loader}}, "Base"},
		{"base ends with a slash", csp.Config{Base: "/a/", Scripts: []csp.Script{loader}}, "Base"},
		{"base is the root", csp.Config{Base: "/", Scripts: []csp.Script{loader}}, "Base"},
		{"dots in the base", csp.Config{Base: "/a/..", Scripts: []csp.Script{loader}}, "Base"},
		{"SDK host with scheme", csp.Config{SDKHost: "https://us01-zcb.zoom.us", Scripts: []csp.Script{loader}}, "SDKHost"},
		{"SDK host with wildcard", csp.Config{SDKHost: "*.zoom.us", Scripts: []csp.Script{loader}}, "SDKHost"},
		{"SDK host with path", csp.Config{SDKHost: "zoom.us/x", Scripts: []csp.Script{loader}}, "SDKHost"},
		{"SDK host with a bad port", csp.Config{SDKHost: "zoom.us:x", Scripts: []csp.Script{loader}}, "SDKHost"},
		{"unknown switch", csp.Config{Allow: []csp.Switch{"unsafe_all"}, Scripts: []csp.Script{loader}}, "unsafe_all"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := csp.New(test.cfg)
			if !errors.Is(err, csp.ErrConfig) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one that names %s", err, test.want)
			}
		})
	}
}

func TestConfiguredHosts(t *testing.T) {
	tests := []struct{ name, host, base, want string }{
		{
			"default", "", "",
			"default-src 'none'; script-src https://shop.example/l.js https://us01-zcb.zoom.us; " +
				"connect-src https://shop.example/_cobrowse/ https://*.zoom.us wss://*.zoom.us; img-src https://*.zoom.us; " +
				"font-src https://*.zoom.us; style-src https://*.zoom.us; frame-src https://*.zoom.us; media-src https://*.zoom.us",
		},
		{
			"a stand-in has one host", "zoom.example:8443", "/help/desk",
			"default-src 'none'; script-src https://shop.example/l.js https://zoom.example:8443; " +
				"connect-src https://shop.example/help/desk/ https://zoom.example:8443 wss://zoom.example:8443; img-src https://zoom.example:8443; " +
				"font-src https://zoom.example:8443; style-src https://zoom.example:8443; frame-src https://zoom.example:8443; media-src https://zoom.example:8443",
		},
		{
			"a look-alike is no reason for a wildcard", "a.evilzoom.us", "",
			"default-src 'none'; script-src https://shop.example/l.js https://a.evilzoom.us; " +
				"connect-src https://shop.example/_cobrowse/ https://a.evilzoom.us wss://a.evilzoom.us; img-src https://a.evilzoom.us; " +
				"font-src https://a.evilzoom.us; style-src https://a.evilzoom.us; frame-src https://a.evilzoom.us; media-src https://a.evilzoom.us",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := csp.New(csp.Config{
				SDKHost: test.host, Base: test.base, Scripts: []csp.Script{{Path: "/l.js", Integrity: loaderHash}},
			})
			if err != nil {
				t.Fatal(err)
			}
			lines := []string{"default-src 'none'"}
			if got := e.Plan(site, lines, nil, nil, nil).Enforced[0]; got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			covered := []string{"default-src " + e.Plan(site, []string{"connect-src"}, nil, nil, nil).Enforced[0][len("connect-src "):] + " 'self'"}
			if plan := e.Plan(site, covered, nil, nil, nil); test.host == "zoom.example:8443" && plan.Changed {
				t.Errorf("hosts already listed, and yet: %q", plan.Enforced)
			}
		})
	}
}

func TestSite(t *testing.T) {
	const exact = "script-src https://cdn.example %s/_cobrowse/loader-4f1c.js %s/_cobrowse/widget-9a02.js https://us01-zcb.zoom.us"
	const self = "script-src https://cdn.example 'self' https://us01-zcb.zoom.us"
	tests := []struct {
		site string
		self bool // can't be named
	}{
		{"https://shop.example", false},
		{"http://localhost:8080", false},
		{"HTTPS://Shop.Example:8443", false},
		{"https://xn--bcher-kva.example", false},
		{"", true},
		{"https://192.0.2.1", true},
		{"https://192.0.2.1:8443", true},
		{"https://[2001:db8::1]", true},
		{"https://b\u00fccher.example", true},
		{"https://shop.example/", true},
		{"https://shop.example:", true},
		{"https://shop.example:port", true},
		{"https://shop.example; script-src *", true},
		{"https://shop.example,x", true},
		{"https://*.example", true},
		{"https://", true},
		{"ftp://shop.example", true},
		{"shop.example", true},
	}
	e := newEditor(t)
	for _, test := range tests {
		t.Run(test.site, func(t *testing.T) {
			want := strings.ReplaceAll(exact, "%s", test.site)
			if test.self {
				want = self
			}
			if got := e.Plan(test.site, []string{"script-src https://cdn.example"}, nil, nil, nil).Enforced[0]; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestOwnOriginCovered(t *testing.T) {
	tests := []struct {
		site, source string
		want         bool
	}{
		{"https://shop.example", "https://shop.example", true},
		{"https://shop.example", "HTTPS://SHOP.example:443", true},
		{"https://shop.example", "https://shop.example:*", true},
		{"https://shop.example", "shop.example", true},
		{"https://shop.example", "*.example", true},
		{"https://shop.example", "https:", true},
		{"https://shop.example", "*", true},
		{"https://shop.example", "'Self'", true},
		{"https://shop.example", "http://shop.example", false},
		{"https://shop.example", "https://shop.example:8443", false},
		{"https://shop.example", "https://shop.example/", false},
		{"https://shop.example", "*.shop.example", false},
		{"https://shop.example", "*.", false},
		{"https://shop.example", "*shop.example", false},
		{"https://shop.example", "*op.example", false},
		{"https://shop.example", "http:", false},
		{"https://shop.example", "'none'", false},
		{"https://shop.example:8443", "shop.example", false},
		{"https://shop.example:8443", "shop.example:8443", true},
		{"https://shop.example:8443", "https:", true},
		{"http://localhost:8080", "localhost:8080", true},
		{"http://localhost:8080", "https:", false},
		{"http://localhost:8080", "http:", true},
		{"http://shop.example", "http://shop.example:80", true},
		{"", "'self'", true},
		{"", "*", true},
		{"", "https:", false},
		{"", "https://shop.example", false},
	}
	e := newEditor(t)
	for _, test := range tests {
		t.Run(test.site+" "+test.source, func(t *testing.T) {
			line := "script-src https://x.example https://us01-zcb.zoom.us " + test.source
			if plan := e.Plan(test.site, []string{line}, nil, nil, nil); plan.Changed == test.want {
				t.Errorf("edited: %v, in %q", plan.Changed, plan.Enforced)
			}
		})
	}
}
