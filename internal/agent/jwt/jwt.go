package jwt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/backchannel"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/claims"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwks"
)

// Name is what the agents of this source have as their Source.
const Name = "jwt"

// Source is an [agent.Identifier] for one configuration.
type Source struct {
	config     Config
	algorithms []jose.SignatureAlgorithm
	remote     *jwks.Set
}

// New makes a source, without asking the issuer for anything. Errors name what
// is wrong with the configuration, and no secret.
func New(c Config) (*Source, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	algorithms, err := c.algorithms()
	if err != nil {
		return nil, err
	}
	s := &Source{config: c, algorithms: algorithms}
	if c.JWKSURL != "" {
		if s.config.Client == nil {
			s.config.Client = backchannel.New(nil)
		}
		s.remote, err = jwks.New(jwks.Config{URL: c.JWKSURL, Client: s.config.Client, Now: c.Now})
	}
	return s, err
}

// Close ends idle connections to the issuer.
func (s *Source) Close() {
	if s.config.Client != nil {
		s.config.Client.CloseIdleConnections()
	}
}

// Why a token is refused. None names a value.
var (
	errTwice     = errors.New("comes more than once")
	errShape     = errors.New("is no JSON Web Token in compact form, or is too long")
	errHeader    = errors.New("has a header that is not admitted: another algorithm, an extension, or another type")
	errSignature = errors.New("has no valid signature")
	errClaims    = errors.New("has claims that cannot be read")
	errIss       = errors.New("has another issuer")
	errAud       = errors.New("is for another audience")
	errExp       = errors.New("has expired, or has no expiry")
	errNotYet    = errors.New("is not valid yet, or was issued in the future")
)

// Identify implements [agent.Identifier]. It fails with [agent.ErrNoCredential]
// where there is no token in the configured place, with
// [agent.ErrInvalidCredential] where there is one that is refused, and with
// another error where the issuer's keys cannot be fetched.
func (s *Source) Identify(r *http.Request) (agent.Agent, error) {
	token, err := s.find(r)
	if err != nil {
		return agent.Agent{}, err
	}
	payload, err := s.verify(r.Context(), token)
	if err != nil {
		return agent.Agent{}, err
	}
	set, err := claims.Parse(payload)
	if err != nil {
		return agent.Agent{}, refuse(err)
	}
	if err := s.validate(payload); err != nil {
		return agent.Agent{}, refuse(err)
	}
	who, err := set.Agent(s.config.Claims)
	if err != nil {
		return agent.Agent{}, refuse(err)
	}
	who.Source = Name
	return who, nil
}

// find returns the token of a request.
func (s *Source) find(r *http.Request) (string, error) {
	switch {
	case s.config.Cookie != "":
		found := r.CookiesNamed(s.config.Cookie)
		switch len(found) {
		case 0:
			return "", agent.ErrNoCredential
		case 1:
			return found[0].Value, nil
		}
		return "", refuse(errTwice)
	case s.config.Header != "":
		return only(r.Header.Values(s.config.Header))
	}
	value, err := only(r.Header.Values("Authorization"))
	if err != nil {
		return "", err
	}
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", agent.ErrNoCredential // another scheme's credential, of which nothing is claimed here
	}
	return strings.TrimLeft(token, " "), nil
}

func only(values []string) (string, error) {
	switch len(values) {
	case 0:
		return "", agent.ErrNoCredential
	case 1:
		return values[0], nil
	}
	return "", refuse(errTwice)
}

// verify returns the payload of a token whose signature is right.
func (s *Source) verify(ctx context.Context, token string) ([]byte, error) {
	if !compact(token) {
		return nil, refuse(errShape)
	}
	jws, err := jose.ParseSignedCompact(token, s.algorithms)
	if err != nil || len(jws.Signatures) != 1 || !plain(jws.Signatures[0].Protected) {
		return nil, refuse(errHeader)
	}
	header := jws.Signatures[0].Protected
	keys, err := s.keys(ctx, header.KeyID, header.Algorithm)
	switch {
	case errors.Is(err, jwks.ErrUnknownKey):
		return nil, refuse(err)
	case err != nil:
		return nil, fmt.Errorf("checking an agent's token: %w", err)
	}
	for _, key := range keys {
		if payload, err := jws.Verify(key); err == nil {
			return payload, nil
		}
	}
	return nil, refuse(errSignature)
}

// keys returns what a signature by this algorithm may be checked with. The
// algorithm is one of the configured ones.
func (s *Source) keys(ctx context.Context, kid, alg string) ([]any, error) {
	var keys []any
	switch {
	case s.remote != nil:
		published, err := s.remote.Keys(ctx, kid, alg)
		if err != nil {
			return nil, err
		}
		for _, k := range published {
			keys = append(keys, k.Key)
		}
	case len(s.config.Secrets) > 0:
		for _, secret := range s.config.Secrets {
			keys = append(keys, secret)
		}
	default:
		for _, key := range s.config.Keys {
			if jwks.Fits(key, alg) {
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

// compact reports whether a token has the shape of RFC 7515, section 3.1: three
// parts in base64url.
func compact(token string) bool {
	if len(token) > MaxToken || strings.Count(token, ".") != 2 {
		return false
	}
	for i := range len(token) {
		switch c := token[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// plain reports whether a token's header asks for nothing beyond a signature,
// and names, if any, the type of a token that says who its bearer is (RFC 8725,
// section 3.11). A logout token, say, has the same issuer, audience and
// signature.
func plain(h jose.Header) bool {
	for _, extension := range []jose.HeaderKey{"b64", "crit"} {
		if _, ok := h.ExtraHeaders[extension]; ok {
			return false
		}
	}
	typ, ok := h.ExtraHeaders[jose.HeaderType]
	if !ok {
		return true
	}
	name, _ := typ.(string)
	switch strings.TrimPrefix(strings.ToLower(name), "application/") {
	case "jwt", "at+jwt":
		return true
	}
	return false
}

func refuse(why error) error {
	return fmt.Errorf("the token %w: %w", why, agent.ErrInvalidCredential)
}
