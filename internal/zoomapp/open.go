package zoomapp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// HeaderName is the request header field with which the Zoom client opens an
// app's home page.
const HeaderName = "X-Zoom-App-Context"

// Sizes of a sealed context.
const (
	// maxSealed bounds a context as it is sent; real ones have about 400 bytes.
	maxSealed = 16 << 10
	tagSize   = 16
)

// newBlock returns AES-256 keyed as Zoom does it: with the digest of the client
// secret, as text, also where that looks like something else.
func newBlock(clientSecret string) (cipher.Block, error) {
	key := sha256.Sum256([]byte(clientSecret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("making the context's cipher: %w", err)
	}
	return block, nil
}

// unseal returns what is sealed in a context, and nothing that has not been
// authenticated.
func unseal(block cipher.Block, sealed string) ([]byte, error) {
	switch {
	case sealed == "":
		return nil, ErrMissing
	case len(sealed) > maxSealed:
		return nil, ErrTooLarge
	}
	raw, err := decodeBase64(sealed)
	if err != nil {
		return nil, ErrBase64
	}
	p, err := split(raw)
	if err != nil {
		return nil, err
	}
	// The length of Zoom's IV is not documented; with another one than 12 bytes
	// GCM derives its counter from a hash (NIST SP 800-38D, section 7.1).
	gcm, err := cipher.NewGCMWithNonceSize(block, len(p.iv))
	if err != nil {
		return nil, ErrLength
	}
	plain, err := gcm.Open(nil, p.iv, p.sealed, p.aad)
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}

// decodeBase64 reads either alphabet, with or without padding, and nothing else:
// package base64 would skip line ends.
func decodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, ErrBase64
	}
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	if strings.HasSuffix(s, "=") {
		return base64.StdEncoding.Strict().DecodeString(s)
	}
	return base64.RawStdEncoding.Strict().DecodeString(s)
}

// parts are the fields of a context.
type parts struct {
	iv, aad []byte
	sealed  []byte // the cipher text, and the tag behind it
}

// split reads the layout of a context:
//
//	ivLen u8 · iv · aadLen u16 · aad · cipherLen u32 · cipher text · tag
//
// Numbers are little-endian. The tag has 16 bytes and nothing follows it: a
// decryptor that takes what is left for the tag accepts tags of 4 bytes, which
// can be guessed (zoomapps-sample-js, issue 24).
func split(raw []byte) (parts, error) {
	var p parts
	take := func(n int) []byte {
		if raw == nil || n > len(raw) {
			raw = nil
			return nil
		}
		field := raw[:n:n]
		raw = raw[n:]
		return field
	}
	number := func(size int) int {
		field := take(size)
		if field == nil {
			return 0
		}
		var wide [8]byte
		copy(wide[:], field)
		return int(binary.LittleEndian.Uint64(wide[:])) //nolint:gosec // G115: 4 bytes at most
	}
	p.iv = take(number(1))
	p.aad = take(number(2))
	length := number(4)
	if raw == nil || len(p.iv) == 0 || length == 0 || len(raw)-tagSize != length {
		return parts{}, ErrLength
	}
	p.sealed = raw
	return p, nil
}
