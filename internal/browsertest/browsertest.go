// Package browsertest drives a real Chromium in tests, with no way out.
//
// What the browser makes of our scripts, policies and headers is the only proof
// that counts, so tests ask it. [Start] launches one Chromium for a test whose
// world is a handful of host names: those of Config.Hosts are served over TLS
// by this package, with a certificate that only this browser trusts (by the hash of
// its key); those of Config.Routes lead to servers of the test's own; all other
// names do not exist. Pages therefore run under their real names, such as
// https://shop.example and https://us01-zcb.zoom.us, with the policies that
// production would have.
//
//	b := browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{
//		"shop.example": site, "us01-zcb.zoom.us": zoom,
//	}})
//	tab := b.NewTab(t, browsertest.KeepShadowRoots)
//	tab.Open("https://shop.example/")
//	tab.Wait(`document.querySelector("cobrowse-help")`)
//	tab.Clean() // no console error, no policy violation
//
// A [Tab] is a private session of its own: no cookie or storage is shared. It
// records the console, policy violations and requests from its first moment on.
// [Zoom] stands in for what a browser sees of Zoom.
//
// A missing browser fails the test; under -short the test is skipped. Tests
// should not run in parallel: several at once are slower than one by one.
package browsertest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// Env is the environment variable that names the browser's executable, where
// it is not one of the usual names in PATH.
const Env = "COBROWSE_CHROMIUM"

// Config is the world of a browser.
type Config struct {
	// Hosts are served over TLS (HTTP/1.1 and HTTP/2) as https://NAME.
	Hosts map[string]http.Handler
	// Routes lead names to servers of the test's own, as "127.0.0.1:8443",
	// whatever port a URL names. Those that speak TLS must use
	// [Browser.Certificate].
	Routes map[string]string
	// Flags are further command-line flags, without dashes; a value of "" is
	// a switch.
	Flags map[string]string
}

// Visit is a request that reached a host of Config.Hosts.
type Visit struct {
	Method, Host, Path string
}

// Browser is a running browser. It ends with its test.
type Browser struct {
	ctx  context.Context
	cert *certificate

	mu     sync.Mutex
	visits []Visit
}

// Start launches a browser that lives as long as the test.
func Start(t testing.TB, c Config) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("browser tests do not run under -short")
	}
	path, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"localhost"}
	for name := range c.Hosts {
		names = append(names, name)
	}
	for name := range c.Routes {
		names = append(names, name)
	}
	b := &Browser{}
	if b.cert, err = newCertificate(names); err != nil {
		t.Fatalf("making a certificate: %v", err)
	}
	rules := resolverRules(c, b.serve(t, c.Hosts))

	// Cleanups run last in, first out: the tabs, the browser, then the server.
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), b.flags(path, rules, c.Flags)...)
	t.Cleanup(cancel)
	quiet := chromedp.WithErrorf(func(string, ...any) {}) // protocol noise at the end of a test
	ctx, cancel = chromedp.NewContext(ctx, quiet)
	t.Cleanup(cancel)
	b.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return b
}

// Find returns the browser's executable: what [Env] names, or chromium,
// chromium-browser or google-chrome in PATH.
func Find() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if name := os.Getenv(Env); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser: none of %s is in PATH; install Debian's package chromium or name one in %s",
		strings.Join(names, ", "), Env)
}

// serve starts the server of Config.Hosts and returns its address.
func (b *Browser) serve(t testing.TB, hosts map[string]http.Handler) string {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.visits = append(b.visits, Visit{r.Method, r.Host, r.URL.Path})
		b.mu.Unlock()
		h, ok := hosts[r.Host]
		if !ok {
			http.Error(w, "no such host in this test", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{b.cert.pair}}
	srv.EnableHTTP2 = true
	// A browser that ends in the middle of a handshake is not worth a line.
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

func resolverRules(c Config, addr string) string {
	var rules []string
	for name := range c.Hosts {
		rules = append(rules, "MAP "+name+" "+addr)
	}
	for name, to := range c.Routes {
		rules = append(rules, "MAP "+name+" "+to)
	}
	slices.Sort(rules)
	return strings.Join(append(rules, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"), ", ")
}

func (b *Browser) flags(path, rules string, more map[string]string) []chromedp.ExecAllocatorOption {
	flags := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	flags = append(
		flags,
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // tests run as root in containers
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", rules),
		chromedp.Flag("ignore-certificate-errors-spki-list", b.cert.pin),
	)
	for name, value := range more {
		if value == "" {
			flags = append(flags, chromedp.Flag(name, true))
			continue
		}
		flags = append(flags, chromedp.Flag(name, value))
	}
	return flags
}

// Certificate returns a certificate for all names of the Config, and for
// localhost and 127.0.0.1, that the browser trusts.
func (b *Browser) Certificate() tls.Certificate { return b.cert.pair }

// CertificatePEM returns the same certificate and its key in PEM, for servers
// that read files.
func (b *Browser) CertificatePEM() (cert, key []byte) { return b.cert.certPEM, b.cert.keyPEM }

// Visits returns the requests that reached a host of Config.Hosts so far, from
// whatever tab or frame.
func (b *Browser) Visits(host string) []Visit {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Visit
	for _, v := range b.visits {
		if v.Host == host {
			out = append(out, v)
		}
	}
	return out
}
