package token

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Errors of [Minter.Verify].
var (
	// ErrTokenMalformed: not a JWT with Zoom's header and claims.
	ErrTokenMalformed = errors.New("token is malformed")
	// ErrTokenSignature: another algorithm than HS256, or no secret of ours.
	ErrTokenSignature = errors.New("token signature is invalid")
	// ErrTokenKey: signed for another SDK key.
	ErrTokenKey = errors.New("token is for another SDK key")
	// ErrTokenExpired: exp has passed.
	ErrTokenExpired = errors.New("token is expired")
	// ErrTokenEarly: iat lies in the future.
	ErrTokenEarly = errors.New("token is not valid yet")
	// ErrTokenClaims: a claim breaks Zoom's rules, such as exp within 1800 to
	// 172800 seconds of iat.
	ErrTokenClaims = errors.New("token claims break the rules")
)

// Claims are the claims of a verified token.
type Claims struct {
	Role             Role
	UserID, UserName string
	// IssuedAt and ExpiresAt are whole seconds.
	IssuedAt, ExpiresAt time.Time
}

// newParser accepts HS256 only, and wants exp and iat to hold at now.
func newParser(now func() time.Time) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithTimeFunc(now),
		jwt.WithIssuedAt(),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
	)
}

// Verify checks a token as strictly as Zoom documents it, with no leeway: the
// header, an HS256 signature with any of the secrets, every claim that Zoom
// requires, and the time. The error wraps one of the ErrToken errors and never
// shows the token.
func (m *Minter) Verify(token string) (Claims, error) {
	var claims verifiedClaims
	parsed, err := m.parser.ParseWithClaims(token, &claims, m.verificationKeys)
	if err != nil {
		return Claims{}, tokenError(err)
	}
	// WithValidMethods has seen to alg.
	if len(parsed.Header) != 2 || parsed.Header["typ"] != "JWT" {
		return Claims{}, fmt.Errorf("%w: the header must be alg and typ, and nothing else", ErrTokenMalformed)
	}
	if subtle.ConstantTimeCompare([]byte(claims.AppKey), []byte(m.key)) != 1 {
		return Claims{}, ErrTokenKey
	}
	grant := Grant{
		Role:     claims.RoleType,
		UserID:   claims.UserID,
		UserName: claims.UserName,
		Lifetime: claims.lifetime(),
	}
	if err := grant.validate(); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrTokenClaims, err)
	}
	if grant.UserID == "" || grant.UserName == "" {
		return Claims{}, fmt.Errorf("%w: user_id and user_name must not be empty", ErrTokenClaims)
	}
	return Claims{
		Role:      grant.Role,
		UserID:    grant.UserID,
		UserName:  grant.UserName,
		IssuedAt:  time.Unix(claims.IssuedAt, 0),
		ExpiresAt: time.Unix(claims.ExpiresAt, 0),
	}, nil
}

// verificationKeys gives the parser all secrets. The parser calls it after it
// has refused other algorithms.
func (m *Minter) verificationKeys(*jwt.Token) (any, error) {
	set := jwt.VerificationKeySet{Keys: make([]jwt.VerificationKey, len(m.keys))}
	for i, key := range m.keys {
		set.Keys[i] = key
	}
	return set, nil
}

// tokenError translates the library's errors, so that nobody else needs to
// know the library.
func tokenError(err error) error {
	for _, pair := range []struct{ from, to error }{
		{jwt.ErrTokenMalformed, ErrTokenMalformed},
		{jwt.ErrTokenUnverifiable, ErrTokenSignature},
		{jwt.ErrTokenSignatureInvalid, ErrTokenSignature},
		{jwt.ErrTokenRequiredClaimMissing, ErrTokenMalformed},
		{jwt.ErrTokenExpired, ErrTokenExpired},
		{jwt.ErrTokenUsedBeforeIssued, ErrTokenEarly},
	} {
		if errors.Is(err, pair.from) {
			return pair.to
		}
	}
	return ErrTokenMalformed
}

// verifiedClaims makes payload a jwt.Claims, and decodes it with regard to
// case and type, which encoding/json would not for a struct.
type verifiedClaims struct{ payload }

var _ jwt.Claims = (*verifiedClaims)(nil)

// UnmarshalJSON wants every claim of payload, each of its exact type. Other
// claims are ignored.
func (c *verifiedClaims) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	var role int64
	for name, target := range map[string]any{
		"app_key": &c.AppKey, "role_type": &role,
		"user_id": &c.UserID, "user_name": &c.UserName,
		"iat": &c.IssuedAt, "exp": &c.ExpiresAt,
	} {
		raw, ok := members[name]
		if !ok || bytes.Equal(raw, []byte("null")) {
			return fmt.Errorf("claim %s is missing", name)
		}
		if err := json.Unmarshal(raw, target); err != nil {
			return fmt.Errorf("claim %s: %w", name, err)
		}
	}
	if role < math.MinInt32 || role > math.MaxInt32 {
		return errors.New("claim role_type: " + strconv.FormatInt(role, 10) + " is out of range")
	}
	c.RoleType = Role(role)
	return nil
}

// lifetime returns exp - iat, or 0 where that is no time at all: exp and iat
// are numbers that somebody else chose.
func (c *verifiedClaims) lifetime() time.Duration {
	limit := int64(MaxLifetime / time.Second)
	if c.IssuedAt < 0 || c.ExpiresAt < c.IssuedAt || c.ExpiresAt-c.IssuedAt > limit {
		return 0
	}
	return time.Duration(c.ExpiresAt-c.IssuedAt) * time.Second
}

// GetExpirationTime returns exp.
func (c *verifiedClaims) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.ExpiresAt, 0)), nil
}

// GetIssuedAt returns iat.
func (c *verifiedClaims) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.IssuedAt, 0)), nil
}

// GetNotBefore returns nothing: Zoom's tokens have no nbf.
func (c *verifiedClaims) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer returns nothing: Zoom's tokens have no iss.
func (c *verifiedClaims) GetIssuer() (string, error) { return "", nil }

// GetSubject returns nothing: Zoom's tokens have no sub.
func (c *verifiedClaims) GetSubject() (string, error) { return "", nil }

// GetAudience returns nothing: Zoom's tokens have no aud.
func (c *verifiedClaims) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }
