package zoomapp

import (
	"context"
	"crypto/rand"
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

// ErrLogin means that a login at a third party is not one that this session began,
// has been finished already, or took too long. It wraps the reason for the log.
var ErrLogin = errors.New("this login cannot be finished here")

// Person is whom a third party has identified.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Challenge is what an authorization request carries, and what redeeming its code
// takes.
type Challenge struct {
	// State comes back with the code.
	State string
	// Nonce must be in the ID token (OpenID Connect Core, section 3.1.2.1).
	Nonce string
	// Verifier stays on the server; its S256 challenge is in the request (RFC 7636).
	Verifier string
}

// S256 returns the code challenge of the verifier.
func (c Challenge) S256() string { return digest(c.Verifier) }

// LoginConfig configures an [ExternalLogin]. The first three are required.
type LoginConfig struct {
	// Authorize returns the third party's URL for an authorization request with
	// State, Nonce and S256 of the challenge.
	Authorize func(Challenge) (string, error)
	// Exchange redeems a code with the Verifier, checks what comes for it against
	// the Nonce, and returns whom it names.
	Exchange func(ctx context.Context, code string, c Challenge) (Person, error)
	// DeepLink returns a link that opens the app for a Zoom user, such as
	// [Installer.DeepLink] does.
	DeepLink func(ctx context.Context, userID, action string) (string, error)
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
	if c.Authorize == nil || c.Exchange == nil || c.DeepLink == nil {
		return nil, errors.New("an external login needs a third party and deep links")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.States == nil {
		c.States = NewMemoryStates(c.Now)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
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
// of our own page: its Origin is the caller's to check.
func (l *ExternalLogin) Begin(ctx context.Context, session Session) (string, error) {
	var c Challenge
	for _, target := range []*string{&c.State, &c.Nonce, &c.Verifier} {
		var err error
		if *target, err = randomText(l.config.Rand, 32); err != nil {
			return "", err
		}
	}
	if err := l.remember(ctx, "login", c.State, loginState{Session: session, Challenge: c}); err != nil {
		return "", err
	}
	return l.config.Authorize(c)
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

func (l *ExternalLogin) recall(ctx context.Context, purpose, secret string) (loginState, error) {
	value, err := l.config.States.Take(ctx, stateKey(purpose, secret))
	if err != nil {
		return loginState{}, fmt.Errorf("taking the login's state: %w", err)
	}
	var state loginState
	if value == nil || json.Unmarshal(value, &state) != nil {
		return loginState{}, errors.New("unknown, used or too old")
	}
	return state, nil
}

// ServeCallback answers the page to which the third party sends the system's
// browser back, and sends it on to the Zoom client.
func (l *ExternalLogin) ServeCallback(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(query["state"]) != 1 {
		l.fail(w, http.StatusBadRequest, errors.New("the redirect has not one state"))
		return
	}
	state, err := l.recall(r.Context(), "login", query.Get("state"))
	if err != nil {
		l.fail(w, http.StatusBadRequest, err)
		return
	}
	if len(query["code"]) != 1 || query.Get("code") == "" {
		l.fail(w, http.StatusBadRequest, errors.New("the redirect has not one code: the person may have declined"))
		return
	}
	link, err := l.returnLink(r.Context(), query.Get("code"), state)
	if err != nil {
		l.fail(w, http.StatusBadGateway, err)
		return
	}
	redirect(w, link)
}

// returnLink redeems the code, and wraps what it is worth in a ticket.
func (l *ExternalLogin) returnLink(ctx context.Context, code string, state loginState) (string, error) {
	person, err := l.config.Exchange(ctx, code, state.Challenge)
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
	return l.config.DeepLink(ctx, state.Session.UserID, actionPrefix+ticket)
}

// actionPrefix marks the action of a deep link that ends a login.
const actionPrefix = "login:"

// Finish returns whom the third party identified, given the action with which the
// deep link opened the app. The session must be the one that began: the ticket is
// used up either way. The error wraps [ErrLogin].
func (l *ExternalLogin) Finish(ctx context.Context, session Session, action string) (Person, error) {
	ticket, ok := strings.CutPrefix(action, actionPrefix)
	if !ok {
		return Person{}, fmt.Errorf("%w: the action is not one of a login", ErrLogin)
	}
	state, err := l.recall(ctx, "ticket", ticket)
	if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrLogin, err)
	}
	if subtle.ConstantTimeCompare([]byte(state.Session.ID), []byte(session.ID)) != 1 || state.Session.UserID != session.UserID {
		l.config.Logger.Warn("a login was brought to a session that did not begin it")
		return Person{}, fmt.Errorf("%w: another session began it", ErrLogin)
	}
	return state.Person, nil
}

func (l *ExternalLogin) fail(w http.ResponseWriter, status int, err error) {
	l.config.Logger.Warn("a login for the Zoom App ended", "status", status, "error", err)
	plain(w, status, "this login could not be completed: go back to the Zoom client and begin again")
}
