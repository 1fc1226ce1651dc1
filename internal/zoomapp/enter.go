package zoomapp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// entry is where a context leads.
type entry int

const (
	// refused: it is not one of an agent.
	refused entry = iota
	// broken: who it is cannot be told at the moment.
	broken
	// toDesk: the desk is open.
	toDesk
	// toLogin: the agent has to sign in with the third party, too.
	toLogin
	// toLoginAgain: so it is, and the login with which the agent came is not one
	// that was begun here.
	toLoginAgain
)

// enter begins or continues a session, and finishes the login that the context's
// action belongs to.
func (p *pages) enter(w http.ResponseWriter, r *http.Request, sealed string) entry {
	_, verified, err := p.app.Verify(sealed)
	if err != nil {
		return refused
	}
	session, cookie, err := p.app.BeginSession(r, verified.UserID)
	if err != nil {
		p.app.logger.Error("a session of the Zoom App cannot begin", "error", err)
		return broken
	}
	where := toDesk
	if p.config.Login != nil {
		where = p.config.Login.enter(r.Context(), session, verified.Action)
	}
	if where != broken {
		http.SetCookie(w, cookie)
	}
	return where
}

// enter says where an agent goes whose session it is. A ticket that is worth
// nothing is no fault of somebody's who is signed in: Zoom repeats the action of a
// deep link for minutes, each time that the app opens.
func (l *ExternalLogin) enter(ctx context.Context, session Session, action string) entry {
	var unfinished error
	if strings.HasPrefix(action, actionPrefix) {
		if unfinished = l.Finish(ctx, session, action); unfinished != nil && !errors.Is(unfinished, ErrLogin) {
			l.config.Logger.Error("a login for the Zoom App cannot be finished", "error", unfinished)
			return broken
		}
	}
	signedIn, err := l.config.ThirdParty.SignedIn(ctx, session)
	switch {
	case err != nil:
		l.config.Logger.Error("an agent's sign-in cannot be looked up", "error", err)
		return broken
	case signedIn:
		return toDesk
	case unfinished != nil:
		l.config.Logger.Warn("a login for the Zoom App is not finished", "error", unfinished)
		return toLoginAgain
	}
	return toLogin
}

// home is the app's home page. A bad context is not given a second chance.
func (p *pages) home(w http.ResponseWriter, r *http.Request) {
	where := p.ask
	if values, present := r.Header[HeaderName]; present {
		if len(values) != 1 {
			values = []string{""}
		}
		switch p.enter(w, r, values[0]) {
		case toDesk:
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, p.config.Desk, http.StatusSeeOther)
			return
		case toLogin:
			where = p.login
		case toLoginAgain:
			where = p.again
		case broken:
			p.notice(r, http.StatusServiceUnavailable, "The desk cannot be opened at the moment",
				"Close the app and open it again in a minute. If that goes on, tell whoever runs this site: the reason is in its log.").write(w)
			return
		default:
			p.notice(r, http.StatusForbidden, "You are not an agent here",
				"The Zoom user whom this client is signed in as is not on this site's list of agents. Whoever runs the site can add you.").write(w)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", p.policy)
	p.app.Frame(h, r)
	_, _ = w.Write(where) // a lost client is nobody's fault
}

func (p *pages) notice(r *http.Request, status int, title, text string) notice {
	return notice{Status: status, Title: title, Text: text, Inside: p.app.inside(r)}
}

// context takes a context from the SDK: 204 where the desk is open, 200 and
// {"login"} where the agent has to sign in first.
func (p *pages) context(w http.ResponseWriter, r *http.Request) {
	if !p.config.SameOrigin(r) {
		plain(w, http.StatusForbidden, "not a request of a page of this site")
		return
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		plain(w, http.StatusUnsupportedMediaType, "Content-Type must be application/json")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxContextBody))
	members, faulty := decodeObject(body)
	if err != nil || faulty != nil {
		plain(w, http.StatusBadRequest, "the body is not the JSON that this path takes")
		return
	}
	switch p.enter(w, r, members.text("context")) {
	case toDesk:
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	case toLogin:
		answer(w, map[string]string{"login": "begin"})
	case toLoginAgain:
		answer(w, map[string]string{"login": "again"})
	case broken:
		plain(w, http.StatusServiceUnavailable, "this cannot be told at the moment")
	default:
		plain(w, http.StatusForbidden, "you are not an agent here")
	}
}

// begin begins a login elsewhere.
func (p *pages) begin(w http.ResponseWriter, r *http.Request) {
	session, err := p.app.SessionOf(r)
	if err != nil || !p.config.SameOrigin(r) {
		plain(w, http.StatusForbidden, "you are not an agent here")
		return
	}
	target, install, err := p.config.Login.Begin(r.Context(), session)
	if err != nil {
		p.app.logger.Warn("a login for the Zoom App cannot begin", "error", err)
		plain(w, http.StatusServiceUnavailable, "signing in does not work at the moment")
		return
	}
	answer(w, map[string]any{"url": target, "install": install})
}

// answer writes JSON for the page's script.
func answer(w http.ResponseWriter, value any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(value) // a lost client is nobody's fault
}
