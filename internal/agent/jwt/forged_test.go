package jwt

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

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
