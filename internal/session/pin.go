package session

import (
	"fmt"
	"io"
	"strings"
)

// PINMode says who makes PINs.
type PINMode string

// The modes.
const (
	// PINZoom: Zoom's service makes six digits, and the SDK reports them in
	// pincode_updated.
	PINZoom PINMode = "zoom"
	// PINBYOP: we make them ("bring your own PIN"): the token has enable_byop,
	// and start gets the PIN as customPinCode.
	PINBYOP PINMode = "byop"
)

// Valid reports whether m is one of the modes.
func (m PINMode) Valid() bool { return m == PINZoom || m == PINBYOP }

const (
	zoomPINLength = 6
	// maxBYOP is Zoom's limit (error 1008).
	maxBYOP = 10
	// mintedLength gives 40 bits with the alphabet below: twice the 20 that
	// ASVS 6.6.3 asks for, and short enough to be read out.
	mintedLength = 8
	// pinAlphabet is Zoom's, which is upper-cased letters and digits, without
	// those that look or sound like others. Its 32 characters make a byte's
	// five bits an unbiased choice.
	pinAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
)

// normalise returns the PIN as it is compared: without the spaces and hyphens
// that people put between digits, in upper case as Zoom has it.
func (m PINMode) normalise(pin string) (string, error) {
	if len(pin) > 4*maxBYOP {
		return "", fmt.Errorf("%w: the PIN is too long", ErrInvalid)
	}
	pin = strings.NewReplacer(" ", "", "-", "").Replace(pin)
	if m == PINBYOP {
		if pin == "" || len(pin) > maxBYOP || strings.ContainsFunc(pin, notAlphanumeric) {
			return "", fmt.Errorf("%w: a PIN is 1 to %d letters and digits", ErrInvalid, maxBYOP)
		}
		return strings.ToUpper(pin), nil
	}
	if len(pin) != zoomPINLength || strings.ContainsFunc(pin, notDigit) {
		return "", fmt.Errorf("%w: a PIN is %d digits", ErrInvalid, zoomPINLength)
	}
	return pin, nil
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

func notAlphanumeric(r rune) bool {
	return notDigit(r) && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// mintPIN makes a PIN of mintedLength random characters.
func mintPIN(random io.Reader) (string, error) {
	var pin [mintedLength]byte
	if _, err := io.ReadFull(random, pin[:]); err != nil {
		return "", fmt.Errorf("reading random PIN: %w", err)
	}
	for i, b := range pin {
		pin[i] = pinAlphabet[b%byte(len(pinAlphabet))]
	}
	return string(pin[:]), nil
}
