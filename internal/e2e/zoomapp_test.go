package e2e

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
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
			%[6]s
		}
		owasp_headers
	}
	reverse_proxy %[5]s
}
`

// zoomAppContext seals what zoomSdk.getAppContext gives, as Zoom does, for a user
// who opens the app.
func zoomAppContext(t *testing.T, uid string) string { return zoomAppContextWith(t, uid, "") }

// zoomAppContextWith is zoomAppContext for a user whom a deep link with an action
// led there.
func zoomAppContextWith(t *testing.T, uid, action string) string {
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
	plain := fmt.Appendf(nil, `{"typ":"panel","uid":%q,"aud":%q,"iss":"marketplace.zoom.us","ts":%d,"exp":%d,"act":%q}`, uid, zoomAppID, now, now+110_000, action)
	iv := []byte("twelve bytes")
	raw := append([]byte{byte(len(iv))}, iv...)
	raw = binary.LittleEndian.AppendUint16(raw, 0)
	raw = binary.LittleEndian.AppendUint32(raw, uint32(len(plain)))
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(raw, iv, plain, nil))
}

// appSDK is Zoom's SDK in the client, or outside of it. What the page opens in the
// system's browser is in opened.
type appSDK struct {
	mu     sync.Mutex
	sealed string // "" outside of Zoom
}

func (s *appSDK) give(sealed string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = sealed
}

func (s *appSDK) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "text/javascript")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin") // or Zoom's own sample could not load it
	_, _ = fmt.Fprintf(w, `window.zoomSdk = {
		config: async () => { if (!%[1]q) throw new Error("not in Zoom"); return {runningContext: "inMainClient"}; },
		getAppContext: async () => ({context: %[1]q}),
		openUrl: async ({url}) => { window.opened = url; },
	};`, s.sealed)
}

// startZoomApp starts the proxy with an app, whose block has more words, and a
// browser with Zoom's hosts and others.
func startZoomApp(t *testing.T, words string, hosts map[string]http.Handler) (*world, *appSDK) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves browsers out")
	}
	sdk := new(appSDK)
	w := &world{output: new(lockedBuffer), zoom: browsertest.NewZoom(t)}
	var err error
	if w.minter, err = token.New(token.Config{Key: sdkKey, Secrets: []string{sdkSecret}}); err != nil {
		t.Fatal(err)
	}
	w.zoom.Behave(w.behaviour())
	served := map[string]http.Handler{"appssdk.zoom.us": sdk, browsertest.ZoomHost: w.zoom}
	maps.Copy(served, hosts)
	port := freePort(t)
	w.browser = browsertest.Start(t, browsertest.Config{
		Hosts: served, Routes: map[string]string{"shop.example": "127.0.0.1:" + port},
	})
	legacy := httptest.NewServer(site.New())
	t.Cleanup(legacy.Close)
	w.runBinary(t, buildProxy(t), port, func(cert, key string) string {
		return fmt.Sprintf(zoomAppCaddyfile, port, cert, key, zoomUser, strings.TrimPrefix(legacy.URL, "http://"), words)
	}, "ZOOM_APP_CLIENT_ID="+zoomAppID, "ZOOM_APP_CLIENT_SECRET="+zoomAppSecret, "OIDC_CLIENT_SECRET="+optest.ClientSecret,
		"ZOOM_APP_TOKEN_KEY="+strings.Repeat("0f", 32))
	t.Cleanup(func() {
		for _, secret := range []string{zoomAppSecret, sdkSecret, optest.ClientSecret, optest.Password, strings.Repeat("0f", 32), "zoom-refresh-token"} {
			if strings.Contains(w.output.String(), secret) {
				t.Errorf("the log has %s", secret)
			}
		}
	})
	return w, sdk
}

// withHeader makes a tab send a context with each request, as the client does with
// the first one; "" ends that.
func withHeader(t *testing.T, tab *browsertest.Tab, sealed string) {
	t.Helper()
	headers := network.Headers{}
	if sealed != "" {
		headers["X-Zoom-App-Context"] = sealed
	}
	if _, err := chromedp.Call(tab.Context(), network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers}); err != nil {
		t.Fatal(err)
	}
}

// panel looks at what a tab shows as the client's side panel shows it: 400 px wide,
// light and dark, with axe.
func panel(t *testing.T, tab *browsertest.Tab, name string) {
	t.Helper()
	axe, err := os.ReadFile("../../tools/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run make node", err)
	}
	for _, scheme := range []string{"light", "dark"} {
		if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}); err != nil {
			t.Fatal(err)
		}
		if over := browsertest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			t.Errorf("%s: the page is %d px too wide for the panel", name, over)
		}
		browsertest.Eval[any](tab, string(axe)+";true")
		for _, v := range browsertest.Eval[[]string](tab, `axe.run(document, {iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
			.then((r) => r.violations.map((v) => v.impact + ' ' + v.id + ': ' + v.nodes.map((n) => n.html).join(' ')))`) {
			t.Errorf("%s, %s: %s", name, scheme, v)
		}
		tab.Screenshot("zoomapp-" + name + "-" + scheme)
	}
}

// panelTab is a tab of the size of Zoom's side panel.
func panelTab(t *testing.T, w *world) *browsertest.Tab {
	t.Helper()
	tab := w.browser.NewTab(t)
	tab.Size(400, 600)
	return tab
}

const deskShown = `location.pathname === "/_cobrowse/desk" && document.getElementById("connection")?.dataset.state === "live"`

// TestZoomApp opens the desk as the Zoom client does: with a context in the header of
// its first request, and by the session that this begins from then on. Where there
// is no header, the page asks the SDK. A customer waits, and is helped.
func TestZoomApp(t *testing.T) {
	w, sdk := startZoomApp(t, "", nil)
	tab := panelTab(t, w)
	withHeader(t, tab, zoomAppContext(t, zoomUser))
	tab.Open(shop + "/_cobrowse/zoomapp")
	tab.Wait(deskShown)
	withHeader(t, tab, "")
	tab.Open(shop + "/_cobrowse/desk")
	tab.Wait(deskShown)
	panel(t, tab, "desk-empty")

	customer := w.browser.NewTab(t, browsertest.KeepShadowRoots)
	customer.Open(shop + "/")
	startSharing(customer)
	tab.Wait(`document.querySelectorAll("#list > li").length === 1`)
	panel(t, tab, "desk-waiting")
	tab.Click(`document.querySelector("#list > li button")`)
	if visit := awaitDesk(t, w.zoom); visit.Refused {
		t.Errorf("Zoom refuses the token of %+v", visit)
	}
	tab.Wait(`document.getElementById("card").hidden`)
	panel(t, tab, "desk-joined")
	if v := tab.Violations(); len(v) > 0 {
		t.Errorf("%+v", v)
	}

	sdk.give(zoomAppContext(t, zoomUser))
	asking := panelTab(t, w)
	asking.Open(shop + "/_cobrowse/desk") // nobody yet: goes to the app's home page, and back
	asking.Wait(deskShown)
	// The page's own requests come with the session.
	asking.Wait(`fetch("/_cobrowse/token", {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"role":2}'}).then((r) => r.status === 200)`)

	sdk.give("")
	outside := panelTab(t, w)
	outside.Open(shop + "/_cobrowse/zoomapp")
	outside.Wait(`document.getElementById("status").textContent.includes("in the Zoom client")`)
	panel(t, outside, "outside")
	stranger := panelTab(t, w) // with cookies of its own, and no agent
	withHeader(t, stranger, zoomAppContext(t, "AnotherZoomUser"))
	stranger.Open(shop + "/_cobrowse/zoomapp")
	stranger.Wait(`document.querySelector("h1").textContent === "You are not an agent here"`)
	panel(t, stranger, "refused")
	stranger.Open(shop + "/_cobrowse/desk")
	stranger.Wait(`document.querySelector("h2").textContent === "You are not signed in as an agent"`)
	panel(t, stranger, "desk-refused")
}
