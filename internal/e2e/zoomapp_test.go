package e2e

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

const (
	zoomAppID     = "E2E_ZOOM_APP"
	zoomAppSecret = "E2E_ZOOM_APP_SECRET_zZ9" //nolint:gosec // made up
	zoomUser      = "KDcuGIm1QgePTO8WbOqwIQ"
)

// zoomAppCaddyfile is that of a site whose agents sit in the Zoom client.
const zoomAppCaddyfile = `{
	admin off
	auto_https disable_redirects
	skip_install_trust
	grace_period 1s
}

https://shop.example:%[1]s {
	tls %[2]s %[3]s
	encode
	cobrowse {
		origins https://shop.example
		agents zoomapp {
			agent %[4]s "Ana García"
		}
		owasp_headers
	}
	reverse_proxy %[5]s
}
`

// zoomAppContext seals what zoomSdk.getAppContext gives, as Zoom does.
func zoomAppContext(t *testing.T, uid string) string {
	t.Helper()
	key := sha256.Sum256([]byte(zoomAppSecret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	plain := fmt.Appendf(nil, `{"typ":"panel","uid":%q,"aud":%q,"iss":"marketplace.zoom.us","ts":%d,"exp":%d}`, uid, zoomAppID, now, now+110_000)
	iv := []byte("twelve bytes")
	raw := append([]byte{byte(len(iv))}, iv...)
	raw = binary.LittleEndian.AppendUint16(raw, 0)
	raw = binary.LittleEndian.AppendUint32(raw, uint32(len(plain)))
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(raw, iv, plain, nil))
}

// TestZoomApp opens the app's home page as the Zoom client does where it sends no
// header: the page asks the SDK for the context, and the desk opens, in the width of
// the client's side panel.
func TestZoomApp(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves browsers out")
	}
	sdk := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/javascript")
		_, _ = fmt.Fprintf(rw, `window.zoomSdk = {config: async () => ({runningContext: "inMainClient"}), getAppContext: async () => ({context: %q})};`,
			zoomAppContext(t, zoomUser))
	})
	w := &world{output: new(lockedBuffer)}
	port := freePort(t)
	w.browser = browsertest.Start(t, browsertest.Config{
		Hosts:  map[string]http.Handler{"appssdk.zoom.us": sdk, browsertest.ZoomHost: http.NotFoundHandler()},
		Routes: map[string]string{"shop.example": "127.0.0.1:" + port},
	})
	legacy := httptest.NewServer(site.New())
	t.Cleanup(legacy.Close)
	w.runBinary(t, buildProxy(t), port, func(cert, key string) string {
		return fmt.Sprintf(zoomAppCaddyfile, port, cert, key, zoomUser, strings.TrimPrefix(legacy.URL, "http://"))
	}, "ZOOM_APP_CLIENT_ID="+zoomAppID, "ZOOM_APP_CLIENT_SECRET="+zoomAppSecret)

	tab := w.browser.NewTab(t)
	tab.Size(400, 600)
	tab.Open(shop + "/_cobrowse/desk") // nobody yet: goes to the app's home page, and back
	tab.Wait(`location.pathname === "/_cobrowse/desk" && document.querySelector("h1") !== null`)
	// The page's own requests come with the session.
	tab.Wait(`fetch("/_cobrowse/token", {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"role":2}'}).then((r) => r.status === 200)`)
	if over := browsertest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		t.Errorf("the desk is %d px too wide for the panel", over)
	}
	if v := tab.Violations(); len(v) > 0 {
		t.Errorf("%+v", v)
	}
	tab.Screenshot("zoomapp-desk")

	stranger := w.browser.NewTab(t) // with cookies of its own, and no agent
	reply := browsertest.Eval[int](openAt(stranger, shop+"/_cobrowse/zoomapp/launch.css"), fmt.Sprintf(
		`fetch("/_cobrowse/zoomapp/context", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({context: %q})}).then((r) => r.status)`,
		zoomAppContext(t, "AnotherZoomUser")))
	if reply != http.StatusForbidden {
		t.Errorf("a Zoom user who is no agent gets %d", reply)
	}
	for _, secret := range []string{zoomAppSecret, sdkSecret} {
		if strings.Contains(w.output.String(), secret) {
			t.Error("a secret is in the log")
		}
	}
}

// openAt opens an address in a tab, and returns the tab.
func openAt(tab *browsertest.Tab, url string) *browsertest.Tab {
	tab.Open(url)
	return tab
}
