package caddymodule_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// claims are those of Zoom's tokens.
type claims struct {
	AppKey   string `json:"app_key"`
	Role     int    `json:"role_type"`
	UserID   string `json:"user_id"`
	UserName string `json:"user_name"`
	Iat      int64  `json:"iat"`
	Exp      int64  `json:"exp"`
}

// readToken returns the claims of the token in a reply, after checking the
// signature by hand: HS256 with the secret's bytes (RFC 7515).
func readToken(t testing.TB, reply string) claims {
	t.Helper()
	token := decode[struct {
		Token string `json:"token"`
	}](t, reply).Token
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token in %q", reply)
	}
	mac := hmac.New(sha256.New, []byte(sdkSecret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)); parts[2] != want {
		t.Fatal("the signature is wrong")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return decode[claims](t, string(payload))
}

// TestWholeConfiguration shows that "cobrowse" alone is one.
func TestWholeConfiguration(t *testing.T) {
	s := startSite(t, serveHTML(page), "encode\ncobrowse\nreverse_proxy {up}")

	tag := injected(t, s.get("/konto"), page)
	loader, _, _ := strings.Cut(strings.TrimPrefix(tag, `<script src="`), `"`)
	script := s.do(http.MethodGet, loader, "")
	if script.status != http.StatusOK || !strings.Contains(script.header.Get("Content-Type"), "javascript") || !strings.Contains(script.header.Get("Cache-Control"), "immutable") {
		t.Errorf("loader: status %d, header %v", script.status, script.header)
	}

	reply := s.postToken("/_cobrowse/token", `{"role":1}`)
	if c := readToken(t, reply.body); c.AppKey != sdkKey || c.Role != 1 || c.UserID == "" || c.Exp-c.Iat != 1800 {
		t.Errorf("claims %+v", c)
	}
	if foreign := s.do(http.MethodPost, "/_cobrowse/token", `{"role":1}`, "Content-Type: application/json", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"); foreign.status != http.StatusForbidden {
		t.Errorf("foreign page: status %d", foreign.status)
	}

	for _, closed := range []answer{s.get("/_cobrowse/desk"), s.postToken("/_cobrowse/token", `{"role":2}`), s.postToken("/_cobrowse/desk/join", `{"pin":"482913"}`)} {
		if closed.status != http.StatusForbidden || !strings.Contains(closed.body, "agents") {
			t.Errorf("nobody is an agent, but: status %d, %q", closed.status, closed.body)
		}
	}
}

// TestPrefixIsOurs shows that no spelling of the prefix reaches the site.
func TestPrefixIsOurs(t *testing.T) {
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(strings.ToLower(r.URL.Path), "_cobrowse") && r.URL.Path != "/_cobrowsex" {
			t.Errorf("%s reached the site", r.RequestURI)
		}
		serveHTML(page).ServeHTTP(w, r)
	})
	s := startSite(t, upstream, "cobrowse\nreverse_proxy {up}")
	for path, want := range map[string]int{
		"/_cobrowse/nothing":      http.StatusNotFound,
		"/_cobrowse":              http.StatusNotFound,
		"/_COBROWSE/token":        http.StatusBadRequest,
		"/%5fcobrowse/token":      http.StatusBadRequest,
		"/_cobrowse%2ftoken":      http.StatusBadRequest,
		"/%255fcobrowse":          http.StatusBadRequest,
		"//_cobrowse/":            http.StatusBadRequest,
		"/x/../_cobrowse/":        http.StatusBadRequest,
		"/_cobrowse/%2e%2e/admin": http.StatusBadRequest,
		"/_cobrowse;x":            http.StatusBadRequest,
		"/_cobrowsex":             http.StatusOK,
	} {
		if got := s.get(path); got.status != want {
			t.Errorf("%s: status %d, want %d", path, got.status, want)
		}
	}
}

