// Package browsertest drives real browsers in tests, with no way out.
//
// What a browser makes of our scripts, policies and headers is the only proof
// that counts, so tests ask it. [Start] launches one for a test whose world is a
// handful of host names: those of Config.Hosts are served over TLS by this
// package; those of Config.Routes lead to servers of the test's own; all other
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
// # Engines
//
// Config.Engine chooses the browser, and a test of tabs runs in any. [Chromium],
// the default, knows the world by resolver rules and trusts the certificate by
// the hash of its key. [Firefox] and [WebKit] see it through a proxy of this
// package that refuses every other name, and keeps a list of them
// ([Browser.Refused]); they take any certificate, which can only be one of the
// test's. Engines differ behind two small interfaces, driver and page.
//
// A missing Chromium or Firefox fails the test; under -short the test is
// skipped. Tests should not run in parallel: several at once are slower than
// one by one.
package browsertest

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"
)

// The size of a tab in CSS pixels, until [Tab.Size] says otherwise.
const (
	windowWidth  = 1280
	windowHeight = 800
)

// Config is the world of a browser.
type Config struct {
	// Engine is the make of browser; "" is what [EngineEnv] says, or Chromium.
	Engine Engine
	// Hosts are served over TLS (HTTP/1.1 and HTTP/2) as https://NAME.
	Hosts map[string]http.Handler
	// Routes lead names to servers of the test's own, as "127.0.0.1:8443",
	// whatever port a URL names. Those that speak TLS must use
	// [Browser.Certificate].
	Routes map[string]string
	// Beside puts the browser into the world of another one, which must live
	// as long. Hosts and Routes are then empty.
	Beside *Browser
	// Flags are further command-line flags of Chromium, without dashes; a
	// value of "" is a switch.
	Flags map[string]string
	// Media gives every page a camera and a microphone that are made up, and
	// asks nobody for permission. Connections between browsers (WebRTC) may then
	// use loopback. Chromium and Firefox have it.
	Media bool
}

// Browser is a running browser. It ends with its test.
type Browser struct {
	// Engine is the make of the browser.
	Engine Engine

	*world
	driver driver
	proxy  *proxy // nil for Chromium
}

// Start launches a browser that lives as long as the test.
func Start(t testing.TB, c Config) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("browser tests do not run under -short")
	}
	c.Engine = cmp.Or(c.Engine, Engine(os.Getenv(EngineEnv)), Chromium)
	path, err := Find(c.Engine)
	if err != nil {
		if c.Engine == WebKit {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	b := &Browser{Engine: c.Engine}
	if c.Beside != nil {
		b.world = c.Beside.world
	} else if b.world, err = newWorld(t, c.Hosts, c.Routes); err != nil {
		t.Fatal(err)
	}
	if err := b.launch(t, path, &c); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return b
}

func (b *Browser) launch(t testing.TB, path string, c *Config) (err error) {
	if b.Engine == Chromium {
		b.driver, err = startChromium(t, path, b, c)
		return err
	}
	if len(c.Flags) > 0 {
		return fmt.Errorf("%s takes no flags, but Config.Flags has %v", b.Engine, slices.Sorted(maps.Keys(c.Flags)))
	}
	b.proxy = newProxy(t, b.routes)
	if b.Engine == WebKit {
		b.driver, err = startWebKit(t, path, b.proxy.addr())
		return err
	}
	b.driver, err = startFirefox(t, path, b.proxy.addr(), c.Media)
	return err
}

// Refused returns what the browser asked for outside its world, as host:port,
// from whatever tab, and of its own accord too. Chromium asks a resolver that
// keeps no list: there only [Tab.Requests] tells.
func (b *Browser) Refused() []string {
	if b.proxy == nil {
		return nil
	}
	return b.proxy.refusals()
}

// Certificate returns a certificate for all names of the Config, and for
// localhost and 127.0.0.1, that the browser trusts.
func (b *Browser) Certificate() tls.Certificate { return b.cert.pair }

// CertificatePEM returns the same certificate and its key in PEM, for servers
// that read files.
func (b *Browser) CertificatePEM() (cert, key []byte) { return b.cert.certPEM, b.cert.keyPEM }
