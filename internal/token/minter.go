package token

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Errors of [New]. None of them, nor what wraps them, shows a secret.
var (
	ErrNoKey       = errors.New("SDK key is empty")
	ErrNoSecret    = errors.New("SDK secret is empty")
	ErrCredentials = errors.New("SDK credentials are not usable")
)

// Errors of [Minter.Mint] for a grant that breaks Zoom's rules.
var (
	ErrRole     = errors.New("role is neither customer (1) nor agent (2)")
	ErrUserID   = fmt.Errorf("user_id is longer than %d UTF-16 units, or holds a control or bidirectional character", MaxUserID)
	ErrUserName = fmt.Errorf("user_name is longer than %d UTF-16 units, or holds a control or bidirectional character", MaxUserName)
	ErrLifetime = fmt.Errorf("lifetime is not whole seconds from %v to %v", MinLifetime, MaxLifetime)
)

// Config configures a [Minter].
type Config struct {
	// Key is the SDK key: the claim app_key.
	Key string
	// Secrets are the SDK secrets as Zoom shows them. The first one signs, and
	// all of them verify. At least one is required.
	Secrets []string `json:"-"`
	// BYOP is [Grant].BYOP for every token, as in branch byop of Zoom's sample.
	BYOP bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand gives the random user IDs; nil means crypto/rand. It must be safe
	// for concurrent use.
	Rand io.Reader
}

// Format hides the secrets from every verb of package fmt.
func (Config) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden("Config")) }

// LogValue hides the secrets from package slog.
func (Config) LogValue() slog.Value { return slog.StringValue(hidden("Config")) }

func hidden(name string) string { return "token." + name + "(secrets hidden)" }

// validate refuses credentials that would sign, but sign nothing that Zoom
// accepts, and those that would give the secret away.
func (c Config) validate() error {
	if strings.TrimSpace(c.Key) == "" {
		return ErrNoKey
	}
	if c.Key != strings.TrimSpace(c.Key) {
		return fmt.Errorf("%w: the SDK key begins or ends with white space; remove it", ErrCredentials)
	}
	if len(c.Secrets) == 0 {
		return ErrNoSecret
	}
	for i, secret := range c.Secrets {
		switch {
		case strings.TrimSpace(secret) == "":
			return fmt.Errorf("secret %d of %d: %w", i+1, len(c.Secrets), ErrNoSecret)
		case secret != strings.TrimSpace(secret):
			return fmt.Errorf("%w: SDK secret %d of %d begins or ends with white space, such as a file's last newline; remove it",
				ErrCredentials, i+1, len(c.Secrets))
		case secret == c.Key:
			return fmt.Errorf("%w: SDK secret %d of %d is the SDK key, which is public; Zoom shows four credentials, take the one named SDK secret",
				ErrCredentials, i+1, len(c.Secrets))
		}
	}
	return nil
}

// Minter signs and verifies Zoom's Cobrowse tokens for one SDK key. It is safe
// for concurrent use.
type Minter struct {
	key    string
	byop   bool
	keys   [][]byte // HMAC keys; the first one signs
	now    func() time.Time
	random io.Reader
	parser *jwt.Parser
}

// New returns a Minter. It refuses empty and unusable credentials with
// [ErrNoKey], [ErrNoSecret] or [ErrCredentials].
func New(c Config) (*Minter, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	m := &Minter{key: c.Key, byop: c.BYOP, now: c.Now, random: c.Rand, parser: newParser(c.Now)}
	for _, secret := range c.Secrets {
		m.keys = append(m.keys, []byte(secret))
	}
	return m, nil
}

// Format hides the secrets from every verb of package fmt.
func (Minter) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden("Minter")) }

// LogValue hides the secrets from package slog.
func (Minter) LogValue() slog.Value { return slog.StringValue(hidden("Minter")) }

// Grant says what a new token allows, and to whom.
type Grant struct {
	Role Role
	// UserID tells the users of a session apart: at most [MaxUserID] UTF-16
	// code units. Empty means a new one of 128 random bits.
	UserID string
	// UserName is shown to the other party: at most [MaxUserName] UTF-16 code
	// units. Empty means UserID.
	UserName string
	// Lifetime is whole seconds from [MinLifetime] to [MaxLifetime].
	Lifetime time.Duration
	// BYOP adds the claim enable_byop: the session then gets its PIN from the site
	// ("bring your own PIN") instead of from Zoom. A client cannot ask for it.
	BYOP bool
}

// validate reports the first of Zoom's rules that g breaks.
func (g Grant) validate() error {
	switch {
	case !g.Role.Valid():
		return ErrRole
	case utf16Len(g.UserID) > MaxUserID || hasUnsafe(g.UserID):
		return ErrUserID
	case utf16Len(g.UserName) > MaxUserName || hasUnsafe(g.UserName):
		return ErrUserName
	case g.Lifetime < MinLifetime || g.Lifetime > MaxLifetime || g.Lifetime%time.Second != 0:
		return ErrLifetime
	}
	return nil
}

// payload is the claims set, in the order of Zoom's sample.
type payload struct {
	AppKey    string `json:"app_key"`
	RoleType  Role   `json:"role_type"`
	BYOP      int    `json:"enable_byop,omitempty"`
	UserID    string `json:"user_id"`
	UserName  string `json:"user_name"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
}

// header is the JOSE header that Zoom documents, encoded.
var header = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))

// Mint signs a token for g that begins now. It returns [ErrRole], [ErrUserID],
// [ErrUserName] or [ErrLifetime] where g breaks Zoom's rules, and the error of
// the random source where that fails.
func (m *Minter) Mint(g Grant) (string, error) {
	if err := g.validate(); err != nil {
		return "", err
	}
	if g.UserID == "" {
		id, err := m.randomID()
		if err != nil {
			return "", err
		}
		g.UserID = id
	}
	if g.UserName == "" {
		g.UserName = g.UserID
	}
	byop := 0
	if g.BYOP || m.byop {
		byop = 1
	}
	issued := m.now().Unix() // no skew, as in Zoom's Cobrowse sample
	return sign(m.keys[0], payload{
		AppKey:    m.key,
		RoleType:  g.Role,
		BYOP:      byop,
		UserID:    g.UserID,
		UserName:  g.UserName,
		IssuedAt:  issued,
		ExpiresAt: issued + int64(g.Lifetime/time.Second),
	})
}

// sign encodes and signs a claims set. It does not use jwt.Token, whose
// encoding escapes <, > and & as for HTML; the sample's does not.
func sign(key []byte, claims any) (string, error) {
	body, err := encodeJSON(claims)
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	signed := header + "." + base64.RawURLEncoding.EncodeToString(body)
	signature, err := jwt.SigningMethodHS256.Sign(signed, key)
	if err != nil {
		return "", fmt.Errorf("signing token: %w", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// encodeJSON encodes a value as JavaScript would: nothing is escaped for HTML.
func encodeJSON(value any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), nil
}

// randomID returns 128 random bits in hexadecimal: 32 characters, no personal
// data.
func (m *Minter) randomID() (string, error) {
	var id [16]byte
	if _, err := io.ReadFull(m.random, id[:]); err != nil {
		return "", fmt.Errorf("reading random user id: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}
