package jwks

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

func TestParseLeavesOut(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := ecKey(t, "good")
	encryption := ecKey(t, "enc")
	encryption.Use = "enc"
	set, err := json.Marshal(map[string]any{"keys": []any{
		good, encryption,
		jose.JSONWebKey{Key: rsaKey, KeyID: "private"},
		jose.JSONWebKey{Key: []byte("secret"), KeyID: "oct"},
		map[string]string{"kty": "OKP", "crv": "Ed448", "x": "AAAA"},
		map[string]string{"kty": "unheard of"},
		"not even an object",
	}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := Parse(set)
	if err != nil || len(keys) != 1 || keys[0].KeyID != "good" {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestFits(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256 := ecKey(t, "").Key
	tests := []struct {
		name string
		key  any
		fits string
	}{
		{"RSA", rsaKey.Public(), "RS256 RS384 RS512 PS256 PS384 PS512"},
		{"small RSA", small.Public(), ""},
		{"P-256", p256, "ES256"},
		{"Ed25519", ed, "EdDSA"},
		{"private RSA", rsaKey, ""},
		{"secret", []byte("secret"), ""},
		{"nothing", nil, ""},
	}
	for _, tt := range tests {
		for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS512", "none", ""} {
			if got, want := Fits(tt.key, alg), alg != "" && strings.Contains(" "+tt.fits+" ", " "+alg+" "); got != want {
				t.Errorf("%s and %q: %t", tt.name, alg, got)
			}
		}
	}
}

// FuzzParse asserts that no key set yields a key that is secret.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"a"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := Parse(body)
		if err != nil && keys != nil || len(keys) > MaxKeys {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
		for _, k := range keys {
			if !k.IsPublic() || !k.Valid() {
				t.Fatalf("%v", k)
			}
		}
	})
}
