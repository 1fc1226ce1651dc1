// Command demo serves the legacy bank site behind the proxy: two addresses to
// click on, and nothing to configure. "make demo" builds the proxy and runs it.
//
// The legacy site runs in this process; the proxy is the real binary, with the
// Caddyfile of this folder. Credentials come from ZOOM_SDK_KEY and
// ZOOM_SDK_SECRET; without them the button is there and tokens are minted, but
// Zoom refuses them.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

//go:embed Caddyfile
var caddyfile string

// options are the flags.
type options struct {
	binary, listen, upstream string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/cobrowse-proxy", "`path` of the proxy")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` of the site with Cobrowse; host and port")
	flag.StringVar(&o.upstream, "upstream", "127.0.0.1:9000", "`address` of the site without; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run serves both until ctx ends or the proxy does.
func run(ctx context.Context, o options, out io.Writer) error {
	listener, err := net.Listen("tcp", o.upstream)
	if err != nil {
		return fmt.Errorf("the legacy site cannot listen; name another address with -upstream: %w", err)
	}
	legacy := &http.Server{
		Handler:           site.New(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() { _ = legacy.Serve(listener) }()
	defer func() { _ = legacy.Close() }()

	command := exec.CommandContext(ctx, o.binary, "run", "--config", "-", "--adapter", "caddyfile") // #nosec G204 -- the user's own flag
	command.Stdin = strings.NewReader(caddyfile)
	command.Stderr = os.Stderr
	command.Env = append(environment(out), "DEMO_LISTEN="+o.listen, "DEMO_UPSTREAM="+listener.Addr().String())
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 10 * time.Second

	_, _ = fmt.Fprintf(out, "the bank, for customers:  http://%s/\n", o.listen)
	_, _ = fmt.Fprintf(out, "the desk, for agents:     http://%s/_cobrowse/desk  (agent, harbour)\n", o.listen)
	_, _ = fmt.Fprintf(out, "the bank as it was:       http://%s/\n", listener.Addr())
	if err := command.Run(); ctx.Err() == nil {
		if err == nil {
			err = errEnded
		}
		return fmt.Errorf("the proxy ended; does %s exist, and is %s free? %w", o.binary, o.listen, err)
	}
	return nil
}

// errEnded is for a proxy that ends by itself and is content with that.
var errEnded = errors.New("it reported no error")

// environment is the program's own, with credentials in any case.
func environment(out io.Writer) []string {
	env := os.Environ()
	if os.Getenv("ZOOM_SDK_KEY") == "" || os.Getenv("ZOOM_SDK_SECRET") == "" {
		_, _ = fmt.Fprintln(out, "ZOOM_SDK_KEY and ZOOM_SDK_SECRET are not set: all works up to Zoom, which will refuse the tokens.")
		env = append(env, "ZOOM_SDK_KEY=demo-key", "ZOOM_SDK_SECRET=demo-secret-that-zoom-will-refuse")
	}
	return env
}
