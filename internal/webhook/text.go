package webhook

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean replaces control and formatting characters and invalid UTF-8, which
// could make a text look like another one, and cuts it to limit bytes.
func clean(text string, limit int) string {
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

// withoutQuery removes from an address, relative or absolute, whatever may
// carry a secret: user information, query, fragment and path parameters (RFC
// 3986, sections 3.2.1, 3.3 to 3.5). It takes no parser, since what a parser
// refuses must lose these as well.
func withoutQuery(page string) string {
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
