package token

import (
	"crypto/subtle"
	"errors"
	"fmt"
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
	claims, err := verify(m.parser, m.keys, m.key, token)
	if err != nil {
		return Claims{}, err
	}
	var role int32
	grant := Grant{Lifetime: claims.lifetime()}
	if err := errors.Join(
		claims.read("role_type", &role),
		claims.read("user_id", &grant.UserID),
		claims.read("user_name", &grant.UserName),
	); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrTokenMalformed, err)
	}
	grant.Role = Role(role)
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
		IssuedAt:  time.Unix(claims.issued, 0),
		ExpiresAt: time.Unix(claims.expires, 0),
	}, nil
}

// verify checks what Cobrowse tokens and Video SDK signatures have in common:
// header, signature, time and SDK key.
func verify(parser *jwt.Parser, keys [][]byte, key, token string) (*claimSet, error) {
	set := jwt.VerificationKeySet{Keys: make([]jwt.VerificationKey, len(keys))}
	for i, key := range keys {
		set.Keys[i] = key
	}
	var claims claimSet
	// The parser asks for the keys after it has refused other algorithms.
	parsed, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return set, nil })
	if err != nil {
		return nil, tokenError(err)
	}
	// WithValidMethods has seen to alg.
	if len(parsed.Header) != 2 || parsed.Header["typ"] != "JWT" {
		return nil, fmt.Errorf("%w: the header must be alg and typ, and nothing else", ErrTokenMalformed)
	}
	var appKey string
	if err := claims.read("app_key", &appKey); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenMalformed, err)
	}
	if subtle.ConstantTimeCompare([]byte(appKey), []byte(key)) != 1 {
		return nil, ErrTokenKey
	}
	return &claims, nil
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
