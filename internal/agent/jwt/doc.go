// Package jwt takes an agent's identity from a signed JSON Web Token (RFC 7519)
// that comes with the request: a bearer token, a cookie of the site's own
// sign-in, or the assertion that an identity-aware proxy adds, such as
// Cf-Access-Jwt-Assertion or X-Pomerium-Jwt-Assertion.
//
// # Why a signed assertion
//
// Unlike a plain header it needs no trust in addresses: a client that gets past
// the proxy cannot sign for anybody.
//
// # Rules
//
// They are those of RFC 8725, the best current practice for such tokens:
//
//   - The operator's configuration decides which algorithms are right, never the
//     token. With public keys only asymmetric algorithms are possible, with
//     secrets only HMAC; "none" cannot be configured.
//   - A key serves the algorithms of its own kind and size only, and the key is
//     ours or the provider's: jwk, jku and x5u in a token are not looked at.
//   - iss, aud and exp must be there. nbf and iat must not be in the future. The
//     leeway is for clocks that differ.
//   - A token longer than [MaxToken], one with an extension that must be
//     understood, and claims that name a member twice are refused.
//
// # How
//
//	source, err := jwt.New(jwt.Config{
//		Header:   "Cf-Access-Jwt-Assertion",
//		JWKSURL:  "https://team.cloudflareaccess.com/cdn-cgi/access/certs",
//		Issuer:   "https://team.cloudflareaccess.com",
//		Audience: []string{"…"}, // the application's AUD tag
//	})
//	who, err := source.Identify(r)
//	…
//	source.Close()
//
// A token in a cookie comes with requests of other sites' pages, too. Whether a
// page may ask is decided before, by the origin of the request.
package jwt
