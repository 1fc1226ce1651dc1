package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
)

// MinKeyLen is the shortest key in bytes: the output size of SHA-256, below
// which RFC 2104, section 3, calls keys "strongly discouraged".
const MinKeyLen = sha256.Size

// ErrWeakKey is returned by [NewKey].
var ErrWeakKey = errors.New("audit key is too short")

// Key seals lines and checks seals. It never shows its secret, whatever prints
// it.
type Key struct {
	id     string
	secret []byte
}

// NewKey takes a secret of [MinKeyLen] bytes or more, best from a random number
// generator. A shorter one fails with [ErrWeakKey].
func NewKey(secret []byte) (Key, error) {
	if len(secret) < MinKeyLen {
		return Key{}, fmt.Errorf("%w: %d bytes, want %d or more, such as from: openssl rand -hex 32",
			ErrWeakKey, len(secret), MinKeyLen)
	}
	key := Key{secret: append([]byte(nil), secret...)}
	mac := key.newMAC()
	mac.Write([]byte("cobrowse-proxy audit key id v1"))
	key.id = hex.EncodeToString(mac.Sum(nil)[:8])
	return key, nil
}

// ID names the key without giving it away: 16 hexadecimal digits that are
// derived from the secret. Each file names the key that it was written with.
func (k Key) ID() string { return k.id }

// IsZero reports whether k is no key at all.
func (k Key) IsZero() bool { return len(k.secret) == 0 }

// String returns the key's ID.
func (k Key) String() string { return "audit key " + k.id }

// Format prints [Key.String] for every verb, so that none prints the secret.
func (k Key) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, k.String()) }

// LogValue logs the key's ID only.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// newMAC returns a fresh HMAC-SHA256.
func (k Key) newMAC() hash.Hash { return hmac.New(sha256.New, k.secret) }
