package jwks

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"

	jose "github.com/go-jose/go-jose/v4"
)

// Asymmetric are the algorithms of RFC 7518 and RFC 8037 with which a provider
// signs what others check. There is no HMAC among them, since its key is a
// secret that both have, and no "none".
func Asymmetric() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512,
		jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512,
		jose.EdDSA,
	}
}

// minRSA is the least size of an RSA key in bits (RFC 7518, section 3.3).
const minRSA = 2048

// curves are the curves of ECDSA's algorithms (RFC 7518, section 3.4).
var curves = map[jose.SignatureAlgorithm]string{jose.ES256: "P-256", jose.ES384: "P-384", jose.ES512: "P-521"}

// Fits reports whether a public key is of the kind and size that an asymmetric
// algorithm takes. It fits no HMAC: that a public key is taken for a secret is
// the oldest forgery there is.
func Fits(key any, alg string) bool {
	a := jose.SignatureAlgorithm(alg)
	switch key := key.(type) {
	case *rsa.PublicKey:
		return slices.Contains(Asymmetric()[:6], a) && key.N.BitLen() >= minRSA
	case *ecdsa.PublicKey:
		return curves[a] != "" && curves[a] == key.Curve.Params().Name
	case ed25519.PublicKey:
		return a == jose.EdDSA
	}
	return false
}

// candidates returns the keys that a token with this header may be signed with.
func candidates(keys []jose.JSONWebKey, kid, alg string) []jose.JSONWebKey {
	var out []jose.JSONWebKey
	for _, k := range keys {
		if (kid == "" || k.KeyID == kid) && (k.Algorithm == "" || k.Algorithm == alg) && Fits(k.Key, alg) {
			out = append(out, k)
		}
	}
	if kid == "" && len(out) > 1 {
		return nil
	}
	return out
}
