package zoomapp

import "context"

// Person is whom a third party has identified.
type Person struct {
	ID     string   `json:"id"`
	Name   string   `json:"name,omitempty"`
	Email  string   `json:"email,omitempty"`
	Groups []string `json:"groups,omitempty"`
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

// ThirdParty is whom people sign in with, and who has done so. It is safe for
// concurrent use.
type ThirdParty interface {
	// Authorize returns the third party's URL for an authorization request with
	// State, Nonce and the S256 challenge of Verifier. With other, the person is to
	// choose an account, also where one is signed in there.
	Authorize(ctx context.Context, c Challenge, other bool) (string, error)
	// Exchange redeems the code in the query with which the third party sent the
	// browser back, checks what comes for it against the challenge, and returns whom
	// it names. The error is [ErrNotAllowed] for a person who is no agent, [ErrLogin]
	// where the third party said no, or another one where it cannot tell.
	Exchange(ctx context.Context, query string, c Challenge) (Person, error)
	// Keep signs a person in, in a session; SignedIn reports whether somebody is; and
	// End signs out who is, where somebody is.
	Keep(ctx context.Context, s Session, p Person) error
	SignedIn(ctx context.Context, s Session) (bool, error)
	End(ctx context.Context, s Session) error
}

// DeepLinks open the app for Zoom users. An [Installer] that keeps tokens has them.
type DeepLinks interface {
	// DeepLink returns a link that opens the app for a user, with an action. The
	// error may be [ErrNoTokens].
	DeepLink(ctx context.Context, userID, action string) (string, error)
	// Linked reports whether there can be one, as far as is known here.
	Linked(ctx context.Context, userID string) (bool, error)
}
