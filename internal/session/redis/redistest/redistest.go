// Package redistest runs real Redis servers for tests, each on a free loopback
// port and in a folder of its own, and does to them what happens to servers:
// they freeze, die and come back. The program is redis-server on the PATH, or
// what COBROWSE_REDIS names; where there is none a test fails, since a store
// that was not tried is not known to work.
package redistest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a running redis-server.
type Server struct {
	t    testing.TB
	port int
	file string // its configuration, for a Sentinel
	args []string
	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	log  *bytes.Buffer // of the process that has ended
}

// patience bounds what takes milliseconds where all is well.
const patience = 20 * time.Second

// Start starts a server that writes every change to a file, so that a restart
// loses none, and ends it with the test. Further arguments are redis-server's
// own options.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return run(&Server{t: t, args: args, dir: t.TempDir()})
}

// StartSentinel starts a Sentinel with a configuration file, which it rewrites.
func StartSentinel(t testing.TB, file string) *Server {
	t.Helper()
	return run(&Server{t: t, file: file, dir: t.TempDir()})
}

func run(s *Server) *Server {
	t := s.t
	t.Helper()
	for range 5 { // a free port may be somebody else's a moment later
		s.port = freePort(t)
		if s.start() == nil {
			t.Cleanup(s.Kill)
			return s
		}
	}
	t.Fatalf("redis-server does not start:\n%s", s.log)
	return nil
}

// Addr is the server's host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port is the server's port.
func (s *Server) Port() int { return s.port }

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// program finds redis-server.
func program(t testing.TB) string {
	t.Helper()
	if named := os.Getenv("COBROWSE_REDIS"); named != "" {
		return named
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("no redis-server on the PATH: make redis installs Debian's, or name one in COBROWSE_REDIS")
	}
	return path
}

// start starts the process and waits until it listens.
func (s *Server) start() error {
	s.t.Helper()
	args := []string{"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--logfile", "", "--daemonize", "no"}
	if s.file != "" {
		args = append([]string{s.file, "--sentinel"}, args...)
	} else {
		args = append(args, "--save", "", "--appendonly", "yes")
	}
	args = append(args, s.args...)
	s.log = new(bytes.Buffer)
	s.cmd = exec.CommandContext(context.Background(), program(s.t), args...) //nolint:gosec // tests name the program and its options
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("starting redis-server: %v", err)
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(s.cmd, s.done)
	return s.wait()
}

// wait waits until the server accepts connections and answers.
func (s *Server) wait() error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case <-s.done:
			return fmt.Errorf("redis-server ended")
		case <-time.After(5 * time.Millisecond):
		}
		if s.answers() {
			return nil
		}
	}
	s.Kill()
	return fmt.Errorf("redis-server does not answer")
}

// answers reports whether the server has loaded its data. A server that wants
// TLS has a port for it beside this one.
func (s *Server) answers() bool {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	return err == nil && !strings.HasPrefix(string(answer[:n]), "-LOADING")
}

// signal sends the process a signal.
func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("sending redis-server %v: %v", sig, err)
	}
}

// Freeze stops the process as SIGSTOP does: connections stay, nothing answers.
func (s *Server) Freeze() { s.t.Helper(); s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (s *Server) Thaw() { s.t.Helper(); s.signal(syscall.SIGCONT) }

// Kill ends the process as SIGKILL does, and waits for that. Killing it again
// does nothing.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// Restart starts a killed server again, on the same port and with its data.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatalf("restarting redis-server: %v\n%s", err, s.log)
	}
}

// File is the path of a file in the server's folder.
func (s *Server) File(name string) string { return filepath.Join(s.dir, name) }
