// Package zoomapp lets the agents' desk run inside the Zoom client, as a Zoom
// App.
//
// # Why
//
// The Zoom client opens an app's home page with a request header,
// X-Zoom-App-Context, that only Zoom can have made: it is sealed with the app's
// client secret and names the Zoom user. So an agent who is signed in to Zoom
// needs no second login. What the header proves is which Zoom user opened this
// app, not that the user is one of your agents: once an app is published, any
// Zoom user can open it. Therefore there is a list of agents, and it is required.
//
// # What
//
//   - [Sealer.Open] opens a context and checks it: context.go, open.go.
//   - [App.Identify] finds the agent behind a request, by its context or by the
//     session that a context began: app.go, session.go.
//   - [App.Frame] and [AddMissing] add the header fields without which the client
//     shows no page: headers.go.
//   - [Installer] is the OAuth flow that installs the app and opens it through a
//     deep link: install.go, with state.go and zoom.go. Where a [Vault] and a
//     [TokenStore] are given, it keeps users' tokens, sealed: tokens.go, vault.go.
//   - [ExternalLogin] is the login at a third party, in the system's browser,
//     that ends in the session inside the client that began it: login.go,
//     thirdparty.go.
//   - [App.Pages] are the routes beside the desk: pages.go, with enter.go, where a
//     context becomes a session, and notice.go, the pages that tell of a failure.
//
// # Rules
//
// A request with a context is decided by it: a bad one never falls through to a
// session, or to a weaker source of identity. Whoever sends a bad one learns
// nothing; the log has the reason, and the user only as a digest.
//
// With a login, Zoom's word opens nothing: it says in which session somebody may
// sign in. The way back from the browser is a deep link whose action is a ticket,
// good once and in the session that began: so a person who is talked into finishing
// another's login signs in nobody. A deep link without an action, which Zoom gives
// without a token, could not do that, and is not used; that is why a login needs
// stored tokens.
//
// Contexts carry no nonce, so that one can be used again for as long as it
// lives, about two minutes. That is Zoom's design; nothing here can end it.
//
// The facts are from Zoom's documentation ("Zoom App context", "In-client OAuth",
// "Deep linking", "OWASP headers") and from the code of its samples, whose faults
// docs/compatibility.md lists.
package zoomapp
