package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// framing is a page that shows the app in a frame of its panel's size, and is
// cross-origin isolated: what it embeds must agree to that.
func framing(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>client</title><body style="margin:0">
		<iframe src="%s/_cobrowse/zoomapp" style="width:400px;height:600px;border:0"></iframe>`, shop)
}

// TestZoomAppPWA: Zoom's web client, cross-origin isolated, shows the desk in a frame,
// and Zoom's desk in that, though Zoom's desk does not consent to it. No other page
// may. The session is the frame's alone.
func TestZoomAppPWA(t *testing.T) {
	w, sdk := startZoomApp(t, "pwa", map[string]http.Handler{
		"app.zoom.us": http.HandlerFunc(framing), "evil.example": http.HandlerFunc(framing),
	})
	customer := w.browser.NewTab(t, browsertest.KeepShadowRoots)
	customer.Open(shop + "/")
	startSharing(customer)
	sdk.give(zoomAppContext(t, zoomUser))

	// What is in the frame is another site's, which a test cannot ask: it presses
	// where the desk has its first customer, until the script of Zoom's desk has run.
	tab := w.browser.NewTab(t)
	tab.Size(400, 600)
	tab.Open("https://app.zoom.us/")
	for range 100 {
		if len(w.zoom.Calls("desk")) > 0 {
			break
		}
		tab.Do(chromedp.MouseClickXY(200, 281))
		time.Sleep(200 * time.Millisecond)
	}
	w.zoom.Await(t, "desk", 1)
	tab.Screenshot("zoomapp-pwa")
	if v := tab.Violations(); len(v) > 0 {
		t.Errorf("%+v", v)
	}

	sdk.give("")
	top := tab.Sibling() // with the same cookies, if they were not the frame's
	top.Open(shop + "/_cobrowse/desk")
	top.Wait(`document.getElementById("status")?.textContent.includes("in the Zoom client")`)

	sdk.give(zoomAppContext(t, zoomUser))
	evil := w.browser.NewTab(t)
	evil.Open("https://evil.example/")
	for range 100 {
		if strings.Contains(strings.Join(evil.Console(), " "), "frame-ancestors") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("another site may frame the app: %v", evil.Console())
}
