package oidc

import (
	"net/http"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Login sends the browser to the provider. The query parameter "return" may
// name a path of the desk for afterwards; another one is not followed. With
// "account=other" the provider is asked to let the person choose an account,
// also where one is signed in with it.
//
// It answers GET only. Where the provider cannot be reached it answers 503 with
// a [Notice].
func (p *Provider) Login(w http.ResponseWriter, r *http.Request) {
	if !allowMethod(w, r, http.MethodGet) {
		return
	}
	e, err := p.discovery.get(r.Context())
	if err != nil {
		p.config.Logger.WarnContext(r.Context(), "an agent cannot sign in: no answer from the identity provider", "error", err)
		p.notice(w, r, p.noticeDown())
		return
	}
	query := r.URL.Query()
	state, sealed, l, err := p.begin(query.Get("return"))
	if err != nil {
		p.config.Logger.ErrorContext(r.Context(), "an agent cannot sign in: a login cannot be begun", "error", err)
		p.notice(w, r, p.noticeDown())
		return
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(l.Verifier), gooidc.Nonce(l.Nonce)}
	if query.Get("account") == "other" {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	p.cookies.endOldLogins(w, r)
	p.cookies.set(w, p.cookies.login(state), sealed, int(stateLife.Seconds()))
	redirect(w, p.oauth(e).AuthCodeURL(state, options...))
}

// begin makes a login, and what its browser keeps of it.
func (p *Provider) begin(asked string) (state, sealed string, l login, err error) {
	l = login{
		Return: returnTo(p.deskPath, asked),
		Client: p.client,
		Ends:   p.config.Now().Add(stateLife).Unix(),
	}
	for _, to := range []*string{&state, &l.Nonce, &l.Verifier} {
		if *to, err = random(p.config.Rand); err != nil {
			return "", "", login{}, err
		}
	}
	sealed, err = p.sealer.seal(state, l)
	return state, sealed, l, err
}

// redirect answers 303: whatever the request was, the next one is a GET.
func redirect(w http.ResponseWriter, to string) {
	private(w)
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// allowMethod answers 405 to other methods (RFC 9110, section 15.5.6).
func allowMethod(w http.ResponseWriter, r *http.Request, method string) bool {
	if r.Method == method {
		return true
	}
	private(w)
	w.Header().Set("Allow", method)
	w.WriteHeader(http.StatusMethodNotAllowed)
	return false
}
