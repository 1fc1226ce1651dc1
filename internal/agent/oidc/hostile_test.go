package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// hostileOP is a provider that answers as a test wants. The person signs in
// without being asked.
type hostileOP struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu       sync.Mutex
	nonce    string
	idToken  func(o *hostileOP, claims map[string]any) string
	metadata map[string]any // replaces members
	userInfo map[string]any
	tokens   http.HandlerFunc
	keys     http.HandlerFunc
}

func startHostileOP(t *testing.T) *hostileOP {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o := &hostileOP{key: key, idToken: func(o *hostileOP, c map[string]any) string { return o.sign(jose.RS256, o.key, "k", c) }}
	o.Server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.Close)
	return o
}

func (o *hostileOP) sign(alg jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return signed(alg, key, kid, payload)
}

func signed(alg jose.SignatureAlgorithm, key any, kid string, payload []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		panic(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return out
}

func (o *hostileOP) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	reply := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		m := map[string]any{
			"issuer": o.URL, "authorization_endpoint": o.URL + "/auth", "token_endpoint": o.URL + "/token",
			"jwks_uri": o.URL + "/keys", "userinfo_endpoint": o.URL + "/userinfo",
		}
		maps.Copy(m, o.metadata)
		reply(m)
	case "/auth":
		q := r.URL.Query()
		o.nonce = q.Get("nonce")
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"state": {q.Get("state")}, "code": {"code"}}.Encode(), http.StatusFound)
	case "/keys":
		if o.keys != nil {
			o.keys(w, r)
			return
		}
		reply(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: o.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	case "/token":
		if o.tokens != nil {
			o.tokens(w, r)
			return
		}
		now := time.Now()
		token := o.idToken(o, map[string]any{
			"iss": o.URL, "aud": clientID, "sub": "anna", "nonce": o.nonce, "name": "Anna", "email": "a@example.com",
			"groups": []string{"agents"}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		})
		reply(map[string]any{"access_token": "access-token", "token_type": "Bearer", "id_token": token})
	case "/userinfo":
		reply(o.userInfo)
	}
}

// with returns a maker of ID tokens with other claims; nil removes one.
func with(changes map[string]any) func(*hostileOP, map[string]any) string {
	return func(o *hostileOP, c map[string]any) string {
		for name, value := range changes {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
		return o.sign(jose.RS256, o.key, "k", c)
	}
}

func TestForgedIDTokens(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	tests := []struct {
		name    string
		idToken func(*hostileOP, map[string]any) string
		info    map[string]any
		status  int
	}{
		{"good", with(nil), nil, 303},
		{"several audiences, made for us", with(map[string]any{"aud": []string{"x", clientID}, "azp": clientID}), nil, 303},
		{"groups at UserInfo", with(map[string]any{"groups": nil}), map[string]any{"sub": "anna", "groups": []string{"agents"}}, 303},
		{"one group as a string", with(map[string]any{"groups": "agents"}), nil, 303},

		{"nonce missing", with(map[string]any{"nonce": nil}), nil, 403},
		{"nonce empty", with(map[string]any{"nonce": ""}), nil, 403},
		{"nonce of another login", with(map[string]any{"nonce": strings.Repeat("A", 43)}), nil, 403},
		{"another issuer", with(map[string]any{"iss": "https://evil.example"}), nil, 403},
		{"no issuer", with(map[string]any{"iss": nil}), nil, 403},
		{"another audience", with(map[string]any{"aud": "another"}), nil, 403},
		{"no audience", with(map[string]any{"aud": nil}), nil, 403},
		{"several audiences, for nobody", with(map[string]any{"aud": []string{"x", clientID}}), nil, 403},
		{"made for another client", with(map[string]any{"azp": "another"}), nil, 403},
		{"expired", with(map[string]any{"exp": now.Add(-time.Minute).Unix()}), nil, 403},
		{"no expiry", with(map[string]any{"exp": nil}), nil, 403},
		{"not yet valid", with(map[string]any{"nbf": now.Add(time.Hour).Unix()}), nil, 403},
		{"for another access token", with(map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), nil, 403},
		{"no subject", with(map[string]any{"sub": nil}), nil, 403},
		{"subject is a number", with(map[string]any{"sub": 7}), nil, 403},
		{"subject with a control character", with(map[string]any{"sub": "anna\n"}), nil, 403},
		{"groups are an object", with(map[string]any{"groups": map[string]any{"agents": true}}), nil, 403},
		{"not in the group", with(map[string]any{"groups": []string{"Agents", "agents "}}), nil, 403},
		{"UserInfo of another person", with(map[string]any{"groups": nil}), map[string]any{"sub": "bob", "groups": []string{"agents"}}, 403},
		{"UserInfo of nobody", with(map[string]any{"groups": nil}), map[string]any{"groups": []string{"agents"}}, 403},
		{"UserInfo does not outdo the token", with(map[string]any{"groups": []string{"customers"}, "name": nil}), map[string]any{"sub": "anna", "groups": []string{"agents"}}, 403},
		{"no ID token", func(*hostileOP, map[string]any) string { return "" }, nil, 403},
		{"no JWT", func(*hostileOP, map[string]any) string { return "a.b.c" }, nil, 403},
		{"huge", with(map[string]any{"x": strings.Repeat("x", maxIDToken)}), nil, 403},
		{"alg none", func(_ *hostileOP, c map[string]any) string {
			payload, _ := json.Marshal(c)
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
		}, nil, 403},
		{"HS256 with the client secret", func(o *hostileOP, c map[string]any) string {
			return o.sign(jose.HS256, []byte(clientSecret), "k", c)
		}, nil, 403},
		{"HS256 with the public key", func(o *hostileOP, c map[string]any) string {
			der, _ := x509.MarshalPKIXPublicKey(o.key.Public())
			return o.sign(jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "k", c)
		}, nil, 403},
		{"another key of the same name", func(o *hostileOP, c map[string]any) string { return o.sign(jose.RS256, other, "k", c) }, nil, 403},
		{"another key", func(o *hostileOP, c map[string]any) string { return o.sign(jose.RS256, other, "x", c) }, nil, 403},
		{"another algorithm than the key's", func(o *hostileOP, c map[string]any) string { return o.sign(jose.PS256, o.key, "k", c) }, nil, 403},
		{"a claim twice", func(o *hostileOP, c map[string]any) string {
			payload, _ := json.Marshal(c)
			return signed(jose.RS256, o.key, "k", append([]byte(`{"sub":"root",`), payload[1:]...))
		}, nil, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, o := newSite(t, false), startHostileOP(t)
			o.idToken, o.userInfo = tt.idToken, tt.info
			s.use(t, o.URL, nil)
			b := newBrowser(t)
			p := b.through(s)
			if p.status != tt.status {
				t.Errorf("status %d, want %d\n%s\n%s", p.status, tt.status, p.body, s.log)
			}
			if in := b.cookie(s, "__Host-cobrowse") != ""; in != (tt.status == 303) {
				t.Errorf("a session: %t", in)
			}
		})
	}
}

