package csptest

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The grammar of section 2.3.1. As in Chromium, underscores are host
// characters.
var (
	nonceSource  = regexp.MustCompile(`^'(?i:nonce)-([A-Za-z0-9+/\-_]+={0,2})'$`)
	hashSource   = regexp.MustCompile(`^'((?i:sha(?:256|384|512))-[A-Za-z0-9+/\-_]+={0,2})'$`)
	schemeSource = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.\-]*):$`)
	hostSource   = regexp.MustCompile(`^(?:([A-Za-z][A-Za-z0-9+.\-]*)://)?` +
		`(\*|(?:\*\.)?[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*)(?::([0-9]+|\*))?(/[^?#]*)?$`)
)

var defaultPorts = map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}

// source is a source expression, taken apart.
type source struct {
	text                     string
	nonce, hash              string
	schemeOnly               string
	isHost                   bool
	scheme, host, port, path string
}

func parseSources(words []string) []source {
	list := make([]source, len(words))
	for i, w := range words {
		s := source{text: w}
		if m := nonceSource.FindStringSubmatch(w); m != nil {
			s.nonce = m[1]
		} else if m := hashSource.FindStringSubmatch(w); m != nil {
			s.hash = normalHash(m[1])
		} else if m := schemeSource.FindStringSubmatch(w); m != nil {
			s.schemeOnly = m[1]
		} else if m := hostSource.FindStringSubmatch(w); m != nil {
			s.isHost, s.scheme, s.host, s.port, s.path = true, m[1], m[2], m[3], m[4]
		}
		list[i] = s
	}
	return list
}

// normalHash writes a digest in one of the two base64 alphabets (section
// 6.7.3.3, step 5).
func normalHash(s string) string {
	algorithm, digest, _ := strings.Cut(s, "-")
	return strings.ToLower(algorithm) + "-" + strings.NewReplacer("-", "+", "_", "/").Replace(digest)
}

// matchesNonce is section 6.7.2.3.
func matchesNonce(list []source, nonce string) bool {
	return nonce != "" && slices.ContainsFunc(list, func(s source) bool { return s.nonce == nonce })
}

// matchesHash looks for one digest among the hash-sources.
func matchesHash(list []source, hash string) bool {
	if hash == "" {
		return false
	}
	hash = normalHash(hash)
	return slices.ContainsFunc(list, func(s source) bool { return s.hash == hash })
}

// matchesAny is section 6.7.2.7, "does url match source list".
func (ps *Policies) matchesAny(list []source, u *url.URL) bool {
	if len(list) == 0 || len(list) == 1 && strings.EqualFold(list[0].text, "'none'") {
		return false
	}
	scheme := u.Scheme
	if ps.rules == Specification {
		// "Establish a WebSocket connection" asks with http: or https:.
		switch scheme {
		case "ws":
			scheme = "http"
		case "wss":
			scheme = "https"
		}
	}
	asked := *u
	asked.Scheme = scheme
	return slices.ContainsFunc(list, func(s source) bool { return ps.matches(s, &asked) })
}

// matches is section 6.7.2.8, "does url match expression".
func (ps *Policies) matches(s source, u *url.URL) bool {
	switch {
	case s.text == "*":
		return defaultPorts[u.Scheme] != "" || u.Scheme == ps.self.Scheme
	case s.schemeOnly != "":
		return ps.schemeMatches(s.schemeOnly, u.Scheme)
	case strings.EqualFold(s.text, "'self'"):
		return ps.isSelf(u)
	case !s.isHost || u.Host == "":
		return false
	}
	scheme := s.scheme
	if scheme == "" {
		scheme = ps.self.Scheme
	}
	return ps.schemeMatches(scheme, u.Scheme) && hostMatches(s.host, u.Hostname()) &&
		portMatches(s.port, u) && pathMatches(s.path, u.EscapedPath())
}

// isSelf is step 4 of section 6.7.2.8.
func (ps *Policies) isSelf(u *url.URL) bool {
	samePort := portOf(u) == portOf(ps.self)
	bothDefault := portOf(u) == defaultPorts[u.Scheme] && portOf(ps.self) == defaultPorts[ps.self.Scheme]
	if !strings.EqualFold(u.Hostname(), ps.self.Hostname()) || !samePort && !bothDefault {
		return false
	}
	return u.Scheme == ps.self.Scheme || u.Scheme == "https" || u.Scheme == "wss" ||
		ps.self.Scheme == "http" && u.Scheme == "ws"
}

// schemeMatches is section 6.7.2.9, "scheme-part matches".
func (ps *Policies) schemeMatches(a, b string) bool {
	a = strings.ToLower(a)
	if a == b || a == "http" && b == "https" || a == "ws" && b == "wss" {
		return true
	}
	return ps.rules == Specification && (a == "ws" && b == "http" || a == "ws" && b == "https" || a == "wss" && b == "https")
}

// hostMatches is section 6.7.2.10, "host-part matches".
func hostMatches(pattern, host string) bool {
	switch {
	case pattern == "*":
		return true
	case strings.HasPrefix(pattern, "*."):
		n := len(host) - len(pattern[1:])
		return n >= 0 && strings.EqualFold(host[n:], pattern[1:])
	default:
		return strings.EqualFold(pattern, host)
	}
}

// portMatches is section 6.7.2.11, "port-part matches".
func portMatches(pattern string, u *url.URL) bool {
	switch pattern {
	case "":
		return portOf(u) == defaultPorts[u.Scheme]
	case "*":
		return true
	default:
		return portOf(u) == pattern
	}
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return defaultPorts[u.Scheme]
}

// pathMatches is section 6.7.2.12, "path-part matches".
func pathMatches(pattern, path string) bool {
	if path == "" {
		path = "/"
	}
	if pattern == "" || pattern == "/" && path == "/" {
		return true
	}
	exact := !strings.HasSuffix(pattern, "/")
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) > len(got) || exact && len(want) != len(got) {
		return false
	}
	if !exact {
		want = want[:len(want)-1]
	}
	for i := range want {
		a, errA := url.PathUnescape(want[i])
		b, errB := url.PathUnescape(got[i])
		if errA != nil || errB != nil || a != b {
			return false
		}
	}
	return true
}
