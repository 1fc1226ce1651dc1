package proxy

import (
	"net/http"
	"strings"
)

// hstsField and hstsValue tell a browser to use nothing but HTTPS for a year (RFC
// 6797). They belong on answers over TLS only (section 7.2).
const (
	hstsField = "Strict-Transport-Security"
	hstsValue = "max-age=31536000"
)

// transport says how browsers come to a site.
type transport struct {
	origins []origin // the site's public ones
	tls     func(*http.Request) bool
}

func newTransport(cfg *Config) *transport {
	return &transport{origins: parseOrigins(cfg.Origins), tls: cfg.OverTLS}
}

// siteOf returns the public origin, one of the configured ones, that a request is
// for, or "" where none is configured for this host. The raw Host never gets
// further than this. Where TLS ends in front of us the scheme may be unknown here,
// so the host decides, and https wins where both are configured.
func (t *transport) siteOf(r *http.Request) string {
	site := ""
	for i := range t.origins {
		if o := &t.origins[i]; strings.EqualFold(o.host, r.Host) && (site == "" || o.scheme == "https") {
			site = o.text
		}
	}
	return site
}

// overTLS reports whether the browser came over TLS: by the connection, by what a
// trusted proxy in front says, or else because the operator says that the site is
// at an https origin. A header of a client's own says nothing.
func (t *transport) overTLS(r *http.Request) bool {
	return t.tls(r) || strings.HasPrefix(t.siteOf(r), "https://")
}

// secure adds Strict-Transport-Security to a page of ours.
func (t *transport) secure(h http.Header, r *http.Request) {
	if t.overTLS(r) {
		h.Set(hstsField, hstsValue)
	}
}
