package token

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claimSet is the claims of a token that somebody else wrote. It keeps them
// encoded, so that each is read with regard to case and type, which
// encoding/json would not do for a struct.
type claimSet struct {
	members         map[string]json.RawMessage
	issued, expires int64
}

var _ jwt.Claims = (*claimSet)(nil)

// UnmarshalJSON wants iat and exp, which every token of Zoom's has.
func (c *claimSet) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &c.members); err != nil {
		return err
	}
	if err := c.read("iat", &c.issued); err != nil {
		return err
	}
	return c.read("exp", &c.expires)
}

// read decodes a claim that must be there, and of the target's type. Whole
// numbers must be written as such.
func (c *claimSet) read(name string, target any) error {
	raw, ok := c.members[name]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return fmt.Errorf("claim %s is missing", name)
	}
	if err := json.Unmarshal(raw, target); err != nil {
		return fmt.Errorf("claim %s is of another type, or out of range", name)
	}
	return nil
}

// readOptional decodes a claim that may be missing.
func (c *claimSet) readOptional(name string, target any) error {
	if _, ok := c.members[name]; !ok {
		return nil
	}
	return c.read(name, target)
}

// lifetime returns exp - iat, or 0 where that is no time at all: exp and iat
// are numbers that somebody else chose.
func (c *claimSet) lifetime() time.Duration {
	limit := int64(MaxLifetime / time.Second)
	if c.issued < 0 || c.expires < c.issued || c.expires-c.issued > limit {
		return 0
	}
	return time.Duration(c.expires-c.issued) * time.Second
}

// GetExpirationTime returns exp.
func (c *claimSet) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.expires, 0)), nil
}

// GetIssuedAt returns iat.
func (c *claimSet) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.issued, 0)), nil
}

// GetNotBefore returns nothing: Zoom's tokens have no nbf.
func (c *claimSet) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer returns nothing: Zoom's tokens have no iss.
func (c *claimSet) GetIssuer() (string, error) { return "", nil }

// GetSubject returns nothing: Zoom's tokens have no sub.
func (c *claimSet) GetSubject() (string, error) { return "", nil }

// GetAudience returns nothing: Zoom's tokens have no aud.
func (c *claimSet) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }
