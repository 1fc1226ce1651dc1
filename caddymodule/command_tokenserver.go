package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

const (
	authServerUsage = `[--origin <origin>] [--listen <address>] [--byop] [--env-file <file>]`
	authServerShort = "Stands in for Zoom's auth-endpoint sample"
	authServerLong  = `
Answers POST / as Zoom's cobrowsesdk-auth-endpoint-sample does, with its .env:

  ZOOM_SDK_KEY      the SDK key
  ZOOM_SDK_SECRET   the SDK secret
  PORT              the port (default 4000)

Where neither of the first two is set, it reads ZOOM_COBROWSE_SDK_KEY and
ZOOM_COBROWSE_SDK_SECRET, as newer samples of Zoom's name them. Where both names
of one thing are set and differ, it does not start.

Variables of the environment win over those of the file .env, which is read from
the working directory where it is there.

To begin, run it in the folder of the sample, or in one with its .env, and ask
it as the sample's README does (below).

Pages of other origins than the server's own may ask where --origin names them.
Programs, which send no Origin, may ask for a customer's token: keep the port
to those who should. Unlike the sample, it hands an agent's token (role 2) to
nobody, since nothing here says who is an agent: for that, put "cobrowse" with
"agents" into a Caddyfile, or use "token mint --role agent" at the terminal.

What else differs from the sample is a list: docs/compatibility.md.`
	authServerExample = `  %s
  curl http://localhost:4000 -X POST -d '{"role": "1", "userId": "user123"}' -H "Content-Type: application/json"
  %s --origin https://shop.example --listen 127.0.0.1:4000`
)

// Time limits of the server, whose requests and answers have a few kilobytes.
const (
	tokenServerRead = 10 * time.Second
	tokenServerIdle = 2 * time.Minute
	tokenServerStop = 10 * time.Second // for requests in flight when it ends
)

// tokenServerFlags adds flags, example and action to the command.
func tokenServerFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSlice("origin", nil, "Origin whose pages may ask, such as https://shop.example (repeatable)")
	flags.String("listen", "", "Address to listen on (default all interfaces, at PORT)")
	flags.Bool("byop", false, "Add enable_byop to tokens, as branch byop of the sample does")
	addEnvFile(cmd)
	name := caddyName() + " " + cmd.Name()
	cmd.Example = fmt.Sprintf(authServerExample, name, name)
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		return runTokenServer(ctx, cmd)
	}
}

// runTokenServer serves until ctx ends.
func runTokenServer(ctx context.Context, cmd *cobra.Command) error {
	handler, address, err := tokenServer(cmd)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("cannot listen; where the address is in use, choose another with PORT or --listen: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "Zoom Cobrowse auth endpoint, listening on port %s: POST http://localhost:%s/\n", port, port); err != nil {
		return err
	}
	return serveUntil(ctx, listener, handler)
}

// tokenServer reads flags and environment.
func tokenServer(cmd *cobra.Command) (handler http.Handler, address string, err error) {
	getenv, err := readEnv(cmd)
	if err != nil {
		return nil, "", err
	}
	cfg, port, err := proxy.TokenServerFromEnv(getenv)
	if err != nil {
		return nil, "", err
	}
	flags := cmd.Flags()
	if cfg.Origins, err = flags.GetStringSlice("origin"); err != nil {
		return nil, "", err
	}
	if cfg.BYOP, err = flags.GetBool("byop"); err != nil {
		return nil, "", err
	}
	if address, err = flags.GetString("listen"); err != nil {
		return nil, "", err
	}
	if address == "" {
		address = ":" + strconv.Itoa(port)
	}
	cfg.Logger = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	handler, err = proxy.NewTokenServer(cfg)
	return handler, address, err
}

// serveUntil serves until ctx ends, and then as long as requests are in flight.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: tokenServerRead, ReadTimeout: tokenServerRead, WriteTimeout: tokenServerRead,
		IdleTimeout:    tokenServerIdle,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // what clients do to their connections
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err // it cannot accept
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenServerStop)
	defer cancel()
	err := server.Shutdown(patience)
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
