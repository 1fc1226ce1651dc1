package csp

import "strings"

// source is one token that we may have to add to a list.
type source struct {
	text   string // as it is written; for one of ours the path alone
	own    bool   // on the page's own origin
	socket bool   // of ours, and a WebSocket
	// Of a URL on Zoom's side. Scheme is empty for keywords ('unsafe-eval') and
	// bare schemes (data:), which nothing but themselves covers.
	scheme, host, port string
	star               bool // '*' covers the source
	exact              bool // case matters: a digest, a name
}

// keyword is a source that only the same token covers, in any case.
func keyword(text string) source { return source{text: text} }

// digest is the hash-source of a script's integrity metadata.
func digest(integrity string) source { return source{text: "'" + integrity + "'", exact: true} }

// remote is a source on another host, optionally with a port.
func remote(scheme, hostport string) source {
	host, port, found := strings.Cut(hostport, ":")
	if !found {
		port = "443"
	}
	return source{text: scheme + "://" + hostport, scheme: scheme, host: host, port: port, star: true}
}

// ours is a path on the page's own origin.
func ours(path string) source { return source{text: path, own: true, star: true} }

// ourSocket is a WebSocket on the page's own origin. 'self' covers it (CSP3
// section 6.7.2.7, step for 'self'), an exact https: URL does not.
func ourSocket(path string) source {
	s := ours(path)
	s.socket = true
	return s
}

// append writes the source. Ours is an exact URL, which keeps a visitor's
// upload on the same origin unexecutable; where the origin isn't known, the
// wider 'self' stands for it.
func (s *source) append(b []byte, o *origin) []byte {
	switch {
	case !s.own:
		return append(b, s.text...)
	case o.known():
		return append(append(b, s.base(o)...), s.text...)
	default:
		return append(b, "'self'"...)
	}
}

// schemeOn is the scheme of a source of ours.
func (s *source) schemeOn(o *origin) string {
	switch {
	case !s.socket:
		return o.scheme
	case o.scheme == "https":
		return "wss"
	default:
		return "ws"
	}
}

// base is the origin that a source of ours is on, as it is written.
func (s *source) base(o *origin) string {
	if !s.socket {
		return o.text
	}
	return s.schemeOn(o) + o.text[len(o.scheme):]
}

// same says whether two sources are written alike.
func (s *source) same(t *source, o *origin) bool {
	return s.own == t.own && (s.socket == t.socket || !o.known()) && (s.text == t.text || s.own && !o.known())
}

// coveredBy says whether a token of a list allows all that the source would. It
// is conservative: a needless source does no harm, a missing one does. So a
// pattern with a path never covers, nor does http: cover https:, although
// browsers upgrade.
func (s *source) coveredBy(token string, o *origin) bool {
	switch {
	case token == "*":
		return s.star
	case s.own && token[0] == '\'':
		return strings.EqualFold(token, "'self'")
	case s.own && o.known():
		return matchURL(token, s.schemeOn(o), o.host, o.port, !s.socket) || token == s.base(o)+s.text
	case s.own:
		return false
	case s.scheme != "":
		return matchURL(token, s.scheme, s.host, s.port, s.scheme == "https")
	case s.exact:
		return token == s.text
	default:
		return strings.EqualFold(token, s.text)
	}
}

// matchURL says whether a scheme-source or a host-source without path matches
// every URL of an origin; host may be a wildcard itself. bare says whether a
// pattern without scheme matches: it stands for the page's scheme, and for
// https too, but in Chromium never for wss.
func matchURL(token, scheme, host, port string, bare bool) bool {
	pattern := token
	if before, after, found := strings.Cut(token, "://"); found {
		if !strings.EqualFold(before, scheme) {
			return false
		}
		pattern = after
	} else if n := len(token) - 1; token[n] == ':' {
		return strings.EqualFold(token[:n], scheme)
	} else if !bare {
		return false
	}
	if strings.IndexByte(pattern, '/') >= 0 {
		return false
	}
	patternHost, patternPort, hasPort := strings.Cut(pattern, ":")
	return matchHost(patternHost, host) && matchPort(patternPort, hasPort, scheme, port)
}

// matchHost says whether a pattern matches a host, or all that a wildcard does.
func matchHost(pattern, host string) bool {
	if suffix, wild := strings.CutPrefix(pattern, "*"); wild {
		if suffix == "" {
			return true
		}
		n := len(host) - len(suffix)
		return suffix[0] == '.' && len(suffix) > 1 && n > 0 && strings.EqualFold(host[n:], suffix)
	}
	return strings.EqualFold(pattern, host)
}

// matchPort says whether a pattern's port matches. A missing one means the
// scheme's own.
func matchPort(pattern string, given bool, scheme, port string) bool {
	if !given {
		pattern = "443"
		if scheme == "http" || scheme == "ws" {
			pattern = "80"
		}
	}
	return pattern == "*" || pattern == port
}
