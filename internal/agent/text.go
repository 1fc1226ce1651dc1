package agent

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what a source may say of an agent. They keep a hostile or broken
// source from filling memory, logs and the record; no directory known to us
// comes near them.
const (
	// MaxText is the longest ID, email address or group, in bytes.
	MaxText = 256
	// MaxName is the longest name that [DisplayName] returns, in characters.
	MaxName = 128
	// MaxGroups is the largest number of groups.
	MaxGroups = 1024
)

// Faults of an identity that a source asserts.
var (
	errNoID    = errors.New("the identity has no ID")
	errBadText = errors.New("an ID, email address or group is empty, too long, not UTF-8, or has control characters or bidirectional formatting")
	errGroups  = errors.New("the identity has too many groups")
)

// Check reports what makes an Agent one that no source may assert: an empty
// ID, texts that could pass for others when people read them, and more than the
// package's limits. It does not look at Name, which is for display only and
// which [DisplayName] cleans. The error names no value.
func (a Agent) Check() error {
	switch {
	case a.ID == "":
		return errNoID
	case !sound(a.ID), a.Email != "" && !sound(a.Email):
		return errBadText
	case len(a.Groups) > MaxGroups:
		return errGroups
	}
	for _, g := range a.Groups {
		if !sound(g) {
			return errBadText
		}
	}
	return nil
}

// sound reports whether s is text that identifies one thing to program and
// person alike: it has no white space at its ends, either.
func sound(s string) bool {
	return s != "" && len(s) <= MaxText && utf8.ValidString(s) && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, misleading)
}

// misleading knows the characters that change how the text around them looks:
// controls, bidirectional formatting (Unicode's Bidi_Control), and the two
// separators that end a line.
func misleading(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// DisplayName returns a name that a source asserts as people may read it: valid
// UTF-8, without the characters that change how the text around them looks,
// without white space at its ends, and cut to [MaxName]. It may be empty.
// Cleaning rather than refusing, since a name decides nothing, and names in
// Hebrew or Arabic do come with direction marks.
func DisplayName(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if misleading(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
	if n := 0; len(name) > MaxName {
		for i := range name {
			if n++; n > MaxName {
				return strings.TrimSpace(name[:i])
			}
		}
	}
	return name
}
