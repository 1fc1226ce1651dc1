package caddymodule_test

import (
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/cobrowse-proxy/cobrowse-proxy/caddymodule"
)

// TestCaddyfileErrors gives one wrong block after the other. The message must
// name the word, show the cure, and end with the line.
func TestCaddyfileErrors(t *testing.T) {
	tests := []struct {
		name, block string
		want        []string
	}{
		{"unknown word", "colour red", []string{"unknown word 'colour'", "known are agents, audit"}},
		{"word twice", "sdk_key a\nsdk_key b", []string{"'sdk_key' stands here twice", "keep one"}},
		{"block twice", "inject {\nexpose\n}\ninject {\ndry_run\n}", []string{"'inject' stands here twice"}},
		{"no value", "sdk_key", []string{"'sdk_key'", "write sdk_key <key>", "{$NAME}"}},
		{"empty value", `sdk_secret ""`, []string{"'sdk_secret'", "write sdk_secret <secret>..."}},
		{"two values", "zoom_host a b", []string{"write zoom_host <host>"}},
		{"comment for a value", "button {\ncolor #ff0000\n}", []string{"'button color'", `write color "#rrggbb"`, "needs quotes"}},
		{"secret twice", "sdk_secret {env.A} {env.A}", []string{"sdk_secret has the same value twice"}},
		{"origin twice", "origins https://a.example https://a.example", []string{"origins has 'https://a.example' twice"}},
		{"block after a value", "path /x {\nfoo\n}", []string{"'path' takes no block", "write path <prefix>"}},
		{"unknown provider", "provider webex", []string{"'provider webex' is unknown", "known: zoom, sandbox"}},
		{"unknown load", "load lazy", []string{"'load lazy' is unknown", "on_demand, eager"}},
		{"inject without block", "inject", []string{"'inject' needs a block", "dry_run"}},
		{"empty inject", "inject {\n}", []string{"'inject' needs a block"}},
		{"inject with value", "inject all {\nexpose\n}", []string{"wrong use of 'inject'", "write inject { ... }"}},
		{"unknown word in inject", "inject {\nonce\n}", []string{"inject: unknown word 'once'", "dry_run, except, expose, only, percent"}},
		{"only without matcher", "inject {\nonly\n}", []string{"'inject only' matches nothing in particular", "path /shop/*"}},
		{"only with unknown matcher", "inject {\nonly colour red\n}", []string{"colour", "not registered"}},
		{"only with bad matcher", "inject {\nonly path_regexp a b c\n}", []string{"wrong argument count"}},
		{"percent sign", "inject {\npercent 20%\n}", []string{"inject percent '20%'", "without a percent sign"}},
		{"percent too high", "inject {\npercent 101\n}", []string{"inject percent '101'", "0 to 100"}},
		{"percent not a number", "inject {\npercent NaN\n}", []string{"inject percent 'NaN'"}},
		{"flag with value", "inject {\ndry_run yes\n}", []string{"wrong use of 'inject dry_run'", "write dry_run"}},
		{"flag with block", "inject {\ndry_run {\nx\n}\n}", []string{"'dry_run' takes no block"}},
		{"health without slash", "health healthz", []string{"health 'healthz' is no path", "/healthz"}},
		{"health with pattern", "health /health*", []string{"health '/health*' is no path"}},
		{"health at the prefix", "health /_cobrowse", []string{"health '/_cobrowse' is at or below path", "/healthz"}},
		{"health below the prefix", "health /_cobrowse/health", []string{"health '/_cobrowse/health' is at or below path"}},
		{"health at another spelling", "health /_COBROWSE/health", []string{"health '/_COBROWSE/health' is at or below path"}},
		{"health below a configured prefix", "health /help/health\npath /help", []string{"health '/help/health' is at or below path"}},
		{"private without slash", "private konto", []string{"private path 'konto' does not begin with a slash"}},
		{"csp nothing", "csp", []string{"wrong use of 'csp'", "adjust|off"}},
		{"csp unknown", "csp none", []string{"'csp none' is unknown", "adjust, off"}},
		{"csp contradiction", "csp off {\nallow blob_worker\n}", []string{"csp off changes no policy", "remove one"}},
		{"csp allow twice", "csp {\nallow a\nallow a\n}", []string{"csp allow has 'a' twice"}},
		{"button unknown", "button some", []string{"'button some' is unknown", "none"}},
		{"button contradiction", "button {\nnone\nlabel Help\n}", []string{"button none shows no button"}},
		{"button label with spaces", "button {\nlabel Get help\n}", []string{`label "<text>"`, "quotes"}},
		{"button position", "button {\nposition left\n}", []string{"'button position left' is unknown", "bottom-right"}},
		{"session toggle", "session {\nmulti_tab yes\n}", []string{"'session multi_tab yes' is unknown", "on, off"}},
		{"mask without rule", "mask /a {\n}", []string{"'mask' needs a block", "all_input"}},
		{"mask path", "mask a {\nall_input\n}", []string{"mask path 'a' begins neither with a slash"}},
		{"mask attribute", "mask {\nattributes secret\n}", []string{"mask attribute 'secret' is no pair", "name=value"}},
		{"mask order", "mask {\nall_input\n}\nmask /a {\nall_input\n}", []string{"mask without paths", "put it last"}},
		{"customer without placeholder", "customer {\nname Anna\n}", []string{"customer name 'Anna' has no placeholder"}},
		{"customer duration", "customer {\ntoken_ttl soon\n}", []string{"customer token_ttl: 'soon' is no duration", "30m"}},
		{"agents without provider", "agents", []string{"wrong use of 'agents'", "agents <provider>"}},
		{"agents unknown", "agents ldap", []string{"unknown provider 'ldap'", "caddy_user"}},
		{"agents unknown word", "agents caddy_user {\nx\n}", []string{"agents caddy_user: unknown word 'x'", "users"}},
		{"agents user twice", "agents caddy_user a {\nusers a\n}", []string{"agents caddy_user: users has 'a' twice"}},
		{"agents groups of Caddy", "agents caddy_user {\ngroups a\n}", []string{"users of Caddy's have no groups", "users"}},
		{"agents network", "agents caddy_user {\nnetworks office\n}", []string{"networks 'office' is no network", "10.0.0.0/8", "private_ranges"}},
		{"agents argument", "agents oidc x", []string{"wrong use of 'agents oidc'", "agents oidc { ... }"}},
		{"agents header alone", "agents header", []string{"trusted_proxies is missing", "agents forward_auth"}},
		{"agents header names", "agents header {\ntrusted_proxies 10.0.0.1\nheaders {\nuser Cookie\n}\n}", []string{"identity header Cookie has a meaning of its own", "Remote-User"}},
		{"agents header spellings", "agents header {\ntrusted_proxies 10.0.0.1\nheaders {\nuser Remote_Name\n}\n}", []string{"are spellings of one name"}},
		{"agents header separator", "agents header {\ntrusted_proxies 10.0.0.1\nheaders {\nseparator ::\n}\n}", []string{"headers separator is no single character"}},
		{"agents header proxies", "agents header {\ntrusted_proxies gateway\n}", []string{"trusted_proxies 'gateway' is no network"}},
		{"agents forward_auth names", "agents forward_auth {\nheaders {\nuser \"a b\"\n}\n}", []string{`identity header "a b" is no header name`}},
		{"agents jwt alone", "agents jwt", []string{"jwks_url, public_key or secret"}},
		{"agents jwt two keys", "agents jwt {\njwks_url https://a\nsecret {env.A}\n}", []string{"say in one way"}},
		{"agents jwt issuer", "agents jwt {\njwks_url https://a\n}", []string{"issuer is missing", "iss"}},
		{"agents jwt audience", "agents jwt {\njwks_url https://a\nissuer https://a\n}", []string{"audience is missing", "aud"}},
		{"agents jwt from", "agents jwt {\nfrom query token\n}", []string{"wrong use of 'agents jwt from'", "from bearer|cookie <name>|header <name>"}},
		{"agents oidc issuer", "agents oidc", []string{"issuer is missing", "https://login.example.com"}},
		{"agents oidc client", "agents oidc {\nissuer https://a\n}", []string{"client_id is missing", "register"}},
		{"agents oidc groups", "agents oidc {\nissuer https://a\nclient_id b\n}", []string{"allow_groups is missing", "allow_any_user"}},
		{"agents oidc both", "agents oidc {\nissuer https://a\nclient_id b\nallow_groups c\nallow_any_user\n}", []string{"keep one of them"}},
		{"agents oidc times", "agents oidc {\nidle 0s\n}", []string{"agents oidc idle: '0s' is no duration above zero"}},
		{"limits number", "limits {\ntokens many per 1m\n}", []string{"limits tokens 'many' is no number above 0"}},
		{"limits word", "limits {\ntokens 5 each 1m\n}", []string{"wrong use of 'limits tokens'", "tokens <n> [per] <duration>"}},
		{"limits without period", "limits {\ntokens 5\n}", []string{"'limits tokens'", "tokens <n> [per] <duration>"}},
		{"limits without number", "limits {\ntokens\n}", []string{"wrong use of 'limits tokens'"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := adapt(t, ":8080 {\n\tcobrowse {\n"+tt.block+"\n}\n}\n")
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range append(tt.want, "Caddyfile:") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not have %q", err, want)
				}
			}
		})
	}
}

