package zoomapp

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrVault means that sealed tokens were not sealed by this vault for this user.
var ErrVault = errors.New("sealed tokens do not open")

// Vault seals users' tokens for storage (AES-256-GCM), each for its user: what is
// stored for one opens for no other.
type Vault struct {
	aead   cipher.AEAD
	random io.Reader
}

// NewVault wants a key of 32 bytes, such as `openssl rand 32` gives. A nil random
// is crypto/rand.
func NewVault(key []byte, random io.Reader) (*Vault, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("zoomapp token key has %d bytes: it must have 32, as `openssl rand 32` gives them", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making the vault's cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("making the vault's cipher: %w", err)
	}
	if random == nil {
		random = rand.Reader
	}
	return &Vault{aead: aead, random: random}, nil
}

// Seal returns the tokens of a user as a text to store.
func (v *Vault) Seal(userID string, tokens Tokens) (string, error) {
	plain, err := json.Marshal(tokens)
	if err != nil {
		return "", fmt.Errorf("encoding tokens: %w", err)
	}
	nonce := make([]byte, v.aead.NonceSize())
	if _, err := io.ReadFull(v.random, nonce); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(v.aead.Seal(nonce, nonce, plain, []byte(userID))), nil
}

// Open returns the tokens of a user, or [ErrVault].
func (v *Vault) Open(userID, sealed string) (Tokens, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) < v.aead.NonceSize() {
		return Tokens{}, ErrVault
	}
	plain, err := v.aead.Open(nil, raw[:v.aead.NonceSize()], raw[v.aead.NonceSize():], []byte(userID))
	if err != nil {
		return Tokens{}, ErrVault
	}
	var tokens Tokens
	if err := json.Unmarshal(plain, &tokens); err != nil {
		return Tokens{}, ErrVault
	}
	return tokens, nil
}

// TokenStore keeps sealed tokens, one set for each user.
type TokenStore interface {
	// Save keeps the text for the user, in place of an earlier one.
	Save(ctx context.Context, userID, sealed string) error
	// Load returns it, "" where there is none.
	Load(ctx context.Context, userID string) (sealed string, err error)
}
