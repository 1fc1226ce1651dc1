// Command demo serves the legacy bank site behind the proxy: two addresses to
// click on, and nothing to configure. "make demo" builds the proxy and runs it.
//
// The legacy site runs in this process; the proxy is the real binary with its
// command demo, in which a sandbox stands in for Zoom. In front of a site of your
// own, run that command yourself: cobrowse-proxy demo --to http://localhost:9000.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

// options are the flags.
type options struct {
	binary, from, upstream string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/cobrowse-proxy", "`path` of the proxy")
	flag.StringVar(&o.from, "from", "http://localhost:8080", "`address` of the site with Cobrowse")
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

	command := exec.CommandContext(ctx, o.binary, "demo", "--from", o.from, "--to", "http://"+listener.Addr().String()) // #nosec G204 -- the user's own flags
	command.Stdout, command.Stderr = out, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 10 * time.Second

	_, _ = fmt.Fprintf(out, "The bank as it was: http://%s/\n", listener.Addr())
	if err := command.Run(); ctx.Err() == nil {
		if err == nil {
			err = errEnded
		}
		return fmt.Errorf("the proxy ended; does %s exist, and is %s free? %w", o.binary, o.from, err)
	}
	return nil
}

// errEnded is for a proxy that ends by itself and is content with that.
var errEnded = errors.New("it reported no error")
