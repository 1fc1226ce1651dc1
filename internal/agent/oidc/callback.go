package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwks"
)

// maxParameter is the longest parameter of a callback, in bytes.
const maxParameter = 4 << 10

// Why a login is not finished. Each has its [Notice].
var (
	errStale     = errors.New("the login was not begun in this browser, is too old, or has been finished")
	errCancelled = errors.New("the provider answered access_denied")
	errRefused   = errors.New("the provider did not confirm an identity")
	errStore     = errors.New("the store of sign-ins failed")
)

// Callback takes the browser back from the provider, and signs the agent in
// where everything fits: the state belongs to a login that this browser began
// less than ten minutes ago and has not finished, the provider gives an ID
// token for its code, and the token has the login's nonce and names a person
// who is let in. It answers with a redirect to the desk, or with a [Notice]: 400
// for a login that is not this browser's, 403 for a person who is not let in,
// 503 where the provider or the Store fails.
//
// It answers GET only.
func (p *Provider) Callback(w http.ResponseWriter, r *http.Request) {
	if !allowMethod(w, r, http.MethodGet) {
		return
	}
	answer, err := parseAnswer(r.URL.RawQuery)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	l, err := p.resume(r, answer.state)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.cookies.set(w, p.cookies.login(answer.state), "", -1)
	who, err := p.finish(r.Context(), answer, l)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if !p.allowed(who) {
		p.config.Logger.WarnContext(r.Context(), "a person who is no agent tried to sign in", "person", who.ID)
		name := who.Name
		if name == "" {
			name = who.ID
		}
		p.notice(w, r, p.noticeNotAllowed(name))
		return
	}
	if err := p.start(w, r, answer.state, who); err != nil {
		p.fail(w, r, err)
		return
	}
	p.config.Logger.InfoContext(r.Context(), "an agent signed in", "agent", who.ID)
	redirect(w, l.Return)
}

// fail tells the person what is wrong, and the log why.
func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	p.config.Logger.WarnContext(r.Context(), "an agent could not sign in", "error", err)
	n := p.noticeDown()
	switch {
	case errors.Is(err, errStale):
		n = p.noticeStale()
	case errors.Is(err, errCancelled):
		n = p.noticeCancelled()
	case errors.Is(err, errRefused):
		n = p.noticeRefused()
	case errors.Is(err, ErrFull):
		n = p.noticeFull()
	case errors.Is(err, errStore):
		n = p.noticeStore()
	}
	p.notice(w, r, n)
}

// answer is what the provider sends with the browser (RFC 6749, section 4.1.2,
// and RFC 9207).
type answer struct {
	state, code, failure, issuer string
}

// parseAnswer reads a callback's query. Parameters must come once (RFC 6749,
// section 3.1): of two, each reader could take another.
func parseAnswer(query string) (answer, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return answer{}, fmt.Errorf("%w: the query cannot be read", errStale)
	}
	var a answer
	for _, parameter := range []struct {
		name string
		to   *string
	}{{"state", &a.state}, {"code", &a.code}, {"error", &a.failure}, {"iss", &a.issuer}} {
		switch found := values[parameter.name]; {
		case len(found) == 0:
		case len(found) == 1 && len(found[0]) <= maxParameter:
			*parameter.to = found[0]
		default:
			return answer{}, fmt.Errorf("%w: the parameter %s comes more than once, or is too long", errStale, parameter.name)
		}
	}
	if !isRandom(a.state) {
		return answer{}, fmt.Errorf("%w: the state is none of ours", errStale)
	}
	return a, nil
}