// TestMissingCredentials shows what an operator reads who forgot them.
func TestMissingCredentials(t *testing.T) {
	s := startSite(t, serveHTML(page), "respond running")
	t.Setenv("ZOOM_SDK_KEY", "")
	t.Setenv("ZOOM_SDK_SECRET", "")
	got := s.refused("cobrowse\nreverse_proxy {up}")
	for _, want := range []string{"environment variable ZOOM_SDK_KEY is not set", "environment variable ZOOM_SDK_SECRET is not set", "sdk_secret {file."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not have %q", got, want)
		}
	}
	if after := s.get("/"); after.body != "running" {
		t.Errorf("the running configuration is gone: %+v", after)
	}
}

// TestInvalidValues shows that values which only package proxy can judge are
// refused by the name of their subdirective.
func TestInvalidValues(t *testing.T) {
	s := startSite(t, serveHTML(page), "respond running")
	t.Setenv("COBROWSE_PREFIX", "/help")
	for block, want := range map[string]string{
		"path {env.COBROWSE_PREFIX}\nhealth /help/health": "health '/help/health'",
		"zoom_host https://us01-zcb.zoom.us":              "zoom_host",
		"sdk_version latest":                              "sdk_version",
		"path cobrowse":                                   "path",
		"origins https://shop.example/konto":              "origin",
		"csp {\nallow everything\n}":                      "csp",
		"customer {\ntoken_ttl 5m\n}":                     "token_ttl",
		"limits {\ntokens 5 per 1ms\n}":                   "limits",
		"button {\ncolor blue\n}":                         "color",
		"button {\nshortcut h\n}":                         "shortcut",
		"sdk_key https://zoom.us/key":                     "sdk_key",
		"sdk_secret {env.ZOOM_SDK_KEY}":                   "sdk_secret",
		"customer {\ntoken_ttl_max 3000h\n}":              "token_ttl_max",
		"origins https://shop.example:99999/x":            "origin",
	} {
		if got := s.refused("cobrowse {\n" + block + "\n}\nrespond x"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", block, got)
		}
	}
}

// TestRules runs the operator's restrictions with Caddy's matchers.
func TestRules(t *testing.T) {
	s := startSite(t, serveHTML(page), `
	@shop {
		path /shop/*
		not path /shop/print/*
	}
	cobrowse {
		inject {
			only @shop
			only {
				path /konto/*
				header Cookie *beta=1*
			}
			except path_regexp \.frame$
			expose
		}
		private /konto/pin
	}
	reverse_proxy {up}`)
	for _, tt := range []struct{ path, cookie, want string }{
		{"/shop/a", "", "injected"},
		{"/shop/print/a", "", "skipped; reason=rules"},
		{"/shop/a.frame", "", "skipped; reason=rules"},
		{"/konto/a", "", "skipped; reason=rules"},
		{"/konto/a", "beta=1", "injected"},
		{"/konto/pin", "beta=1", "skipped; reason=private-path"},
		{"/", "", "skipped; reason=rules"},
	} {
		got := s.get(tt.path, "Cookie: "+tt.cookie)
		if got.header.Get("X-Cobrowse") != tt.want {
			t.Errorf("%s with cookie %q: %q, want %q", tt.path, tt.cookie, got.header.Get("X-Cobrowse"), tt.want)
		}
		if _, _, touched := withoutTag(got.body); touched != (tt.want == "injected") {
			t.Errorf("%s: body %q", tt.path, got.body)
		}
	}
}

// TestDirectiveMatcher shows that "cobrowse /shop/*" serves what its own pages
// ask for.
func TestDirectiveMatcher(t *testing.T) {
	s := startSite(t, serveHTML(page), "cobrowse /shop/*\nreverse_proxy {up}")
	tag := injected(t, s.get("/shop/a"), page)
	loader, _, _ := strings.Cut(strings.TrimPrefix(tag, `<script src="`), `"`)
	if got := s.do(http.MethodGet, loader, ""); got.status != http.StatusOK || !strings.Contains(got.header.Get("Content-Type"), "javascript") {
		t.Errorf("loader: status %d, header %v", got.status, got.header)
	}
	if got := s.get("/konto"); got.body != page {
		t.Errorf("another page was touched: %q", got.body)
	}
}

