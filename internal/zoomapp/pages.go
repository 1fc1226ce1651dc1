package zoomapp

import (
	"bytes"
	_ "embed" // the page
	"errors"
	"fmt"
	"html/template"
	"net/http"
)

var (
	//go:embed pages/launch.html
	launchHTML string
	//go:embed pages/launch.js
	launchJS []byte
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
	// Login answers login; nil means that Zoom's word is enough. Its callback is for
	// the caller to mount, where the third party knows it.
	Login *ExternalLogin
}

// pages are what the app consists of beside the desk.
type pages struct {
	app    *App
	config PagesConfig
	policy string
	// ask, login and again are the launch page in its states.
	ask, login, again []byte
}

// Pages returns the handler of what lies at and below Base:
//
//	GET  Base            the home page: with a context in the header it begins a
//	                     session and goes to the desk; without, it asks the SDK for one
//	POST Base/context    a context from the SDK: {"context"}; 204, or {"login"} where
//	                     the agent has to sign in with the third party first
//	POST Base/login      begins that, where there is a Login: {"url", "install"}
//	GET  Base/install    the landing page, where there is an Installer
//	GET  Base/redirect   back from Zoom
//
// Whoever is no agent gets 403 and no reason.
func (a *App) Pages(c PagesConfig) (http.Handler, error) {
	if c.SameOrigin == nil {
		return nil, errors.New("the Zoom App's pages need to know the origin of requests")
	}
	p := &pages{
		app: a, config: c,
		policy: "default-src 'none'; script-src 'self' " + SDKSource + "; style-src " + styleSource + "; connect-src 'self'; " +
			"base-uri 'none'; form-action 'none'",
	}
	if err := p.render(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+c.Base, p.home)
	mux.HandleFunc("GET "+c.Base+"/launch.js", p.script)
	mux.HandleFunc("POST "+c.Base+"/context", p.context)
	if c.Installer != nil {
		mux.HandleFunc(c.Base+"/install", c.Installer.ServeLanding)
		mux.HandleFunc(c.Base+"/redirect", c.Installer.ServeRedirect)
	}
	if c.Login != nil {
		mux.HandleFunc("POST "+c.Base+"/login", p.begin)
	}
	return mux, nil
}

// render writes the launch page in its states.
func (p *pages) render() error {
	page, err := template.New("launch").Parse(launchHTML)
	if err != nil {
		return fmt.Errorf("parsing the launch page: %w", err)
	}
	view := struct {
		Base, Desk, SDK, State, Party string
		Style                         template.CSS
	}{Base: p.config.Base, Desk: p.config.Desk, SDK: SDKURL, Style: template.CSS(pageCSS)} //nolint:gosec // ours
	if p.config.Login != nil {
		view.Party = p.config.Login.config.Name
	}
	for state, to := range map[string]*[]byte{"ask": &p.ask, "begin": &p.login, "again": &p.again} {
		view.State = state
		var written bytes.Buffer
		if err := page.Execute(&written, view); err != nil {
			return fmt.Errorf("writing the launch page: %w", err)
		}
		*to = written.Bytes()
	}
	return nil
}

func (p *pages) script(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(launchJS) // a lost client is nobody's fault
}
