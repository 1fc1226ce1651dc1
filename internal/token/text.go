package token

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Longest claims, in UTF-16 code units, as JavaScript counts.
const (
	// MaxUserID is the limit of Zoom's sample; Zoom documents none.
	MaxUserID = 35
	// MaxRequestName is the sample's limit of a userName in a request.
	MaxRequestName = 35
	// MaxUserName is Zoom's documented limit of the claim user_name.
	MaxUserName = 80
)

// FitUserID returns an identifier of ours as a user_id: itself where it keeps
// the rules, else a digest of it, "sha256-" and 112 bits in hexadecimal. A
// digest rather than a cut, since Zoom wants different users to have different
// IDs. An empty identifier stays empty.
func FitUserID(id string) string {
	if id == "" || utf16Len(id) <= MaxUserID && !hasUnsafe(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256-" + hex.EncodeToString(sum[:14])
}

// FitUserName returns a name of ours as a user_name: without the characters
// that [Minter.Mint] refuses, without white space at its ends, and cut to
// [MaxUserName] between characters. It may be empty.
func FitUserName(name string) string {
	name = strings.Map(func(r rune) rune {
		if isUnsafe(r) {
			return -1
		}
		return r
	}, name)
	return strings.TrimSpace(cutUTF16(strings.TrimSpace(name), MaxUserName))
}

// hasUnsafe reports whether s holds a character that may not be in a claim
// which people read.
func hasUnsafe(s string) bool { return strings.ContainsFunc(s, isUnsafe) }

// isUnsafe knows the characters that change how the text around them looks:
// controls, bidirectional formatting (Unicode's Bidi_Control), and the two
// separators that end a line.
func isUnsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// utf16Len returns the length that JavaScript reports for s.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cutUTF16 returns the longest prefix of whole characters of s that is at most
// limit code units long.
func cutUTF16(s string, limit int) string {
	n := 0
	for i, r := range s {
		n += utf16.RuneLen(r)
		if n > limit {
			return s[:i]
		}
	}
	return s
}
