package caddymodule_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Claims of tokens: an agent's, and those of agents for somebody else.
const (
	annaClaims = `{"iss":"https://login.example","aud":"desk","sub":"anna","groups":["agents"],"exp":4102444800}`
	rootClaims = `{"iss":"https://login.example","aud":"desk","sub":"root","groups":["agents","leads"],"exp":4102444800}`
)

// jwtSecret is shared with an issuer of tokens.
const jwtSecret = "Hm8SharedWithTheIssuer-Kq2vXz7LpWn"

// compact puts a token together.
func compact(header, payload string, sign func(string) []byte) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return input + "." + base64.RawURLEncoding.EncodeToString(sign(input))
}

// hs256 signs with a secret.
func hs256(secret []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

// rs256 signs with a private key.
func rs256(t testing.TB, key *rsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
}

// keyPair makes a key, and a PEM file of its public half.
func keyPair(t testing.TB) (key *rsa.PrivateKey, public []byte, file string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	file = filepath.Join(t.TempDir(), "issuer.pem")
	if err := os.WriteFile(file, public, 0o600); err != nil {
		t.Fatal(err)
	}
	return key, public, file
}

// identityNames are the headers in which some gateway or other names its user,
// in the spellings that programs take for one another.
func identityNames() []string {
	names := []string{
		"X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-Authentik-Username", "X-Webauth-User",
		"Cf-Access-Authenticated-User-Email", "X-Goog-Authenticated-User-Email", "X-Amzn-Oidc-Identity",
		"Ssl-Client-S-Dn", "X-Ssl-Client-Cn", "Http.auth.user.id", "Http.reverse_proxy.header.remote-User",
	}
	for _, name := range []string{"Remote-User", "Remote-Groups"} {
		for _, separator := range []string{"-", "_", ".", "~", "!"} {
			spelled := strings.ReplaceAll(name, "-", separator)
			names = append(names, spelled, strings.ToLower(spelled), strings.ToUpper(spelled))
		}
	}
	return names
}

// forgeries are what a client may send to be taken for root.
func forgeries(t testing.TB, public []byte) map[string][]string {
	t.Helper()
	stranger, _, _ := keyPair(t)
	tokens := map[string]string{
		"unsigned":               compact(`{"alg":"none"}`, rootClaims, func(string) []byte { return nil }),
		"of another key":         compact(`{"alg":"RS256"}`, rootClaims, rs256(t, stranger)),
		"HMAC of the public key": compact(`{"alg":"HS256"}`, rootClaims, hs256(public)),
		"HMAC of a guess":        compact(`{"alg":"HS256"}`, rootClaims, hs256([]byte("secret"))),
		"HMAC of the site's SDK": compact(`{"alg":"HS256"}`, rootClaims, hs256([]byte(sdkSecret+"x"))),
		"a key in the header":    compact(`{"alg":"RS256","jku":"https://evil.example/jwks"}`, rootClaims, rs256(t, stranger)),
	}
	all := map[string][]string{
		"basic":             {login("root", "root")},
		"X-Forwarded-For":   {"X-Forwarded-For: 10.0.0.2", "Remote-User: root", "Remote-Groups: agents"},
		"Forwarded":         {"Forwarded: for=10.0.0.2", "X-Real-Ip: 10.0.0.2", "Remote-User: root"},
		"hop by hop":        {"Connection: Remote-User", "Remote-User: root"},
		"cookie of no form": {"Cookie: __Host-cobrowse=root; cobrowse=root"},
		"cookie of a form":  {"Cookie: cobrowse=" + strings.Repeat("A", 43) + "; __Host-cobrowse=" + strings.Repeat("A", 43)},
		"two cookies":       {"Cookie: cobrowse=" + strings.Repeat("A", 43) + "; cobrowse=" + strings.Repeat("B", 43)},
	}
	for _, name := range identityNames() {
		all[name] = []string{name + ": root", name + ": agents"}
	}
	for name, token := range tokens {
		all["bearer "+name] = []string{"Authorization: Bearer " + token}
		all["cookie "+name] = []string{"Cookie: site_session=" + token}
		all["assertion "+name] = []string{"Cf-Access-Jwt-Assertion: " + token}
	}
	return all
}

// join asks to join the customer who waits with the PIN 482913.
func (s *site) join(header ...string) answer {
	s.t.Helper()
	return s.postToken("/_cobrowse/desk/join", `{"pin":"482913"}`, header...)
}

// identified reports whether an answer is one for an agent: a token, or a
// refusal of the PIN.
func identified(got answer) bool {
	return strings.Contains(got.body, `oken":`) || strings.Contains(got.body, "pin-refused") || strings.Contains(got.body, "claimed")
}

// TestForgedIdentities shows every forgery to every provider, through the whole
// of Caddy: nobody gets a token for agents or sees the desk, and what the site
// behind may take for an identity does not reach it where the provider is one of
// headers.
func TestForgedIdentities(t *testing.T) {
	key, public, file := keyPair(t)
	all := forgeries(t, public)
	const rest = "issuer https://login.example\naudience desk\n"
	providers := map[string]struct {
		agents, before string
		valid          string // what makes the sender an agent; "" where no header does
	}{
		"none":         {},
		"caddy_user":   {agents: "agents caddy_user"},
		"header":       {agents: "agents header {\ntrusted_proxies 10.0.0.0/8\n}"},
		"forward_auth": {agents: "agents forward_auth"},
		"forward_auth that names nobody": {
			agents: "agents forward_auth", before: "forward_auth /_cobrowse/* {up} {\nuri /auth\ncopy_headers Remote-User Remote-Groups\n}",
		},
		"jwt bearer": {agents: "agents jwt {\npublic_key " + file + "\n" + rest + "}", valid: "Authorization: Bearer " + compact(`{"alg":"RS256"}`, annaClaims, rs256(t, key))},
		"jwt cookie": {agents: "agents jwt {\nsecret {env.COBROWSE_TEST_JWT_SECRET}\nfrom cookie site_session\n" + rest + "}", valid: "Cookie: site_session=" + compact(`{"alg":"HS256"}`, annaClaims, hs256([]byte(jwtSecret)))},
		"jwt header": {agents: "agents jwt {\npublic_key " + file + "\nfrom header Cf-Access-Jwt-Assertion\nusers anna\n" + rest + "}", valid: "Cf-Access-Jwt-Assertion: " + compact(`{"alg":"RS256"}`, annaClaims, rs256(t, key))},
		"oidc":       {agents: "agents oidc {\nissuer https://login.example\nclient_id desk\nallow_groups agents\nplain_loopback\n}"},
	}
	t.Setenv("COBROWSE_TEST_JWT_SECRET", jwtSecret)
	var mu sync.Mutex
	var seen http.Header
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path != "/auth" {
			seen = r.Header
			serveHTML(page).ServeHTTP(w, r)
		}
	})
	s := startSite(t, upstream, "reverse_proxy {up}")
	up := s.block[strings.LastIndex(s.block, " ")+1:]
	customer := false
	for name, p := range providers {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.reload(strings.ReplaceAll(p.before, "{up}", up) + "\ncobrowse {\norigins " + s.origin() + "\nlimits {\ntokens 100000 1m\n}\n" + p.agents + "\n}\n" + s.block)
			if !customer { // the store outlives reloads
				s.waiting("482913")
				customer = true
			}
			if p.valid != "" {
				if c := readToken(t, s.join(p.valid).body); c.Role != 2 || c.UserName != "anna" {
					t.Errorf("claims %+v", c)
				}
			}
			for forgery, header := range all {
				for _, got := range []answer{s.postToken("/_cobrowse/token", `{"role":2,"userId":"root"}`, header...), s.join(header...)} {
					if got.status != http.StatusForbidden || identified(got) {
						t.Errorf("%s: status %d, body %q", forgery, got.status, got.body)
					}
				}
				if got := s.get("/_cobrowse/desk", header...); got.status != http.StatusForbidden && got.status != http.StatusSeeOther {
					t.Errorf("%s at the desk: status %d", forgery, got.status)
				}
				if name != "header" {
					continue
				}
				s.get("/konto", header...)
				s.do(http.MethodGet, "/konto.json", "", header...)
				mu.Lock()
				for field := range seen {
					if folded := strings.NewReplacer("_", "-", ".", "-", "~", "-", "!", "-").Replace(strings.ToLower(field)); folded == "remote-user" || folded == "remote-groups" {
						t.Errorf("%s: the site gets %s", forgery, field)
					}
				}
				mu.Unlock()
			}
		})
	}
}

