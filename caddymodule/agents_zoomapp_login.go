package caddymodule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// ZoomAppLogin is the OpenID Connect provider with which agents sign in, beside
// Zoom. `/_cobrowse/callback`, with Origin in front, must be registered with it. In
// Zoom's Marketplace the app needs the API `openUrl`, the scope for deep links
// (`app:deeplink:write`, or `zoomapp:inmeeting`), and the provider's host on the
// domain allow list. `/_cobrowse/logout`, the desk's button, ends the sign-in at once.
type ZoomAppLogin struct {
	OIDCSettings

	// Name is what agents call the provider: the button in the client says `Sign in
	// with` and this. Placeholders are not supported. The default is the host of the
	// issuer.
	Name string `json:"name,omitempty"`
}

// errLoginNeedsTokens tells why.
var errLoginNeedsTokens = errors.New("login oidc needs install with tokens { key ... }: the browser leads back into the client by a link with a ticket in it, for which Zoom wants the user's token; a link without one would let somebody finish a login that another person was talked into")

// zoomAppSource is what agents of a Zoom App have as their source, who have signed
// in with a provider, too.
const zoomAppSource = zoomAppFolder + "+" + oidc.Name

// parseLogin reads login with its kind and block.
func (a *ZoomAppAgents) parseLogin(p *parser) error {
	if !p.NextArg() || p.Val() != oidc.Name {
		return p.misused()
	}
	a.Login = new(ZoomAppLogin)
	words := a.Login.words()
	words["name"] = textWord(`name "<text>"`, &a.Login.Name)
	return p.blockOnly(words)
}

// zoomAppLogin is the login at a provider. It is nil where there is none.
type zoomAppLogin struct {
	oidcProvider
	app      *zoomapp.App
	external *zoomapp.ExternalLogin
	home     string
}

// prepareLogin makes the login. It asks the provider nothing.
func (a *ZoomAppAgents) prepareLogin(ctx caddy.Context, repl *caddy.Replacer, site siteSettings, states zoomapp.States) error {
	cfg, err := a.Login.config(repl, ctx.Slogger(), site)
	if err != nil {
		return err
	}
	issuer, err := url.Parse(cfg.Issuer)
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	a.login = &zoomAppLogin{app: a.app, home: a.home} // what open takes, Cleanup gives back
	if err := a.login.open(cfg, site.shared); err != nil {
		return err
	}
	a.login.external, err = zoomapp.NewExternalLogin(zoomapp.LoginConfig{
		ThirdParty: a.login, Name: cmp.Or(a.Login.Name, issuer.Host),
		DeepLinks: a.installer, InstallURL: a.installURL,
		States: states, Logger: ctx.Slogger(),
	})
	return err
}

// flow returns the login as the app's pages know it.
func (l *zoomAppLogin) flow() *zoomapp.ExternalLogin {
	if l == nil {
		return nil
	}
	return l.external
}

// find returns who is signed in, in the session of a Zoom user who is on the list.
func (l *zoomAppLogin) find(r *http.Request, user zoomapp.Agent, use bool) (agent.Agent, error) {
	session, err := l.app.SessionOf(r)
	if err != nil {
		return agent.Agent{}, signInAt(l.home, err)
	}
	if session.AgentID() != user.ID { // the header names somebody else than the cookie
		return agent.Agent{}, signInAt(l.home, zoomapp.ErrBadSession)
	}
	who, err := l.provider.Find(r.Context(), session.ID, use)
	switch {
	case errors.Is(err, agent.ErrInvalidCredential):
		return agent.Agent{}, &agent.SignInError{Path: l.home, Err: agent.ErrNoCredential}
	case err != nil:
		return agent.Agent{}, err
	}
	who.Name, who.Source = cmp.Or(who.Name, user.Name), zoomAppSource
	return who, nil
}

// Authorize implements [zoomapp.ThirdParty].
func (l *zoomAppLogin) Authorize(ctx context.Context, c zoomapp.Challenge, other bool) (string, error) {
	return l.provider.AuthorizationURL(ctx, oidc.Challenge(c), other)
}

// Exchange implements [zoomapp.ThirdParty].
func (l *zoomAppLogin) Exchange(ctx context.Context, query string, c zoomapp.Challenge) (zoomapp.Person, error) {
	who, err := l.provider.Redeem(ctx, query, oidc.Challenge(c))
	switch {
	case errors.Is(err, agent.ErrNotAllowed):
		return zoomapp.Person{}, fmt.Errorf("%w: %w", zoomapp.ErrNotAllowed, err)
	case err != nil && !errors.Is(err, oidc.ErrUnavailable):
		return zoomapp.Person{}, fmt.Errorf("%w: %w", zoomapp.ErrLogin, err)
	}
	return zoomapp.Person{ID: who.ID, Name: who.Name, Email: who.Email, Groups: who.Groups}, err
}

// Keep implements [zoomapp.ThirdParty].
func (l *zoomAppLogin) Keep(ctx context.Context, s zoomapp.Session, p zoomapp.Person) error {
	return l.provider.Keep(ctx, s.ID, agent.Agent{ID: p.ID, Name: p.Name, Email: p.Email, Groups: p.Groups})
}

// SignedIn implements [zoomapp.ThirdParty]. A person whom today's groups let in no
// more can sign in as somebody else.
func (l *zoomAppLogin) SignedIn(ctx context.Context, s zoomapp.Session) (bool, error) {
	_, err := l.provider.Find(ctx, s.ID, false)
	if errors.Is(err, agent.ErrUnidentified) {
		return false, nil
	}
	return err == nil, err
}

// End implements [zoomapp.ThirdParty].
func (l *zoomAppLogin) End(ctx context.Context, s zoomapp.Session) error {
	return l.provider.End(ctx, s.ID)
}

// Login implements [proxy.SignIn]: it begins in the client, on the app's home page.
func (l *zoomAppLogin) Login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, l.home, http.StatusSeeOther)
}

// Callback implements [proxy.SignIn].
func (l *zoomAppLogin) Callback(w http.ResponseWriter, r *http.Request) {
	l.external.ServeCallback(w, r)
}

// Logout implements [proxy.SignIn].
func (l *zoomAppLogin) Logout(w http.ResponseWriter, r *http.Request) {
	l.external.Logout(l.app, l.home, w, r)
}

// StripCookies implements [proxy.SignIn]: those of the app go with [ZoomAppAgents.Strip].
func (*zoomAppLogin) StripCookies(http.Header) {}

// signInOf returns the routes of a source of agents' identities that has pages to
// sign in at, nil where it has none.
func signInOf(agents proxy.AgentIdentifier) proxy.SignIn {
	if app, ok := agents.(*ZoomAppAgents); ok {
		if app.login == nil {
			return nil // not an interface that holds nil
		}
		return app.login
	}
	signIn, _ := agents.(proxy.SignIn)
	return signIn
}

// Interface guards
var (
	_ zoomapp.ThirdParty = (*zoomAppLogin)(nil)
	_ proxy.SignIn       = (*zoomAppLogin)(nil)
)
