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

// Who may frame the app's pages: this site, and Zoom's web client where PWA is on.
// Desktop clients do not frame.
const (
	ownAncestors = "'self'"
	webAncestors = "'self' https://*.zoom.us https://*.zoom.com"
)

// Frame adds to the header of a page that Zoom's clients show, in answer to r, what
// they demand. A frame-ancestors directive that is there is kept, and widened where
// [Config.PWA] is on.
//
// In a frame, which is where Zoom's web client shows it, a page then also gets
// Cross-Origin-Embedder-Policy: require-corp and Cross-Origin-Resource-Policy:
// cross-origin, as Zoom's own sample sends them: a client that is cross-origin isolated
// shows no frame without them (HTML, "check a navigation response's adherence to its
// embedder policy"), and one that is not does not mind. What our page embeds in turn
// must then agree to it, too, and whether Zoom's desk does is not known; its frame is
// therefore one without credentials, which Chromium exempts (HTML, "credentialless
// iframes"). Other browsers do not know these: so at the top level, as in desktop
// clients, some of which are WebKit, nothing of it is sent.
func (a *App) Frame(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", withAncestors(h.Get("Content-Security-Policy"), a.pwa))
	AddMissing(h, OWASPFields())
	if !a.pwa {
		return
	}
	h.Del("X-Frame-Options") // knows no list, and the policy has it
	if dest := r.Header.Get("Sec-Fetch-Dest"); dest == "iframe" || dest == "frame" {
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
}

// inside returns [App.Frame] for the answer to r.
func (a *App) inside(r *http.Request) func(http.Header) {
	return func(h http.Header) { a.Frame(h, r) }
}

// withAncestors puts who may frame the app's pages into a policy of ours.
func withAncestors(policy string, pwa bool) string {
	sources := ownAncestors
	if pwa {
		sources = webAncestors
	}
	directives := strings.Split(policy, ";")
	for i, directive := range directives {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		if name != "frame-ancestors" {
			continue
		}
		if !pwa {
			return policy
		}
		if value = strings.TrimSpace(value); value == "'none'" {
			value = ""
		}
		directives[i] = " " + strings.TrimSpace(strings.Join([]string{name, sources, value}, " "))
		return strings.Join(directives, ";")
	}
	return policy + "; frame-ancestors " + sources
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
