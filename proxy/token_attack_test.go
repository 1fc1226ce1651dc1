package proxy

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// contextUser is how an identity reaches a request that nobody can forge: by
// the request's context, not by its header.
type contextUser struct{}

func identifyFromContext(r *http.Request) (Agent, error) {
	id, ok := r.Context().Value(contextUser{}).(string)
	if !ok {
		return Agent{}, fmt.Errorf("context: %w", ErrUnidentified)
	}
	return Agent{ID: id}, nil
}

// TestTokenAgentWithoutLogin asks for role 2 in every way that a customer could
// come to think of.
func TestTokenAgentWithoutLogin(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	unsigned := encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode([]byte(`{"sub":"anna","role_type":2}`)) + "."
	bodies := []string{
		`{"role":2}`, `{"role":"2"}`, `{"role":" 2"}`, `{"role":"2.9"}`, `{"role":"0x2"}`, `{"role":"2abc"}`, `{"role":2.0}`, `{"role":2e0}`,
		`{"role":1,"role":2}`, `{"role":2,"userId":"anna","userName":"Anna"}`, `{"role":2,"agent":{"id":"anna"},"isAgent":true}`,
		`{"\u0072ole":2}`, "\uFEFF{\"role\":2}",
	}
	forgeries := [][]string{
		nil,
		{"Remote-User", "anna"},
		{"Remote_User", "anna"},
		{"Remote.User", "anna"},
		{"X-Forwarded-User", "anna"},
		{"X-Remote-User", "anna"},
		{"X-Auth-Request-User", "anna"},
		{"X-Pomerium-Jwt-Assertion", unsigned},
		{"Authorization", "Bearer " + unsigned},
		{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("anna:anna"))},
		{"Cookie", "agent=anna; session=anna; role=2; __Host-cobrowse=" + unsigned},
		{"X-Forwarded-For", "127.0.0.1"},
		{"X-Real-Ip", "127.0.0.1"},
		{"X-Http-Method-Override", "POST"},
		{"X-Original-Url", "/_cobrowse/desk/join"},
		{"Referer", "https://shop.example/_cobrowse/desk"},
	}
	sources := []struct {
		name   string
		agents AgentIdentifier
		want   string
	}{
		{"no source", nil, "agents caddy_user"},
		{"nobody logged in", AgentIdentifierFunc(identifyFromContext), "not identified"},
	}
	for _, source := range sources {
		t.Run(source.name, func(t *testing.T) {
			f := newTokenFixture(t, func(c *Config) {
				c.Agents = source.agents
				c.Limits.TokensPerClient = 10000
			})
			for _, forgery := range forgeries {
				for _, body := range bodies {
					mustRefuse(t, f.post(t, f.endpoint.ServeHTTP, body, forgery...), http.StatusForbidden, "role", source.want)
				}
			}
			if len(f.tokens) != 0 {
				t.Errorf("%d tokens were minted", len(f.tokens))
			}
		})
	}
}

// TestTokenOfCustomerIsNeverAnAgents: what a customer says of role_type, or of
// the credentials, changes nothing in a role 1 token.
func TestTokenOfCustomerIsNeverAnAgents(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) { c.Agents = AgentIdentifierFunc(identifyFromContext) })
	for _, body := range []string{
		`{"role":1,"role_type":2}`, `{"role":2,"role":1}`, `{"role":1,"Role":2,"ROLE":2}`, `{"role":1,"__proto__":{"role":2}}`,
		`{"role":1,"app_key":"other","iat":0,"exp":9999999999,"enable_byop":1}`,
		`{"role":1,"userName":"\",\"role_type\":2,\"x\":\""}`,
	} {
		claims := mustToken(t, f.post(t, f.endpoint.ServeHTTP, body))
		if claims["role_type"] != 1.0 || claims["app_key"] != vectorKey || claims["exp"] != 1760001800.0 || len(claims) != 6 {
			t.Errorf("%s gives %v", body, claims)
		}
	}
}

