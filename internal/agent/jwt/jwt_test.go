package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/claims"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	issuer   = "https://login.example"
	audience = "cobrowse-desk"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	secret = []byte("a secret of thirty-two bytes, and more")
)

// pair is a key of the issuer's, or of somebody else.
type pair struct {
	alg     jose.SignatureAlgorithm
	private crypto.Signer
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The keys take a moment to make, so all tests share them.
var (
	rsaKey   = pair{jose.RS256, must(rsa.GenerateKey(rand.Reader, 2048))}
	otherRSA = pair{jose.RS256, must(rsa.GenerateKey(rand.Reader, 2048))}
	ecKey    = pair{jose.ES256, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	ec384    = pair{jose.ES384, must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))}
	edKey    = pair{jose.EdDSA, must(edPair())}
)

func edPair() (ed25519.PrivateKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return private, err
}

// good are the claims of a token for Anna.
func good() map[string]any {
	return map[string]any{
		"iss": issuer, "aud": audience, "sub": "anna", "name": "Anna", "email": "a@example.com", "groups": []string{"agents"},
		"iat": noon.Add(-time.Minute).Unix(), "exp": noon.Add(time.Hour).Unix(),
	}
}

// but returns the good claims with changes; nil removes one.
func but(changes map[string]any) []byte {
	c := good()
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return must(json.Marshal(c))
}

// sign makes a token. Extra are header parameters.
func sign(alg jose.SignatureAlgorithm, key any, kid string, payload []byte, extra map[jose.HeaderKey]any) string {
	options := new(jose.SignerOptions)
	for name, value := range extra {
		options.WithHeader(name, value)
	}
	with := key
	if kid != "" {
		with = jose.JSONWebKey{Key: key, KeyID: kid}
	}
	signer := must(jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: with}, options))
	return must(must(signer.Sign(payload)).CompactSerialize())
}

// raw makes a token of a header that no library would write, signed or not.
func raw(header string, payload []byte, signature string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + signature
}

// byHand signs with the issuer's RSA key under a header that no library would
// write.
func byHand(header string, payload []byte) string {
	input := strings.TrimSuffix(raw(header, payload, ""), ".")
	digest := sha256.Sum256([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(must(rsaKey.private.Sign(rand.Reader, digest[:], crypto.SHA256)))
}

func publicPEM(key crypto.Signer) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key.Public()))})
}

