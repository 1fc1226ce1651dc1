package caddymodule

import (
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// placeOf names the server that ctx provisions for, so that what lives in a pool
// is found again by the configuration that replaces this one: by the first, in the
// alphabet, of the addresses that it listens on. A server's own name would not
// do, since a Caddyfile's servers are called after their position in it. It is ""
// where there is no server.
func placeOf(ctx caddy.Context) string {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok || len(server.Listen) == 0 {
		return ""
	}
	return slices.Min(server.Listen)
}
