package jwt

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/claims"
)

func TestPinnedKeys(t *testing.T) {
	keys := must(ParsePEM(append(publicPEM(rsaKey.private), publicPEM(edKey.private)...)))
	s := newSource(t, func(c *Config) { c.Keys = keys })
	for _, k := range []pair{rsaKey, edKey} {
		wantIdentified(t, s, bearer(sign(k.alg, k.private, "", but(nil), nil)), nil)
		wantIdentified(t, s, bearer(sign(k.alg, k.private, "any", but(nil), nil)), nil)
	}
	for _, k := range []pair{otherRSA, ecKey} {
		wantIdentified(t, s, bearer(sign(k.alg, k.private, "", but(nil), nil)), agent.ErrInvalidCredential)
	}
	wantIdentified(t, s, bearer(sign(jose.HS256, publicPEM(rsaKey.private), "", but(nil), nil)), agent.ErrInvalidCredential)
	only := newSource(t, func(c *Config) { c.Keys, c.Algorithms = keys, []string{"RS256", "EdDSA"} })
	wantIdentified(t, only, bearer(sign(jose.RS256, rsaKey.private, "", but(nil), nil)), nil)
	wantIdentified(t, only, bearer(sign(jose.PS256, rsaKey.private, "", but(nil), nil)), agent.ErrInvalidCredential)
}

func TestSecrets(t *testing.T) {
	second := []byte(strings.Repeat("s", 32))
	s := newSource(t, func(c *Config) { c.Secrets = [][]byte{second, secret} })
	wantIdentified(t, s, bearer(sign(jose.HS256, secret, "", but(nil), nil)), nil)
	wantIdentified(t, s, bearer(sign(jose.HS256, second, "x", but(nil), nil)), nil)
	wantIdentified(t, s, bearer(sign(jose.HS256, []byte(strings.Repeat("x", 32)), "", but(nil), nil)), agent.ErrInvalidCredential)
	wantIdentified(t, s, bearer(sign(jose.HS512, append(second, second...), "", but(nil), nil)), agent.ErrInvalidCredential)
	wantIdentified(t, s, bearer(sign(jose.RS256, rsaKey.private, "", but(nil), nil)), agent.ErrInvalidCredential)
	wantIdentified(t, s, bearer(raw(`{"alg":"none"}`, but(nil), "")), agent.ErrInvalidCredential)
}

func TestPlaces(t *testing.T) {
	token := sign(jose.HS256, secret, "", but(nil), nil)
	with := func(fields ...string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/_cobrowse/desk", nil)
		for i := 0; i < len(fields); i += 2 {
			r.Header.Add(fields[i], fields[i+1])
		}
		return r
	}
	tests := []struct {
		name           string
		header, cookie string
		r              *http.Request
		refuse         error
	}{
		{"bearer", "", "", with("Authorization", "bearer  "+token), nil},
		{"bearer, none", "", "", with(), agent.ErrNoCredential},
		{"bearer, another scheme", "", "", with("Authorization", "Basic YTpi"), agent.ErrNoCredential},
		{"bearer, without scheme", "", "", with("Authorization", token), agent.ErrNoCredential},
		{"bearer, empty", "", "", with("Authorization", "Bearer"), agent.ErrInvalidCredential},
		{"bearer, twice", "", "", with("Authorization", "Bearer "+token, "Authorization", "Bearer "+token), agent.ErrInvalidCredential},
		{"bearer, elsewhere", "", "", with("Cf-Access-Jwt-Assertion", token, "Cookie", "jwt="+token), agent.ErrNoCredential},
		{"header", "Cf-Access-Jwt-Assertion", "", with("Cf-Access-Jwt-Assertion", token), nil},
		{"header, another spelling", "Cf-Access-Jwt-Assertion", "", with("Cf_Access_Jwt_Assertion", token), agent.ErrNoCredential},
		{"header, with scheme", "X-Pomerium-Jwt-Assertion", "", with("X-Pomerium-Jwt-Assertion", "Bearer "+token), agent.ErrInvalidCredential},
		{"header, twice", "X-Pomerium-Jwt-Assertion", "", with("X-Pomerium-Jwt-Assertion", token, "X-Pomerium-Jwt-Assertion", "x"), agent.ErrInvalidCredential},
		{"header, empty", "X-Pomerium-Jwt-Assertion", "", with("X-Pomerium-Jwt-Assertion", ""), agent.ErrInvalidCredential},
		{"header, bearer beside", "X-Pomerium-Jwt-Assertion", "", with("Authorization", "Bearer "+token), agent.ErrNoCredential},
		{"cookie", "", "CF_Authorization", with("Cookie", "a=b; CF_Authorization="+token), nil},
		{"cookie, none", "", "CF_Authorization", with("Cookie", "a=b"), agent.ErrNoCredential},
		{"cookie, twice", "", "CF_Authorization", with("Cookie", "CF_Authorization=x; CF_Authorization="+token), agent.ErrInvalidCredential},
		{"cookie, empty", "", "CF_Authorization", with("Cookie", "CF_Authorization="), agent.ErrInvalidCredential},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSource(t, func(c *Config) { c.Secrets, c.Header, c.Cookie = [][]byte{secret}, tt.header, tt.cookie })
			wantIdentified(t, s, tt.r, tt.refuse)
		})
	}
}

func TestClaimNames(t *testing.T) {
	s := newSource(t, func(c *Config) {
		c.Secrets, c.Claims = [][]byte{secret}, claims.Names{ID: "email", Name: "profile.display", Groups: "https://login.example/roles"}
	})
	payload := but(map[string]any{"groups": []string{"none"}, "profile": map[string]any{"display": "A. Müller"}, "https://login.example/roles": []string{"agents"}})
	got, err := s.Identify(bearer(sign(jose.HS256, secret, "", payload, nil)))
	want := agent.Agent{ID: "a@example.com", Name: "A. Müller", Email: "a@example.com", Groups: []string{"agents"}, Source: Name}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestIssuerDown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	s := newSource(t, func(c *Config) { c.JWKSURL = server.URL })
	_, err := s.Identify(bearer(sign(jose.RS256, rsaKey.private, "rsa", but(nil), nil)))
	if err == nil || errors.Is(err, agent.ErrUnidentified) {
		t.Errorf("error %v: nobody can tell whether the token is good", err)
	}
	// What needs no key is refused all the same.
	wantIdentified(t, s, bearer(raw(`{"alg":"none"}`, but(nil), "")), agent.ErrInvalidCredential)
	wantIdentified(t, s, httptest.NewRequest(http.MethodGet, "/", nil), agent.ErrNoCredential)
}
