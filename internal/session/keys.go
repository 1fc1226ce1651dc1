package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// keys are what is derived from one SDK secret: a key a purpose, so that no
// value made for one can serve another.
type keys struct {
	ticket []byte
	pin    []byte
	count  []byte
	seal   cipher.AEAD
}

// deriveKeys derives the keys of a secret by HKDF-SHA-256 (RFC 5869) without
// salt: the secret is random already.
func deriveKeys(secret string) (keys, error) {
	var failed error
	derive := func(purpose string) []byte {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "cobrowse-proxy/session/1/"+purpose, sha256.Size)
		failed = errors.Join(failed, err)
		return key
	}
	k := keys{ticket: derive("ticket"), pin: derive("pin"), count: derive("count")}
	block, err := aes.NewCipher(derive("seal"))
	if failed != nil || err != nil {
		return keys{}, fmt.Errorf("session: deriving keys: %w", errors.Join(failed, err))
	}
	k.seal, err = cipher.NewGCM(block)
	return k, err
}

// mac returns HMAC-SHA-256 over parts that cannot be shifted into each other.
func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}

// pinKey is under what a PIN is reserved and recognised. It is keyed, since a
// plain hash cannot hide six digits.
func (k keys) pinKey(site, pin string) string {
	return "pin:" + hex.EncodeToString(mac(k.pin, site, pin))
}

// countKey is under what tries are counted, without telling whose.
func (k keys) countKey(limit string, parts ...string) string {
	return limit + ":" + hex.EncodeToString(mac(k.count, append([]string{limit}, parts...)...)[:16])
}

// sealPIN encrypts a PIN for one session, the nonce first.
func (k keys) sealPIN(random io.Reader, id, pin string) ([]byte, error) {
	nonce := make([]byte, k.seal.NonceSize(), k.seal.NonceSize()+len(pin)+k.seal.Overhead())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("reading random nonce: %w", err)
	}
	return k.seal.Seal(nonce, nonce, []byte(pin), []byte(id)), nil
}

// keyring holds the keys of all secrets; the first one's make, all of them
// recognise.
type keyring []keys

func newKeyring(secrets []string) (keyring, error) {
	ring := make(keyring, 0, len(secrets))
	for _, secret := range secrets {
		k, err := deriveKeys(secret)
		if err != nil {
			return nil, err
		}
		ring = append(ring, k)
	}
	return ring, nil
}

// pinKeys returns what a PIN may be reserved under, the current key first.
func (r keyring) pinKeys(site, pin string) []string {
	all := make([]string, 0, len(r))
	for _, k := range r {
		all = append(all, k.pinKey(site, pin))
	}
	return all
}

// openPIN decrypts what sealPIN made under any of the secrets. It returns ""
// where none of them fits: the agent then reads the PIN from the customer.
func (r keyring) openPIN(id string, sealed []byte) string {
	for _, k := range r {
		if n := k.seal.NonceSize(); len(sealed) > n {
			if pin, err := k.seal.Open(nil, sealed[:n], sealed[n:], []byte(id)); err == nil {
				return string(pin)
			}
		}
	}
	return ""
}
