package session

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf16"
)

// clean returns a text as people may read it: valid UTF-8 without control and
// bidirectional characters and line separators, without white space at its
// ends, and cut to limit UTF-16 code units between characters.
func clean(s string, limit int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
	n := 0
	for i, r := range s {
		n += utf16.RuneLen(r)
		if n > limit {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// cleanPage returns the path of a URL or of a path with query: queries and
// fragments hold what is nobody's business. What is no path becomes "/".
func cleanPage(page string) string {
	page, _, _ = strings.Cut(page, "#")
	page, _, _ = strings.Cut(page, "?")
	if !strings.HasPrefix(page, "/") {
		u, err := url.Parse(page)
		if err != nil || u.EscapedPath() == "" || u.Opaque != "" || u.Host == "" {
			return "/"
		}
		page = u.EscapedPath()
	}
	page = clean(page, MaxPage)
	if len(page) > MaxPage { // characters of several bytes
		page = strings.ToValidUTF8(page[:MaxPage], "")
	}
	return page
}

// cleanCode returns an error code as a record keeps it: Zoom's are numbers,
// browsers' are short words.
func cleanCode(code string) string {
	code = strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || !notAlphanumeric(r) {
			return r
		}
		return -1
	}, code)
	return code[:min(len(code), 40)]
}

// network returns what counts as one client: an IPv4 address, or the /64 of an
// IPv6 address, which is the least that a household or a phone is given (RFC
// 6177). Addresses that are not known count as one.
func network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return "unknown"
	}
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
