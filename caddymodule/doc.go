// Package caddymodule explains the proxy to Caddy.
//
// # What
//
// The package registers with Caddy, when it is imported:
//
//   - http.handlers.cobrowse, the [Handler]: one middleware that puts Zoom
//     Cobrowse on every page of the site behind it, and its Caddyfile directive
//     cobrowse, ordered right after encode;
//   - http.handlers.cobrowse.agents.*, which say who the agent is: caddy_user
//     ([CaddyUser]), from Caddy's own authentication; forward_auth
//     ([ForwardAuthAgents]), from a gateway's answer; header ([HeaderAgents]);
//     jwt ([JWTAgents]); oidc ([OIDCAgents]), with a sign-in of its own; zoomapp
//     ([ZoomAppAgents]), inside the Zoom client. Each is behind an [AgentPolicy];
//   - admin.api.cobrowse: GET /cobrowse/status tells what runs and what it did,
//     GET /cobrowse/health/live and ready how it is;
//   - the command "caddy cobrowse proxy": a proxy in front of one site, without
//     any file. [ProxyCommand] gives it to programs that want it at the top;
//   - the commands token-server, token and audit beside it ([ToolCommands]).
//
// # Why
//
// All that is decided about a request is decided in package proxy, which does
// not know Caddy. What is left here is translation: names that operators write
// become a [proxy.Config], placeholders become values, Caddy's matchers become
// functions, decisions become metrics. This is the only package that imports
// Caddy (but for the main package), so that programs without Caddy stay small
// and the tests of all else stay quick.
//
// # How
//
// A configuration takes this way: caddyfile.go turns directives into the JSON
// fields of [Handler]; Provision expands the credentials (secrets.go), loads
// matchers (matchers.go) and the guest module that identifies agents, maps
// everything in one place (config.go) and hands it to [proxy.New]. ServeHTTP is
// then one line.
//
// What outlives a configuration, because operators expect it, are the counters of
// metrics.go, which are registered anew in the registry that each configuration
// brings, and what lives in a [caddy.UsagePool] each: the tallies of instance.go,
// the series of sites, sandboxes, the store in memory, sign-ins of agents, files
// of the audit record and senders of webhooks. No other state of this package is
// global.
//
// Secrets are placeholders in the configuration and stay so: what they expand to
// goes straight to package proxy, and appears in no field of the handler, no
// error, log line, metric or answer of the admin API. Caddy's {$VAR} is replaced
// while a Caddyfile is parsed, before anybody can help; a secret that arrives in
// that way is accepted with a warning.
//
// # Guest modules
//
// The namespace http.handlers.cobrowse.agents takes modules of others. Such a
// module implements [proxy.AgentIdentifier], and [caddyfile.Unmarshaler] where
// it can be named in a Caddyfile. One with pages to sign in implements
// [proxy.SignIn], one that must see every request [proxy.RequestCleaner].
//
// So does the namespace http.handlers.cobrowse.stores. Such a module implements
// [SessionStore], and [SharedStore] where several instances may share its engine.
package caddymodule
