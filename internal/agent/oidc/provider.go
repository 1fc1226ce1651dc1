package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/backchannel"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwks"
)

// Name is what the agents of this source have as their Source.
const Name = "oidc"

// Provider is sign-in with one provider: an [agent.Identifier] and three
// routes. It is safe for concurrent use.
type Provider struct {
	config     Config
	loginPath  string
	deskPath   string
	client     string // whom a login and a sign-in belong to
	algorithms []jose.SignatureAlgorithm
	http       *http.Client
	discovery  *discovery
	sealer     *sealer
	cookies    cookies
}

// New makes a provider without asking it for anything, so that a provider that
// is down does not keep a server from starting. Errors name what is wrong with
// the configuration, and no secret.
func New(c Config) (*Provider, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Store == nil {
		c.Store = NewSessions(0)
	}
	if keeper, ok := c.Store.(interface{ StateKey() []byte }); ok && len(c.StateKeys) == 0 {
		c.StateKeys = [][]byte{keeper.StateKey()}
	}
	if len(c.StateKeys) == 0 {
		return nil, errKeys
	}
	seal, err := newSealer(c.StateKeys)
	if err != nil {
		return nil, err
	}
	p := &Provider{
		config:     c,
		loginPath:  c.Base + "/login",
		deskPath:   c.Base + "/desk",
		client:     digest("client", c.Issuer+"\x00"+c.ClientID),
		algorithms: jwks.Asymmetric(),
		http:       backchannel.New(c.Transport),
		sealer:     seal,
		cookies:    cookies{prefix: hostPrefix, secure: true},
	}
	if len(c.Algorithms) > 0 {
		p.algorithms = nil
		for _, a := range c.Algorithms {
			p.algorithms = append(p.algorithms, jose.SignatureAlgorithm(a))
		}
	}
	if c.PlainLoopback {
		p.cookies = cookies{}
	}
	p.discovery = newDiscovery(c.Issuer, p.http, c.Now)
	return p, nil
}

// Close ends idle connections to the provider. Sign-ins stay in the Store.
func (p *Provider) Close() { p.http.CloseIdleConnections() }

// StripCookies removes our cookies from a request that goes on to the site
// behind this server, which has no business knowing them.
func (p *Provider) StripCookies(h http.Header) { p.cookies.strip(h) }

// Identify implements [agent.Identifier], and counts as the agent's activity.
// It fails with an [agent.SignInError] where nobody is signed in, and with
// another error where the Store cannot tell.
func (p *Provider) Identify(r *http.Request) (agent.Agent, error) { return p.identify(r, true) }

// Revalidate implements [agent.Revalidator]: it does not count as activity, so
// that a desk which is open but unattended signs out.
func (p *Provider) Revalidate(r *http.Request) (agent.Agent, error) { return p.identify(r, false) }

func (p *Provider) identify(r *http.Request, use bool) (agent.Agent, error) {
	id, ok := one(r, p.cookies.session())
	switch {
	case ok && id == "":
		return agent.Agent{}, p.signIn(agent.ErrNoCredential)
	case !ok || !isRandom(id):
		return agent.Agent{}, p.signIn(agent.ErrInvalidCredential)
	}
	who, err := p.find(r.Context(), digest("session", id), use)
	if errors.Is(err, agent.ErrInvalidCredential) {
		return agent.Agent{}, p.signIn(err)
	}
	return who, err
}

// find returns whom the sign-in of a key is of. The error is
// [agent.ErrInvalidCredential] where there is none (any more), and
// [agent.ErrNotAllowed] where the person is no agent by today's groups.
func (p *Provider) find(ctx context.Context, key string, use bool) (agent.Agent, error) {
	now := p.config.Now()
	in, err := p.config.Store.Find(ctx, key, now, use)
	switch {
	case errors.Is(err, ErrNoSignIn):
		return agent.Agent{}, agent.ErrInvalidCredential
	case err != nil:
		return agent.Agent{}, fmt.Errorf("looking up an agent's sign-in: %w", err)
	case in.Client != p.client:
		return agent.Agent{}, agent.ErrInvalidCredential
	case p.outlived(in, now):
		if err := p.config.Store.Delete(ctx, key); err != nil {
			return agent.Agent{}, fmt.Errorf("ending an agent's sign-in: %w", err)
		}
		return agent.Agent{}, agent.ErrInvalidCredential
	case !p.allowed(in.Agent):
		return agent.Agent{}, agent.ErrNotAllowed
	}
	return in.Agent, nil
}

// keep makes a sign-in under a key that no other has.
func (p *Provider) keep(ctx context.Context, key string, who agent.Agent) error {
	now := p.config.Now()
	in := SignIn{Agent: who, Client: p.client, Created: now, Used: now, Lifetime: p.config.Lifetime, Idle: p.config.Idle}
	if err := p.config.Store.Create(ctx, key, in); err != nil {
		return fmt.Errorf("%w: keeping a sign-in: %w", errStore, err)
	}
	return nil
}

// outlived applies today's timeouts to a sign-in from before a change of
// configuration, where they are shorter.
func (p *Provider) outlived(in SignIn, now time.Time) bool {
	in.Lifetime, in.Idle = min(in.Lifetime, p.config.Lifetime), min(in.Idle, p.config.Idle)
	return in.Over(now)
}

// allowed applies today's groups, also to a sign-in from before a change of
// configuration.
func (p *Provider) allowed(who agent.Agent) bool {
	return p.config.AllowAnyUser || slices.ContainsFunc(who.Groups, func(g string) bool {
		return slices.Contains(p.config.AllowGroups, g)
	})
}

func (p *Provider) signIn(why error) error {
	return &agent.SignInError{Path: p.loginPath, Err: why}
}

// oauth returns the client's side of RFC 6749.
func (p *Provider) oauth(e *endpoints) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     p.config.ClientID,
		ClientSecret: p.config.ClientSecret,
		Endpoint:     oauth2.Endpoint{AuthURL: e.Authorization, TokenURL: e.Token, AuthStyle: e.authStyle(p.config.ClientSecret)},
		RedirectURL:  p.config.Origin + p.config.Base + "/callback",
		Scopes:       p.config.Scopes,
	}
}
