package jwt

import (
	"slices"

	"github.com/go-jose/go-jose/v4/json"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
)

// validate checks the registered claims (RFC 7519, section 4.1). It does not
// use go-jose's own validation, which takes an absent exp for no limit, and
// takes a token in the second of its expiry.
func (s *Source) validate(payload []byte) error {
	var c josejwt.Claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return errClaims
	}
	now, leeway := s.config.Now(), s.config.Leeway
	switch {
	case c.Issuer != s.config.Issuer:
		return errIss
	case !slices.ContainsFunc(s.config.Audience, c.Audience.Contains):
		return errAud
	case c.Expiry == nil || !now.Add(-leeway).Before(c.Expiry.Time()):
		return errExp
	case c.NotBefore != nil && now.Add(leeway).Before(c.NotBefore.Time()),
		c.IssuedAt != nil && now.Add(leeway).Before(c.IssuedAt.Time()):
		return errNotYet
	}
	return nil
}
