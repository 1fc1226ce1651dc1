package oidc

import "strings"

// maxReturn is the longest path to return to, in bytes.
const maxReturn = 512

// returnTo returns where an agent goes after signing in: the path that was
// asked for where it is the desk or beneath it, else the desk. Nothing that
// another reader could take for a host, a scheme or another path gets through:
// letters, digits and plain punctuation only, no backslash, no empty or dotted
// segment, escapes in the query only.
func returnTo(desk, asked string) string {
	rest, ok := strings.CutPrefix(asked, desk)
	if !ok || len(asked) > maxReturn {
		return desk
	}
	path, query, _ := strings.Cut(rest, "?")
	if path != "" && path[0] != '/' || !only(path, "/-._~") || !only(query, "/-._~!$'()*+,;=:@?%&") {
		return desk
	}
	if path != "" {
		for segment := range strings.SplitSeq(path[1:], "/") {
			if segment == "" || strings.Trim(segment, ".") == "" {
				return desk
			}
		}
	}
	return asked
}

// only reports whether s is made of ASCII letters, digits and these characters.
func only(s, punctuation string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return false
		}
		return !strings.ContainsRune(punctuation, r)
	})
}
