// Package header takes an agent's identity from request headers that a trusted
// proxy sets, such as Authelia, Authentik or oauth2-proxy in front of this
// server.
//
// # Why so strict
//
// Anybody can send a header. What makes Remote-User an identity is only that a
// proxy which the operator trusts has removed the client's and written its own.
// So the headers count only where the TCP peer is one of the trusted proxies:
// X-Forwarded-For is a header like any other. A request that carries them from
// elsewhere is refused, and not passed to another source of identity.
//
// A header's name has more spellings than one. Programs that come from CGI (RFC
// 3875, section 4.1.18) read Remote-User, Remote_User and, some of them,
// Remote.User as one variable, so a proxy that removes only the first lets a
// client speak for anybody. Twice this was a hole in Caddy
// (GHSA-f59h-q822-g45g, GHSA-49wc-4hcv-v58q). [Source.Strip] removes every
// spelling, and [Source.Clean] leaves only a trusted proxy's own.
//
// # How
//
//	source, err := header.New(header.Config{TrustedProxies: prefixes})
//	…
//	source.Clean(r) // on every request, before anybody else reads its headers
//	who, err := source.Identify(r)
package header
