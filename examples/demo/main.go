// Command demo serves the legacy bank site behind the proxy and prints the
// addresses to open: the customer's and the agent's.
//
// The site runs inside this program; the proxy is the real binary with the
// Caddyfile beside this file, so what is shown is what an operator gets. Where
// ZOOM_SDK_KEY and ZOOM_SDK_SECRET are set, sessions are real ones. Without
// them the demo makes up a key and a secret: pages, button, policies, tokens
// and the desk's sign-in all work, and Zoom then refuses the session, which
// the button says.
package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

//go:embed Caddyfile
var caddyfile []byte

const agentName = "agent"

func main() {
	binary := flag.String("binary", "bin/cobrowse-proxy", "the proxy, as `make build` leaves it")
	listen := flag.String("listen", "127.0.0.1:8080", "address for the customer; another port is taken where it is busy")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *binary, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, listen string) error {
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("%s is missing: run make build first", binary)
	}
	siteAddr, stopSite, err := serveSite()
	if err != nil {
		return err
	}
	defer stopSite()
	addr, err := freeAddress(listen)
	if err != nil {
		return err
	}
	password := rand.Text()[:12]
	hash, err := exec.CommandContext(ctx, binary, "hash-password", "--plaintext", password).Output()
	if err != nil {
		return fmt.Errorf("making the agent's password: %w", err)
	}
	dir, err := os.MkdirTemp("", "cobrowse-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, caddyfile, 0o600); err != nil {
		return err
	}
	key, live := credentials()
	proxy := exec.CommandContext(ctx, binary, "run", "--config", config, "--adapter", "caddyfile")
	proxy.Cancel = func() error { return proxy.Process.Signal(syscall.SIGTERM) }
	proxy.WaitDelay = 5 * time.Second
	proxy.Env = append(append(os.Environ(),
		"DEMO_LISTEN="+addr, "DEMO_SITE="+siteAddr,
		"DEMO_AGENT="+agentName, "DEMO_AGENT_HASH="+strings.TrimSpace(string(hash))), key...)
	log, err := os.Create(filepath.Join(os.TempDir(), "cobrowse-demo.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	proxy.Stdout, proxy.Stderr = log, log
	if err := proxy.Start(); err != nil {
		return fmt.Errorf("starting the proxy: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- proxy.Wait() }()
	if err := waitFor(ctx, "http://"+addr+"/", exited); err != nil {
		return fmt.Errorf("the proxy did not start (%w); its log is %s", err, log.Name())
	}
	announce(addr, password, live, log.Name())
	err = <-exited
	if ctx.Err() != nil {
		fmt.Println("\nstopped")
		return nil
	}
	return fmt.Errorf("the proxy ended: %w; its log is %s", err, log.Name())
}

// serveSite starts the legacy site on a port of its own.
func serveSite() (addr string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: site.New(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close below
	return l.Addr().String(), func() { _ = srv.Close() }, nil
}

// freeAddress returns want, or the same host with a free port.
func freeAddress(want string) (string, error) {
	for _, addr := range []string{want, "127.0.0.1:0"} {
		if l, err := net.Listen("tcp", addr); err == nil {
			defer l.Close()
			return l.Addr().String(), nil
		}
	}
	return "", errors.New("no free port: name one with -listen")
}

// credentials returns the environment for the proxy, and whether they are real.
func credentials() (env []string, live bool) {
	if os.Getenv("ZOOM_SDK_KEY") != "" && os.Getenv("ZOOM_SDK_SECRET") != "" {
		return nil, true
	}
	return []string{"ZOOM_SDK_KEY=demo-" + rand.Text(), "ZOOM_SDK_SECRET=demo-" + rand.Text()}, false
}

// waitFor waits until the address answers, the proxy ends, or 20 s have passed.
func waitFor(ctx context.Context, url string, exited chan error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(r); err == nil {
			return resp.Body.Close()
		}
		select {
		case err := <-exited:
			return errors.Join(errors.New("it ended"), err)
		case <-ctx.Done():
			return errors.New("it did not answer within 20 s")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func announce(addr, password string, live bool, log string) {
	fmt.Printf(`
  Harbour & Vale, a bank site nobody dares to touch, now has cobrowse.

    customer   http://%s/
    agent      http://%s/_cobrowse/desk     user %s, password %s

`, addr, addr, agentName, password)
	if !live {
		fmt.Print(`  ZOOM_SDK_KEY and ZOOM_SDK_SECRET are not set: everything up to Zoom's own
  servers works, and a click on the button ends with a message that says so.

`)
	}
	fmt.Printf("  The proxy's log: %s. Ctrl+C stops the demo.\n", log)
}
