package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

const (
	videoKey    = "E2E_VIDEO_SDK_KEY"
	videoSecret = "E2E_VIDEO_SDK_SECRET_qQ7_nobody_may_see"
	toolkitHost = "source.zoom.us" // where Zoom serves its UI Toolkit
)

// TestVideoTour continues a session by video: on a page of strict policy an agent
// who has joined the customer offers it, the customer takes the offer, and both see
// each other in a tab of their own, while the page goes on being shared in the first
// ones. Like TestTour it is taken with the command demo, and with the production
// configuration of a site whose browser finds the sandbox under Zoom's names.
func TestVideoTour(t *testing.T) {
	for _, engine := range []browsertest.Engine{browsertest.Chromium, browsertest.Firefox} {
		t.Run(string(engine)+"/demo", func(t *testing.T) {
			w := startDemoTour(t, engine)
			w.name = "video"
			(&videoTour{tour: w, ours: w.desk}).take(t)
		})
		t.Run(string(engine)+"/production", func(t *testing.T) { startMappedVideoTour(t, engine).take(t) })
	}
}

// videoTour is a tour of which our own desk may be another tab than Zoom's.
type videoTour struct {
	*tour
	ours *browsertest.Tab
	// output is what the proxy logged, and zoom what stood in for Zoom, where a
	// test sees them.
	output *lockedBuffer
	zoom   *proxy.Sandbox
}

const (
	// offered: the customer's panel has the button.
	offered = root + `?.querySelector(".main")?.textContent === "Continue by video"`
	inCall  = `document.body.dataset.state === "call"`
	other   = `document.querySelector(".zvs-tile[data-user]")`
)

func (w *videoTour) take(t *testing.T) {
	w.meet()
	if browsertest.Eval[bool](w.customer, offered) {
		t.Error("the customer has a video button before anybody offered one")
	}

	w.ours.Front()
	w.ours.Click(`document.querySelector("#video")`)
	host := w.ours.Opened("/_cobrowse/video#")
	host.Wait(inCall)
	w.customer.Wait(offered) // with the next heartbeat
	w.customer.Screenshot(w.name + "-1-customer-offered")
	w.ours.Screenshot(w.name + "-2-desk-offered")
	w.customer.Click(root + `.querySelector(".main")`)
	guest := w.customer.Opened("/_cobrowse/video#")
	guest.Wait(inCall)
	for _, room := range []*browsertest.Tab{host, guest} {
		room.Front()
		room.Click(`document.querySelector(".zvs-camera")`)
	}
	plays(host)
	plays(guest)
	host.Size(400, 720)
	host.Screenshot(w.name + "-3-room-agent-400")
	guest.Screenshot(w.name + "-4-room-customer")

	// The page is shared all the while.
	w.customer.Front()
	w.desk.Front()
	w.draw()
	w.logIn()

	host.Front()
	host.Click(`document.querySelector(".zvs-leave")`)
	host.Wait(`document.body.dataset.state === "ended"`)
	guest.Front()
	guest.Wait("!" + other)
	guest.Screenshot(w.name + "-5-room-alone")
	w.customer.Front()
	w.end()
	guest.Front()
	guest.Click(`document.querySelector(".zvs-leave")`)
	guest.Wait(`document.body.dataset.state === "ended"`)
	guest.Screenshot(w.name + "-6-room-ended")
	w.check(t, host, guest)
}

// meet brings customer and agent together.
func (w *videoTour) meet() {
	w.customer.Open(w.home + "/security/nonce")
	w.customer.Wait(button)
	startSharing(w.customer)
	w.customer.Wait(pinText + ".match(/[0-9]{6}/)")
	pin := browsertest.Eval[string](w.customer, pinText+".match(/[0-9]{6}/)[0]")
	w.ours.Wait(`document.querySelector("[data-session]")`)
	w.join(pin)
	w.desk.Wait(w.inDesk("#pin"))
	w.desk.Click(w.inDesk("#pin"))
	w.desk.Press(pin)
	w.desk.Click(w.inDesk("button[type=submit]"))
	w.desk.Wait(w.inDesk(".stage.shown"))
	w.desk.Wait(w.inPage("body") + ".innerText.includes('Savings Bank')")
}

// plays waits until the other side's picture is there and moves.
func plays(room *browsertest.Tab) {
	picture := other + `.querySelector("video")`
	room.Wait(picture + ".videoWidth > 0")
	browsertest.Eval[bool](room, "(window.before = "+picture+".currentTime, true)")
	room.Wait(picture + ".currentTime > window.before")
}