// publish serves the issuer's keys, and returns the URL.
func publish(t *testing.T, keys ...jose.JSONWebKey) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: keys})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// newSource makes a source with the issuer's key set unless edit says other.
func newSource(t *testing.T, edit func(*Config)) *Source {
	t.Helper()
	c := Config{Issuer: issuer, Audience: []string{audience}, Now: func() time.Time { return noon }}
	edit(&c)
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func bearer(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/_cobrowse/desk", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// wantIdentified fails the test unless s takes r's word for Anna, or refuses
// it with the error.
func wantIdentified(t *testing.T, s *Source, r *http.Request, refuse error) {
	t.Helper()
	want := agent.Agent{ID: "anna", Name: "Anna", Email: "a@example.com", Groups: []string{"agents"}, Source: Name}
	if refuse != nil {
		want = agent.Agent{}
	}
	got, err := s.Identify(r)
	if !reflect.DeepEqual(got, want) || !errors.Is(err, refuse) {
		t.Errorf("got %+v, %v; want %+v, %v", got, err, want, refuse)
	}
	if err != nil && strings.Contains(err.Error(), "eyJ") {
		t.Errorf("the error has a token in it: %v", err)
	}
}

// TestForgedTokens is the table of forged identities, at an issuer that
// publishes two RSA keys, an ECDSA key and one for encryption.
func TestForgedTokens(t *testing.T) {
	url := publish(
		t,
		jose.JSONWebKey{Key: rsaKey.private.Public(), KeyID: "rsa", Algorithm: "RS256", Use: "sig"},
		jose.JSONWebKey{Key: otherRSA.private.Public(), KeyID: "other", Use: "sig"},
		jose.JSONWebKey{Key: ecKey.private.Public(), KeyID: "ec"},
		jose.JSONWebKey{Key: ec384.private.Public(), KeyID: "enc", Use: "enc"},
		jose.JSONWebKey{Key: secret, KeyID: "oct"},
	)
	rs := func(changes map[string]any) string { return sign(jose.RS256, rsaKey.private, "rsa", but(changes), nil) }
	header := func(name jose.HeaderKey, value any) string {
		return sign(jose.RS256, rsaKey.private, "rsa", but(nil), map[jose.HeaderKey]any{name: value})
	}
	valid := rs(nil)
	parts := strings.Split(valid, ".")
	invalid := agent.ErrInvalidCredential
	tests := []struct {
		name, token string
		refuse      error
	}{
		{"RS256", valid, nil},
		{"ES256", sign(jose.ES256, ecKey.private, "ec", but(nil), nil), nil},
		{"PS256 with a key for any", sign(jose.PS256, otherRSA.private, "other", but(nil), nil), nil},
		{"no kid, one key of the kind", sign(jose.ES256, ecKey.private, "", but(nil), nil), nil},
		{"signed by hand", byHand(`{"alg":"RS256","kid":"rsa"}`, but(nil)), nil},
		{"typ JWT", header("typ", "JWT"), nil},
		{"an access token", header("typ", "application/at+jwt"), nil},
		{"one of several audiences", rs(map[string]any{"aud": []string{"x", audience}}), nil},
		{"no nbf, no iat", rs(map[string]any{"iat": nil}), nil},
		{"within leeway of exp", rs(map[string]any{"exp": noon.Add(-29 * time.Second).Unix()}), nil},
		{"within leeway of nbf", rs(map[string]any{"nbf": noon.Add(30 * time.Second).Unix()}), nil},

		{"alg none", raw(`{"alg":"none"}`, but(nil), ""), invalid},
		{"alg None", raw(`{"alg":"None","kid":"rsa"}`, but(nil), ""), invalid},
		{"alg none with a signature", raw(`{"alg":"none","kid":"rsa"}`, but(nil), parts[2]), invalid},
		{"no alg", byHand(`{"kid":"rsa"}`, but(nil)), invalid},
		{"two algs", byHand(`{"alg":"none","alg":"RS256","kid":"rsa"}`, but(nil)), invalid},
		{"HS256 with the public key in PEM", sign(jose.HS256, publicPEM(rsaKey.private), "rsa", but(nil), nil), invalid},
		{"HS256 with the public key in DER", sign(jose.HS256, must(x509.MarshalPKIXPublicKey(rsaKey.private.Public())), "rsa", but(nil), nil), invalid},
		{"HS256 with a secret that was published", sign(jose.HS256, secret, "oct", but(nil), nil), invalid},
		{"ES256 header on an RSA signature", raw(`{"alg":"ES256","kid":"ec"}`, but(nil), parts[2]), invalid},
		{"RS512 with a key for RS256", sign(jose.RS512, rsaKey.private, "rsa", but(nil), nil), invalid},
		{"ES384 with a key for encryption", sign(jose.ES384, ec384.private, "enc", but(nil), nil), invalid},
		{"EdDSA of a stranger", sign(jose.EdDSA, edKey.private, "ed", but(nil), nil), invalid},
		{"a stranger's key of the same name", sign(jose.RS256, otherRSA.private, "rsa", but(nil), nil), invalid},
		{"kid of another key", sign(jose.RS256, rsaKey.private, "other", but(nil), nil), invalid},
		{"kid unknown", sign(jose.RS256, rsaKey.private, "unknown", but(nil), nil), invalid},
		{"kid is a path", sign(jose.RS256, rsaKey.private, "../../dev/null", but(nil), nil), invalid},
		{"no kid, two keys of the kind", sign(jose.RS256, rsaKey.private, "", but(nil), nil), invalid},
		{"its own key in the header", sign(jose.RS256, jose.JSONWebKey{Key: must(rsa.GenerateKey(rand.Reader, 2048)), KeyID: "rsa"}, "", but(nil), map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: otherRSA.private.Public()}}), invalid},
		{"its own key's address", sign(jose.RS256, otherRSA.private, "rsa", but(nil), map[jose.HeaderKey]any{"jku": "https://evil.example/jwks"}), invalid},

		{"another audience", rs(map[string]any{"aud": "another"}), invalid},
		{"no audience", rs(map[string]any{"aud": nil}), invalid},
		{"empty audience", rs(map[string]any{"aud": []string{}}), invalid},
		{"audience in another case", rs(map[string]any{"aud": "Cobrowse-Desk"}), invalid},
		{"audience is a number", rs(map[string]any{"aud": 7}), invalid},
		{"another issuer", rs(map[string]any{"iss": "https://evil.example"}), invalid},
		{"issuer with a slash", rs(map[string]any{"iss": issuer + "/"}), invalid},
		{"no issuer", rs(map[string]any{"iss": nil}), invalid},
		{"expired", rs(map[string]any{"exp": noon.Add(-30 * time.Second).Unix()}), invalid},
		{"no expiry", rs(map[string]any{"exp": nil}), invalid},
		{"expiry as text", rs(map[string]any{"exp": "4102444800"}), invalid},
		{"expiry beyond all times", rs(map[string]any{"exp": 1e300}), invalid},
		{"nbf in the future", rs(map[string]any{"nbf": noon.Add(31 * time.Second).Unix()}), invalid},
		{"nbf that overflows", rs(map[string]any{"nbf": 9.3e18}), invalid},
		{"issued in the future", rs(map[string]any{"iat": noon.Add(31 * time.Second).Unix()}), invalid},
		{"no subject", rs(map[string]any{"sub": nil}), invalid},
		{"empty subject", rs(map[string]any{"sub": ""}), invalid},
		{"subject is an object", rs(map[string]any{"sub": map[string]any{"id": "anna"}}), invalid},
		{"subject that turns text around", rs(map[string]any{"sub": "\u202eanna"}), invalid},
		{"groups are a number", rs(map[string]any{"groups": 1}), invalid},
		{"a group is a number", rs(map[string]any{"groups": []any{"agents", 1}}), invalid},
		{"a claim twice", sign(jose.RS256, rsaKey.private, "rsa", append([]byte(`{"sub":"root",`), but(nil)[1:]...), nil), invalid},
		{"a claim twice, deeper", sign(jose.RS256, rsaKey.private, "rsa", append([]byte(`{"x":{"a":1,"a":2},`), but(nil)[1:]...), nil), invalid},
		{"subject in another case only", sign(jose.RS256, rsaKey.private, "rsa", append([]byte(`{"SUB":"anna",`), but(map[string]any{"sub": nil})[1:]...), nil), invalid},
		{"claims are no object", sign(jose.RS256, rsaKey.private, "rsa", []byte(`["anna"]`), nil), invalid},
		{"claims are null", sign(jose.RS256, rsaKey.private, "rsa", []byte(`null`), nil), invalid},
		{"more after the claims", sign(jose.RS256, rsaKey.private, "rsa", append(but(nil), "{}"...), nil), invalid},
		{"claims too deep", sign(jose.RS256, rsaKey.private, "rsa", append([]byte(`{"x":`+strings.Repeat("[", 99)+strings.Repeat("]", 99)+`,`), but(nil)[1:]...), nil), invalid},

		{"changed claims", parts[0] + "." + base64.RawURLEncoding.EncodeToString(but(map[string]any{"sub": "root"})) + "." + parts[2], invalid},
		{"no signature", parts[0] + "." + parts[1] + ".", invalid},
		{"two parts", parts[0] + "." + parts[1], invalid},
		{"four parts", valid + "." + parts[2], invalid},
		{"encrypted: five parts", valid + ".a.b", invalid},
		{"padded", valid + "==", invalid},
		{"white space inside", parts[0] + ". " + parts[1] + "." + parts[2], invalid},
		{"in JSON form", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, invalid},
		{"huge", rs(map[string]any{"x": strings.Repeat("x", MaxToken)}), invalid},
		{"empty", "", invalid},
		{"a logout token", header("typ", "logout+jwt"), invalid},
		{"typ is no text", byHand(`{"alg":"RS256","kid":"rsa","typ":7}`, but(nil)), invalid},
		{"an extension to be understood", byHand(`{"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1}`, but(nil)), invalid},
		{"an extension that the library understands", byHand(`{"alg":"RS256","kid":"rsa","b64":true,"crit":["b64"]}`, but(nil)), invalid},
		{"unencoded payload", byHand(`{"alg":"RS256","kid":"rsa","b64":false,"crit":["b64"]}`, but(nil)), invalid},
	}
	s := newSource(t, func(c *Config) { c.JWKSURL = url })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantIdentified(t, s, bearer(tt.token), tt.refuse) })
	}
}

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

