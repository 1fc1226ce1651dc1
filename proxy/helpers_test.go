package proxy

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
)

const (
	testKey    = "TEST_SDK_KEY"
	testSecret = "TEST_SDK_SECRET_zZ9_do_not_show"
)

// testConfig adds what every configuration needs.
func testConfig(cfg Config) Config {
	if cfg.SDKKey == "" {
		cfg.SDKKey = testKey
	}
	if cfg.SDKSecrets == nil {
		cfg.SDKSecrets = []string{testSecret}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

func newTestMiddleware(t testing.TB, cfg Config) *Middleware {
	t.Helper()
	m, err := New(testConfig(cfg))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// counter is an Observer that remembers.
type counter struct {
	noObserver
	mu         sync.Mutex
	injections map[string]int
	tokens     map[string]int
}

func newCounter() *counter {
	return &counter{injections: make(map[string]int), tokens: make(map[string]int)}
}

func (c *counter) Injection(result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.injections[result]++
}

func (c *counter) Token(role, result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens[role+" "+result]++
}

// front starts a legacy site and our reverse proxy before it, both real
// servers, and returns the proxy's.
func front(t testing.TB, m *Middleware, site http.Handler) *httptest.Server {
	t.Helper()
	upstream := httptest.NewServer(site)
	t.Cleanup(upstream.Close)
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(m.Wrap(newTarget(target)))
	t.Cleanup(srv.Close)
	return srv
}

// client sends requests as they are: no transparent gzip, no redirects.
func client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
}

type answer struct {
	*http.Response
	body string
}

// ask sends a request with the header fields "Name: value", and reads the answer.
func ask(t testing.TB, method, url string, fields ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	resp, err := client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body: %v (so far %q)", err, body)
	}
	return answer{resp, string(body)}
}

func gzipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gunzipped(t testing.TB, s string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	document = "Sec-Fetch-Dest: document"
	page     = "<!DOCTYPE html><html><head><title>Harbour</title></head><body>Balance</body></html>"
)

// injectedPage is page with m's element.
func injectedPage(m *Middleware) string {
	return strings.Replace(page, "<head>", "<head>"+m.tag.plain, 1)
}

func itoa(n int) string { return strconv.Itoa(n) }

// of returns how often a result was counted.
func (c *counter) of(result inject.Reason) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.injections[string(result)]
}

// total returns how many decisions were counted.
func (c *counter) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, v := range c.injections {
		n += v
	}
	return n
}
