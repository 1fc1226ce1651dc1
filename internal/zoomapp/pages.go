package zoomapp

import (
	"bytes"
	_ "embed" // the page
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"strings"
)

var (
	//go:embed pages/launch.html
	launchHTML string
	//go:embed pages/launch.js
	launchJS []byte
	//go:embed pages/launch.css
	launchCSS []byte
)

// SDKURL is where Zoom serves the SDK for apps.
const SDKURL = SDKSource + "/sdk.min.js"

// maxContextBody bounds the body that brings a context.
const maxContextBody = maxSealed + 1<<10

// PagesConfig configures [App.Pages].
type PagesConfig struct {
	// Base is the path below which the pages lie, and the app's home page itself,
	// such as /_cobrowse/zoomapp. Desk is the path of the desk.
	Base, Desk string
	// SameOrigin reports whether a POST request is one of a page of this site. It
	// is required: without it another site could act for an agent.
	SameOrigin func(*http.Request) bool
	// Installer answers install and redirect; nil means that the app is installed
	// by its owner only.
	Installer *Installer
	// Login answers login and callback; nil means that Zoom's word is enough.
	// LoggedIn is told whom the third party identified, and in which session.
	Login    *ExternalLogin
	LoggedIn func(w http.ResponseWriter, r *http.Request, session Session, person Person) error
}

// pages are what the app consists of beside the desk.
type pages struct {
	app    *App
	config PagesConfig
	launch []byte
	policy string
}

// Pages returns the handler of what lies at and below Base:
//
//	GET  Base            the home page: with a context in the header it begins a
//	                     session and goes to the desk; without, it asks the SDK for one
//	POST Base/context    a context from the SDK: {"context"}; 204
//	GET  Base/install    the landing page, where there is an Installer
//	GET  Base/redirect   back from Zoom
//	POST Base/login      begins a login elsewhere, where there is a Login: {"url"}
//	GET  Base/callback   back from the third party
//
// Whoever is no agent gets 403 and no reason; an agent whose login elsewhere cannot
// be finished gets 409.
func (a *App) Pages(c PagesConfig) (http.Handler, error) {
	if c.SameOrigin == nil || (c.Login == nil) != (c.LoggedIn == nil) {
		return nil, errors.New("the Zoom App's pages need to know the origin of requests, and who is told of logins")
	}
	page, err := template.New("launch").Parse(launchHTML)
	if err != nil {
		return nil, fmt.Errorf("parsing the launch page: %w", err)
	}
	var launch bytes.Buffer
	if err := page.Execute(&launch, map[string]string{"Base": c.Base, "Desk": c.Desk, "SDK": SDKURL}); err != nil {
		return nil, fmt.Errorf("writing the launch page: %w", err)
	}
	p := &pages{
		app: a, config: c, launch: launch.Bytes(),
		policy: "default-src 'none'; script-src 'self' " + SDKSource + "; style-src 'self'; connect-src 'self'; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors " + FrameAncestors(a.pwa),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+c.Base, p.home)
	mux.HandleFunc("GET "+c.Base+"/launch.js", p.file("text/javascript; charset=utf-8", launchJS))
	mux.HandleFunc("GET "+c.Base+"/launch.css", p.file("text/css; charset=utf-8", launchCSS))
	mux.HandleFunc("POST "+c.Base+"/context", p.context)
	if c.Installer != nil {
		mux.HandleFunc(c.Base+"/install", c.Installer.ServeLanding)
		mux.HandleFunc(c.Base+"/redirect", c.Installer.ServeRedirect)
	}
	if c.Login != nil {
		mux.HandleFunc("POST "+c.Base+"/login", p.login)
		mux.HandleFunc(c.Base+"/callback", c.Login.ServeCallback)
	}
	return mux, nil
}

func (p *pages) file(contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body) // a lost client is nobody's fault
	}
}

// home is the app's home page. A bad context is not given a second chance.
func (p *pages) home(w http.ResponseWriter, r *http.Request) {
	if values, present := r.Header[HeaderName]; present {
		if len(values) != 1 {
			values = []string{""}
		}
		if p.enter(w, r, values[0]) {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, p.config.Desk, http.StatusSeeOther)
		}
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", p.policy)
	AddMissing(h, OWASPFields())
	_, _ = w.Write(p.launch)
}

// context takes a context from the SDK.
func (p *pages) context(w http.ResponseWriter, r *http.Request) {
	if !p.config.SameOrigin(r) {
		plain(w, http.StatusForbidden, "not a request of a page of this site")
		return
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		plain(w, http.StatusUnsupportedMediaType, "Content-Type must be application/json")
		return
	}
	var body struct{ Context string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxContextBody)).Decode(&body); err != nil {
		plain(w, http.StatusBadRequest, "the body is not the JSON that this path takes")
		return
	}
	if p.enter(w, r, body.Context) {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	}
}

// enter begins a session, or finishes the login that the context's action belongs
// to, in the session that began it. Where it returns false it has answered.
func (p *pages) enter(w http.ResponseWriter, r *http.Request, sealed string) bool {
	_, context, err := p.app.Verify(sealed)
	if err == nil && p.config.Login != nil && strings.HasPrefix(context.Action, actionPrefix) {
		err = p.finish(w, r, context)
	} else if err == nil {
		var cookie *http.Cookie
		if cookie, err = p.app.NewSession(context.UserID); err == nil {
			http.SetCookie(w, cookie)
		}
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, ErrLogin): // of an agent, who may know
		plain(w, http.StatusConflict, "this login could not be completed: begin it again")
	default:
		plain(w, http.StatusForbidden, "you are not an agent here")
	}
	return false
}

// finish ends a login elsewhere.
func (p *pages) finish(w http.ResponseWriter, r *http.Request, context Context) error {
	session, err := p.app.SessionOf(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLogin, err)
	}
	if session.UserID != context.UserID {
		return fmt.Errorf("%w: the client's user is another now", ErrLogin)
	}
	person, err := p.config.Login.Finish(r.Context(), session, context.Action)
	if err != nil {
		return err
	}
	return p.config.LoggedIn(w, r, session, person)
}

// login begins a login elsewhere.
func (p *pages) login(w http.ResponseWriter, r *http.Request) {
	session, err := p.app.SessionOf(r)
	if err != nil || !p.config.SameOrigin(r) {
		plain(w, http.StatusForbidden, "you are not an agent here")
		return
	}
	target, err := p.config.Login.Begin(r.Context(), session)
	if err != nil {
		p.config.Login.fail(w, http.StatusServiceUnavailable, err)
		return
	}
	body, err := json.Marshal(map[string]string{"url": target})
	if err != nil {
		p.config.Login.fail(w, http.StatusServiceUnavailable, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}