func TestNewRefuses(t *testing.T) {
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	tests := []struct {
		name string
		edit func(*Config)
		want string
	}{
		{"good", func(*Config) {}, ""},
		{"no leeway", func(c *Config) { c.Leeway = -1 }, ""},
		{"nothing to check with", func(c *Config) { c.Secrets = nil }, "checked in one way"},
		{"two ways", func(c *Config) { c.JWKSURL = "https://login.example/jwks" }, "checked in one way"},
		{"two places", func(c *Config) { c.Header, c.Cookie = "X-Jwt", "jwt" }, "one place"},
		{"header name", func(c *Config) { c.Header = "X Jwt" }, "header name"},
		{"cookie name", func(c *Config) { c.Cookie = "a;b" }, "cookie name"},
		{"no issuer", func(c *Config) { c.Issuer = "" }, "issuer"},
		{"no audience", func(c *Config) { c.Audience = nil }, "audience"},
		{"empty audience", func(c *Config) { c.Audience = []string{""} }, "audience"},
		{"leeway", func(c *Config) { c.Leeway = time.Hour }, "leeway"},
		{"short secret", func(c *Config) { c.Secrets = [][]byte{secret, []byte("short")} }, "32 bytes"},
		{"secret too short for HS512", func(c *Config) { c.Algorithms = []string{"HS512"} }, "64 bytes"},
		{"RS256 with a secret", func(c *Config) { c.Algorithms = []string{"HS256", "RS256"} }, "not for secrets"},
		{"none with a secret", func(c *Config) { c.Algorithms = []string{"none"} }, "not for secrets"},
		{"HS256 with a key", func(c *Config) {
			c.Secrets, c.Keys, c.Algorithms = nil, []crypto.PublicKey{rsaKey.private.Public()}, []string{"HS256"}
		}, "not for public keys"},
		{"none with a key set", func(c *Config) {
			c.Secrets, c.JWKSURL, c.Algorithms = nil, "https://login.example/jwks", []string{"none"}
		}, "not for public keys"},
		{"a key for none of the algorithms", func(c *Config) {
			c.Secrets, c.Keys, c.Algorithms = nil, []crypto.PublicKey{ecKey.private.Public()}, []string{"RS256"}
		}, "fits none"},
		{"a small key", func(c *Config) { c.Secrets, c.Keys = nil, []crypto.PublicKey{small.Public()} }, "2048 bits"},
		{"another curve", func(c *Config) { c.Secrets, c.Keys = nil, []crypto.PublicKey{p224.Public()} }, "P-256"},
		{"a secret as key", func(c *Config) { c.Secrets, c.Keys = nil, []crypto.PublicKey{secret} }, "public key"},
		{"plain key set", func(c *Config) { c.Secrets, c.JWKSURL = nil, "http://login.example/jwks" }, "not https"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Issuer: issuer, Audience: []string{audience}, Secrets: [][]byte{secret}}
			tt.edit(&c)
			_, err := New(c)
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), string(secret))) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParsePEM(t *testing.T) {
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(rsaKey.private))})
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(rsaKey.private.Public().(*rsa.PublicKey))})
	template := &x509.Certificate{SerialNumber: must(rand.Int(rand.Reader, rsaKey.private.Public().(*rsa.PublicKey).N))}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: must(x509.CreateCertificate(rand.Reader, template, template, rsaKey.private.Public(), rsaKey.private))})
	for name, text := range map[string][]byte{"PKIX": publicPEM(rsaKey.private), "PKCS #1": pkcs1, "certificate": cert, "text around": append([]byte("# ours\n"), pkcs1...)} {
		keys, err := ParsePEM(text)
		if err != nil || len(keys) != 1 || !keys[0].(*rsa.PublicKey).Equal(rsaKey.private.Public()) {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
	for name, text := range map[string][]byte{"private": private, "after a public one": append(publicPEM(ecKey.private), private...), "empty": nil, "no PEM": []byte("key"), "broken": []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")} {
		if keys, err := ParsePEM(text); err == nil {
			t.Errorf("%s: %v", name, keys)
		}
	}
}

// FuzzIdentify asserts that nothing but what the issuer signed makes an agent.
func FuzzIdentify(f *testing.F) {
	valid := sign(jose.HS256, secret, "", but(nil), nil)
	f.Add(valid)
	f.Add(raw(`{"alg":"none"}`, but(nil), ""))
	f.Add(strings.ToUpper(valid))
	f.Add("a.b.c")
	c := Config{Issuer: issuer, Audience: []string{audience}, Secrets: [][]byte{secret}, Now: func() time.Time { return noon }}
	s, err := New(c)
	if err != nil {
		f.Fatal(err)
	}
	signed := valid[:strings.LastIndexByte(valid, '.')+1]
	f.Fuzz(func(t *testing.T, token string) {
		who, err := s.Identify(bearer(token))
		if err == nil && !strings.HasPrefix(token, signed) {
			t.Fatalf("%q makes %+v", token, who)
		}
		if err != nil && !errors.Is(err, agent.ErrUnidentified) {
			t.Fatalf("%q: %v", token, err)
		}
	})
}
