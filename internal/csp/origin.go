package csp

import "strings"

// origin is the page's public origin in a form that a policy can name. The
// zero value stands for a page whose origin is not known: 'self' is named then.
type origin struct {
	text         string // as it is written, without trailing slash
	scheme, host string // host in the case given
	port         string // never empty
}

// parseOrigin reads "https://host[:port]". It returns the zero origin for
// everything that a policy can't name or that would break one: other schemes,
// IP addresses (CSP3 section 6.7.2.10 lets them match nothing), a path, or
// characters outside host names.
func parseOrigin(site string) origin {
	scheme, rest, found := strings.Cut(site, "://")
	if !found {
		return origin{}
	}
	o := origin{text: site}
	switch {
	case strings.EqualFold(scheme, "https"):
		o.scheme, o.port = "https", "443"
	case strings.EqualFold(scheme, "http"):
		o.scheme, o.port = "http", "80"
	default:
		return origin{}
	}
	host, port, hasPort := strings.Cut(rest, ":")
	if hasPort {
		o.port = port
	}
	o.host = host
	if !isHost(host) || !isPort(o.port) || isIPv4(host) {
		return origin{}
	}
	return o
}

func (o *origin) known() bool { return o.text != "" }

// isHost says whether s is a host name that a policy can name (CSP3's
// host-part without wildcards), IPv4 addresses included. An underscore isn't
// in that grammar, yet Chromium takes it and such hosts exist.
func isHost(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// isIPv4 says whether a browser takes the host for an IPv4 address: the last
// label is a number (URL standard, "ends in a number checker").
func isIPv4(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && isDigits(last)
}

func isPort(s string) bool { return len(s) <= 5 && isDigits(s) }

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || '9' < s[i] {
			return false
		}
	}
	return s != ""
}
