package session

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// Sealed is [Values] that only those can read and write who have the SDK secret.
//
// A neighbour in the engine reads nothing, and cannot make a value, change one, or
// put one under another key: AES-256-GCM (NIST SP 800-38D) covers the key as well.
// The engine's owner can still delete a value, or bring back one that was
// replaced; what must end by itself therefore has its end inside.
//
// The keys come from the SDK secrets, which all instances of a site have in common
// and know how to change: the first secret seals, all of them open. That makes
// nobody more powerful: whoever has the secret can sign agents' tokens without us.
type Sealed struct {
	values Values
	ring   []sealedKeys
}

// sealedKeys are those of one secret.
type sealedKeys struct {
	aead cipher.AEAD
	name []byte
}

// errNoSecrets: there is nothing that instances have in common.
var errNoSecrets = errors.New("session: values are sealed with the SDK secret, and there is none")

// NewSealed returns a Sealed over values. What is sealed for one purpose opens for
// no other; parts of a purpose cannot be shifted into each other.
func NewSealed(values Values, secrets []string, purpose ...string) (*Sealed, error) {
	if len(secrets) == 0 {
		return nil, errNoSecrets
	}
	s := &Sealed{values: values}
	for _, secret := range secrets {
		sealing, err := DeriveKey(secret, append([]string{"sealed values"}, purpose...)...)
		if err != nil {
			return nil, err
		}
		naming, err := DeriveKey(secret, append([]string{"names of values"}, purpose...)...)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(sealing)
		if err != nil {
			return nil, fmt.Errorf("session: deriving keys: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("session: deriving keys: %w", err)
		}
		s.ring = append(s.ring, sealedKeys{aead, naming})
	}
	return s, nil
}

// DeriveKey returns a key of 256 bits for one purpose by HKDF-SHA-256 (RFC 5869),
// which all have who have the secret. Parts of a purpose cannot be shifted into
// each other.
func DeriveKey(secret string, purpose ...string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, fmt.Sprintf("cobrowse-proxy/shared/1 %q", purpose), sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("session: deriving keys: %w", err)
	}
	return key, nil
}

// Found is a value as it was found. The zero Found stands for none.
type Found struct {
	// Value is nil where there is none, and where what is there was not sealed by
	// us, or with a secret that is no longer listed.
	Value  []byte
	stored []byte
}

// Foreign reports whether something is there that does not open.
func (f Found) Foreign() bool { return f.Value == nil && f.stored != nil }

// Put is [Values].Put.
func (s *Sealed) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.values.Put(ctx, key, s.seal(key, value), ttl)
}

// Get is [Values].Get.
func (s *Sealed) Get(ctx context.Context, key string) (Found, error) {
	stored, err := s.values.Get(ctx, key)
	if err != nil {
		return Found{}, err
	}
	return Found{s.open(key, stored), stored}, nil
}

// Swap is [Values].Swap. What is there and does not open can be replaced like any
// other value.
func (s *Sealed) Swap(ctx context.Context, key string, old Found, value []byte, ttl time.Duration) (bool, error) {
	return s.values.Swap(ctx, key, old.stored, s.seal(key, value), ttl)
}

// Take is [Values].Take. What does not open is forgotten like any other value, and
// nil is returned.
func (s *Sealed) Take(ctx context.Context, key string) ([]byte, error) {
	stored, err := s.values.Take(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.open(key, stored), nil
}

// Name returns what may stand in a key instead of a word that would tell
// something, such as a person's ID: 43 characters, the same for all who have the
// first secret.
func (s *Sealed) Name(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(mac(s.ring[0].name, parts...))
}

func (s *Sealed) seal(key string, value []byte) []byte {
	return s.ring[0].aead.Seal(nil, nil, value, []byte(key)) //nolint:gosec // G407: this AEAD makes its own random nonce, and wants none
}

// open returns nil where stored is nothing of ours.
func (s *Sealed) open(key string, stored []byte) []byte {
	for _, k := range s.ring {
		if value, err := k.aead.Open([]byte{}, nil, stored, []byte(key)); err == nil {
			return value
		}
	}
	return nil
}
