package caddymodule

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// DemoCommand returns the command "demo", for a program of its own to register
// as it does [ProxyCommand]. In other builds the same command is "caddy cobrowse
// demo".
func DemoCommand() caddycmd.Command {
	return caddycmd.Command{
		Name: "demo", Usage: demoUsage, Short: demoShort, Long: demoLong,
		CobraFunc: demoFlags,
	}
}

const (
	demoUsage = `--to <address> [--from <address>] [--password <password>] [--debug]`
	demoShort = "Shows Zoom Cobrowse on your own site, without a Zoom account"
	demoLong  = `
Shows the whole product in front of a site of yours, which stays as it is: two
addresses are printed, one for the customer and one for the agent. Open both,
click the help button, read the PIN, and type it at the agent's desk.

Nothing is needed but the site. A sandbox in this program stands in for Zoom, so
that there is no account and no credential, and no page leaves this machine. The
sandbox says so wherever a person looks; what it cannot show of Zoom is in the
documentation. All form fields are masked; drawing, scrolling for the customer,
further tabs and continuing by video are on.

The --to address is the site. The --from address is where browsers connect to:
on this machine only, unless it names another host. With https:// it is served
with a certificate of Caddy's own authority, which browsers warn of.

The agent's password is made for this run, unless --password names one.

To go live, use the command "proxy" or a Caddyfile, with your two Zoom keys.`
	demoExample = `  %s --to http://localhost:9000
  %s --to https://shop.example --from http://localhost:8081`
)

// demoAgent is the one user of a demo's desk.
const demoAgent = "agent"

// demoFlags adds flags, example and action to the command.
func demoFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringP("from", "f", "http://localhost:8080", "Address on which browsers are served")
	flags.StringSliceP("to", "t", nil, "Address of the site, such as http://localhost:9000 (repeatable)")
	flags.String("password", "", "The agent's password (default one that is made for this run)")
	flags.BoolP("debug", "v", false, "Enable verbose debug logs")
	name := caddyName() + " " + cmd.Name()
	cmd.Example = fmt.Sprintf(demoExample, name, name)
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(runDemo)
}

// runDemo runs the demo until a signal stops it.
func runDemo(fl caddycmd.Flags) (int, error) {
	caddy.TrapSignals()
	options, err := readDemoOptions(fl)
	if err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	cfg, err := options.config()
	if err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	if err := caddy.Run(cfg); err != nil {
		return caddy.ExitCodeFailedStartup, fmt.Errorf("the demo cannot start; where its address is in use, name another one with --from: %w", err)
	}
	if err := options.announce(os.Stdout); err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	select {} // the signal handler ends the process
}

// demoOptions are the flags.
type demoOptions struct {
	from, password string
	to             []string
	debug          bool
}

func readDemoOptions(fl caddycmd.Flags) (demoOptions, error) {
	o := demoOptions{from: fl.String("from"), password: fl.String("password"), debug: fl.Bool("debug")}
	var err error
	if o.to, err = fl.GetStringSlice("to"); err != nil {
		return o, err
	}
	if len(o.to) == 0 {
		return o, errors.New("--to is missing: give the address of the site, such as --to http://localhost:9000")
	}
	if o.password == "" {
		o.password = newPassword()
	}
	return o, nil
}

// newPassword is random and easy to type: 60 bits, in three groups.
func newPassword() string {
	text := strings.ToLower(rand.Text())
	return text[:4] + "-" + text[4:8] + "-" + text[8:12]
}

// announce prints what to open, and what to do there.
func (o demoOptions) announce(w io.Writer) error {
	site, err := o.address()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `
Cobrowse demo: a sandbox stands in for Zoom, what is shared stays on this machine.

  customer   %s/
  agent      %s%s/desk
             user %s, password %s

Open both, each in a window of its own. As the customer, click the help button
and then its first entry; as the agent, type the PIN that appears. In the session
the agent can go on with "Continue by video".%s
Ctrl+C ends the demo.

`, site, site, proxy.DefaultPath, demoAgent, o.password, noCamera(site))
	return err
}

// noCamera says that browsers give a page of this origin no camera: they do on
// HTTPS and on this machine (W3C Secure Contexts, section 3.1).
func noCamera(site string) string {
	u, err := url.Parse(site)
	if err != nil || u.Scheme == "https" {
		return ""
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ""
	}
	return " Browsers give\ncamera and microphone to HTTPS only: for these, name an https:// address in --from."
}

// address is the origin that browsers are sent to.
func (o demoOptions) address() (string, error) {
	from, err := parseFrom(o.from)
	if err != nil {
		return "", err
	}
	host := from.Host
	if host == "" {
		host = "localhost"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if from.Scheme == "http" && from.Port != "80" || from.Scheme == "https" && from.Port != "443" {
		host += ":" + from.Port
	}
	return from.Scheme + "://" + host, nil
}

// listen is the socket of an address: on this machine alone where the host is
// one that is never another's (RFC 6761, section 6.3), or an address of its own.
func listen(host, port string) string {
	ip := net.ParseIP(host)
	switch {
	case ip != nil:
		return net.JoinHostPort(host, port)
	case host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return net.JoinHostPort("127.0.0.1", port)
	default:
		return ":" + port
	}
}
