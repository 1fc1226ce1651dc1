// Command load puts a sandbox under the load that it should bear, attacks it
// meanwhile, and reports whether anybody noticed.
//
// # Why
//
// The sandbox relays what browsers record through one lock and one queue a
// connection. Whether 200 sessions fit through that, and whether somebody who
// sends rubbish can slow them down, is nothing that a unit test tells.
//
// # How
//
// The service runs in a process of its own, so that its memory is not that of
// the load. Every session is two real WebSockets over loopback, a customer's
// and an agent's, with frames as the browsers send them: a whole page when the
// service asks for one, then changes at a steady rate, each with a number and the
// time it was sent; once a second the agent draws. The first half of the time is
// quiet. In the second half other connections try PINs, tokens, huge and malformed
// frames, floods and silence. The report compares the two.
//
//	go run ./internal/sandbox/load -sessions 200 -rate 20 -duration 20s
//
// It fails where a change or stroke was lost or came out of order, where one of
// the sessions' connections ended, or where an attack got through. Latencies and
// memory are reported and are no verdict: they depend on the machine.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	sessions, rate int
	duration       time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	flag.IntVar(&o.sessions, "sessions", 200, "sessions at once, each with an agent")
	flag.IntVar(&o.rate, "rate", 20, "changes a second of each session")
	flag.DurationVar(&o.duration, "duration", 20*time.Second, "how long, half of it under attack")
	child := flag.Bool("serve", false, "be the service; the program starts itself so")
	flag.Parse()
	run := load
	if *child {
		run = func(context.Context, options) error { return beService(os.Stdin, os.Stdout) }
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// load starts the service, runs the load, and prints the report.
func load(ctx context.Context, o options) error {
	secret := rand.Text()
	url, end, err := startService(ctx, secret)
	if err != nil {
		return err
	}
	defer end()
	r, err := measure(ctx, o, url, secret, os.Stderr)
	if err != nil {
		return err
	}
	r.write(os.Stdout)
	return r.verdict()
}

// startService runs this program as the service. It ends when its standard
// input does, so also when this process dies.
func startService(ctx context.Context, secret string) (url string, end func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("finding this program, to run it as the service: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-serve")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("starting the service: %w", err)
	}
	end = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	if _, err := fmt.Fprintln(in, secret); err != nil {
		end()
		return "", nil, fmt.Errorf("telling the service its secret: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		end()
		return "", nil, fmt.Errorf("waiting for the service's address: %w", err)
	}
	return strings.TrimSpace(line), end, nil
}

// beService reads the secret, writes the address, and serves until its input
// ends.
func beService(in io.Reader, out io.Writer) error {
	reader := bufio.NewReader(in)
	secret, err := reader.ReadString('\n')
	if err != nil {
		return fmt.Errorf("reading the secret: %w", err)
	}
	target, err := newTarget(strings.TrimSpace(secret))
	if err != nil {
		return err
	}
	defer target.close()
	listener, err := listen()
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: target, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(listener) }()
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	_, _ = io.Copy(io.Discard, reader)
	_ = srv.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
