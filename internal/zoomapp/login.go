package zoomapp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Errors of an [ExternalLogin].
var (
	// ErrLogin means that a login at a third party is not one that this session
	// began, was refused there, has been finished already, or took too long. What
	// wraps it is the reason, for the log.
	ErrLogin = errors.New("this login cannot be finished here")
	// ErrNotAllowed is what [LoginConfig.Exchange] returns for a person whom the
	// third party knows, but who is no agent.
	ErrNotAllowed = errors.New("the third party's person is no agent here")
)

// LoginConfig configures an [ExternalLogin]. The first four are required.
type LoginConfig struct {
	// ThirdParty is whom people sign in with, Name what they call it.
	ThirdParty ThirdParty
	Name       string
	// DeepLinks lead back into the client. A link without an action would not do:
	// it is the action that proves that the person at the third party's page is the
	// one in the client.
	DeepLinks DeepLinks
	// InstallURL is the public URL of [Installer.ServeLanding], where a user goes
	// first for whom there are no deep links yet.
	InstallURL string
	// States remembers flows; nil means a [MemoryStates].
	States States
	// Logger is told why a flow ends; nil means slog.Default().
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand gives states and tickets; nil means crypto/rand.
	Rand io.Reader
}

// ExternalLogin is the login at a third party that the webview of the Zoom client
// cannot show, or should not, because the person's password manager and passkeys
// are in the system's browser:
//
//	in the client    Begin: the page calls zoomSdk.openUrl with the URL
//	in the browser   the third party asks the person, and redirects here
//	                 ServeCallback: code for person, then a deep link with a ticket
//	in the client    the app opens; Finish: the ticket of the context's action
//
// The browser has none of the client's cookies. What ties the ends together is on
// the server: the state names the session that began, and the ticket is good once,
// and in that session only. So somebody who sends another person a login of
// theirs gets nothing for it, nor does who sees the deep link.
type ExternalLogin struct {
	config LoginConfig
}

// NewExternalLogin returns an ExternalLogin.
func NewExternalLogin(c LoginConfig) (*ExternalLogin, error) {
	if c.ThirdParty == nil || c.Name == "" || c.DeepLinks == nil || c.InstallURL == "" {
		return nil, errors.New("an external login needs a third party, its name, deep links, and where to get them")
	}
	setDefaults(&c.Logger, &c.Now, &c.Rand)
	if c.States == nil {
		c.States = NewMemoryStates(c.Now)
	}
	return &ExternalLogin{c}, nil
}

// loginState is what a flow remembers between its steps.
type loginState struct {
	Session   Session   `json:"session"`
	Challenge Challenge `json:"challenge,omitzero"` // until the callback
	Person    Person    `json:"person,omitzero"`    // from the callback on
}

// Begin returns the URL that the page in the client opens in the system's browser.
// The session is that of the request ([App.SessionOf]), and the request must be one
// of our own page: its Origin is the caller's to check. With install, the URL is
// that of the install: the user must go there first, and then begin again.
func (l *ExternalLogin) Begin(ctx context.Context, session Session) (target string, install bool, err error) {
	linked, err := l.config.DeepLinks.Linked(ctx, session.UserID)
	switch {
	case err != nil:
		return "", false, err
	case !linked:
		return l.config.InstallURL, true, nil
	}
	target, err = l.request(ctx, session, false)
	return target, false, err
}

// request remembers a new flow, and returns where it leads.
func (l *ExternalLogin) request(ctx context.Context, session Session, other bool) (string, error) {
	var c Challenge
	for _, field := range []*string{&c.State, &c.Nonce, &c.Verifier} {
		var err error
		if *field, err = randomText(l.config.Rand, 32); err != nil {
			return "", err
		}
	}
	if err := l.remember(ctx, "login", c.State, loginState{Session: session, Challenge: c}); err != nil {
		return "", err
	}
	return l.config.ThirdParty.Authorize(ctx, c, other)
}

func (l *ExternalLogin) remember(ctx context.Context, purpose, secret string, state loginState) error {
	value, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("encoding the login's state: %w", err)
	}
	if err := l.config.States.Put(ctx, stateKey(purpose, secret), value, flowTTL); err != nil {
		return fmt.Errorf("storing the login's state: %w", err)
	}
	return nil
}

// recall takes a state, whatever comes of it, so that nothing can be tried twice.
func (l *ExternalLogin) recall(ctx context.Context, purpose, secret string) (loginState, error) {
	value, err := l.config.States.Take(ctx, stateKey(purpose, secret))
	if err != nil {
		return loginState{}, fmt.Errorf("taking the login's state: %w", err)
	}
	var state loginState
	if value == nil || json.Unmarshal(value, &state) != nil {
		return loginState{}, fmt.Errorf("%w: it is unknown, used or too old", ErrLogin)
	}
	return state, nil
}

