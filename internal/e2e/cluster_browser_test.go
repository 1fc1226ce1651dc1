package e2e

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// staff is where agents go. It leads to the second instance, the shop to a load
// balancer before both.
const staff = "https://desk.example"

// TestTwoInstancesInBrowsers is TestTwoInstances as people see it: in Chromium,
// with the sandbox under the name of Zoom's host.
func TestTwoInstancesInBrowsers(t *testing.T) {
	zoom, err := proxy.NewSandbox(proxy.Config{
		SDKKey: sdkKey, SDKSecrets: []string{sdkSecret}, Origins: []string{shop, staff}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zoom.Close() })
	portA, portB := freePort(t), freePort(t)
	balancer := newRelay(t, "127.0.0.1:"+portA)
	browser := browsertest.Start(t, browsertest.Config{
		Hosts:  map[string]http.Handler{browsertest.ZoomHost: zoom},
		Routes: map[string]string{"shop.example": balancer.addr(), "desk.example": "127.0.0.1:" + portB},
	})
	redis, upstream, tls := redistest.Start(t), legacySite(t), certificate(t, browser)
	start := func(port string) *instance {
		return newInstance(t, settings{
			Names: shop + ":" + port + ", " + staff + ":" + port, TLS: tls, Port: port,
			Origins: "origins " + shop + " " + staff, Store: onRedis(redis.Addr()), Upstream: upstream,
		})
	}
	a, b := start(portA), start(portB)

	desk := browser.NewTab(t)
	desk.Open("https://" + agent(0) + ":" + strings.ReplaceAll(agentPassword, " ", "%20") + "@desk.example/_cobrowse/desk")
	desk.Wait(`document.querySelector("#connection").dataset.state === "live"`)
	customer := browser.NewTab(t, browsertest.KeepShadowRoots)
	customer.Open(shop + "/security/nonce")
	customer.Wait(button)
	startSharing(customer)
	customer.Wait(pinText + ".match(/[0-9]{6}/)")
	pin := browsertest.Eval[string](customer, pinText+".match(/[0-9]{6}/)[0]")

	const row = `document.querySelector("[data-session]")`
	desk.Wait(row + `?.textContent.includes("/security/nonce")`)
	desk.Screenshot("cluster-1-desk-waiting")
	desk.Click(row)
	desk.Wait(`document.querySelector("#session-pin").textContent.replace(/\s/g, "") === ` + strconv.Quote(pin))
	desk.Wait(`document.querySelector("iframe")?.src.startsWith("https://us01-zcb.zoom.us/")`)
	desk.Screenshot("cluster-2-desk-joined")

	// The frame is another origin's, out of a test's reach: its address is opened
	// in a tab of its own.
	view := &tour{desk: browser.NewTab(t), customer: customer, frame: "document", name: "cluster"}
	view.desk.Open(browsertest.Eval[string](desk, `document.querySelector("iframe").src`))
	view.desk.Click(view.inDesk("#pin"))
	view.desk.Press(pin)
	view.desk.Click(view.inDesk("button[type=submit]"))
	view.desk.Wait(view.inDesk(".stage.shown"))
	view.desk.Wait(view.inPage("body") + ".innerText.includes('Savings Bank')")
	desk.Wait(row + `?.dataset.state === "active"`)

	a.kill()
	balancer.turn("127.0.0.1:" + portB)
	customer.Open(shop + "/login")
	customer.Click(`document.querySelector("[name=customer]")`)
	customer.Press("40417")
	view.desk.Wait(view.inPage("input") + `?.value.length === 5`)
	desk.Wait(row + `?.textContent.includes("/login")`)
	desk.Wait(row + `?.dataset.state === "active"`)
	desk.Screenshot("cluster-3-desk-after-the-kill")
	customer.Click(inSandbox(".end"))
	desk.Wait("!" + row + `|| ` + row + `.closest(".gone")`)
	desk.Screenshot("cluster-4-desk-ended")

	customer.Clean()
	b.stop()
	b.intact()
	for _, secret := range []string{sdkSecret, pin} {
		if strings.Contains(a.output.String()+b.output.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
}

// certificate writes the browser's certificate for instances to read.
func certificate(t *testing.T, b *browsertest.Browser) string {
	t.Helper()
	certPEM, keyPEM := b.CertificatePEM()
	cert, key := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, content := range map[string][]byte{cert: certPEM, key: keyPEM} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert + " " + key
}
