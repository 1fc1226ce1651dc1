package oidc

import (
	"net/http"
	"net/url"
)

// Logout ends the sign-in of the request's browser, and tells the agent so. Where
// the provider has a page to sign out of it as well (OpenID Connect RP-Initiated
// Logout), the [Notice] leads there: who leaves a shared computer means both.
//
// It sends the provider the client's ID but no id_token_hint, which would put a
// token into a URL and from there into logs; the provider may ask whether to
// sign out.
//
// It answers POST only. Whether the request comes from a page of this site is
// decided before. To sign out without being signed in is no error.
func (p *Provider) Logout(w http.ResponseWriter, r *http.Request) {
	if !allowMethod(w, r, http.MethodPost) {
		return
	}
	// Two cookies of the name sign nobody in, so there is nothing to end; but
	// each of them might alone.
	for _, cookie := range r.CookiesNamed(p.cookies.session()) {
		if !isRandom(cookie.Value) {
			continue
		}
		if err := p.config.Store.Delete(r.Context(), digest("session", cookie.Value)); err != nil {
			p.config.Logger.WarnContext(r.Context(), "an agent could not sign out", "error", err)
			p.notice(w, r, p.noticeStillIn())
			return
		}
	}
	p.cookies.set(w, p.cookies.session(), "", -1)
	p.notice(w, r, p.noticeOut(p.endSession(r)))
}

// endSession returns the provider's page to sign out, or "". It is not worth an
// error: the agent is signed out here either way.
func (p *Provider) endSession(r *http.Request) string {
	e, err := p.discovery.get(r.Context())
	if err != nil || e.EndSession == "" {
		return ""
	}
	u, err := url.Parse(e.EndSession)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("client_id", p.config.ClientID)
	if p.config.PostLogoutRedirectURI != "" {
		query.Set("post_logout_redirect_uri", p.config.PostLogoutRedirectURI)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

func (p *Provider) noticeOut(endSession string) Notice {
	n := Notice{Status: http.StatusOK, Title: "You are signed out", Text: "You are signed out of the cobrowse desk."}
	if endSession == "" {
		n.Link, n.LinkText = p.loginPath, "Sign in again"
		return n
	}
	n.Text += " You can still be signed in with your organisation: its page to sign out opens next."
	n.Link, n.LinkText, n.Follow = endSession, "Sign out there, too", true
	return n
}

func (p *Provider) noticeStillIn() Notice {
	return Notice{
		Status: http.StatusServiceUnavailable, Title: "You are still signed in",
		Text: "This server could not end your sign-in. Try again in a minute; it also ends by itself.",
		Link: p.deskPath, LinkText: "Back to the desk",
	}
}