// check looks at what all tabs complained of and asked for: nothing, and of nobody
// else. No signature is in an address, a storage or the log.
func (w *videoTour) check(t *testing.T, host, guest *browsertest.Tab) {
	t.Helper()
	for name, tab := range map[string]*browsertest.Tab{"customer": w.customer, "desk": w.ours, "agent's room": host, "customer's room": guest} {
		for _, u := range tab.Requests() {
			parsed, err := url.Parse(u)
			if err == nil && parsed.Host != "" && !slices.Contains(w.hosts, parsed.Hostname()) {
				t.Errorf("the %s asked for %s", name, u)
			}
		}
		tab.Clean()
		if browsertest.Eval[bool](tab, `(location.href + JSON.stringify([{...localStorage}, {...sessionStorage}])).includes("eyJ")`) {
			t.Errorf("the %s has a signature in its address or storage", name)
		}
	}
	if w.output == nil {
		return
	}
	if n := w.zoom.VideoSessions(); n != 0 {
		t.Errorf("%d video sessions are left", n)
	}
	// The desk of Zoom's has its token in its address, but that is not asked of us.
	for _, secret := range []string{videoSecret, sdkSecret, "eyJ", "a=ice-ufrag"} {
		if strings.Contains(w.output.String(), secret) {
			t.Errorf("the proxy's log has %s", secret)
		}
	}
}

// startMappedVideoTour runs the production configuration with credentials of the
// Video SDK, and the sandbox as Zoom's hosts. Of the desk of Zoom's, which is of
// another origin, see startMappedTour.
func startMappedVideoTour(t *testing.T, engine browsertest.Engine) *videoTour {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves browsers out")
	}
	zoom, err := proxy.NewSandbox(proxy.Config{
		SDKKey: sdkKey, SDKSecrets: []string{sdkSecret}, Origins: []string{shop}, Logger: slog.New(slog.DiscardHandler),
		Video: &proxy.VideoConfig{SDKKey: videoKey, SDKSecrets: []string{videoSecret}, Customers: true, Agents: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zoom.Close() })
	// Held until the proxy takes it over, or one of the other servers might get it.
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Close() })
	w := &world{password: rand.Text(), output: new(lockedBuffer)}
	w.browser = browsertest.Start(t, browsertest.Config{
		Engine: engine, Media: true,
		Hosts:  map[string]http.Handler{browsertest.ZoomHost: zoom, toolkitHost: zoom},
		Routes: map[string]string{"shop.example": held.Addr().String()},
	})
	w.runVideoProxy(t, held)
	desk := w.browser.NewTab(t)
	v := &videoTour{ours: desk, output: w.output, zoom: zoom, tour: &tour{
		name: "video-mapped", home: shop, hosts: []string{"shop.example", browsertest.ZoomHost, toolkitHost},
		customer: w.browser.NewTab(t, browsertest.KeepShadowRoots), desk: desk.Sibling(), frame: "document",
	}}
	desk.Open("https://" + agentName + ":" + w.password + "@shop.example/_cobrowse/desk")
	v.join = func(string) {
		desk.Front()
		desk.Click(`document.querySelector("[data-session]")`)
		desk.Wait(`document.querySelector("iframe")?.src.startsWith("https://us01-zcb.zoom.us/")`)
		v.desk.Open(browsertest.Eval[string](desk, `document.querySelector("iframe").src`))
		v.desk.Front()
	}
	return v
}

// runVideoProxy runs the proxy in front of the legacy site, with video_tokens, in
// place of a listener.
func (w *world) runVideoProxy(t *testing.T, held net.Listener) {
	t.Helper()
	legacy := httptest.NewServer(site.New())
	t.Cleanup(legacy.Close)
	binary := buildProxy(t)
	hash, err := exec.Command(binary, "hash-password", "--plaintext", w.password).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(held.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	const before, video = "agents caddy_user\n", "video_tokens {\n customers\n agents\n}\n"
	w.runBinary(t, binary, port, func(cert, key string) string {
		_ = held.Close()
		return fmt.Sprintf(strings.Replace(caddyfile, before, before+video, 1), port, cert, key, bytes.TrimSpace(hash), strings.TrimPrefix(legacy.URL, "http://"))
	}, "ZOOM_VIDEO_SDK_KEY="+videoKey, "ZOOM_VIDEO_SDK_SECRET="+videoSecret)
}
