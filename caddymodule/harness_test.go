package caddymodule_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddytest"
	"github.com/caddyserver/certmagic"
)

// The tests below run Caddy inside the test's process, through its admin API,
// as caddytest does it. Ports and the running configuration belong to the
// process, so none of these tests is parallel, and all tests of the repository
// that use caddytest are in this package.

// Credentials of the tests. The secret looks like Zoom's: mixed case, not
// hexadecimal.
const (
	sdkKey    = "TestKeyForCobrowse00"
	sdkSecret = "Vt4Secret-Xk9mZqWp7LrTn2bHs5yJd"
)

// page is a document that can be injected. head tells where.
const page = "<!DOCTYPE html><html><head><title>Konto</title></head><body><h1>Konto</h1></body></html>"

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

// runTests keeps everything that Caddy writes in a folder of its own.
func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cobrowse-caddy")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"XDG_DATA_HOME", "XDG_CONFIG_HOME"} {
		if err := os.Setenv(name, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	caddy.ConfigAutosavePath = filepath.Join(dir, "autosave.json")
	caddy.DefaultStorage = &certmagic.FileStorage{Path: filepath.Join(dir, "storage")}
	caddytest.Default.AdminPort = freePort()
	caddytest.Default.LoadRequestTimeout = 30 * time.Second
	return m.Run()
}

// freePort returns a port of the loopback interface that nobody uses, for TCP
// and for UDP.
func freePort() int {
	for {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		port := tcp.Addr().(*net.TCPAddr).Port
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		_ = tcp.Close()
		if err == nil {
			_ = udp.Close()
			return port
		}
	}
}

// site is a running Caddy with one site.
type site struct {
	reloaded atomic.Bool // and no request was answered since
	t        testing.TB
	tester   *caddytest.Tester
	port     int
	global   string // more global options
	block    string // what stands in the site block
	scheme   string
	tls      string // the directive tls, for https
}

// startSite runs a site block. {up} in it becomes the address of the upstream,
// {origin} the public origin of the site.
func startSite(t testing.TB, upstream http.Handler, block string) *site {
	t.Helper()
	return startSiteWith(t, upstream, "", "http", block)
}

// startSiteWith is startSite with global options and a scheme.
func startSiteWith(t testing.TB, upstream http.Handler, global, scheme, block string) *site {
	t.Helper()
	if testing.Short() {
		t.Skip("runs Caddy")
	}
	t.Cleanup(func() {
		if t.Skipped() {
			t.Error("caddytest found no running Caddy and skipped the test")
		}
	})
	t.Setenv("ZOOM_SDK_KEY", sdkKey)
	t.Setenv("ZOOM_SDK_SECRET", sdkSecret)
	up := httptest.NewServer(upstream)
	t.Cleanup(up.Close)
	s := &site{t: t, tester: caddytest.NewTester(t), port: freePort(), global: global, scheme: scheme}
	if scheme == "https" {
		s.tls = "tls " + certificate(t)
	}
	s.block = strings.NewReplacer("{up}", strings.TrimPrefix(up.URL, "http://"), "{origin}", s.origin()).Replace(block)
	s.load(s.block)
	return s
}

// caddyfile is the whole configuration around a site block.
func (s *site) caddyfile(block string) string {
	return fmt.Sprintf(`{
	skip_install_trust
	auto_https disable_redirects
	admin localhost:%d
	default_bind 127.0.0.1
	%s
}
%s://localhost:%d, %s://127.0.0.1:%d {
	%s
	%s
}
`, caddytest.Default.AdminPort, s.global, s.scheme, s.port, s.scheme, s.port, s.tls, block)
}

