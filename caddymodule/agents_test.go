package caddymodule_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// passwordOf makes a line of basic_auth.
func passwordOf(t testing.TB, user, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return user + " " + string(hash)
}

// login is the header of a user who is signed in with basic authentication.
func login(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// TestAgents shows who gets an agent's token, with the configuration of the
// README: Caddy's authentication guards the desk's paths.
func TestAgents(t *testing.T) {
	s := startSite(t, serveHTML(page), fmt.Sprintf(`
	basic_auth /_cobrowse/desk* {
		%s
		%s
	}
	cobrowse {
		origins {origin}
		agents caddy_user anna
	}
	reverse_proxy {up}`, passwordOf(t, "anna", "hiccup"), passwordOf(t, "carl", "customer")))

	anna, carl := login("anna", "hiccup"), login("carl", "customer")
	s.waiting("482913")
	if got := s.get("/_cobrowse/desk", anna); got.status != http.StatusOK || !strings.Contains(got.header.Get("Content-Security-Policy"), "frame-src") {
		t.Errorf("desk: status %d, header %v", got.status, got.header)
	}

	refused := []struct {
		name, path string
		header     []string
		want       int
	}{
		{"nobody", "/_cobrowse/desk/join", nil, 401},
		{"wrong password", "/_cobrowse/desk/join", []string{login("anna", "hiccups")}, 401},
		{"a user who is no agent", "/_cobrowse/desk/join", []string{carl}, 403},
		{"nobody, at the open route", "/_cobrowse/token", nil, 403},
		{"a login that nobody checked", "/_cobrowse/token", []string{anna}, 403},
		{"another page", "/_cobrowse/desk/join", []string{anna, "Origin: https://evil.example"}, 403},
		{"no page", "/_cobrowse/desk/join", []string{anna, "Origin: null"}, 403},
	}
	for _, name := range []string{
		"Remote-User", "Remote_User", "Remote.User", "remote_user", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User",
		"X-Webauth-User", "X-Token-User-Name", "Http.Auth.User.Id", "Cf-Access-Authenticated-User-Email",
	} {
		refused = append(refused, struct {
			name, path string
			header     []string
			want       int
		}{"forged " + name, "/_cobrowse/token", []string{name + ": anna"}, 403})
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			got := s.postToken(tt.path, `{"pin":"482913","role":2,"userId":"anna","app_key":"x","role_type":2}`, tt.header...)
			if got.status != tt.want || strings.Contains(got.body, "oken\":") || strings.Contains(got.body, "pin-refused") {
				t.Errorf("status %d, want %d, body %q", got.status, tt.want, got.body)
			}
		})
	}
	for _, tt := range []struct {
		name   string
		header []string
	}{{"no signs of a browser", nil}, {"a foreign site", []string{"Sec-Fetch-Site: cross-site"}}, {"typed", []string{"Sec-Fetch-Site: none"}}} {
		got := s.do(http.MethodPost, "/_cobrowse/desk/join", `{"pin":"482913"}`, append(tt.header, anna, "Content-Type: application/json")...)
		if got.status != http.StatusForbidden {
			t.Errorf("%s: status %d", tt.name, got.status)
		}
	}
	joined := s.postToken("/_cobrowse/desk/join", `{"pin":"482913"}`, anna) // nobody before was let in
	if c := readToken(t, joined.body); c.Role != 2 || c.UserID == "" || c.UserName != "anna" {
		t.Errorf("claims %+v", c)
	}
}

// waiting makes a customer of the site who waits with a PIN.
func (s *site) waiting(pin string) {
	s.t.Helper()
	made := decode[struct{ ID, Ticket string }](s.t, s.postToken("/_cobrowse/sessions", `{"page":"/konto"}`).body)
	if got := s.postToken("/_cobrowse/sessions/"+made.ID+"/events", fmt.Sprintf(`{"ticket":%q,"event":"pincode_updated","pin":%q}`, made.Ticket, pin)); got.status != http.StatusOK {
		s.t.Fatalf("the PIN: status %d, %s", got.status, got.body)
	}
}

// TestAgentsBehindForwardAuth shows that the headers of a gateway, which Caddy
// copies into the request, make nobody an agent.
func TestAgentsBehindForwardAuth(t *testing.T) {
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/auth" {
			w.Header().Set("Remote-User", "anna")
			return
		}
		serveHTML(page).ServeHTTP(w, r)
	})
	s := startSite(t, upstream, `
	forward_auth {up} {
		uri /auth
		copy_headers Remote-User
	}
	cobrowse {
		agents caddy_user
	}
	reverse_proxy {up}`)
	s.waiting("482913")
	if got := s.postToken("/_cobrowse/desk/join", `{"pin":"482913"}`); got.status != http.StatusForbidden || !strings.Contains(got.body, "not-signed-in") {
		t.Errorf("status %d, body %q", got.status, got.body)
	}
}
