// Package agent says who the agent behind a request is.
//
// An agent token lets its holder join any Cobrowse session whose PIN it
// learns, so it is minted for an identified agent only. This package holds the
// vocabulary that the rest of the program shares: what an agent is, how one is
// found, how finding one fails, and which of the people who were found the
// operator lets in ([Restrict]). The sources of identity are beneath it:
//
//	header/  headers that a trusted proxy sets (Authelia, oauth2-proxy, …)
//	jwt/     a signed token (Cloudflare Access, Pomerium, the site's own)
//	oidc/    a sign-in of our own with an OpenID Connect provider
//
// and what two of them need:
//
//	claims/       a token's claims, strictly read
//	jwks/         a provider's published keys
//	backchannel/  an HTTP client that cannot be led astray
//
// Caddy's own authentication is a source as well; it lives where Caddy is
// known.
//
// # Rules
//
// An [Identifier] fails closed: in doubt it returns an error that is
// [ErrUnidentified], never an Agent without an ID. An identity that was
// presented and refused ([ErrInvalidCredential], [ErrNotAllowed]) is the end of
// it: [FirstOf] asks the next source only where a request carries nothing for
// the one before ([ErrNoCredential]), so that a bad credential never falls
// through to a weaker source.
package agent
