package zoomapp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// keySize is the size of a vault's keys, in bytes: those of AES-256.
const keySize = 32

var (
	// ErrVault means that sealed tokens were not sealed with a key of this vault,
	// for this user.
	ErrVault = errors.New("sealed tokens do not open")
	// ErrKey means that a text is no key. It shows nothing of the text.
	ErrKey = errors.New("zoomapp token key is not 32 random bytes in base64 or hexadecimal: make one with `openssl rand -base64 32`")
)

// ParseKey reads a key of 32 bytes that is written in base64, of either alphabet
// and with or without padding, or in hexadecimal. 64 hexadecimal digits are always
// that: as base64 they would have 48 bytes. The error is [ErrKey].
func ParseKey(text string) ([]byte, error) {
	if len(text) == hex.EncodedLen(keySize) {
		if key, err := hex.DecodeString(text); err == nil {
			return key, nil
		}
	}
	key, err := decodeBase64(text)
	if err != nil || len(key) != keySize {
		return nil, ErrKey
	}
	return key, nil
}

// Vault seals users' tokens for storage (AES-256-GCM), each for its user: what is
// stored for one opens for no other. It is safe for concurrent use.
type Vault struct {
	aeads  []cipher.AEAD // the first one seals
	random io.Reader
}

// NewVault wants keys of 32 bytes. The first one seals, and all open, so that a
// key can be changed while what it sealed is still of use: what is refreshed is
// sealed anew. A nil random is crypto/rand.
func NewVault(random io.Reader, keys ...[]byte) (*Vault, error) {
	if len(keys) == 0 {
		return nil, ErrKey
	}
	if random == nil {
		random = rand.Reader
	}
	v := &Vault{random: random}
	for _, key := range keys {
		if len(key) != keySize {
			return nil, fmt.Errorf("%w: it has %d bytes", ErrKey, len(key))
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("making the vault's cipher: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("making the vault's cipher: %w", err)
		}
		v.aeads = append(v.aeads, aead)
	}
	return v, nil
}

// Seal returns the tokens of a user as a text to store.
func (v *Vault) Seal(userID string, tokens Tokens) (string, error) {
	plain, err := json.Marshal(tokens)
	if err != nil {
		return "", fmt.Errorf("encoding tokens: %w", err)
	}
	aead := v.aeads[0]
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(v.random, nonce); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(userID))), nil
}

// Open returns the tokens of a user, or [ErrVault].
func (v *Vault) Open(userID, sealed string) (Tokens, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSpace(sealed))
	if err != nil {
		return Tokens{}, ErrVault
	}
	for _, aead := range v.aeads {
		if len(raw) < aead.NonceSize() {
			break
		}
		plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(userID))
		if err != nil {
			continue
		}
		var tokens Tokens
		if err := json.Unmarshal(plain, &tokens); err != nil {
			return Tokens{}, ErrVault
		}
		return tokens, nil
	}
	return Tokens{}, ErrVault
}
