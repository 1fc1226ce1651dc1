// Command cobrowse-proxy is Caddy with the Zoom Cobrowse handler: a web server
// and reverse proxy that adds co-browsing to a site which stays as it is.
//
// With a Caddyfile in the working directory:
//
//	cobrowse-proxy run
//
// Without any file:
//
//	cobrowse-proxy proxy --from :8080 --to http://legacy:9000
//
// To see what it does, without an account:
//
//	cobrowse-proxy demo --to http://localhost:9000
//
// The first two need the environment variables ZOOM_SDK_KEY and ZOOM_SDK_SECRET. All of
// Caddy's commands work as usual, but for upgrade, add-package and
// remove-package: they would replace this program by a build of Caddy's download
// service, which lacks the handler.
package main

import (
	_ "time/tzdata" // for containers without a time zone database

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard" // the modules of every Caddy

	"github.com/cobrowse-proxy/cobrowse-proxy/caddymodule"
	_ "github.com/cobrowse-proxy/cobrowse-proxy/caddymodule/redis" // sessions for several instances
)

func init() {
	caddy.CustomBinaryName = "cobrowse-proxy"
	caddy.CustomLongDescription = description
	caddycmd.RegisterCommand(caddymodule.ProxyCommand())
	caddycmd.RegisterCommand(caddymodule.DemoCommand())
	for _, tool := range caddymodule.ToolCommands() {
		caddycmd.RegisterCommand(tool)
	}
}

func main() { caddycmd.Main() }

// description is what "cobrowse-proxy help" begins with.
const description = `Cobrowse Proxy puts Zoom Cobrowse on a site that stays as it is.

To see it on a site of yours, without an account, a key or a file:

  $ cobrowse-proxy demo --to http://localhost:9000

It is Caddy, a web server and reverse proxy, with one more directive. Two
environment variables hold the credentials of Zoom's Build portal:

  ZOOM_SDK_KEY      the SDK key (public, browsers see it)
  ZOOM_SDK_SECRET   the SDK secret (not the API secret)

In front of one site, without any file:

  $ cobrowse-proxy proxy --from :8080 --to http://legacy:9000

With a Caddyfile, whose shortest form is

  :8080 {
      encode
      cobrowse
      reverse_proxy legacy:9000
  }

and all of Caddy's features. Agents get in once the Caddyfile says who they
are; until then their desk, at /_cobrowse/desk, shows what to write.

  $ cobrowse-proxy run --config Caddyfile
  $ cobrowse-proxy validate --config Caddyfile
  $ cobrowse-proxy reload --config Caddyfile

In place of Zoom's auth-endpoint sample, with its .env:

  $ cobrowse-proxy token-server

Do not use the commands upgrade, add-package and remove-package: they replace
this program by a build of Caddy's download service, which lacks the directive.`
