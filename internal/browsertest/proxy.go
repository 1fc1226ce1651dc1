package browsertest

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"testing"
)

// proxy is the way into the world for browsers without resolver rules: it
// forwards requests for known names to their addresses, by a tunnel for CONNECT
// (RFC 9110, section 9.3.6), and refuses all else, of which it keeps a list.
type proxy struct {
	srv    *httptest.Server
	routes map[string]string

	mu      sync.Mutex
	refused []string
	conns   map[net.Conn]bool
}

func newProxy(t testing.TB, routes map[string]string) *proxy {
	p := &proxy{routes: routes, conns: make(map[net.Conn]bool)}
	p.srv = httptest.NewUnstartedServer(p)
	p.srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.srv.Start()
	t.Cleanup(p.close)
	return p
}

// addr returns the proxy's own address.
func (p *proxy) addr() string { return p.srv.Listener.Addr().String() }

// close ends the tunnels too, which the server has forgotten.
func (p *proxy) close() {
	p.srv.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

func (p *proxy) refusals() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.refused)
}

// route returns where a name leads to; as with Chromium's rules, a name may be
// "*.zoom.us".
func (p *proxy) route(host string) (string, bool) {
	if addr, ok := p.routes[host]; ok {
		return addr, true
	}
	_, parent, _ := strings.Cut(host, ".")
	addr, ok := p.routes["*."+parent]
	return addr, ok
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	addr, ok := p.route(host)
	if ok && r.Method != http.MethodConnect {
		forward(w, r, addr)
		return
	}
	if !ok {
		p.mu.Lock()
		p.refused = append(p.refused, r.Host)
		p.mu.Unlock()
		if r.Method != http.MethodConnect {
			panic(http.ErrAbortHandler) // an answer would pass for the site's
		}
		http.Error(w, "no such host in this test", http.StatusForbidden)
		return
	}
	up, err := net.Dial("tcp", addr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	down, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		up.Close()
		return
	}
	if _, err := io.WriteString(down, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		up.Close()
		down.Close()
		return
	}
	p.tunnel(down, up, rw)
}

// forward passes on a request without TLS. Browsers open a tunnel for WebSockets.
func forward(w http.ResponseWriter, r *http.Request, addr string) {
	to := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", addr
			r.Out.Host = r.In.Host
		},
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	to.ServeHTTP(w, r)
}

// tunnel copies both ways until one side ends. From is what the browser sends,
// of which the server may have read some.
func (p *proxy) tunnel(down, up net.Conn, from io.Reader) {
	p.mu.Lock()
	p.conns[down], p.conns[up] = true, true
	p.mu.Unlock()
	done := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(up, from); done <- struct{}{} }()
	go func() { _, _ = io.Copy(down, up); done <- struct{}{} }()
	<-done
	down.Close()
	up.Close()
	<-done
	p.mu.Lock()
	delete(p.conns, down)
	delete(p.conns, up)
	p.mu.Unlock()
}