func TestTokenOfIdentifiedAgent(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) { c.Agents = AgentIdentifierFunc(identifyFromContext) })
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"role":2}`))
	r = r.WithContext(context.WithValue(r.Context(), contextUser{}, "anna"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if claims := mustToken(t, f.do(t, f.endpoint.ServeHTTP, r)); claims["role_type"] != 2.0 || claims["user_id"] != "anna" {
		t.Errorf("claims %v", claims)
	}
}

// TestTokenIdentifierFails: whatever an identity source does wrong, there is
// no agent token.
func TestTokenIdentifierFails(t *testing.T) {
	agents := func(f func() (Agent, error)) AgentIdentifier {
		return AgentIdentifierFunc(func(*http.Request) (Agent, error) { return f() })
	}
	tests := []struct {
		name          string
		agents        AgentIdentifier
		status        int
		reason, event string
	}{
		{"panics", agents(func() (Agent, error) { panic("boom " + vectorSecret) }), 503, "cannot be identified", "agent identity-fault"},
		{"panics by itself", agents(func() (Agent, error) { var none []string; return Agent{ID: none[len(none)]}, nil }), 503, "cannot be identified", "agent identity-fault"},
		{"empty ID", agents(func() (Agent, error) { return Agent{Name: "Anna"}, nil }), 403, "not identified", "agent unidentified"},
		{"agent and error", agents(func() (Agent, error) { return Agent{ID: "anna"}, ErrUnidentified }), 403, "not identified", "agent unidentified"},
		{"wrapped", agents(func() (Agent, error) { return Agent{}, fmt.Errorf("cookie: %w", ErrUnidentified) }), 403, "not identified", "agent unidentified"},
		{"down", agents(func() (Agent, error) { return Agent{ID: "anna"}, errors.New("dial tcp: refused") }), 503, "cannot be identified", "agent identity-fault"},
		{"not configured", agents(func() (Agent, error) { return Agent{}, ErrNotConfigured }), 403, "agents caddy_user", "agent not-configured"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newTokenFixture(t, func(c *Config) { c.Agents = test.agents })
			w := f.post(t, f.endpoint.ServeHTTP, `{"role":2}`)
			mustRefuse(t, w, test.status, "role", test.reason)
			if retry := w.Header().Get("Retry-After"); (retry != "") != (test.status == http.StatusServiceUnavailable) {
				t.Errorf("Retry-After %q", retry)
			}
			for _, event := range f.events {
				if event != test.event {
					t.Errorf("event %q, want %q", event, test.event)
				}
			}
			mustToken(t, f.post(t, f.endpoint.ServeHTTP, `{"role":1}`)) // customers are still helped
		})
	}
}

// TestTokenCrossOrigin sends what other sites' pages can make a browser send.
func TestTokenCrossOrigin(t *testing.T) {
	const evil = "https://evil.example"
	attacks := []struct {
		name   string
		fields []string
	}{
		{"cross-site fetch", []string{"Sec-Fetch-Site", "cross-site", "Origin", evil}},
		{"cross-site form", []string{"Sec-Fetch-Site", "cross-site", "Origin", evil, "Content-Type", "text/plain"}},
		{"sandboxed frame", []string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}},
		{"same-origin sandboxed frame", []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}},
		{"neighbour", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.shop.test"}},
		{"neighbour without Origin", []string{"Sec-Fetch-Site", "same-site"}},
		{"typed or bookmarked", []string{"Sec-Fetch-Site", "none"}},
		{"old browser", []string{"Sec-Fetch-Site", "", "Origin", evil}},
		{"old browser, null", []string{"Sec-Fetch-Site", "", "Origin", "null"}},
		{"neither", []string{"Sec-Fetch-Site", ""}},
		{"neither, but Referer", []string{"Sec-Fetch-Site", "", "Referer", "https://shop.example/"}},
		{"neither, but forwarded host", []string{"Sec-Fetch-Site", "", "X-Forwarded-Host", "shop.example", "X-Forwarded-Proto", "https"}},
		{"origin is the Host", []string{"Sec-Fetch-Site", "", "Origin", "http://example.com"}},
	}
	for _, origins := range [][]string{nil, {"https://shop.example"}} {
		for _, attack := range attacks {
			t.Run(fmt.Sprint(attack.name, ", origins ", origins), func(t *testing.T) {
				f := newTokenFixture(t, func(c *Config) {
					c.Origins = origins
					c.Agents = agentNamed("anna", "Anna")
				})
				w := f.post(t, f.endpoint.ServeHTTP, `{"role":2}`, attack.fields...)
				mustRefuse(t, w, http.StatusForbidden, "origin", "")
				for name := range w.Header() {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s: %s", name, w.Header().Get(name))
					}
				}
				if strings.Contains(f.replies.String(), "evil") {
					t.Errorf("the reply quotes the attacker: %s", f.replies.String())
				}
			})
		}
	}
}

// TestTokenNamesTheCure: a site on plain HTTP gets no Sec-Fetch header, and
// its operator must learn from the refusal what to do.
func TestTokenNamesTheCure(t *testing.T) {
	plainHTTP := []string{"Sec-Fetch-Site", "", "Origin", "http://intranet.example"}
	closed := newTokenFixture(t, noChange)
	mustRefuse(t, closed.post(t, closed.endpoint.ServeHTTP, `{"role":1}`, plainHTTP...), http.StatusForbidden, "origin", "set `origins`")

	open := newTokenFixture(t, func(c *Config) { c.Origins = []string{"http://intranet.example"} })
	mustToken(t, open.post(t, open.endpoint.ServeHTTP, `{"role":1}`, plainHTTP...))
}

// TestTokenErrorsAreEscaped: Zoom's error texts quote the client, in JSON that
// could stand in HTML.
func TestTokenErrorsAreEscaped(t *testing.T) {
	f := newTokenFixture(t, noChange)
	w := f.post(t, f.endpoint.ServeHTTP, `{"role":1,"userId":["</script><img src=x onerror=alert(1)>\u2028"]}`)
	mustRefuse(t, w, http.StatusBadRequest, "userId", "</script><img src=x onerror=alert(1)>\u2028 not allowed")
	if strings.ContainsAny(w.Body.String(), "<>&\u2028") {
		t.Errorf("not escaped: %s", w.Body)
	}
}
