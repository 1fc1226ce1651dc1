package proxy

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestNewReportsEveryFault(t *testing.T) {
	percent := 101.0
	tests := []struct {
		name string
		cfg  Config
		says []string
	}{
		{"no credentials", Config{}, []string{"sdk_key is empty", "ZOOM_SDK_KEY", "sdk_secret is missing", "ZOOM_SDK_SECRET"}},
		{"empty secret", Config{SDKKey: testKey, SDKSecrets: []string{testSecret, " "}}, []string{"sdk_secret number 2 is empty"}},
		{"secret is the key", Config{SDKKey: testKey, SDKSecrets: []string{testKey}}, []string{"equals sdk_key"}},
		{"key with a space", testConfig(Config{SDKKey: "a b"}), []string{"sdk_key holds characters"}},
		{"host with scheme", testConfig(Config{ZoomHost: "https://zoom.us/"}), []string{`zoom_host "https://zoom.us/"`, "without https://"}},
		{"version", testConfig(Config{SDKVersion: "latest"}), []string{`sdk_version "latest"`}},
		{"path without slash", testConfig(Config{Path: "help"}), []string{`path "help"`}},
		{"path with trailing slash", testConfig(Config{Path: "/help/"}), []string{`path "/help/"`}},
		{"path with dots", testConfig(Config{Path: "/../x"}), []string{`path "/../x"`}},
		{"origin with path", testConfig(Config{Origins: []string{"https://shop.example/x"}}), []string{"https://shop.example/x"}},
		{"origin without scheme", testConfig(Config{Origins: []string{"shop.example"}}), []string{`"shop.example"`}},
		{"load", testConfig(Config{Load: "later"}), []string{`load "later"`, "on_demand or eager"}},
		{"percent", testConfig(Config{Inject: InjectConfig{Percent: &percent}}), []string{"percent 101"}},
		{"private", testConfig(Config{Inject: InjectConfig{Private: []string{"konto"}}}), []string{`private path "konto"`}},
		{"ttl", testConfig(Config{Customer: CustomerConfig{TokenTTL: time.Minute}}), []string{"token_ttl 1m0s", "30m to 48h"}},
		{"ttl max below ttl", testConfig(Config{Customer: CustomerConfig{TokenTTL: time.Hour, TokenTTLMax: 31 * time.Minute}}), []string{"token_ttl_max 31m"}},
		{"limit", testConfig(Config{Limits: LimitsConfig{TokensPerClient: -1}}), []string{"limits tokens -1"}},
		{"switch", testConfig(Config{CSP: CSPConfig{Allow: []string{"everything"}}}), []string{"everything"}},
		{"color", testConfig(Config{Button: ButtonConfig{Color: "red"}}), []string{"red"}},
		{"position", testConfig(Config{Button: ButtonConfig{Position: "middle"}}), []string{"middle"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.cfg)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if strings.Contains(err.Error(), testSecret) {
				t.Errorf("the error shows the secret: %q", err)
			}
		})
	}
}

func TestPageHashFollowsTheConfiguration(t *testing.T) {
	base := newTestMiddleware(t, Config{}).etags.suffix
	if again := newTestMiddleware(t, Config{}).etags.suffix; again != base {
		t.Errorf("the same configuration gives %s and %s", base, again)
	}
	for name, cfg := range map[string]Config{
		"label":   {Button: ButtonConfig{Label: "Help me"}},
		"path":    {Path: "/help"},
		"host":    {ZoomHost: "eu01-zcb.zoom.us"},
		"csp off": {CSP: CSPConfig{Off: true}},
		"switch":  {CSP: CSPConfig{Allow: []string{"blob_worker"}}},
		"origins": {Origins: []string{"https://shop.example"}},
		"mask":    {Masks: []MaskConfig{{AllInput: true}}},
	} {
		if got := newTestMiddleware(t, cfg).etags.suffix; got == base {
			t.Errorf("%s does not change the suffix", name)
		}
	}
}

func TestTagIsSmall(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	if n := len(m.tag.plain); n > 80 {
		t.Errorf("%d bytes: %s", n, m.tag.plain)
	}
	if got := m.tag.with("a+/=", "sha256-x="); !strings.HasSuffix(got, ` async integrity="sha256-x=" nonce="a&#43;/="></script>`) && !strings.HasSuffix(got, ` async integrity="sha256-x=" nonce="a+/="></script>`) {
		t.Errorf("got %s", got)
	}
}

func TestReverseProxyTarget(t *testing.T) {
	for _, target := range []string{"", "/x", "ftp://legacy", "legacy:9000"} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewReverseProxy(u, testConfig(Config{})); err == nil || !strings.Contains(err.Error(), "http://legacy:9000") {
			t.Errorf("target %q: %v", target, err)
		}
	}
	if _, err := NewReverseProxy(nil, testConfig(Config{})); err == nil {
		t.Error("nil target accepted")
	}
}
