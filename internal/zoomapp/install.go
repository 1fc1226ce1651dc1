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
	"regexp"
	"time"
)

// InstallCookie binds a flow to the browser that began it.
const InstallCookie = "__Host-cobrowse-install"

// flowTTL is how long a user may take at Zoom or at a third party.
const flowTTL = 10 * time.Minute

// InstallConfig configures an [Installer].
type InstallConfig struct {
	// RedirectURL is the public URL of [Installer.ServeRedirect], as it is on the
	// app's OAuth allow list.
	RedirectURL string
	// LandingURL is the public URL of [Installer.ServeLanding], to which pages that
	// tell of a failure lead. Empty means that they lead nowhere.
	LandingURL string
	// Action is what the deep link after an install says to the app; nil means
	// nothing.
	Action func(User) string
	// States remembers flows; nil means a [MemoryStates].
	States States
	// Vault and Store keep users' tokens. Without them, which is the default,
	// tokens are used once and forgotten.
	Vault *Vault
	Store TokenStore
	// KeepFor reports whether a user's tokens are kept; nil means those of all users.
	// Any Zoom user can install an app that is published.
	KeepFor func(userID string) bool
	// Logger is told why a flow ends; nil means slog.Default().
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand gives states and verifiers; nil means crypto/rand.
	Rand io.Reader
}

// Installer is the flow that installs the app for a user and opens it in the
// user's client:
//
//	landing → Zoom asks the user → redirect → code for token → users/me → deep link
//
// The state is on the server, for one use; of the verifier the browser never sees
// anything but the challenge (RFC 7636). It is safe for concurrent use.
type Installer struct {
	zoom   *Zoom
	config InstallConfig
}

// NewInstaller returns an Installer.
func NewInstaller(zoom *Zoom, c InstallConfig) (*Installer, error) {
	if u, err := url.Parse(c.RedirectURL); err != nil || u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
		return nil, fmt.Errorf("zoomapp redirect URL %q is not one: write it like https://desk.example/_cobrowse/zoomapp/redirect, as it is on the app's OAuth allow list", c.RedirectURL)
	}
	if (c.Vault == nil) != (c.Store == nil) {
		return nil, errors.New("zoomapp tokens are stored sealed or not at all: both the key and the store are required")
	}
	setDefaults(&c.Logger, &c.Now, &c.Rand)
	if c.States == nil {
		c.States = NewMemoryStates(c.Now)
	}
	return &Installer{zoom: zoom, config: c}, nil
}

// installState is what the landing page remembers.
type installState struct {
	Verifier string `json:"verifier"`
	// Browser is the digest of the cookie.
	Browser string `json:"browser"`
}

// ServeLanding answers the page with which an install begins: it sends the browser
// to Zoom. Each visit costs memory for ten minutes, so that visits should be
// limited.
func (i *Installer) ServeLanding(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	target, browser, err := i.begin(r.Context())
	if err != nil {
		i.fail(w, http.StatusServiceUnavailable, err)
		return
	}
	http.SetCookie(w, flowCookie(browser, int(flowTTL/time.Second)))
	redirect(w, target)
}

// begin remembers a new flow, and returns where it leads and the cookie that binds
// it to its browser.
func (i *Installer) begin(ctx context.Context) (target, browser string, err error) {
	var secrets [3]string // state, verifier, cookie: 256 bits each, 43 characters as RFC 7636 wants them
	for n := range secrets {
		if secrets[n], err = randomText(i.config.Rand, 32); err != nil {
			return "", "", err
		}
	}
	state, verifier, browser := secrets[0], secrets[1], secrets[2]
	value, err := json.Marshal(installState{verifier, digest(browser)})
	if err != nil {
		return "", "", fmt.Errorf("encoding the install's state: %w", err)
	}
	if err := i.config.States.Put(ctx, stateKey("install", state), value, flowTTL); err != nil {
		return "", "", fmt.Errorf("storing the install's state: %w", err)
	}
	return i.zoom.AuthorizeURL(i.config.RedirectURL, state, digest(verifier)), browser, nil
}

// flowCookie is sent when Zoom sends the browser back, which is a navigation from
// another site: Lax, not Strict.
func flowCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: InstallCookie, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// codePattern is what Zoom's codes look like, generously: RFC 6749 leaves their
// size open, and Zoom's sample takes 32 to 64 characters.
var codePattern = regexp.MustCompile(`^[\x21-\x7e]{16,512}$`)

// errStates means that nobody can tell what a flow needs.
var errStates = errors.New("the states of flows cannot be asked")

// ServeRedirect answers the page to which Zoom sends the browser back. A state is
// taken whatever comes of it, so that nothing can be tried twice.
func (i *Installer) ServeRedirect(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	http.SetCookie(w, flowCookie("", -1))
	verifier, code, err := i.resume(r)
	switch {
	case errors.Is(err, errStates):
		i.fail(w, http.StatusServiceUnavailable, err)
		return
	case err != nil:
		i.fail(w, http.StatusBadRequest, err)
		return
	}
	link, err := i.finish(r.Context(), code, verifier)
	if err != nil {
		i.fail(w, http.StatusBadGateway, err)
		return
	}
	redirect(w, link)
}

// resume takes the state of a flow and checks that this browser began it.
func (i *Installer) resume(r *http.Request) (verifier, code string, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(query["state"]) != 1 {
		return "", "", errors.New("the redirect has not one state")
	}
	value, err := i.config.States.Take(r.Context(), stateKey("install", query.Get("state")))
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", errStates, err)
	}
	var state installState
	if value == nil || json.Unmarshal(value, &state) != nil {
		return "", "", errors.New("the state is unknown, used or too old")
	}
	cookies := r.CookiesNamed(InstallCookie)
	if len(cookies) != 1 || subtle.ConstantTimeCompare([]byte(digest(cookies[0].Value)), []byte(state.Browser)) != 1 {
		return "", "", errors.New("another browser began this install")
	}
	if len(query["code"]) != 1 || !codePattern.MatchString(query.Get("code")) {
		return "", "", errors.New("the redirect has not one code: the user may have declined")
	}
	return state.Verifier, query.Get("code"), nil
}

// finish redeems the code and asks for the link that opens the app.
func (i *Installer) finish(ctx context.Context, code, verifier string) (link string, err error) {
	tokens, err := i.zoom.Exchange(ctx, code, verifier, i.config.RedirectURL)
	if err != nil {
		return "", err
	}
	user, err := i.zoom.Me(ctx, tokens.Access)
	if err != nil {
		return "", err
	}
	if err := i.install(ctx, user.ID, tokens); err != nil {
		return "", err
	}
	action := ""
	if i.config.Action != nil {
		action = i.config.Action(user)
	}
	return i.zoom.DeepLink(ctx, tokens.Access, action)
}

// fail tells the person what to do, and the log why.
func (i *Installer) fail(w http.ResponseWriter, status int, err error) {
	i.config.Logger.Warn("an install of the Zoom App ended", "status", status, "error", err)
	n := notice{
		Status: status, Title: "The app was not installed",
		Link: i.config.LandingURL, LinkText: "Begin again",
	}
	switch status {
	case http.StatusBadRequest:
		n.Text = "This link has been used, is too old, or belongs to another browser; or you declined at Zoom."
	case http.StatusBadGateway:
		n.Text = "Zoom did not complete it. If that goes on, tell whoever runs this site: the reason is in its log."
	default:
		n.Text = "It does not work at the moment. Try again in a minute."
	}
	n.write(w)
}
