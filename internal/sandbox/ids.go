package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/netip"
	"strings"
)

// newSecret returns 128 random bits.
func newSecret(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("making a secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// newPIN returns six random digits that are not taken.
func newPIN(random io.Reader, taken func(string) bool) (string, error) {
	for range 100 {
		n, err := rand.Int(random, big.NewInt(1_000_000))
		if err != nil {
			return "", fmt.Errorf("making a PIN: %w", err)
		}
		if pin := fmt.Sprintf("%0*d", pinDigits, n); !taken(pin) {
			return pin, nil
		}
	}
	return "", fmt.Errorf("making a PIN: no free one in 100 draws")
}

// customPIN checks a PIN that the customer's site chose, and returns it as Zoom
// keeps it, in upper case.
func customPIN(pin string) (string, bool) {
	if pin == "" || len(pin) > pinMaxLength {
		return "", false
	}
	for _, c := range pin {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return "", false
		}
	}
	return strings.ToUpper(pin), true
}

// digest is how secrets are kept and tokens are counted.
type digest [sha256.Size]byte

func digestOf(s string) digest { return sha256.Sum256([]byte(s)) }

func (d digest) matches(s string) bool {
	other := digestOf(s)
	return subtle.ConstantTimeCompare(d[:], other[:]) == 1
}

// wantsOwnPIN reads the claim enable_byop of a token that has been verified.
func wantsOwnPIN(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	var claims struct {
		EnableBYOP float64 `json:"enable_byop"`
	}
	return json.Unmarshal(raw, &claims) == nil && claims.EnableBYOP == 1
}

// addressKey returns what an address is counted as: an IPv6 /64, since one
// client has all of it.
func addressKey(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address[:min(len(address), maxID)]
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
