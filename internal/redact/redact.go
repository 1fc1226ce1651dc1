// Package redact makes texts fit to be written down and passed on: what the
// audit record keeps and what webhooks tell. Texts may come from strangers, and
// addresses may hold what nobody else may know. It is vocabulary that both share,
// so that neither keeps what the other would drop.
package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text replaces control and formatting characters (bidirectional ones among
// them) and invalid UTF-8 by U+FFFD, so that a text cannot look like another one,
// and cuts it to limit bytes, with an ellipsis at the end.
func Text(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return utf8.RuneError
		}
		return r
	}, text)
	if len(text) <= limit {
		return text
	}
	const ellipsis = "…"
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// Address removes from an address, relative or absolute, whatever may
// carry a secret: user information, query, fragment and path parameters (RFC
// 3986, sections 3.2.1, 3.3 to 3.5). It takes no parser, since what a parser
// refuses must lose these as well.
func Address(page string) string {
	if i := strings.IndexAny(page, "?#"); i >= 0 {
		page = page[:i]
	}
	if before, rest, ok := strings.Cut(page, "//"); ok && (before == "" || strings.HasSuffix(before, ":")) {
		authority, path := rest, ""
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			authority, path = rest[:i], rest[i:]
		}
		page = before + "//" + authority[strings.LastIndexByte(authority, '@')+1:] + path
	}
	segments := strings.Split(page, "/")
	for i, segment := range segments {
		segments[i], _, _ = strings.Cut(segment, ";")
	}
	return strings.Join(segments, "/")
}
