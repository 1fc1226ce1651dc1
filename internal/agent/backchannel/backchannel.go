// Package backchannel makes the HTTP client with which this server asks an
// identity provider for its metadata, its keys and an agent's identity.
//
// What it asks decides who is an agent, and it asks from inside the operator's
// network. So the client goes only where it was sent: a redirect stays on its
// scheme, host and port, which keeps it out of private networks, and keeps a
// client secret with its provider. It reads a limited answer in a limited
// time, so that a provider that streams without end costs nothing but a failed
// sign-in.
package backchannel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of one exchange.
const (
	// Timeout is how long an exchange may take, from the connection to the end
	// of the body.
	Timeout = 10 * time.Second
	// MaxBody is the longest body that is read, in bytes and after inflation.
	MaxBody = 1 << 20
	// maxHeader is the longest response header, in bytes.
	maxHeader = 64 << 10
	// maxRedirects is how often a provider may send us elsewhere on its host.
	maxRedirects = 3
)

// Errors of a request, wrapped in a [url.Error].
var (
	// ErrTooLarge means that the body goes on beyond [MaxBody].
	ErrTooLarge = errors.New("the answer is too large")
	// ErrRedirect means that the server redirected elsewhere, or too often.
	ErrRedirect = errors.New("the answer is a redirect to another server, or one of too many")
)

// NewTransport returns the transport that [New] uses unless it is given one. Its
// owner calls CloseIdleConnections when done.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: Timeout / 2}).DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    Timeout / 2,
		ResponseHeaderTimeout:  Timeout,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           4,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// New returns a client. A nil transport means [NewTransport]'s; another one is
// for private certificate authorities and for tests.
func New(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = NewTransport()
	}
	return &http.Client{Transport: limited{transport}, CheckRedirect: stay, Timeout: Timeout}
}

// Get returns the body of what is at url, within [Timeout]. Another status than
// 200 is an error. The errors name the URL and nothing of the answer.
func Get(ctx context.Context, client *http.Client, url, accept string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", accept)
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // nothing was written
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered with status %d", url, resp.StatusCode)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", url, err)
	}
	return body, nil
}

// stay admits redirects within an origin (RFC 6454, section 4).
func stay(r *http.Request, via []*http.Request) error {
	from := via[0].URL
	if len(via) > maxRedirects || r.URL.Scheme != from.Scheme || r.URL.Host != from.Host {
		return ErrRedirect
	}
	return nil
}

// limited ends a body that is too long with an error.
type limited struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &limitedBody{ReadCloser: resp.Body, left: MaxBody}
	}
	return resp, err
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (l limited) CloseIdleConnections() {
	if c, ok := l.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type limitedBody struct {
	io.ReadCloser
	left int64
}

// Read implements [io.Reader].
func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n + int(b.left), ErrTooLarge
	}
	return n, err
}

// CheckURL reports whether raw is a URL to which secrets and questions about
// identities may be sent: absolute, https (or http on loopback, which never
// leaves the machine), without user information or a fragment.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return fmt.Errorf("%q is no absolute URL: write one such as https://login.example.com", withoutUser(raw))
	case u.User != nil:
		return fmt.Errorf("the URL at %s has a user name or password in it: leave it out", u.Host)
	case u.Fragment != "":
		return fmt.Errorf("%q has a fragment: leave it out", raw)
	case u.Scheme == "https", u.Scheme == "http" && IsLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%q is not https: what it answers decides who is an agent, and anybody on the way could change it", raw)
}

// IsLoopback reports whether a host's name means this machine for browsers as
// well: an address of loopback, localhost, or a name beneath it (RFC 6761,
// section 6.3).
func IsLoopback(host string) bool {
	host = strings.ToLower(host)
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// withoutUser keeps a password out of an error about a URL that cannot be read.
func withoutUser(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		return "…" + raw[i:]
	}
	return raw
}