// ServeCallback answers the page to which the third party sends the system's
// browser back, and sends it on to the Zoom client.
func (l *ExternalLogin) ServeCallback(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	query := r.URL.RawQuery
	state, err := l.resume(r.Context(), query)
	if err != nil {
		l.fail(w, err, "")
		return
	}
	link, err := l.returnLink(r.Context(), query, state)
	switch {
	case errors.Is(err, ErrNotAllowed):
		// The third party would send the same person again. That this browser goes on
		// with the session's login makes nobody more powerful: it has just had it.
		again, errAgain := l.request(r.Context(), state.Session, true)
		if errAgain != nil {
			again = ""
		}
		l.fail(w, err, again)
	case err != nil:
		l.fail(w, err, "")
	default:
		redirect(w, link)
	}
}

// resume takes the state of a flow.
func (l *ExternalLogin) resume(ctx context.Context, query string) (loginState, error) {
	values, err := url.ParseQuery(query)
	if err != nil || len(values["state"]) != 1 {
		return loginState{}, fmt.Errorf("%w: the redirect has not one state", ErrLogin)
	}
	return l.recall(ctx, "login", values.Get("state"))
}

// returnLink redeems the code, and wraps what it is worth in a ticket.
func (l *ExternalLogin) returnLink(ctx context.Context, query string, state loginState) (string, error) {
	person, err := l.config.ThirdParty.Exchange(ctx, query, state.Challenge)
	if err != nil {
		return "", fmt.Errorf("redeeming the code: %w", err)
	}
	if person.ID == "" {
		return "", errors.New("the third party named nobody")
	}
	ticket, err := randomText(l.config.Rand, 32)
	if err != nil {
		return "", err
	}
	if err := l.remember(ctx, "ticket", ticket, loginState{Session: state.Session, Person: person}); err != nil {
		return "", err
	}
	return l.config.DeepLinks.DeepLink(ctx, state.Session.UserID, actionPrefix+ticket)
}

// actionPrefix marks the action of a deep link that ends a login.
const actionPrefix = "login:"

// Finish signs in whom the third party identified, given the action with which the
// deep link opened the app. The session must be the one that began: the ticket is
// used up either way. The error is [ErrLogin] where the ticket is worth nothing
// here.
func (l *ExternalLogin) Finish(ctx context.Context, session Session, action string) error {
	ticket, ok := strings.CutPrefix(action, actionPrefix)
	if !ok {
		return fmt.Errorf("%w: the action is not one of a login", ErrLogin)
	}
	state, err := l.recall(ctx, "ticket", ticket)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(state.Session.ID), []byte(session.ID)) != 1 || state.Session.UserID != session.UserID {
		return fmt.Errorf("%w: another session began it", ErrLogin)
	}
	return l.config.ThirdParty.Keep(ctx, session, state.Person)
}

// Logout ends the session of r with the sign-in in it, and says so on a page in the
// client. The request must be a POST of one of our own pages: its Origin is the
// caller's to check. Where the sign-in cannot be ended, the session goes on.
func (l *ExternalLogin) Logout(a *App, home string, w http.ResponseWriter, r *http.Request) {
	session, err := a.SessionOf(r)
	if err == nil {
		if err := l.config.ThirdParty.End(r.Context(), session); err != nil {
			l.config.Logger.Warn("an agent could not sign out", "error", err)
			notice{
				Status: http.StatusServiceUnavailable, Title: "You are still signed in", Inside: a.inside(r),
				Text: "This server could not end your sign-in. Try again in a minute; it also ends by itself.",
			}.write(w)
			return
		}
	}
	http.SetCookie(w, a.EndSession())
	notice{
		Status: http.StatusOK, Title: "You are signed out", Inside: a.inside(r),
		Text: "You are signed out of the cobrowse desk. In your browser you may still be signed in with " + l.config.Name + ".",
		Link: home, LinkText: "Sign in again",
	}.write(w)
}

// fail tells the person in the system's browser what to do, and the log why. At other
// the person can sign in with another account.
func (l *ExternalLogin) fail(w http.ResponseWriter, err error, other string) {
	n := notice{
		Status: http.StatusServiceUnavailable, Title: "You were not signed in",
		Text: "It does not work at the moment. Go back to the Zoom client, and sign in again in a minute. If that goes on, tell whoever runs this site: the reason is in its log.",
	}
	switch {
	case errors.Is(err, ErrLogin):
		n.Status = http.StatusBadRequest
		n.Text = "This sign-in was cancelled, has been used, or took longer than ten minutes. Go back to the Zoom client, and sign in again."
	case errors.Is(err, ErrNotAllowed):
		n.Status, n.Title = http.StatusForbidden, "You are not an agent"
		n.Text = "The account that you signed in with is not an agent's. Ask whoever runs this site to let you in, or use another account."
		n.Link, n.LinkText = other, "Use another account"
	case errors.Is(err, ErrNoTokens):
		n.Status, n.Title = http.StatusConflict, "The way back to Zoom is missing"
		n.Text = "This site may no longer open the app in your Zoom client. Connect the app with your Zoom account again; then sign in again, in the Zoom client."
		n.Link, n.LinkText = l.config.InstallURL, "Connect the app with Zoom"
	}
	l.config.Logger.Warn("a login for the Zoom App ended", "status", n.Status, "error", err)
	n.write(w)
}
