package browsertest

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// world is what exists for a browser: names, where they lead to, and the
// certificate that they share.
type world struct {
	cert   *certificate
	routes map[string]string // addresses by name

	mu     sync.Mutex
	visits []Visit
}

// Visit is a request that reached a host of Config.Hosts.
type Visit struct {
	Method, Host, Path string
}

func newWorld(t testing.TB, hosts map[string]http.Handler, routes map[string]string) (*world, error) {
	w := &world{routes: maps.Clone(routes)}
	if w.routes == nil {
		w.routes = make(map[string]string)
	}
	for name := range hosts {
		w.routes[name] = ""
	}
	var err error
	names := append([]string{"localhost"}, slices.Sorted(maps.Keys(w.routes))...)
	if w.cert, err = newCertificate(names); err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	addr := w.serve(t, hosts)
	for name := range hosts {
		w.routes[name] = addr
	}
	return w, nil
}

// serve starts the server of Config.Hosts and returns its address.
func (w *world) serve(t testing.TB, hosts map[string]http.Handler) string {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.visits = append(w.visits, Visit{r.Method, r.Host, r.URL.Path})
		w.mu.Unlock()
		h, ok := hosts[r.Host]
		if !ok {
			http.Error(rw, "no such host in this test", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(rw, r)
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{w.cert.pair}}
	srv.EnableHTTP2 = true
	// A browser that ends in the middle of a handshake is not worth a line.
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// Visits returns the requests that reached a host of Config.Hosts so far, from
// whatever browser, tab or frame.
func (w *world) Visits(host string) []Visit {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Visit
	for _, v := range w.visits {
		if v.Host == host {
			out = append(out, v)
		}
	}
	return out
}
