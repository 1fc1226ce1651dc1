package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"golang.org/x/net/http/httpguts"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/claims"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwks"
)

// Limits and defaults.
const (
	// MaxToken is the longest token, in bytes. It fits the 16 KiB that servers
	// take for all headers.
	MaxToken = 12 << 10
	// DefaultLeeway is how far clocks may differ.
	DefaultLeeway = 30 * time.Second
	// MaxLeeway is the largest leeway: more would make exp mean nothing.
	MaxLeeway = 5 * time.Minute
)

// Config says where the token is, who signed it, and what it must say.
type Config struct {
	// Header names the header whose whole value is the token. Cookie names the
	// cookie. Where both are empty, the token is a bearer token in the header
	// Authorization (RFC 6750, section 2.1); one of them at most may be set.
	Header, Cookie string

	// JWKSURL is the address of the issuer's key set, https or on loopback.
	JWKSURL string
	// Keys are the issuer's public keys, RSA, ECDSA or Ed25519; see [ParsePEM].
	Keys []crypto.PublicKey
	// Secrets are shared with the issuer, and are for HMAC only. While one is
	// replaced there may be two. Each is as long as its algorithm's hash at
	// least (RFC 7518, section 3.2): 32 bytes for HS256.
	//
	// Exactly one of JWKSURL, Keys and Secrets must be set.
	Secrets [][]byte
	// Algorithms are the only ones (RFC 7518, section 3.1) with which a token
	// may be signed. The default is every asymmetric one that fits the key,
	// and HS256 with Secrets.
	Algorithms []string

	// Issuer is the claim iss, compared exactly.
	Issuer string
	// Audience is what the claim aud must name one of: who this server is to
	// the issuer.
	Audience []string
	// Leeway is how far the issuer's clock may differ from ours. The default, for
	// 0, is [DefaultLeeway]; a negative one means none.
	Leeway time.Duration
	// Claims names the claims that describe the agent. The defaults are sub,
	// name, email and groups.
	Claims claims.Names

	// Client fetches the key set. The default is backchannel's.
	Client *http.Client
	// Now is the clock. The default is [time.Now].
	Now func() time.Time
}

// Errors of [New] and [ParsePEM].
var (
	errPlace    = errors.New("the token is looked for in one place: name a header or a cookie, not both")
	errKeys     = errors.New("the token's signature is checked in one way: set a key set's URL, or public keys, or secrets")
	errIssuer   = errors.New("the token's issuer is missing: without it, whoever else uses the same keys could sign for agents")
	errAudience = errors.New("the token's audience is missing: without it, a token for another application of the same issuer would do")
	errLeeway   = fmt.Errorf("the leeway must not exceed %s", MaxLeeway)
	errPEM      = errors.New("there is no public key in the file: it wants PEM blocks PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE")
	errPrivate  = errors.New("the file has a private key: tokens are checked with the public one, and the private one should not be here")
	errKeyKind  = errors.New("a public key must be RSA of 2048 bits or more, ECDSA on P-256, P-384 or P-521, or Ed25519")
)

func (c *Config) setDefaults() {
	if c.Leeway == 0 {
		c.Leeway = DefaultLeeway
	}
	c.Leeway = max(c.Leeway, 0)
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, d := range []struct {
		name     *string
		standard string
	}{{&c.Claims.ID, "sub"}, {&c.Claims.Name, "name"}, {&c.Claims.Email, "email"}, {&c.Claims.Groups, "groups"}} {
		if *d.name == "" {
			*d.name = d.standard
		}
	}
}

func (c *Config) validate() error {
	ways := 0
	for _, set := range []bool{c.JWKSURL != "", len(c.Keys) > 0, len(c.Secrets) > 0} {
		if set {
			ways++
		}
	}
	switch {
	case c.Header != "" && c.Cookie != "":
		return errPlace
	case c.Header != "" && !httpguts.ValidHeaderFieldName(c.Header):
		return fmt.Errorf("token header %q is no header name: write one such as Cf-Access-Jwt-Assertion", c.Header)
	case c.Cookie != "" && !httpguts.ValidHeaderFieldName(c.Cookie):
		return fmt.Errorf("token cookie %q is no cookie name (RFC 6265, section 4.1.1)", c.Cookie)
	case ways != 1:
		return errKeys
	case c.Issuer == "":
		return errIssuer
	case len(c.Audience) == 0 || slices.Contains(c.Audience, ""):
		return errAudience
	case c.Leeway > MaxLeeway:
		return errLeeway
	}
	return nil
}

// hashes are HMAC's algorithms, and the length of their hashes in bytes.
var hashes = map[jose.SignatureAlgorithm]int{jose.HS256: 32, jose.HS384: 48, jose.HS512: 64}

// algorithms returns those that are configured, after checking that the keys
// can be meant for them.
func (c *Config) algorithms() ([]jose.SignatureAlgorithm, error) {
	var list []jose.SignatureAlgorithm
	for _, a := range c.Algorithms {
		list = append(list, jose.SignatureAlgorithm(a))
	}
	if len(c.Secrets) > 0 {
		if len(list) == 0 {
			list = []jose.SignatureAlgorithm{jose.HS256}
		}
		return list, c.checkSecrets(list)
	}
	if len(list) == 0 {
		list = jwks.Asymmetric()
	}
	for _, a := range list {
		if !slices.Contains(jwks.Asymmetric(), a) {
			return nil, fmt.Errorf("algorithm %q is not for public keys: use one of RS256, PS256, ES256, EdDSA and their like", a)
		}
	}
	return list, c.checkKeys(list)
}

func (c *Config) checkSecrets(list []jose.SignatureAlgorithm) error {
	for _, a := range list {
		least, ok := hashes[a]
		if !ok {
			return fmt.Errorf("algorithm %q is not for secrets: use HS256, HS384 or HS512", a)
		}
		for _, secret := range c.Secrets {
			if len(secret) < least {
				return fmt.Errorf("a secret is shorter than the %d bytes that %s needs (RFC 7518, section 3.2)", least, a)
			}
		}
	}
	return nil
}

func (c *Config) checkKeys(list []jose.SignatureAlgorithm) error {
	for _, key := range c.Keys {
		fits := func(a jose.SignatureAlgorithm) bool { return jwks.Fits(key, string(a)) }
		switch {
		case !slices.ContainsFunc(jwks.Asymmetric(), fits):
			return errKeyKind
		case !slices.ContainsFunc(list, fits):
			return fmt.Errorf("a public key fits none of the algorithms %v", list)
		}
	}
	return nil
}

// ParsePEM reads public keys in PEM (RFC 7468): PUBLIC KEY, RSA PUBLIC KEY and
// CERTIFICATE. Of a certificate only the key counts, not its dates or issuer.
func ParsePEM(text []byte) ([]crypto.PublicKey, error) {
	var keys []crypto.PublicKey
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var key crypto.PublicKey
		var err error
		switch {
		case block.Type == "PUBLIC KEY":
			key, err = x509.ParsePKIXPublicKey(block.Bytes)
		case block.Type == "RSA PUBLIC KEY":
			key, err = x509.ParsePKCS1PublicKey(block.Bytes)
		case block.Type == "CERTIFICATE":
			var cert *x509.Certificate
			if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
				key = cert.PublicKey
			}
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil, errPrivate
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the PEM block %s: %w", block.Type, err)
		}
		switch key.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
			keys = append(keys, key)
		default:
			return nil, errKeyKind
		}
	}
	if len(keys) == 0 {
		return nil, errPEM
	}
	return keys, nil
}
