package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// Wrap returns a net/http middleware that does to a handler's documents what
// [Middleware] does. The handler may be a whole site, or a reverse proxy of
// the program's own.
func Wrap(cfg Config) (func(http.Handler) http.Handler, error) {
	m, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return m.Wrap, nil
}

// Wrap puts m in front of next. Its result is safe for concurrent use.
func (m *Middleware) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The error is next's, and an http.Handler has none.
		_ = m.ServeHTTP(w, r, func(w http.ResponseWriter, r *http.Request) error {
			next.ServeHTTP(w, r)
			return nil
		})
	})
}

// NewReverseProxy returns a handler that proxies to target, an http or https
// URL, and puts Cobrowse on its pages. Requests are forwarded as
// [httputil.ReverseProxy] does with Rewrite: X-Forwarded-For, -Host and -Proto
// are set from this connection, client copies are not trusted; the Host that
// the client asked for is kept, since sites build links from it.
//
// It has no time limits of its own: set them on the [http.Server], at least
// ReadHeaderTimeout.
func NewReverseProxy(target *url.URL, cfg Config) (http.Handler, error) {
	if target == nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fmt.Errorf("target %q is not an http or https URL with a host: %w", target, errTarget)
	}
	m, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return m.Wrap(newTarget(target)), nil
}

// newTarget returns the reverse proxy behind the middleware.
func newTarget(target *url.URL) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
			p.SetXForwarded()
		},
	}
}

// errTarget is wrapped by errors of [NewReverseProxy] about its target.
var errTarget = errors.New("write it like http://legacy:9000")
