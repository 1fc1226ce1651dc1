package e2e

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// relay is a TCP relay that a test can turn: a load balancer in front of
// instances, or a slow network.
type relay struct {
	listener net.Listener

	mu    sync.Mutex
	to    string
	delay time.Duration // of each piece that the server sends
	conns map[net.Conn]bool
	group sync.WaitGroup
}

// newRelay listens on a free port until the test ends.
func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, to: to, conns: make(map[net.Conn]bool)}
	r.group.Go(r.accept)
	t.Cleanup(func() {
		_ = l.Close()
		r.cut()
		r.group.Wait()
	})
	return r
}

func (r *relay) addr() string { return r.listener.Addr().String() }

// turn leads new connections elsewhere and cuts those there are.
func (r *relay) turn(to string) {
	r.mu.Lock()
	r.to = to
	r.mu.Unlock()
	r.cut()
}

// slow delays every piece of an answer from now on.
func (r *relay) slow(by time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = by
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		_ = c.Close()
	}
}

func (r *relay) accept() {
	for {
		down, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		to := r.to
		r.mu.Unlock()
		up, err := net.Dial("tcp", to)
		if err != nil {
			_ = down.Close()
			continue
		}
		r.mu.Lock()
		r.conns[down], r.conns[up] = true, true
		r.mu.Unlock()
		r.group.Go(func() { r.carry(down, up) })
	}
}

// carry copies both ways until one side ends.
func (r *relay) carry(down, up net.Conn) {
	finish := func() { _, _ = down.Close(), up.Close() }
	var both sync.WaitGroup
	both.Go(func() { defer finish(); _, _ = io.Copy(up, down) })
	both.Go(func() { defer finish(); _, _ = io.Copy(down, slowReader{r, up}) })
	both.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, down)
	delete(r.conns, up)
}

// slowReader holds what it has read for as long as its relay says.
type slowReader struct {
	relay *relay
	io.Reader
}

func (s slowReader) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.relay.mu.Lock()
	delay := s.relay.delay
	s.relay.mu.Unlock()
	time.Sleep(delay)
	return n, err
}
