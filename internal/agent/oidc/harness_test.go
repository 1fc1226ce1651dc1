package oidc

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
)

// clock is a clock that tests put forward.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// lockedBuffer is a log that a server writes while a test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// site is a server with the three routes and a desk, over TLS unless plain.
type site struct {
	*httptest.Server
	clock *clock
	log   *lockedBuffer

	mu       sync.Mutex
	provider *Provider
}

// newSite starts a site without a provider: its address must be known before.
func newSite(t *testing.T, plain bool) *site {
	t.Helper()
	s := &site{clock: new(clock), log: new(lockedBuffer)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if plain {
		s.Start()
	} else {
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

// use makes a provider for the site; edit may change its configuration. Called
// again, it is what a reload is.
func (s *site) use(t *testing.T, issuer string, edit func(*Config)) *Provider {
	t.Helper()
	c := Config{
		Issuer: issuer, ClientID: clientID, ClientSecret: clientSecret,
		Origin: s.URL, AllowGroups: []string{"agents"}, Now: s.clock.now,
		Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if edit != nil {
		edit(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.provider = p
	return p
}

func (s *site) callbackURI() string { return s.URL + "/_cobrowse/callback" }

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p := s.provider
	s.mu.Unlock()
	switch r.URL.Path {
	case "/_cobrowse/login":
		p.Login(w, r)
	case "/_cobrowse/callback":
		p.Callback(w, r)
	case "/_cobrowse/logout":
		p.Logout(w, r)
	case "/_cobrowse/desk", "/_cobrowse/desk/stream":
		identify := p.Identify
		if r.URL.Path == "/_cobrowse/desk/stream" {
			identify = p.Revalidate
		}
		who, err := identify(r)
		switch path := agent.SignInPath(err); {
		case path != "":
			http.Redirect(w, r, path+"?return="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		case errors.Is(err, agent.ErrUnidentified):
			http.Error(w, "refused", http.StatusForbidden)
		case err != nil:
			http.Error(w, "fault", http.StatusServiceUnavailable)
		default:
			_, _ = fmt.Fprintf(w, "desk of %s, %s, %s, %s, %s", who.ID, who.Name, who.Email, strings.Join(who.Groups, "+"), who.Source)
		}
	default:
		http.NotFound(w, r)
	}
}

// browser keeps cookies, and follows redirects when it is told to.
type browser struct {
	t      *testing.T
	client *http.Client
	jar    *cookiejar.Jar
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, jar: jar, client: &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is an answer that has been read.
type page struct {
	status int
	header http.Header
	body   string
	url    *url.URL
}

// to is where a redirect leads.
func (p *page) to() string {
	location := p.header.Get("Location")
	if location == "" {
		return ""
	}
	u, err := p.url.Parse(location)
	if err != nil {
		return ""
	}
	return u.String()
}

func (b *browser) do(method, target string, form url.Values) *page {
	b.t.Helper()
	r, err := http.NewRequest(method, target, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return &page{status: resp.StatusCode, header: resp.Header, body: string(body), url: resp.Request.URL}
}

func (b *browser) get(target string) *page { b.t.Helper(); return b.do(http.MethodGet, target, nil) }

// atProvider begins a login at the page `from`, signs in with the provider, and
// returns the callback URL to which the provider sends the browser.
func (b *browser) atProvider(from, user string) string {
	b.t.Helper()
	return optest.SignIn(b.t, b.client, from, user)
}

// signIn does it all, and fails the test unless the desk opens.
func (b *browser) signIn(s *site, user string) {
	b.t.Helper()
	p := b.get(b.atProvider(s.URL+"/_cobrowse/desk", user))
	if p.status != http.StatusSeeOther || p.to() != s.URL+"/_cobrowse/desk" {
		b.t.Fatalf("callback: status %d to %q, %s\nlog: %s", p.status, p.to(), p.body, s.log)
	}
	b.wantDesk(s, user)
}

// wantDesk fails the test unless the browser's desk is user's; with "", unless
// it is sent to the login page.
func (b *browser) wantDesk(s *site, user string) {
	b.t.Helper()
	p := b.get(s.URL + "/_cobrowse/desk")
	if user == "" {
		if p.status != http.StatusSeeOther || !strings.HasPrefix(p.to(), s.URL+"/_cobrowse/login?") {
			b.t.Errorf("desk: status %d to %q, body %q; want the login page", p.status, p.to(), p.body)
		}
		return
	}
	if p.status != http.StatusOK || !strings.HasPrefix(p.body, "desk of id-"+user+",") {
		b.t.Errorf("desk: status %d, body %q; want %s's", p.status, p.body, user)
	}
}

// cookie returns one of the browser's cookies for the site.
func (b *browser) cookie(s *site, name string) string {
	u, err := url.Parse(s.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// wantNotice fails the test unless p is a page of ours that gives nothing away
// and lets nobody in.
func wantNotice(t *testing.T, p *page, status int, words string) {
	t.Helper()
	if p.status != status || !strings.Contains(p.body, words) {
		t.Errorf("status %d, body %s; want %d and %q", p.status, p.body, status, words)
	}
	for _, name := range []string{"Set-Cookie"} {
		for _, v := range p.header[name] {
			if strings.Contains(v, sessionCookie+"=") && !strings.Contains(v, "Max-Age=0") {
				t.Errorf("a refusal sets a session: %s", v)
			}
		}
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		"X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if strings.Contains(p.body, clientSecret) {
		t.Error("the page has the client's secret")
	}
}
