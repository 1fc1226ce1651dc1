package oidc

import (
	"context"
	"errors"
	"fmt"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// Challenge is what an authorization request carries, and what redeeming its
// code takes: 256 random bits in base64url each. Whoever begins a login with
// [Provider.AuthorizationURL] keeps it, for one use, where no browser sees Nonce
// and Verifier.
type Challenge struct {
	// State comes back with the code (RFC 6749, section 10.12).
	State string
	// Nonce must be in the ID token (OpenID Connect Core, section 3.1.2.1).
	Nonce string
	// Verifier proves who asked for the code (RFC 7636, section 4.1). The request
	// has its S256 challenge.
	Verifier string
}

// The methods below are for a sign-in that begins in one program and goes through
// another one's browser, such as the desk in the Zoom client: there is no cookie
// to bind the two halves of the login by, and so its caller binds them, and names
// the session of its own to which the sign-in belongs. [Provider.Login],
// [Provider.Callback] and [Provider.Identify] are for everybody else.

// AuthorizationURL returns the provider's page to sign in at. With other, the provider
// is asked to let the person choose an account, also where one is signed in with it. It
// fails where the provider cannot be reached.
func (p *Provider) AuthorizationURL(ctx context.Context, c Challenge, other bool) (string, error) {
	if !isRandom(c.State) || !isRandom(c.Nonce) || !isRandom(c.Verifier) {
		return "", errors.New("beginning a login: state, nonce and verifier must be 256 random bits each")
	}
	e, err := p.discovery.get(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(c.Verifier), gooidc.Nonce(c.Nonce)}
	if other {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return p.oauth(e).AuthCodeURL(c.State, options...), nil
}

// Redeem returns the person for whom the provider sent a browser back with query,
// to {Origin}{Base}/callback. The caller has found the challenge by the query's
// state, and forgotten it. The error is [agent.ErrNotAllowed] for a person who is
// in none of the allowed groups; it shows nothing of the query.
func (p *Provider) Redeem(ctx context.Context, query string, c Challenge) (agent.Agent, error) {
	answer, err := parseAnswer(query)
	switch {
	case err != nil:
		return agent.Agent{}, err
	case answer.state != c.State || c.Verifier == "" || c.Nonce == "":
		return agent.Agent{}, fmt.Errorf("%w: the answer is another login's", errStale)
	}
	who, err := p.finish(ctx, answer, login{Nonce: c.Nonce, Verifier: c.Verifier})
	switch {
	case err != nil:
		return agent.Agent{}, err
	case !p.allowed(who):
		return agent.Agent{}, fmt.Errorf("%q is in none of the allowed groups: %w", who.ID, agent.ErrNotAllowed)
	}
	return who, nil
}

// Keep signs a person in, in a session of the caller's, in place of who was
// signed in there.
func (p *Provider) Keep(ctx context.Context, session string, who agent.Agent) error {
	if err := p.End(ctx, session); err != nil {
		return err
	}
	return p.keep(ctx, externalKey(session), who)
}

// Find returns who is signed in, in a session of the caller's. With use it counts
// as the agent's activity. The error is [agent.ErrInvalidCredential] where nobody
// is (any more), [agent.ErrNotAllowed] where the person is no agent by today's
// groups, and another one where the Store cannot tell.
func (p *Provider) Find(ctx context.Context, session string, use bool) (agent.Agent, error) {
	return p.find(ctx, externalKey(session), use)
}

// End signs out who is signed in, in a session of the caller's. That nobody is, is
// no error.
func (p *Provider) End(ctx context.Context, session string) error {
	if err := p.config.Store.Delete(ctx, externalKey(session)); err != nil {
		return fmt.Errorf("ending an agent's sign-in: %w", err)
	}
	return nil
}

func externalKey(session string) string { return digest("external session", session) }
