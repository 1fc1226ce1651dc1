package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a server that this program has started.
type process struct {
	name    string
	address string
	command *exec.Cmd
	output  *tail
	ended   chan struct{} // closed when the process has been waited for
}

// Limits of patience with servers.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 5 * time.Second
)

// nobody is the user of servers where this program runs as root: neither nginx
// nor Apache is to have privileges, and Apache refuses to be root.
const nobody = 65534

// start runs a command line and waits until it answers.
func start(ctx context.Context, name, address string, command, env []string) (*process, error) {
	p := &process{name: name, address: address, output: new(tail), ended: make(chan struct{})}
	p.command = exec.Command(command[0], command[1:]...) // #nosec G204 -- command lines of this program
	p.command.Env = append(os.Environ(), env...)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	if os.Geteuid() == 0 {
		p.command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = p.command.Wait()
		close(p.ended)
	}()
	if err := p.await(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// await returns once the process answers.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/ready", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusNoContent {
				return nil
			}
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended when it should have started: %s", p.name, p.output)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w: %s", p.name, ctx.Err(), p.output)
		case <-pause.C:
		}
	}
}

// stop ends the process, by force where it does not end by itself.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

func (p *process) pid() int { return p.command.Process.Pid }

// freeAddresses returns loopback addresses that were free a moment ago, no two
// of them the same.
func freeAddresses(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }() // at the end, so that all differ
		addresses[i] = listener.Addr().String()
	}
	return addresses, nil
}

// tail keeps the end of a process's output, for the message where it fails.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// tailSize is how much is kept, in bytes.
const tailSize = 2 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if n := len(t.text) - tailSize; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
