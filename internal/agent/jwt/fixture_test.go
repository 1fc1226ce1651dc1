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
