package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
)

// The two proxies that a Go programmer would write in an hour: one that changes
// nothing, and one that reads the whole page to change it.

// Kinds of the Go proxies.
const (
	kindPlain   = "plain"
	kindReadAll = "readall"
)

// newGoProxy returns a reverse proxy of a kind.
func newGoProxy(kind string, target *url.URL) (http.Handler, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	transport.DisableCompression = true // pass on what the client asked for
	p := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}
	switch kind {
	case kindPlain:
	case kindReadAll:
		p.ModifyResponse = readAllAndReplace
	default:
		return nil, errors.New("the kind is plain or readall")
	}
	return p, nil
}

// readAllAndReplace is the popular recipe: the whole body in memory, and
// decompressed and compressed again where it comes in gzip.
func readAllAndReplace(response *http.Response) error {
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		return nil
	}
	var source io.Reader = response.Body
	zipped := response.Header.Get("Content-Encoding") == "gzip"
	if zipped {
		z, err := gzip.NewReader(response.Body)
		if err != nil {
			return err
		}
		source = z
	}
	body, err := io.ReadAll(source)
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	body = bytes.Replace(body, []byte("<head>"), []byte("<head>"+peerTag), 1)
	if zipped {
		body = gzipped(body, gzip.DefaultCompression)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// serveGoProxy is the process of a Go proxy.
func serveGoProxy(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve-proxy", flag.ContinueOnError)
	listen := flags.String("listen", "", "`address` to listen on")
	origin := flags.String("origin", "", "`URL` of the origin")
	kind := flags.String("kind", "", "plain or readall")
	if err := flags.Parse(args); err != nil {
		return err
	}
	target, err := url.Parse(*origin)
	if err != nil {
		return err
	}
	handler, err := newGoProxy(*kind, target)
	if err != nil {
		return err
	}
	return serve(ctx, *listen, handler)
}
