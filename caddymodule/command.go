package caddymodule

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
)

// Commands of all modules share one namespace in other people's builds of
// Caddy, so that there everything of ours is below one parent.
func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "cobrowse",
		Usage: "<command>",
		Short: "Commands of the Zoom Cobrowse handler",
		Long: `
Commands of the Zoom Cobrowse handler (http.handlers.cobrowse).`,
		CobraFunc: func(cmd *cobra.Command) {
			proxy := &cobra.Command{Use: "proxy " + proxyUsage, Short: proxyShort, Long: proxyLong}
			proxyFlags(proxy)
			demo := &cobra.Command{Use: "demo " + demoUsage, Short: demoShort, Long: demoLong}
			demoFlags(demo)
			cmd.AddCommand(proxy, demo)
			addTools(cmd)
		},
	})
}

// ProxyCommand returns the command "proxy", for a program of its own to register
// with [caddycmd.RegisterCommand] before its main function. In other builds the
// same command is "caddy cobrowse proxy".
func ProxyCommand() caddycmd.Command {
	return caddycmd.Command{
		Name: "proxy", Usage: proxyUsage, Short: proxyShort, Long: proxyLong,
		CobraFunc: proxyFlags,
	}
}

const (
	proxyUsage = `--to <address> [--from <address>] [--path <prefix>] [--zoom-host <host>] [--origin <origin>] [--change-host-header] [--expose] [--access-log] [--debug]`
	proxyShort = "Puts Zoom Cobrowse on a site, as a proxy in front of it"
	proxyLong  = `
Puts Zoom Cobrowse on a site that stays as it is: a reverse proxy in front of
it adds a help button to every page, mints tokens, and serves the agents' desk.

Two environment variables must be set, to the credentials that Zoom's Build
portal shows for your Cobrowse SDK app:

  ZOOM_SDK_KEY      the SDK key (public, browsers see it)
  ZOOM_SDK_SECRET   the SDK secret (not the API secret)

The --from address is where browsers connect to. With a host name it is served
over HTTPS, with a certificate that is managed automatically; with a port only,
such as :8080, over HTTP. The --to address is the site; repeat it for several
servers of one site.

Nobody is an agent in this form, so the desk at /_cobrowse/desk answers 403 and
says how to open it: that, and all else that can be configured, needs a
Caddyfile. This command equals the following one:

  <from> {
      encode
      cobrowse
      reverse_proxy <to>
  }`
	proxyExample = `  ZOOM_SDK_KEY=... ZOOM_SDK_SECRET=... %s --from :8080 --to http://legacy:9000`
)

// proxyGrace is how long open connections may last after the signal to stop: a
// stream of events never ends by itself.
const proxyGrace = 10 * time.Second

// proxyFlags adds flags, example and action to the command.
func proxyFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringP("from", "f", ":8080", "Address on which browsers are served")
	flags.StringSliceP("to", "t", nil, "Address of the site, such as http://legacy:9000 (repeatable)")
	flags.String("path", "", "Prefix of everything that is served by this proxy itself (default /_cobrowse)")
	flags.String("zoom-host", "", "Host of Zoom's SDK and desk (default us01-zcb.zoom.us)")
	flags.StringSlice("origin", nil, "Public origin of the site, such as https://shop.example, where it differs from --from (repeatable)")
	flags.BoolP("change-host-header", "c", false, "Send the site its own address as Host, not the one that the browser asked for")
	flags.Bool("expose", false, "Tell the decision on each page in the response header X-Cobrowse")
	flags.Bool("access-log", false, "Enable the access log")
	flags.BoolP("debug", "v", false, "Enable verbose debug logs")
	cmd.Example = fmt.Sprintf(proxyExample, caddyName()+" "+cmd.Name())
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(runProxy)
}

// caddyName is the name of the program, as its help text shows it.
func caddyName() string {
	if caddy.CustomBinaryName != "" {
		return caddy.CustomBinaryName
	}
	return "caddy cobrowse"
}

// runProxy runs the proxy until a signal stops it.
func runProxy(fl caddycmd.Flags) (int, error) {
	caddy.TrapSignals()
	options, err := readProxyOptions(fl)
	if err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	cfg, err := options.config()
	if err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	if err := caddy.Run(cfg); err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	caddy.Log().Info("Zoom Cobrowse is on the site", zap.String("from", options.from), zap.Strings("to", options.to))
	select {} // the signal handler ends the process
}

// proxyOptions are the flags.
type proxyOptions struct {
	from                                 string
	to, origins                          []string
	path, zoomHost                       string
	changeHost, expose, accessLog, debug bool
}

func readProxyOptions(fl caddycmd.Flags) (proxyOptions, error) {
	o := proxyOptions{
		from: fl.String("from"), path: fl.String("path"), zoomHost: fl.String("zoom-host"),
		changeHost: fl.Bool("change-host-header"), expose: fl.Bool("expose"),
		accessLog: fl.Bool("access-log"), debug: fl.Bool("debug"),
	}
	var err error
	if o.to, err = fl.GetStringSlice("to"); err != nil {
		return o, err
	}
	if len(o.to) == 0 {
		return o, errors.New("--to is missing: give the address of the site, such as --to http://legacy:9000")
	}
	o.origins, err = fl.GetStringSlice("origin")
	return o, err
}
