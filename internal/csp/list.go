package csp

import "strings"

// list is the raw value of a directive: tokens between ASCII whitespace.
type list string

// next takes the first token off; it is empty at the end.
func (l list) next() (token string, rest list) {
	i := 0
	for i < len(l) && isSpace(l[i]) {
		i++
	}
	j := i
	for j < len(l) && !isSpace(l[j]) {
		j++
	}
	return string(l[i:j]), l[j:]
}

// any says whether a token satisfies f.
func (l list) any(f func(token string) bool) bool {
	for token, rest := l.next(); token != ""; token, rest = rest.next() {
		if f(token) {
			return true
		}
	}
	return false
}

// hasKeyword says whether a keyword is in the list, in any case.
func (l list) hasKeyword(keyword string) bool {
	for token, rest := l.next(); token != ""; token, rest = rest.next() {
		if strings.EqualFold(token, keyword) {
			return true
		}
	}
	return false
}

// strict says whether hosts and 'self' are ignored for scripts here, and what a
// trusted script inserts is trusted instead (CSP3 section 8.2).
func (l list) strict() bool { return l.hasKeyword("'strict-dynamic'") }

// none says whether 'none' is the only token. Beside others browsers ignore it.
func (l list) none() bool {
	token, rest := l.next()
	if !strings.EqualFold(token, "'none'") {
		return false
	}
	token, _ = rest.next()
	return token == ""
}

// voidsInline says whether 'unsafe-inline' has no effect in the list: beside a
// nonce or a hash browsers ignore it (CSP3 section 6.7.3.2).
func (l list) voidsInline() bool {
	return l.any(func(token string) bool { return nonceOf(token) != "" || isHash(token) })
}

// hasNonce says whether the list trusts this nonce.
func (l list) hasNonce(nonce string) bool {
	for token, rest := l.next(); token != ""; token, rest = rest.next() {
		if nonceOf(token) == nonce {
			return nonce != ""
		}
	}
	return false
}

// nonceOf is the nonce of a nonce-source, or empty. What isn't base64 isn't a
// nonce to a browser either, and could not be written into HTML as it is.
func nonceOf(token string) string {
	const prefix = "'nonce-"
	if len(token) <= len(prefix)+1 || !strings.EqualFold(token[:len(prefix)], prefix) || token[len(token)-1] != '\'' {
		return ""
	}
	nonce := token[len(prefix) : len(token)-1]
	if !isBase64(nonce) {
		return ""
	}
	return nonce
}

// isHash says whether a token is a hash-source. Chromium also reads the
// spelling sha-256, so it counts here.
func isHash(token string) bool {
	if len(token) < len("'sha256-'") || token[0] != '\'' || token[len(token)-1] != '\'' {
		return false
	}
	name, digest, found := strings.Cut(token[1:len(token)-1], "-")
	if found && strings.EqualFold(name, "sha") {
		var size string
		size, digest, found = strings.Cut(digest, "-")
		return found && isHashSize(size) && isBase64(digest)
	}
	return found && len(name) == len("sha256") && strings.EqualFold(name[:3], "sha") && isHashSize(name[3:]) && isBase64(digest)
}

func isHashSize(s string) bool { return s == "256" || s == "384" || s == "512" }

// isBase64 is CSP3's base64-value: either alphabet, at most two '=' at the end.
func isBase64(s string) bool {
	digits := strings.TrimRight(s, "=")
	if digits == "" || len(s)-len(digits) > 2 {
		return false
	}
	for i := range len(digits) {
		if c := digits[i]; !isAlphanumeric(c) && c != '+' && c != '/' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
