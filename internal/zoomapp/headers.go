package zoomapp

import (
	"net/http"
	"strings"
)

// SDKSource is where Zoom serves the SDK for apps: a source for script-src.
const SDKSource = "https://appssdk.zoom.us"

// Field is a response header field.
type Field struct{ Name, Value string }

// OWASPFields are the fields without any one of which the Zoom client refuses a
// page: 200 and text/html (Zoom, "OWASP headers"). Only their presence is
// demanded; these are values that weaken nothing. The policy is for a page that
// loads Zoom's SDK and else nothing from elsewhere.
func OWASPFields() []Field {
	return []Field{
		{"Strict-Transport-Security", "max-age=31536000"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "same-origin"},
		{"Content-Security-Policy", "default-src 'self'; script-src 'self' " + SDKSource + "; object-src 'none'; base-uri 'none'"},
	}
}

// SiteFields are [OWASPFields] for pages of a site that is not ours. Its policy
// says only what HTML says anyway, that a base URL is no data: URL: what else its
// pages can do without, nobody but the site's authors knows.
func SiteFields() []Field {
	fields := OWASPFields()
	fields[3].Value = "base-uri http: https:"
	return fields
}

// FrameAncestors is the source list of who may frame the desk: this site, and
// Zoom's web client where pwa is on. Desktop clients do not frame.
func FrameAncestors(pwa bool) string {
	if pwa {
		return "'self' https://*.zoom.us https://*.zoom.com"
	}
	return "'self'"
}

// AddMissing adds the fields that h has not got. What is there stays, even where
// it is weaker, and is never doubled: the site knows why.
func AddMissing(h http.Header, fields []Field) {
	for _, field := range fields {
		if _, present := h[http.CanonicalHeaderKey(field.Name)]; !present {
			h.Set(field.Name, field.Value)
		}
	}
}

// IsClientHint reports whether the User-Agent is that of the Zoom client's
// browser. Anybody can send it, so that it decides on looks only: which page to
// show, and that a help button has no place inside the client.
func IsClientHint(r *http.Request) bool {
	for product := range strings.FieldsSeq(r.UserAgent()) {
		if product == "ZoomApps/1.0" {
			return true
		}
	}
	return false
}