// TestCaddyfileArgument catches what stands where only a matcher may.
func TestCaddyfileArgument(t *testing.T) {
	_, _, err := adapt(t, ":8080 {\n\tcobrowse on\n}\n")
	if err == nil || !strings.Contains(err.Error(), "unexpected 'on'") || !strings.Contains(err.Error(), "Caddyfile:2") {
		t.Errorf("error %v", err)
	}
}

// TestNamedMatcherErrors covers what only a site block knows.
func TestNamedMatcherErrors(t *testing.T) {
	for name, tt := range map[string]struct{ line, want string }{
		"unknown name":   {"only @nobody", "matcher name: @nobody"},
		"everything":     {"except *", "would match every page"},
		"name and more":  {"only @docs path /x", "unexpected 'path'"},
		"path and block": {"only /x {\n path /y\n }", "unexpected '{'"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := adapt(t, ":8080 {\n\t@docs path /docs/*\n\tcobrowse {\n\t\tinject {\n\t\t\t"+tt.line+"\n\t\t}\n\t}\n}\n")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestUnmarshalCaddyfile covers the face that other modules use, which knows no
// named matchers.
func TestUnmarshalCaddyfile(t *testing.T) {
	h := new(caddymodule.Handler)
	d := caddyfile.NewTestDispenser("cobrowse {\n inject {\n only path /a\n }\n load eager\n}")
	if err := h.UnmarshalCaddyfile(d); err != nil {
		t.Fatal(err)
	}
	if len(h.Inject.OnlyRaw) != 1 || h.Load != "eager" {
		t.Errorf("got %+v", h)
	}
	d = caddyfile.NewTestDispenser("cobrowse {\n inject {\n only @a\n }\n}")
	if err := new(caddymodule.Handler).UnmarshalCaddyfile(d); err == nil {
		t.Error("a named matcher was accepted")
	}
}

// FuzzUnmarshalCaddyfile asserts that no input makes the parser panic, and that
// an error never comes without the place.
func FuzzUnmarshalCaddyfile(f *testing.F) {
	for _, block := range []string{
		"cobrowse", "cobrowse {\n}", "cobrowse {\n inject {\n only path /a\n except {\n path /b\n }\n percent 5\n }\n}",
		"cobrowse {\n csp off\n button none\n}", "cobrowse {\n csp adjust {\n allow a b\n }\n}",
		"cobrowse {\n mask /a {\n selectors a\n }\n limits {\n tokens 5 per 1m\n }\n}",
		"cobrowse {\n agents caddy_user a\n customer {\n id {x}\n token_ttl 1h\n }\n}", "cobrowse {\n {\n", "cobrowse }", "cobrowse {\n inject {",
	} {
		f.Add(block)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := caddyfile.Tokenize([]byte(text), "Caddyfile")
		if err != nil || len(tokens) == 0 {
			return
		}
		h := new(caddymodule.Handler)
		if err := h.UnmarshalCaddyfile(caddyfile.NewDispenser(tokens)); err != nil && !strings.Contains(err.Error(), "Caddyfile:") && !strings.Contains(err.Error(), "Testfile") {
			t.Errorf("error without a place: %v", err)
		}
	})
}
