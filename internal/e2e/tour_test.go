package e2e

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// bank is where the tour's customer is. Names below localhost are as good as
// HTTPS to browsers, and never another machine's.
const bank = "bank.localhost"

// TestTour is the product as people use it, in each browser: a page whose policy
// has a nonce and 'strict-dynamic', our button, our desk, and between them a
// session that is seen, masked, drawn on, scrolled, and followed to the next
// page. It is taken twice: with the command demo, and with the production
// configuration of a site whose browser finds the sandbox under Zoom's name.
// COBROWSE_REPEAT=10 runs it that often.
func TestTour(t *testing.T) {
	times := 1
	if v := os.Getenv("COBROWSE_REPEAT"); v != "" {
		var err error
		if times, err = strconv.Atoi(v); err != nil || times < 1 {
			t.Fatalf("COBROWSE_REPEAT is %q, not a number above 0", v)
		}
	}
	for _, engine := range []browsertest.Engine{browsertest.Chromium, browsertest.Firefox} {
		for n := range times {
			t.Run(fmt.Sprintf("%s/demo/%d", engine, n+1), func(t *testing.T) { takeTour(t, startDemoTour(t, engine)) })
			t.Run(fmt.Sprintf("%s/production/%d", engine, n+1), func(t *testing.T) { takeTour(t, startMappedTour(t, engine)) })
		}
	}
}

// tour is a running site, and the two who use it.
type tour struct {
	name           string // of the screenshots
	home           string // of the customer
	hosts          []string
	customer, desk *browsertest.Tab
	// join lets the agent choose the customer at our desk, by PIN or from the
	// list, and brings Zoom's desk.
	join  func(pin string)
	frame string // the document of Zoom's desk, in the agent's tab
}

func takeTour(t *testing.T, w *tour) {
	w.customer.Open(w.home + "/security/nonce")
	w.customer.Wait(button)
	w.customer.Screenshot(w.name + "-1-customer")
	startSharing(w.customer)
	w.customer.Wait(pinText + ".match(/[0-9]{6}/)")
	w.customer.Screenshot(w.name + "-2-pin")
	pin := browsertest.Eval[string](w.customer, pinText+".match(/[0-9]{6}/)[0]")

	w.desk.Wait(`document.querySelector("[data-session]")`) // the waiting list is live
	w.desk.Screenshot(w.name + "-3-desk")
	w.join(pin)
	w.desk.Wait(w.inDesk("#pin"))
	w.desk.Screenshot(w.name + "-4-desk-pin")
	w.desk.Click(w.inDesk("#pin"))
	w.desk.Press(pin)
	w.desk.Click(w.inDesk("button[type=submit]"))
	w.desk.Wait(w.inDesk(".stage.shown"))
	w.desk.Wait(w.inPage("body") + ".innerText.includes('Savings Bank')")

	w.draw()
	w.scroll()
	w.logIn()
	w.end()
	for name, tab := range map[string]*browsertest.Tab{"customer": w.customer, "desk": w.desk} {
		for _, u := range tab.Requests() {
			if parsed, err := url.Parse(u); err == nil && strings.HasPrefix(parsed.Scheme, "http") && !slices.Contains(w.hosts, parsed.Hostname()) {
				t.Errorf("the %s asked for %s", name, u)
			}
		}
		tab.Clean()
	}
}

// pinText is the text of our panel.
const pinText = root + `.textContent.replace(/\s/g, "")`

// inDesk is an element of Zoom's desk.
func (w *tour) inDesk(selector string) string {
	return w.frame + `?.querySelector(` + strconv.Quote(selector) + `)`
}

// inPage is an element of the customer's page as the agent sees it.
func (w *tour) inPage(selector string) string {
	return `[...(` + w.frame + `?.querySelectorAll(".replayer-wrapper iframe") ?? [])].at(-1)?.contentDocument?.querySelector(` + strconv.Quote(selector) + `)`
}

// inSandbox is an element of the sandbox's own bar on the customer's page.
func inSandbox(selector string) string {
	return `shadowRootOf(document.querySelector("zoom-cobrowse-sandbox"))?.querySelector(` + strconv.Quote(selector) + `)`
}

// onStage is a point of the mirrored page, in shares of its width and height.
func (w *tour) onStage(x, y float64) browsertest.Point {
	r := browsertest.Eval[[]float64](w.desk, `(() => {
		const stage = `+w.inDesk(".stage")+`, r = stage.getBoundingClientRect(), f = stage.ownerDocument.defaultView.frameElement?.getBoundingClientRect();
		return [r.x + (f?.x ?? 0), r.y + (f?.y ?? 0), r.width, r.height];
	})()`)
	return browsertest.Point{X: r[0] + x*r[2], Y: r[1] + y*r[3]}
}

// draw lets the agent draw a rectangle that the customer sees.
func (w *tour) draw() {
	w.desk.Click(w.inDesk("[data-tool=rect]"))
	w.desk.Drag(w.onStage(.3, .3), w.onStage(.5, .4), w.onStage(.6, .5))
	w.customer.Wait(inSandbox(".board rect") + `?.getAttribute("width") > 50`)
	w.customer.Screenshot(w.name + "-5-customer-drawing")
	w.desk.Screenshot(w.name + "-6-desk-drawing")
	w.desk.Click(w.inDesk(".clear"))
	w.customer.Wait("!" + inSandbox(".board rect"))
	w.desk.Click(w.inDesk("[data-tool=rect]")) // put away
}

