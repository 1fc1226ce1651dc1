package oidc

import (
	_ "embed"
	"html/template"
	"net/http"
)

// Notice is a page that tells an agent in words what became of a sign-in. Its
// texts are ours: nothing of the provider's or the request's is in them but the
// agent's own name.
type Notice struct {
	// Status is the answer's status code.
	Status int
	// Title is what happened, Text what that means and what to do, in plain
	// text.
	Title, Text string
	// Link is where to go on: a path of ours, or the provider's page to sign
	// out. LinkText says so. Both may be empty.
	Link, LinkText string
	// Follow means that the browser should go to Link by itself. A redirect
	// would not do: it follows a form of the desk's, whose policy lets forms
	// lead to this site only (CSP3, form-action).
	Follow bool
}

//go:embed notice.html
var noticeHTML string

var noticePage = template.Must(template.New("notice").Parse(noticeHTML))

// writeNotice shows a page without style or script.
func writeNotice(w http.ResponseWriter, r *http.Request, n Notice) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	w.WriteHeader(n.Status)
	if r.Method != http.MethodHead {
		_ = noticePage.Execute(w, n) // a lost client is nobody's fault
	}
}

// retrySeconds is when it makes sense to try again (RFC 9110, section 10.2.3).
const retrySeconds = "30"

// notice answers with a page. Whatever shows it, it is for this moment and this
// person.
func (p *Provider) notice(w http.ResponseWriter, r *http.Request, n Notice) {
	private(w)
	if n.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retrySeconds)
	}
	p.config.Notice(w, r, n)
}

// private keeps an answer out of caches, and its URL out of Referer: a
// callback's has a code in it.
func private(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// again is a notice with the way back to the login page.
func (p *Provider) again(status int, title, text string) Notice {
	return Notice{Status: status, Title: title, Text: text, Link: p.loginPath, LinkText: "Sign in again"}
}

func (p *Provider) noticeDown() Notice {
	return p.again(http.StatusServiceUnavailable, "Signing in does not work at the moment",
		"The sign-in service of your organisation did not answer, or not as it should. Wait a minute, then try again. If it goes on, tell whoever runs this site: the reason is in its log.")
}

func (p *Provider) noticeStale() Notice {
	return p.again(http.StatusBadRequest, "This sign-in cannot be finished",
		"It was not begun in this browser, took longer than ten minutes, or has been finished already. Nobody was signed in by it.")
}

func (p *Provider) noticeRefused() Notice {
	return p.again(http.StatusForbidden, "You were not signed in",
		"The sign-in service of your organisation did not confirm who you are. Nobody was signed in.")
}

func (p *Provider) noticeCancelled() Notice {
	return p.again(http.StatusForbidden, "You were not signed in",
		"The sign-in was cancelled, or the sign-in service of your organisation does not let this account in here.")
}

func (p *Provider) noticeNotAllowed(name string) Notice {
	return Notice{
		Status: http.StatusForbidden, Title: "You are not an agent",
		Text: "You signed in as " + name + ". That account is in none of the groups whose members may use the cobrowse desk. Ask whoever runs this site to let you in, or use another account.",
		Link: p.loginPath + "?account=other", LinkText: "Use another account",
	}
}

func (p *Provider) noticeStore() Notice {
	return p.again(http.StatusServiceUnavailable, "Signing in does not work at the moment",
		"This server cannot remember sign-ins right now. Wait a minute, then try again. If it goes on, tell whoever runs this site: the reason is in its log.")
}

func (p *Provider) noticeFull() Notice {
	return p.again(http.StatusServiceUnavailable, "Signing in does not work at the moment",
		"This server cannot remember another sign-in at present. Try again in a while.")
}