// through goes from the login page to our answer at the callback.
func (b *browser) through(s *site) *page {
	b.t.Helper()
	p := b.get(s.URL + "/_cobrowse/login")
	for range 3 {
		if p.to() == "" || p.url.Path == "/_cobrowse/callback" {
			break
		}
		p = b.get(p.to())
	}
	return p
}

func TestHostileProvider(t *testing.T) {
	big := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"x":"` + strings.Repeat("x", 2<<20) + `"}`))
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:1/steal", http.StatusTemporaryRedirect)
	}
	tests := []struct {
		name string
		set  func(o *hostileOP)
	}{
		{"another issuer", func(o *hostileOP) { o.metadata = map[string]any{"issuer": "https://evil.example"} }},
		{"a slash more", func(o *hostileOP) { o.metadata = map[string]any{"issuer": o.URL + "/"} }},
		{"no token endpoint", func(o *hostileOP) { o.metadata = map[string]any{"token_endpoint": ""} }},
		{"plain token endpoint", func(o *hostileOP) { o.metadata = map[string]any{"token_endpoint": "http://login.example/token"} }},
		{"script as authorization endpoint", func(o *hostileOP) { o.metadata = map[string]any{"authorization_endpoint": "javascript:alert(1)"} }},
		{"script as end of session", func(o *hostileOP) { o.metadata = map[string]any{"end_session_endpoint": "javascript:alert(1)"} }},
		{"metadata too large", func(o *hostileOP) { o.metadata = map[string]any{"x": strings.Repeat("x", 2<<20)} }},
		{"tokens too large", func(o *hostileOP) { o.tokens = big }},
		{"tokens elsewhere", func(o *hostileOP) { o.tokens = elsewhere }},
		{"keys elsewhere", func(o *hostileOP) { o.keys = elsewhere }},
		{"keys too large", func(o *hostileOP) { o.keys = big }},
		{"tokens refused", func(o *hostileOP) {
			o.tokens = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"client_secret ` + clientSecret + ` is wrong"}`))
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, o := newSite(t, false), startHostileOP(t)
			tt.set(o)
			s.use(t, o.URL, nil)
			b := newBrowser(t)
			p := b.through(s)
			wantNotice(t, p, http.StatusServiceUnavailable, "Signing in does not work at the moment")
			if b.cookie(s, "__Host-cobrowse") != "" {
				t.Error("a session")
			}
			if log := s.log.String(); strings.Contains(log, clientSecret) || !strings.Contains(log, "error=") {
				t.Errorf("log %s", log)
			}
		})
	}
}

func TestUnconfirmedIssuer(t *testing.T) {
	s, o := newSite(t, false), startHostileOP(t)
	o.metadata = map[string]any{"authorization_response_iss_parameter_supported": true}
	s.use(t, o.URL, nil)
	wantNotice(t, newBrowser(t).through(s), http.StatusForbidden, refused)
}