// certificate makes a certificate for the loopback interface, and returns the
// names of its file and of its key's.
func certificate(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(kind string, der []byte) string {
		name := filepath.Join(t.TempDir(), "pem")
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	return write("CERTIFICATE", cert) + " " + write("PRIVATE KEY", private)
}

// load replaces the configuration by one with this site block.
func (s *site) load(block string) {
	s.t.Helper()
	s.tester.InitServer(s.caddyfile(block), "caddyfile")
	if s.t.Failed() {
		s.t.FailNow()
	}
}

// reload is load without caddytest's wait for the admin API, which takes a
// second.
func (s *site) reload(block string) {
	s.t.Helper()
	if body, status := s.post(block); status != http.StatusOK {
		s.t.Fatalf("status %d, %s", status, body)
	}
	s.reloaded.Store(true)
}

// refused is load for a configuration that is wrong. It returns Caddy's answer.
func (s *site) refused(block string) string {
	s.t.Helper()
	body, status := s.post(block)
	if status == http.StatusOK {
		s.t.Errorf("the configuration was loaded: %s", block)
	}
	return body
}

// post sends a configuration to the admin API, each load of which begins a new
// listener. A request that meets the old one is closed without an answer, and is
// sent again: to load a configuration twice is to load it once.
func (s *site) post(block string) (body string, status int) {
	s.t.Helper()
	resp, err := s.send(block)
	for range 20 {
		if !metClosing(err) {
			break
		}
		time.Sleep(50 * time.Millisecond)
		resp, err = s.send(block)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text), resp.StatusCode
}

// metClosing reports whether a new connection met a listener that was closing.
func metClosing(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED)
}

// send sends a configuration once, over a connection of its own.
func (s *site) send(block string) (*http.Response, error) {
	r, err := http.NewRequest(http.MethodPost, s.admin("/load"), strings.NewReader(s.caddyfile(block)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "text/caddyfile")
	r.Close = true
	return http.DefaultClient.Do(r)
}

func (s *site) admin(path string) string {
	return "http://localhost:" + strconv.Itoa(caddytest.Default.AdminPort) + path
}

func (s *site) url(path string) string {
	return s.scheme + "://localhost:" + strconv.Itoa(s.port) + path
}

// origin is what a browser would call the site.
func (s *site) origin() string { return s.url("") }

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	length int64
}

// do sends a request and reads the answer. Header fields are "Name: value".
func (s *site) do(method, path, body string, header ...string) answer {
	s.t.Helper()
	got, err := s.try(s.client(), method, path, body, header...)
	// Right behind a reload, plain Caddy too may lose a connection to the old listener.
	for n := 0; s.reloaded.Load() && n < 20 && metClosing(err); n++ {
		time.Sleep(50 * time.Millisecond)
		got, err = s.try(s.client(), method, path, body, header...)
	}
	s.reloaded.Store(false)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// client is a client without memory, which neither follows redirects nor
// decompresses, so that tests see what was sent.
func (s *site) client() *http.Client {
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the certificate is the test's own
		DisableCompression: true,
		ForceAttemptHTTP2:  true,
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// try is do with a client, for goroutines other than the test's.
func (s *site) try(client *http.Client, method, path, body string, header ...string) (answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, s.url(path), strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, field := range header {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Add(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text), resp.ContentLength}, err
}

// asDocument is how a browser asks for a page.
const asDocument = "Sec-Fetch-Dest: document"

// get asks for a page as a browser does.
func (s *site) get(path string, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, "", append(header, asDocument)...)
}

// postToken asks for a token as a page of the site does.
func (s *site) postToken(path, body string, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, path, body, append(header, "Content-Type: application/json", "Sec-Fetch-Site: same-origin")...)
}

// withoutTag takes our element out of a page. It reports whether there was
// exactly one, at the beginning of head.
func withoutTag(body string) (original, tag string, ok bool) {
	begin := strings.Index(body, `<script src="/_cobrowse/loader-`)
	if begin < 0 || strings.Count(body, "/_cobrowse/loader-") != 1 || !strings.HasSuffix(body[:begin], "<head>") {
		return body, "", false
	}
	end := begin + strings.Index(body[begin:], "</script>") + len("</script>")
	return body[:begin] + body[end:], body[begin:end], true
}

// injected fails the test unless a page is the original and our element.
func injected(t testing.TB, got answer, original string) (tag string) {
	t.Helper()
	rest, tag, ok := withoutTag(got.body)
	if !ok || rest != original {
		t.Fatalf("status %d, not injected as expected: %q", got.status, got.body)
	}
	return tag
}

// serveHTML answers every request with a document.
func serveHTML(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, body)
	})
}

// adminGet reads a path of the admin API.
func (s *site) adminGet(path string) string {
	s.t.Helper()
	resp, err := http.Get(s.admin(path))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s, %v, %s", path, resp.Status, err, body)
	}
	return string(body)
}

// metric returns the value of one series of the admin API's metrics, 0 where it
// isn't there.
func (s *site) metric(series string) float64 {
	s.t.Helper()
	for line := range strings.Lines(s.adminGet("/metrics")) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// decode parses JSON into a T.
func decode[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}
