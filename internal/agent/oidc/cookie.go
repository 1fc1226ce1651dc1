package oidc

import (
	"net/http"
	"strings"
)

// Names of the cookies. The prefix __Host- (RFC 6265bis, section 4.1.3.2) keeps
// other hosts of the domain, and plain HTTP, from setting them.
const (
	hostPrefix    = "__Host-"
	sessionCookie = "cobrowse"
	loginCookie   = "cobrowse-login-" // and the beginning of the state
	loginSuffix   = 8                 // characters of the state
	// maxLogins is how many logins one browser may have under way: tabs that a
	// browser restores all begin one. Further ones end the others.
	maxLogins = 5
)

// cookies makes and finds the cookies of one configuration.
type cookies struct {
	prefix string // "__Host-", or "" on plain loopback
	secure bool
}

func (c cookies) session() string           { return c.prefix + sessionCookie }
func (c cookies) login(state string) string { return c.prefix + loginCookie + state[:loginSuffix] }

// set sends a cookie to the browser. A lifetime of 0 means until the browser
// closes, a negative one deletes it. SameSite is Lax, since the browser comes
// from the provider's site and must bring it along.
func (c cookies) set(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure is off on plain loopback only, where New has checked the origin
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// one returns the value of a cookie that must come once at most. Two of a name
// are an attempt to have one of them taken for the other.
func one(r *http.Request, name string) (value string, ok bool) {
	switch found := r.CookiesNamed(name); len(found) {
	case 0:
		return "", true
	case 1:
		return found[0].Value, true
	}
	return "", false
}

// endOldLogins deletes the logins under way where there are too many.
func (c cookies) endOldLogins(w http.ResponseWriter, r *http.Request) {
	var names []string
	for _, cookie := range r.Cookies() {
		if strings.HasPrefix(cookie.Name, c.prefix+loginCookie) {
			names = append(names, cookie.Name)
		}
	}
	if len(names) < maxLogins {
		return
	}
	for _, name := range names {
		c.set(w, name, "", -1)
	}
}

// strip removes our cookies from a request's headers, and leaves the others as
// they are, byte for byte.
func (c cookies) strip(h http.Header) {
	lines, ours := h["Cookie"], false
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		var pairs []string
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			name = strings.TrimSpace(name)
			if name == c.session() || strings.HasPrefix(name, c.prefix+loginCookie) {
				ours = true
				continue
			}
			pairs = append(pairs, pair)
		}
		if rest := strings.TrimSpace(strings.Join(pairs, ";")); rest != "" {
			kept = append(kept, rest)
		}
	}
	switch {
	case !ours:
	case len(kept) == 0:
		h.Del("Cookie")
	default:
		h["Cookie"] = kept
	}
}
