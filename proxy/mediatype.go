package proxy

import (
	"net/textproto"
	"strings"
)

// parseContentType splits a Content-Type into its lower-case type and its
// charset parameter ("" if none), as the MIME Sniffing standard reads them:
// the first charset counts, quotes are optional, anything malformed is skipped.
// Unlike mime.ParseMediaType it allocates nothing on the usual values and
// refuses none.
func parseContentType(v string) (mediaType, charset string) {
	mediaType, rest, _ := strings.Cut(v, ";")
	mediaType = strings.ToLower(textproto.TrimString(mediaType))
	for rest != "" {
		var name, value string
		name, value, rest = nextParameter(rest)
		if strings.EqualFold(name, "charset") && value != "" {
			return mediaType, value
		}
	}
	return mediaType, ""
}

// nextParameter cuts the first parameter off s, which stands behind a ';'.
func nextParameter(s string) (name, value, rest string) {
	for s != "" && isFieldSpace(s[0]) {
		s = s[1:]
	}
	end := 0
	for end < len(s) && s[end] != ';' && s[end] != '=' {
		end++
	}
	if end == len(s) {
		return s, "", ""
	}
	name = s[:end]
	if s[end] == ';' {
		return name, "", s[end+1:]
	}
	s = s[end+1:]
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		for value != "" && isFieldSpace(value[len(value)-1]) {
			value = value[:len(value)-1]
		}
		return name, value, rest
	}
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	_, rest, _ = strings.Cut(s[min(i, len(s)):], ";")
	return name, b.String(), rest
}

// isFieldSpace says whether c is white space to the MIME Sniffing standard
// ("HTTP whitespace").
func isFieldSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// listHas reports whether one of the comma-separated members of a header's
// lines has this name, in any case, whatever its parameters or arguments.
func listHas(lines []string, name string) bool {
	for _, line := range lines {
		for member := range strings.SplitSeq(line, ",") {
			member = strings.TrimSpace(member)
			if end := strings.IndexAny(member, "=; \t"); end >= 0 {
				member = member[:end]
			}
			if strings.EqualFold(member, name) {
				return true
			}
		}
	}
	return false
}
