package agent_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/header"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwt"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
)

// sources are one of each kind, as an operator would set them up, and the key
// with which a forger who knows the public one signs.
func sources(t *testing.T) (all map[string]agent.Identifier, key *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := header.New(header.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := jwt.ParsePEM(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	token := func(c jwt.Config) agent.Identifier {
		c.Issuer, c.Audience, c.Keys = "https://login.example", []string{"desk"}, pinned
		s, err := jwt.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	provider, err := oidc.New(oidc.Config{Issuer: "https://login.example", ClientID: "desk", Origin: "https://shop.example", AllowGroups: []string{"agents"}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]agent.Identifier{
		"none":   agent.None{},
		"header": gateway,
		"bearer": token(jwt.Config{}),
		"cookie": token(jwt.Config{Cookie: "CF_Authorization"}),
		"proxy":  token(jwt.Config{Header: "Cf-Access-Jwt-Assertion"}),
		"oidc":   provider,
	}, key
}

func signed(t *testing.T, alg jose.SignatureAlgorithm, key any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

var payload = []byte(`{"iss":"https://login.example","aud":"desk","sub":"root","groups":["agents"],"exp":4102444800}`)

// TestForgedIdentities shows every forgery to every source: each header,
// cookie and claim that could be taken for an identity, in the spellings that
// some gateway or program has mixed up (security requirements 1 and 2, and the
// options for agents' authentication, each with its known failures). Nobody is
// an agent by any of them.
func TestForgedIdentities(t *testing.T) {
	all, key := sources(t)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
	tokens := map[string]string{
		"none":                       unsigned,
		"public key as HMAC secret":  signed(t, jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"stranger's key":             signed(t, jose.RS256, stranger),
		"signature of another token": unsigned + "AAAA",
	}
	forgeries := map[string]func(h http.Header){"nothing": func(http.Header) {}}
	for _, name := range []string{
		"Remote-User", "remote_user", "Remote.User", "REMOTE_USER", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-Webauth-User",
		"Http.auth.user.id", "X-Authentik-Username", "Tailscale-User-Login", "X-Goog-Authenticated-User-Email", "Cf-Access-Authenticated-User-Email",
		"X-Pomerium-Claim-Email", "Ssl-Client-S-Dn", "X-Ssl-Client-Verify", "X-Client-Cert", "X-Forwarded-Client-Cert",
	} {
		forgeries["header "+name] = func(h http.Header) { h[name] = []string{"root"} }
	}
	forgeries["addresses of the trusted proxy"] = func(h http.Header) {
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Cf-Connecting-Ip", "True-Client-Ip"} {
			h.Set(name, "10.0.0.1")
		}
		h.Set("Remote-User", "root")
	}
	forgeries["basic"] = func(h http.Header) { h.Set("Authorization", "Basic cm9vdDpyb290") }
	for name, token := range tokens {
		forgeries["bearer token, "+name] = func(h http.Header) { h.Set("Authorization", "Bearer "+token) }
		forgeries["cookie, "+name] = func(h http.Header) { h.Set("Cookie", "CF_Authorization="+token+"; __Host-cobrowse="+token) }
		forgeries["assertion, "+name] = func(h http.Header) { h.Set("Cf-Access-Jwt-Assertion", token) }
	}
	forgeries["session"] = func(h http.Header) { h.Set("Cookie", "__Host-cobrowse="+strings.Repeat("A", 43)) }

	for source, id := range all {
		for name, forge := range forgeries {
			t.Run(source+", "+name, func(t *testing.T) {
				r := httptest.NewRequest(http.MethodPost, "/_cobrowse/desk/join", strings.NewReader(`{"role":2}`))
				r.RemoteAddr = "203.0.113.7:1"
				forge(r.Header)
				who, err := id.Identify(r)
				if who.ID != "" || !errors.Is(err, agent.ErrUnidentified) && !errors.Is(err, agent.ErrNotConfigured) {
					t.Errorf("%+v, %v", who, err)
				}
			})
		}
	}
}

// TestNoFallThrough shows that a refused credential is the end, also where a
// weaker source would have let the request in.
func TestNoFallThrough(t *testing.T) {
	all, key := sources(t)
	bad, good := signed(t, jose.HS256, []byte(strings.Repeat("x", 32))), signed(t, jose.RS256, key)
	chain := agent.FirstOf(all["oidc"], all["bearer"], all["header"])
	tests := []struct {
		name   string
		set    func(r *http.Request)
		want   string
		refuse error
	}{
		{"the weakest alone", func(*http.Request) {}, "gateway", nil},
		{"a good token goes first", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+good) }, "root", nil},
		{"a bad token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+bad) }, "", agent.ErrInvalidCredential},
		{"an empty token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, "", agent.ErrInvalidCredential},
		{"a session that is over", func(r *http.Request) { r.Header.Set("Cookie", "__Host-cobrowse="+strings.Repeat("A", 43)) }, "", agent.ErrInvalidCredential},
		{"a session that is over, and a good token", func(r *http.Request) {
			r.Header.Set("Cookie", "__Host-cobrowse=x")
			r.Header.Set("Authorization", "Bearer "+good)
		}, "", agent.ErrInvalidCredential},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/_cobrowse/desk", nil)
			r.RemoteAddr = "10.0.0.1:1"
			r.Header.Set("Remote-User", "gateway")
			tt.set(r)
			who, err := chain.Identify(r)
			if who.ID != tt.want || !errors.Is(err, tt.refuse) || (err == nil) != (tt.refuse == nil) {
				t.Errorf("got %+v, %v; want %q, %v", who, err, tt.want, tt.refuse)
			}
		})
	}
	r := httptest.NewRequest(http.MethodGet, "/_cobrowse/desk", nil)
	if _, err := chain.Identify(r); agent.SignInPath(err) != "/_cobrowse/login" {
		t.Errorf("nobody: %v", err)
	}
}
