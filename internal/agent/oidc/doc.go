// Package oidc lets agents sign in with an OpenID Connect provider.
//
// # Flow
//
// It is the authorization code flow (OpenID Connect Core, section 3.1) as RFC
// 9700 wants it today: PKCE with S256 (RFC 7636), a state and a nonce that
// belong to one browser, an exact redirect URI, and the issuer's name in the
// answer where the provider sends it (RFC 9207). Three methods are routes, for the
// caller to mount beneath Base:
//
//	GET  {Base}/login     [Provider.Login]     to the provider
//	GET  {Base}/callback  [Provider.Callback]  back from it
//	POST {Base}/logout    [Provider.Logout]    ends the sign-in
//
// and [Provider.Identify] is the [agent.Identifier]. Where it finds nobody, the
// error names the login page ([agent.SignInPath]).
//
//	provider, err := oidc.New(oidc.Config{
//		Issuer: "https://login.example", ClientID: "desk", ClientSecret: secret,
//		Origin: "https://shop.example", AllowGroups: []string{"agents"},
//		Store: sessions,
//	})
//	…
//	who, err := provider.Identify(r)
//	if path := agent.SignInPath(err); path != "" {
//		http.Redirect(w, r, path+"?return="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
//	}
//	…
//	provider.Close() // sessions live on
//
// Where the desk is in another program, which sends its people to the system's
// browser to sign in, external.go has the same flow without routes and cookies.
//
// # What is kept where
//
// Between login and callback everything is in a cookie of ten minutes, sealed
// with AES-GCM under a key that only servers have, one cookie a tab. So anybody
// may start as many logins as they like without taking memory, and a second
// browser cannot finish what the first began. That a login is finished once is
// remembered by the [Store].
//
// A sign-in is kept by the Store too, never in the cookie: the cookie is 256
// random bits, and the Store knows their digest only. It is made anew at every
// login, ends 8 hours after it or 30 minutes after its last use, and ends at
// once with logout. [Sessions] keeps sign-ins in memory; it is an object of its own, so
// that a caller can carry it over a change of configuration. Instances of a server
// among which agents are led about share a Store, and the keys of logins under way
// ([Config].StateKeys).
//
// No token of the provider is kept: neither the access token nor the ID token
// is needed once the agent is known. So there is no refresh, and what the
// provider takes away (a group, an account) is noticed at the next login.
//
// # When the provider is down
//
// [New] asks the provider for nothing. The first login does, and tries again
// later where that fails. Agents who are signed in notice nothing.
//
// # Pages
//
// What goes wrong is told in words, as a [Notice]: uniform, without a value
// from the provider or the request, but for the name of a person who is no agent.
// The reason goes to the log, without secrets as well.
//
// # What is left to the caller
//
// The origin of the POST to logout, limits on how often an address may ask, and
// [Provider.StripCookies] for requests that go on to the site behind: a __Host-
// cookie has the path "/", so browsers send it there as well.
package oidc