// resume returns the login that this browser began with a state.
func (p *Provider) resume(r *http.Request, state string) (login, error) {
	sealed, ok := one(r, p.cookies.login(state))
	if !ok || sealed == "" {
		return login{}, fmt.Errorf("%w: the browser has no cookie of it", errStale)
	}
	l, err := p.sealer.open(state, sealed)
	switch {
	case err != nil:
		return login{}, fmt.Errorf("%w: %w", errStale, err)
	case l.Client != p.client:
		return login{}, fmt.Errorf("%w: it was begun under another configuration", errStale)
	case p.config.Now().Unix() >= l.Ends:
		return login{}, fmt.Errorf("%w: it took too long", errStale)
	}
	return l, nil
}

// finish asks the provider who has signed in.
func (p *Provider) finish(ctx context.Context, a answer, l login) (agent.Agent, error) {
	e, err := p.discovery.get(ctx)
	switch {
	case err != nil:
		return agent.Agent{}, err
	case a.issuer != "" && a.issuer != p.config.Issuer, a.issuer == "" && e.SendsIssuer:
		return agent.Agent{}, fmt.Errorf("%w: the answer is another provider's (RFC 9207)", errRefused)
	case a.failure == "access_denied":
		return agent.Agent{}, errCancelled
	case a.failure != "" || a.code == "":
		return agent.Agent{}, fmt.Errorf("%w: it answered with %s", errRefused, knownCode(a.failure))
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.http)
	token, err := p.oauth(e).Exchange(ctx, a.code, oauth2.VerifierOption(l.Verifier))
	if err != nil {
		return agent.Agent{}, exchangeError(err)
	}
	return p.read(ctx, e, token, l.Nonce)
}

// start keeps the sign-in, under an ID that nobody knew before.
func (p *Provider) start(w http.ResponseWriter, r *http.Request, state string, who agent.Agent) error {
	ctx, store, now := r.Context(), p.config.Store, p.config.Now()
	first, err := store.Once(ctx, digest("login", state), now, now.Add(stateLife))
	if err != nil {
		return fmt.Errorf("%w: finishing a login: %w", errStore, err)
	}
	if !first {
		return fmt.Errorf("%w: it has been finished", errStale)
	}
	if old, ok := one(r, p.cookies.session()); ok && isRandom(old) {
		if err := store.Delete(ctx, digest("session", old)); err != nil {
			return fmt.Errorf("%w: ending the sign-in before: %w", errStore, err)
		}
	}
	id, err := random(p.config.Rand)
	if err != nil {
		return err
	}
	if err := p.keep(ctx, digest("session", id), who); err != nil {
		return err
	}
	p.cookies.set(w, p.cookies.session(), id, 0)
	return nil
}

// exchangeError says why there are no tokens, without what the provider wrote:
// x/oauth2 puts the whole answer into its error.
func exchangeError(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if broken, ok := errors.AsType[*url.Error](err); ok {
			return fmt.Errorf("%w: asking for tokens: %w", ErrUnavailable, broken)
		}
		return fmt.Errorf("%w: its answer has no tokens", ErrUnavailable)
	}
	switch code := knownCode(refused.ErrorCode); code {
	case "invalid_grant": // the code was used, is too old, or is another client's or browser's
		return fmt.Errorf("%w: the provider takes the code no more", errStale)
	default:
		return fmt.Errorf("%w: asking for tokens: status %d, %s", ErrUnavailable, refused.Response.StatusCode, code)
	}
}

// knownCode returns an error code of RFC 6749, sections 4.1.2.1 and 5.2, or of
// OpenID Connect Core, section 3.1.2.6, and for another one says only that.
func knownCode(code string) string {
	switch code {
	case "invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type", "invalid_scope",
		"unauthorized_client", //nolint:misspell // the word is RFC 6749's
		"unsupported_response_type", "server_error", "temporarily_unavailable", "interaction_required", "login_required",
		"account_selection_required", "consent_required":
		return code
	case "":
		return "no error code"
	}
	return "an error code of its own"
}

// unavailable reports whether an error of the key set means that the provider
// is down, rather than the token wrong.
func unavailable(err error) bool { return errors.Is(err, jwks.ErrUnavailable) }
