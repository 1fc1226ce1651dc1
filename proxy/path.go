package proxy

import (
	"cmp"
	"net/url"
	"strings"
)

// Owns reports whether a path is at or below Path, or may be read so by some
// server: nothing of the site's can be there.
func (c *Config) Owns(path string) bool {
	return owner(&url.URL{Path: path}, cmp.Or(c.Path, DefaultPath)) != foreign
}

// ownership says whom a request's path belongs to.
type ownership int

const (
	foreign   ownership = iota // the site's
	ours                       // below our prefix, written canonically
	disguised                  // becomes ours under some reading, but is not canonical
)

// owner decides on a path as it stood on the wire.
//
// A path that some server on the way might read as ours, after decoding it
// however often, folding case, cleaning dots, doubled slashes, backslashes or
// path parameters, belongs to nobody: it must neither reach the site, which
// would see a request for our routes, nor our routes, whose guards in front
// of us (such as basic_auth on a path) saw another path.
func owner(u *url.URL, base string) ownership {
	raw := u.EscapedPath()
	if rest, ok := cutBase(raw, base); ok && canonical(rest) {
		return ours
	}
	if plain(raw) { // nearly every request
		if hasBaseFold(raw, base) {
			return disguised
		}
		return foreign
	}
	reading := raw
	for range maxReadings {
		folded := fold(reading)
		if hasBaseFold(folded, base) || hasBaseFold(clean(folded), base) {
			return disguised
		}
		decoded := unescape(reading)
		if decoded == reading {
			return foreign
		}
		reading = decoded
	}
	return disguised // nobody encodes a path that often to be understood
}

// maxReadings bounds how often a path is decoded. Honest ones need two.
const maxReadings = 8

// fold maps the letters that Unicode's case rules count as ASCII ones, such as
// the long s and the Kelvin sign, to those.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// cutBase removes base from path where it ends at a segment's end.
func cutBase(path, base string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, base)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// hasBaseFold reports whether path begins with base in any case, and base ends
// there at a segment's end; dots at the end of a segment do not count, since
// some systems drop them.
func hasBaseFold(path, base string) bool {
	if len(path) < len(base) || !strings.EqualFold(path[:len(base)], base) {
		return false
	}
	rest := strings.TrimLeft(path[len(base):], ".")
	return rest == "" || rest[0] == '/'
}

// canonical reports whether the part after the prefix is written in the one way
// that our routes are written: unreserved characters, no empty segment, no dots
// at a segment's beginning.
func canonical(rest string) bool {
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '/' || c == '.':
			if i+1 < len(rest) && c == '/' && (rest[i+1] == '/' || rest[i+1] == '.') {
				return false
			}
		case c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		default:
			return false
		}
	}
	return true
}

// plain reports whether a path can be read in one way only, but for case and
// dots at the end of a segment.
func plain(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case c == '%' || c == '\\' || c == ';' || c <= ' ' || c >= 0x7f:
			return false
		case c == '/' && i+1 < len(path) && (path[i+1] == '/' || path[i+1] == '.'):
			return false
		}
	}
	return path != "" && path[0] == '/'
}

// unescape decodes the percent-encodings that are well formed and keeps the rest.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if d, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(d)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// clean reads a path as the most lenient server would: backslashes are slashes,
// a NUL ends it, path parameters and dots or spaces at the end of a segment are
// dropped, empty and dot segments are resolved.
func clean(path string) string {
	path, _, _ = strings.Cut(path, "\x00")
	path = strings.ReplaceAll(path, `\`, "/")
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		segment, _, _ = strings.Cut(segment, ";")
		segment = strings.Trim(segment, " \t\r\n\v\f")
		switch trimmed := strings.TrimRight(segment, ". "); {
		case segment == "..":
			kept = kept[:max(0, len(kept)-1)]
		case trimmed != "":
			kept = append(kept, trimmed)
		}
	}
	return "/" + strings.Join(kept, "/")
}