// TestPolicyOrder shows which header directives the handler can see.
func TestPolicyOrder(t *testing.T) {
	s := startSite(t, serveHTML(page), `
	header /now Content-Security-Policy "default-src 'self'"
	header /late >Content-Security-Policy "default-src 'self'"
	cobrowse
	reverse_proxy {up}`)
	if got := s.get("/now").header.Get("Content-Security-Policy"); !strings.Contains(got, "zoom.us") {
		t.Errorf("an immediate header was not adjusted: %q", got)
	}
	// Not what anybody wants, but what Caddyfile.example tells: should Caddy
	// ever change it, the text must change too.
	if got := s.get("/late").header.Get("Content-Security-Policy"); got != "default-src 'self'" {
		t.Errorf("a deferred header was adjusted after all: %q", got)
	}
}

// TestCustomerIdentity shows that placeholders are evaluated for each request.
func TestCustomerIdentity(t *testing.T) {
	s := startSite(t, serveHTML(page), `
	cobrowse {
		customer {
			id {header.X-Customer}
			name {cookie.first_name}
			token_ttl 45m
		}
	}
	reverse_proxy {up}`)
	for _, name := range []string{"Anna", "Bob"} {
		c := readToken(t, s.postToken("/_cobrowse/token", `{"role":1}`, "X-Customer: c-"+name, "Cookie: first_name="+name).body)
		if c.UserID != "c-"+name || c.UserName != name || c.Exp-c.Iat != 45*60 {
			t.Errorf("claims %+v", c)
		}
	}
	if c := readToken(t, s.postToken("/_cobrowse/token", `{"role":1}`).body); c.UserID == "" || c.UserName == "" {
		t.Errorf("an anonymous customer: claims %+v", c)
	}
}

// TestClientAddress shows that limits count what Caddy says is the client.
func TestClientAddress(t *testing.T) {
	s := startSiteWith(t, serveHTML(page), "servers {\n trusted_proxies static 127.0.0.1/32\n }", "http", `
	cobrowse {
		limits {
			tokens 1 per 1h
		}
	}
	reverse_proxy {up}`)
	for _, tt := range []struct {
		client string
		want   int
	}{{"203.0.113.1", 200}, {"203.0.113.1", 429}, {"203.0.113.2", 200}, {"203.0.113.2", 429}} {
		got := s.postToken("/_cobrowse/token", `{"role":1}`, "X-Forwarded-For: "+tt.client)
		if got.status != tt.want {
			t.Errorf("%s: status %d, want %d", tt.client, got.status, tt.want)
		}
	}
	s.load("cobrowse {\nlimits {\ntokens 1 per 1h\n}\n}\nrespond other")
	s.global = ""
	s.load("cobrowse {\nlimits {\ntokens 1 per 1h\n}\n}\nrespond untrusted")
	s.postToken("/_cobrowse/token", `{"role":1}`, "X-Forwarded-For: 203.0.113.3")
	if got := s.postToken("/_cobrowse/token", `{"role":1}`, "X-Forwarded-For: 203.0.113.4"); got.status != 429 {
		t.Errorf("a client that nobody trusts chose its address: status %d", got.status)
	}
}

// TestRewrittenSite is a single-page application: Caddy rewrites every path
// before cobrowse sees it, and the prefix must stay ours all the same.
func TestRewrittenSite(t *testing.T) {
	s := startSite(t, serveHTML(page), "encode\ncobrowse\nrewrite /index.html\nreverse_proxy {up}")

	tag := injected(t, s.get("/konto"), page)
	loader, _, _ := strings.Cut(strings.TrimPrefix(tag, `<script src="`), `"`)
	if script := s.do(http.MethodGet, loader, ""); script.status != http.StatusOK || !strings.Contains(script.header.Get("Content-Type"), "javascript") {
		t.Errorf("loader: status %d, header %v", script.status, script.header)
	}
	readToken(t, s.postToken("/_cobrowse/token", `{"role":1}`).body)
	for path, want := range map[string]int{"/_cobrowse/desk": http.StatusForbidden, "/_COBROWSE/desk": http.StatusBadRequest} {
		if got := s.do(http.MethodGet, path, "").status; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