// scroll lets the agent ask, and the customer agree.
func (w *tour) scroll() {
	w.customer.Size(1280, 300) // so that there is something to scroll
	w.desk.Click(w.inDesk(".assist"))
	w.customer.Wait(inSandbox(".allow"))
	w.customer.Screenshot(w.name + "-7-consent")
	w.customer.Click(inSandbox(".allow"))
	w.desk.Wait(w.inDesk(".stage.assisting"))
	for w.desk.Wait("true"); browsertest.Eval[float64](w.customer, "scrollY") < 50; time.Sleep(50 * time.Millisecond) {
		w.desk.Wheel(w.onStage(.5, .5), browsertest.Point{Y: 120})
	}
	w.customer.Click(inSandbox(".assist"))
	w.desk.Wait("!" + w.inDesk(".stage.assisting"))
	w.customer.Size(1280, 800)
}

// logIn goes to another page, where the session goes on, and fills a form: what
// is typed stays with the customer.
func (w *tour) logIn() {
	w.customer.Open(w.home + "/login")
	w.customer.Click(`document.querySelector("[name=customer]")`)
	w.customer.Press("40417")
	w.desk.Wait(w.inPage("input") + `?.value === "\u2022".repeat(5)`)
	w.customer.Screenshot(w.name + "-8-second-page")
	w.desk.Screenshot(w.name + "-9-desk-second-page")
}

// end ends the session from the customer's side.
func (w *tour) end() {
	w.customer.Click(inSandbox(".end"))
	w.desk.Wait(w.inDesk("#problem") + `?.textContent.includes("The customer has ended the session")`)
}

// startDemoTour runs the command demo, where everything is on one origin.
func startDemoTour(t *testing.T, engine browsertest.Engine) *tour {
	t.Helper()
	legacy := httptest.NewServer(site.New())
	t.Cleanup(legacy.Close)
	port := freePort(t)
	home := "http://" + bank + ":" + port
	password := runDemo(t, home, legacy.URL)
	browser := browsertest.Start(t, browsertest.Config{Engine: engine, Media: true, Routes: map[string]string{bank: "127.0.0.1:" + port}})
	w := &tour{
		name: "tour", home: home, hosts: []string{bank},
		customer: browser.NewTab(t, browsertest.KeepShadowRoots), desk: browser.NewTab(t),
		frame: `document.querySelector("iframe")?.contentDocument`,
	}
	w.join = func(pin string) {
		w.desk.Click(`document.querySelector("#pin")`)
		w.desk.Press(pin)
		w.desk.Click(`document.querySelector("button[type=submit]")`)
		w.desk.Wait(`document.querySelector("#session-pin")?.textContent.replace(/\s/g, "") === "` + pin + `"`)
	}
	w.desk.Open("http://agent:" + password + "@" + bank + ":" + port + "/_cobrowse/desk")
	return w
}

// startMappedTour runs the production configuration, and the sandbox as Zoom's
// host. The desk's frame is then of another origin, out of a test's reach, so the
// agent opens its address in the tab itself.
func startMappedTour(t *testing.T, engine browsertest.Engine) *tour {
	t.Helper()
	zoom, err := proxy.NewSandbox(proxy.Config{
		SDKKey: sdkKey, SDKSecrets: []string{sdkSecret}, Origins: []string{shop}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zoom.Close() })
	w := startWith(t, engine, zoom)
	tour := &tour{
		name: "mapped", home: shop, hosts: []string{"shop.example", browsertest.ZoomHost},
		customer: w.browser.NewTab(t, browsertest.KeepShadowRoots), desk: w.browser.NewTab(t), frame: "document",
	}
	tour.desk.Open("https://" + agentName + ":" + w.password + "@shop.example/_cobrowse/desk")
	tour.join = func(string) {
		tour.desk.Click(`document.querySelector("[data-session]")`)
		tour.desk.Wait(`document.querySelector("iframe")?.src.startsWith("https://us01-zcb.zoom.us/")`)
		tour.desk.Open(browsertest.Eval[string](tour.desk, `document.querySelector("iframe").src`))
	}
	return tour
}

// runDemo builds the proxy, starts its command demo, and returns the agent's
// password.
func runDemo(t *testing.T, from, to string) string {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "cobrowse-proxy")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/cobrowse-proxy").CombinedOutput(); err != nil {
		t.Fatalf("building the proxy: %v\n%s", err, out)
	}
	output := new(lockedBuffer)
	demo := exec.Command(binary, "demo", "--from", from, "--to", to)
	demo.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir,
		"ZOOM_SDK_KEY=", "ZOOM_SDK_SECRET=", "ZOOM_VIDEO_SDK_KEY=", "ZOOM_VIDEO_SDK_SECRET=")
	demo.Stdout, demo.Stderr = output, output
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = demo.Process.Signal(syscall.SIGTERM)
		_ = demo.Wait()
		if t.Failed() {
			t.Logf("the demo's last lines:\n%s", output.tail(4000))
		}
	})
	login := regexp.MustCompile(`user agent, password ([^\s]+)`)
	for range 400 {
		if found := login.FindStringSubmatch(output.String()); found != nil {
			return found[1]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the demo does not start:\n%s", output.tail(4000))
	return ""
}
