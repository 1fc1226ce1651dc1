package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const (
	shop      = "https://shop.example"
	sdkKey    = "E2E_SDK_KEY"
	sdkSecret = "E2E_SDK_SECRET_zZ9_nobody_may_see"
	agentName = "anna"
)

// world is everything that takes part.
type world struct {
	browser  *browsertest.Browser
	zoom     *browsertest.Zoom
	minter   *token.Minter // checks tokens as Zoom would
	password string        // the agent's
	output   *lockedBuffer // what the proxy logged
}

// caddyfile is the configuration under test: an operator's, but for the
// addresses, and the certificate that the test's browser trusts.
const caddyfile = `{
	admin off
	auto_https disable_redirects
	skip_install_trust
	grace_period 1s
	log {
		level DEBUG
	}
}

https://shop.example:%[1]s {
	tls %[2]s %[3]s
	log
	encode
	basic_auth /_cobrowse/desk* {
		anna %[4]s
	}
	cobrowse {
		origins https://shop.example
		agents caddy_user
		inject {
			expose
		}
		mask {
			all_input
		}
		session {
			agent_annotation on
			customer_annotation on
			remote_assist scroll_page
			multi_tab on
		}
	}
	reverse_proxy %[5]s
}
`

// start builds the proxy and brings the world up. It ends with the test.
func start(t *testing.T) *world {
	t.Helper()
	zoom := browsertest.NewZoom(t)
	w := startWith(t, browsertest.Chromium, zoom)
	w.zoom = zoom
	var err error
	if w.minter, err = token.New(token.Config{Key: sdkKey, Secrets: []string{sdkSecret}}); err != nil {
		t.Fatal(err)
	}
	w.zoom.Behave(w.behaviour())
	return w
}

// startWith is start with a browser, and with what serves as Zoom.
func startWith(t *testing.T, engine browsertest.Engine, zoom http.Handler) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves browsers out")
	}
	w := &world{password: rand.Text(), output: new(lockedBuffer)}
	port := freePort(t)
	w.browser = browsertest.Start(t, browsertest.Config{
		Engine: engine,
		Hosts:  map[string]http.Handler{browsertest.ZoomHost: zoom},
		Routes: map[string]string{"shop.example": "127.0.0.1:" + port},
	})
	legacy := httptest.NewServer(site.New())
	t.Cleanup(legacy.Close)
	w.runProxy(t, port, strings.TrimPrefix(legacy.URL, "http://"))
	return w
}

// behaviour is a Zoom that checks tokens and tries all that its SDK may need.
func (w *world) behaviour() browsertest.Behaviour {
	return browsertest.Behaviour{Needs: true, Verify: func(signed string, role int) error {
		claims, err := w.minter.Verify(signed)
		if err == nil && int(claims.Role) != role {
			err = fmt.Errorf("role %d instead of %d", claims.Role, role)
		}
		return err
	}}
}

func (w *world) runProxy(t *testing.T, port, upstream string) {
	t.Helper()
	binary := buildProxy(t)
	hash, err := exec.Command(binary, "hash-password", "--plaintext", w.password).Output()
	if err != nil {
		t.Fatal(err)
	}
	w.runBinary(t, binary, port, func(cert, key string) string {
		return fmt.Sprintf(caddyfile, port, cert, key, bytes.TrimSpace(hash), upstream)
	})
}

// buildProxy returns the program.
func buildProxy(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "cobrowse-proxy")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/cobrowse-proxy").CombinedOutput(); err != nil {
		t.Fatalf("building the proxy: %v\n%s", err, out)
	}
	return binary
}

// runBinary runs the program with a Caddyfile, which is told where the certificate
// is, and more environment variables.
func (w *world) runBinary(t *testing.T, binary, port string, caddyfile func(cert, key string) string, env ...string) {
	t.Helper()
	dir := t.TempDir()
	certPEM, keyPEM := w.browser.CertificatePEM()
	cert, key, config := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "Caddyfile")
	for name, content := range map[string][]byte{
		cert: certPEM, key: keyPEM,
		config: []byte(caddyfile(cert, key)),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	proxy := exec.Command(binary, "run", "--config", config, "--adapter", "caddyfile")
	proxy.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir,
		"ZOOM_SDK_KEY="+sdkKey, "ZOOM_SDK_SECRET="+sdkSecret)
	proxy.Env = append(proxy.Env, env...)
	proxy.Stdout, proxy.Stderr = w.output, w.output
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = proxy.Process.Signal(syscall.SIGTERM)
		_ = proxy.Wait()
		if t.Failed() {
			t.Logf("the proxy's last lines:\n%s", w.output.tail(4000))
		}
	})
	for range 400 {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the proxy does not listen:\n%s", w.output.tail(4000))
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// lockedBuffer keeps what a process writes.
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

func (l *lockedBuffer) tail(n int) string {
	s := l.String()
	return s[max(0, len(s)-n):]
}