// TestHeaderAgents: the headers of a trusted proxy count, in their own spelling
// and where the policy agrees.
func TestHeaderAgents(t *testing.T) {
	s := startSite(t, serveHTML(page), `
	cobrowse {
		origins {origin}
		agents header {
			trusted_proxies 127.0.0.1 ::1
			groups agents
			supervisors carla
		}
		session {
			agents 5
		}
	}
	reverse_proxy {up}`)
	s.waiting("482913")
	for _, tt := range []struct {
		name   string
		header []string
		want   int
	}{
		{"an agent", []string{"Remote-User: anna", "Remote-Groups: staff,agents"}, 200},
		{"a supervisor", []string{"Remote-User: carla"}, 200},
		{"not in the group", []string{"Remote-User: bob", "Remote-Groups: staff"}, 403},
		{"a group in another spelling", []string{"Remote-User: bob", "Remote_Groups: agents"}, 403},
		{"a user in another spelling", []string{"Remote_User: carla"}, 403},
		{"two users", []string{"Remote-User: anna", "Remote-User: carla", "Remote-Groups: agents"}, 403},
		{"nobody", nil, 403},
	} {
		if got := s.join(tt.header...); got.status != tt.want || identified(got) != (tt.want == http.StatusOK) {
			t.Errorf("%s: status %d, want %d, body %q", tt.name, got.status, tt.want, got.body)
		}
	}
	for _, tt := range []struct{ user, groups, code string }{{"anna", "agents", "not-supervisor"}, {"carla", "staff", "not-found"}} {
		got := s.postToken("/_cobrowse/desk/end", `{"id":"none"}`, "Remote-User: "+tt.user, "Remote-Groups: "+tt.groups)
		if !strings.Contains(got.body, tt.code) {
			t.Errorf("%s ends a session: status %d, body %q; want %s", tt.user, got.status, got.body, tt.code)
		}
	}
}

