package oidc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Sizes and times of a login under way.
const (
	// stateKeySize is the least size of a key, in bytes.
	stateKeySize = 32
	// stateLife is how long a person may take to sign in with the provider.
	stateLife = 10 * time.Minute
	// randomSize is how many random bytes are in a state, a nonce and a
	// session's ID: 256 bits each.
	randomSize = 32
	// maxSealed is the longest sealed login that is opened, in bytes.
	maxSealed = 2 << 10
)

// login is what must be remembered between the two halves of a login. Only the
// browser that began it has it, and cannot read it.
type login struct {
	// Nonce is what the ID token must repeat (OpenID Connect Core, section
	// 15.5.2), and Verifier what proves to the provider that who asks for the
	// tokens is who asked for the code (RFC 7636, section 4.1).
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	// Return is where the agent goes afterwards: a path of the desk.
	Return string `json:"r"`
	// Client is the configuration for which the login was begun.
	Client string `json:"c"`
	// Ends is when it must be finished, in seconds since the epoch.
	Ends int64 `json:"e"`
}

// sealer seals logins. The state, which the provider sends back in the URL, is
// authenticated with each: a sealed login opens with its own state only.
type sealer struct {
	keys []cipher.AEAD // the first one seals
}

var (
	errShortKey = fmt.Errorf("a state key must be %d random bytes or more", stateKeySize)
	errSealed   = errors.New("the browser has no login under way that belongs to this state")
)

func newSealer(keys [][]byte) (*sealer, error) {
	s := new(sealer)
	for _, key := range keys {
		if len(key) < stateKeySize {
			return nil, errShortKey
		}
		// The key may serve other purposes, too: derive one that does not.
		derived, err := hkdf.Key(sha256.New, key, nil, "cobrowse agent login state v1", stateKeySize)
		if err != nil {
			return nil, fmt.Errorf("deriving the state key: %w", err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, fmt.Errorf("deriving the state key: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("deriving the state key: %w", err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

func (s *sealer) seal(state string, l login) (string, error) {
	plain, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	return encode(s.keys[0].Seal(nil, nil, plain, []byte(state))), nil //nolint:gosec // G407: this AEAD makes its own random nonce, and wants none
}

func (s *sealer) open(state, sealed string) (login, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(sealed) > maxSealed {
		return login{}, errSealed
	}
	for _, key := range s.keys {
		plain, err := key.Open(nil, nil, raw, []byte(state))
		if err != nil {
			continue
		}
		var l login
		if err := json.Unmarshal(plain, &l); err != nil {
			return login{}, errSealed
		}
		return l, nil
	}
	return login{}, errSealed
}

// random returns 256 random bits in base64url: 43 characters.
func random(from io.Reader) (string, error) {
	b := make([]byte, randomSize)
	if _, err := io.ReadFull(from, b); err != nil {
		return "", fmt.Errorf("reading random bytes: %w", err)
	}
	return encode(b), nil
}

// isRandom reports whether s could come from [random].
func isRandom(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == randomSize
}

// digest is the key of a secret in the [Store].
func digest(purpose, secret string) string {
	sum := sha256.Sum256([]byte(purpose + "\x00" + secret))
	return encode(sum[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
