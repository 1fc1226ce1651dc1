package proxy

import (
	"net/http"
	"strings"
)

// originPolicy decides which pages may ask for a token.
//
// It does not use http.CrossOriginProtection: that admits requests with
// neither Sec-Fetch-Site nor Origin, and compares Origin with Host but for the
// scheme, which is too little for something that costs money. It never looks
// at Host or r.URL: behind another proxy neither is what the browser saw, and
// a server's r.URL has no scheme.
//
// Without configured origins, only requests that the browser marks
// "Sec-Fetch-Site: same-origin" are admitted. Browsers send that header over
// HTTPS and on loopback only. So a site that is served over plain HTTP under a
// name of its own gets no token until its origins are configured, and the
// refusal says so.
//
// None of this stops a program that is no browser: the limits do.
type originPolicy struct {
	configured map[string]bool
}

// newOriginPolicy wants origins that [Config] has checked.
func newOriginPolicy(origins []string) originPolicy {
	p := originPolicy{configured: make(map[string]bool, len(origins))}
	for _, o := range origins {
		p.configured[serializedOrigin(o)] = true
	}
	return p
}

// serializedOrigin returns an origin as browsers write it: in lower case, and
// without the port that the scheme implies (HTML, "ASCII serialisation of an
// origin").
func serializedOrigin(o string) string {
	o = strings.ToLower(o)
	switch {
	case strings.HasPrefix(o, "https://"):
		return strings.TrimSuffix(o, ":443")
	case strings.HasPrefix(o, "http://"):
		return strings.TrimSuffix(o, ":80")
	}
	return o
}

// What a refused page is told.
const (
	originNull        = "Origin null is never allowed: a sandboxed frame, a file or a redirected request cannot be told from another site's"
	originMalformed   = "Origin and Sec-Fetch-Site must come once each, as browsers send them"
	originUnlisted    = "Origin is not one of the configured origins: if the site is served there, add it to `origins`"
	originUnmarked    = "The browser did not mark this request as same-origin, and no origins are configured. Browsers mark requests over HTTPS and on localhost only: for plain HTTP, or for a page on another origin, set `origins` to the site's public origins, such as http://shop.example"
	originNotFromPage = "Not a request of a page of this site"
)

// check decides on a POST request. A refusal is not "". readable is the origin
// whose scripts may read the answer, or "" where no other origin's may.
//
//	Sec-Fetch-Site          Origin                                verdict
//	same-origin             absent, configured; any¹              admitted
//	same-origin             another                               refused
//	same-site, cross-site   configured                            admitted, readable
//	same-site, cross-site   another, absent                       refused
//	none, anything else     any                                   refused
//	absent                  configured                            admitted, readable
//	absent                  another, absent                       refused
//	any                     null                                  refused
//
// ¹ where no origins are configured: the browser's word alone decides.
func (p originPolicy) check(h http.Header) (readable, refusal string) {
	site, okSite := single(h["Sec-Fetch-Site"])
	origin, okOrigin := single(h["Origin"])
	switch {
	case !okSite || !okOrigin:
		return "", originMalformed
	case origin == "null":
		return "", originNull
	}
	switch site {
	case "same-origin":
		if origin == "" || p.configured[origin] || len(p.configured) == 0 {
			return "", ""
		}
		return "", originUnlisted
	case "", "same-site", "cross-site":
		switch {
		case p.configured[origin]:
			return origin, ""
		case len(p.configured) == 0:
			return "", originUnmarked
		case origin != "":
			return "", originUnlisted
		}
	}
	return "", originNotFromPage
}

// preflight decides on a CORS preflight request, and returns the origin that
// may go on, or "".
func (p originPolicy) preflight(h http.Header) string {
	origin, ok := single(h["Origin"])
	if !ok || !p.configured[origin] {
		return ""
	}
	return origin
}

// isPreflight reports whether r is a CORS preflight request (Fetch standard,
// section 4.8) rather than any OPTIONS request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		r.Header.Get("Access-Control-Request-Method") != ""
}

// single returns a header field's only value, "" where it is absent. More than
// one, and an empty one, is not ok: which of them would count?
func single(values []string) (value string, ok bool) {
	switch len(values) {
	case 0:
		return "", true
	case 1:
		return values[0], values[0] != ""
	}
	return "", false
}