// TestAgentNetworks: the policy goes by the address that Caddy takes the client
// to have, which a header decides only where a trusted proxy sends it.
func TestAgentNetworks(t *testing.T) {
	const block = `
	basic_auth /_cobrowse/desk* {
		{anna}
	}
	cobrowse {
		origins {origin}
		agents caddy_user anna {
			networks 192.0.2.0/24
		}
	}
	reverse_proxy {up}`
	anna := login("anna", "hiccup")
	with := strings.Replace(block, "{anna}", passwordOf(t, "anna", "hiccup"), 1)
	for _, tt := range []struct {
		name, global, from string
		want               int
	}{
		{"from elsewhere", "", "", 403},
		{"claims to be there", "", "192.0.2.7", 403},
		{"behind a trusted proxy, from there", "servers {\ntrusted_proxies static 127.0.0.1 ::1\n}", "192.0.2.7", 200},
		{"behind a trusted proxy, from elsewhere", "servers {\ntrusted_proxies static 127.0.0.1 ::1\n}", "198.51.100.7", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSiteWith(t, serveHTML(page), tt.global, "http", with)
			header := []string{anna}
			if tt.from != "" {
				header = append(header, "X-Forwarded-For: "+tt.from)
			}
			s.waiting("482913")
			if got := s.join(header...); got.status != tt.want || identified(got) != (tt.want == http.StatusOK) {
				t.Errorf("status %d, want %d, body %q", got.status, tt.want, got.body)
			}
		})
	}
}

// TestForwardAuthAgents: the gateway's answer says who the agent is, without any
// header of the request, and only where the gateway was asked.
func TestForwardAuthAgents(t *testing.T) {
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/auth" {
			serveHTML(page).ServeHTTP(w, r)
			return
		}
		switch cookie, _ := r.Cookie("portal"); {
		case cookie == nil:
			w.WriteHeader(http.StatusUnauthorized)
		case cookie.Value == "two":
			w.Header()["Remote-User"] = []string{"anna", "root"}
			w.Header().Set("Remote-Groups", "agents")
		default:
			w.Header().Set("Remote-User", cookie.Value)
			w.Header().Set("Remote-Name", "Anna M\u00fcller")
			if cookie.Value == "anna" {
				w.Header().Set("Remote-Groups", "staff,agents")
			}
		}
	})
	s := startSite(t, upstream, `
	forward_auth /_cobrowse/desk* {up} {
		uri /auth
	}
	cobrowse {
		origins {origin}
		agents forward_auth {
			groups agents
		}
	}
	reverse_proxy {up}`)
	s.waiting("482913")
	forged := []string{"Remote-User: anna", "Remote-Groups: agents"}
	if c := readToken(t, s.join("Cookie: portal=anna").body); c.Role != 2 || c.UserName != "Anna M\u00fcller" {
		t.Errorf("claims %+v", c)
	}
	for _, tt := range []struct {
		name, path string
		header     []string
		want       int
	}{
		{"the desk", "/_cobrowse/desk/join", nil, 401},
		{"forged", "/_cobrowse/desk/join", forged, 401},
		{"not in the group", "/_cobrowse/desk/join", []string{"Cookie: portal=bob"}, 403},
		{"not in the group, forged", "/_cobrowse/desk/join", append(forged, "Cookie: portal=bob"), 403},
		{"two users", "/_cobrowse/desk/join", []string{"Cookie: portal=two"}, 403},
		{"where the gateway is not asked", "/_cobrowse/token", append(forged, "Cookie: portal=anna"), 403},
	} {
		if got := s.postToken(tt.path, `{"role":2,"pin":"482913"}`, tt.header...); got.status != tt.want || identified(got) {
			t.Errorf("%s: status %d, want %d, body %q", tt.name, got.status, tt.want, got.body)
		}
	}
}
