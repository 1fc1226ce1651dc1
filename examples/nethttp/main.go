// Command nethttp puts Cobrowse on a site from a Go program, without Caddy.
//
// With -upstream it is a reverse proxy in front of another server
// ([proxy.NewReverseProxy]); without, it wraps a handler of the same program
// ([proxy.Wrap]), here the legacy bank site.
//
//	ZOOM_SDK_KEY=… ZOOM_SDK_SECRET=… DESK_PASSWORD=… go run ./examples/nethttp
package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	upstream := flag.String("upstream", "", "`URL` of the site; without it, the legacy bank site of this program")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *upstream); err != nil {
		fmt.Fprintln(os.Stderr, "nethttp:", err)
		os.Exit(1)
	}
}

// run builds the handler and serves it until ctx ends.
func run(ctx context.Context, listen, upstream string) error {
	handler, err := newHandler(upstream, os.Getenv)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	fmt.Printf("nethttp: serving http://%s/, the agents' desk is at %s/desk\n", listener.Addr(), proxy.DefaultPath)
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// newHandler shows both ways in: a proxy in front of another server, and a
// middleware around a handler of one's own.
func newHandler(upstream string, env func(string) string) (http.Handler, error) {
	desk := deskDoor{password: env("DESK_PASSWORD")}
	cfg := proxy.Config{
		SDKKey:     env("ZOOM_SDK_KEY"),
		SDKSecrets: []string{env("ZOOM_SDK_SECRET")},
		Agents:     proxy.AgentIdentifierFunc(desk.identify),
		Inject:     proxy.InjectConfig{Expose: true},
	}
	if upstream == "" {
		wrap, err := proxy.Wrap(cfg)
		if err != nil {
			return nil, err
		}
		return desk.ask(wrap(site.New())), nil
	}
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	handler, err := proxy.NewReverseProxy(target, cfg)
	if err != nil {
		return nil, err
	}
	return desk.ask(handler), nil
}

// deskDoor knows the agents: whoever has the password, under the name that they
// gave. A real program asks its own user database here.
type deskDoor struct{ password string }

// identify decides: every token for an agent hangs on it.
func (d deskDoor) identify(r *http.Request) (proxy.Agent, error) {
	if d.password == "" {
		return proxy.Agent{}, proxy.ErrNotConfigured
	}
	user, password, ok := r.BasicAuth()
	given, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(d.password))
	if !ok || user == "" || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return proxy.Agent{}, proxy.ErrUnidentified
	}
	return proxy.Agent{ID: user}, nil
}

// ask makes browsers show their log-in box at the desk. It is a courtesy only:
// a path that slips by is still refused by identify.
func (d deskDoor) ask(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, proxy.DefaultPath+"/desk") {
			if _, err := d.identify(r); errors.Is(err, proxy.ErrUnidentified) {
				w.Header().Set("WWW-Authenticate", `Basic realm="Cobrowse desk", charset="UTF-8"`)
				http.Error(w, "The desk is for agents.", http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
