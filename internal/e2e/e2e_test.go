package e2e

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const (
	root   = `shadowRootOf(document.querySelector("cobrowse-help"))`
	button = root + `?.querySelector(".help")`
)

// TestCustomer clicks the button on pages under every kind of policy, and
// checks what reaches Zoom.
func TestCustomer(t *testing.T) {
	w := start(t)
	for i, path := range []string{
		"/", "/security/nonce", "/security/hash", "/security/self", "/security/two",
		"/security/meta", "/security/report-only", "/frames/town", "/fr/succursales",
		"/intl/greek", "/intl/japanese", "/error/404", "/terms/br", "/terms/gzip",
	} {
		t.Run(strings.Trim(strings.ReplaceAll(path, "/", "-"), "-"), func(t *testing.T) {
			// Two live sessions never have the same PIN.
			pin, behaviour := strconv.Itoa(482913+i), w.behaviour()
			behaviour.PIN = pin
			w.zoom.Behave(behaviour)
			starts, needs := len(w.zoom.Calls("start")), len(w.zoom.Calls("need"))
			tab := w.browser.NewTab(t, browsertest.KeepShadowRoots)
			tab.Open(shop + path)
			tab.Wait(button)
			for _, u := range tab.Requests() {
				if strings.Contains(u, "zoom.us") {
					t.Errorf("before the click the page asked for %s", u)
				}
			}
			startSharing(tab)
			checkCustomerToken(t, w, w.zoom.Await(t, "start", starts+1))
			tab.Wait(root + `.textContent.replace(/\s/g, "").includes("` + pin + `")`)
			tab.Screenshot("customer" + strings.TrimSuffix(strings.ReplaceAll(path, "/", "-"), "-"))
			checkNeeds(t, w.zoom, needs)
			checkQuiet(t, tab)
			for _, u := range tab.Requests() {
				if parsed, err := url.Parse(u); err == nil && parsed.Scheme == "https" &&
					parsed.Host != "shop.example" && !strings.HasSuffix(parsed.Host, ".zoom.us") {
					t.Errorf("a request left for %s", u)
				}
			}
		})
	}
}

// startSharing does what a customer does: open the panel and agree.
func startSharing(tab *browsertest.Tab) {
	tab.Click(button)
	tab.Wait(root + `.querySelector(".main")`)
	tab.Click(root + `.querySelector(".main")`)
}

// checkCustomerToken looks at the token that the SDK was started with.
func checkCustomerToken(t *testing.T, w *world, call browsertest.Call) {
	t.Helper()
	var args struct {
		SDKToken string `json:"sdkToken"`
	}
	if err := json.Unmarshal(call.Args, &args); err != nil {
		t.Fatalf("start was called with %s: %v", call.Args, err)
	}
	claims, err := w.minter.Verify(args.SDKToken)
	if err != nil || claims.Role != token.RoleCustomer {
		t.Errorf("start's token: role %d, %v", claims.Role, err)
	}
}

// checkNeeds asserts that the page's policy lets Zoom's SDK do what it is
// known to need.
func checkNeeds(t *testing.T, zoom *browsertest.Zoom, before int) {
	t.Helper()
	const known = 6 // connect, websocket, image, font, style, frame
	zoom.Await(t, "need", before+known)
	for _, call := range zoom.Calls("need")[before:] {
		var need struct {
			Name string `json:"name"`
			OK   bool   `json:"ok"`
		}
		if err := json.Unmarshal(call.Args, &need); err != nil || !need.OK {
			t.Errorf("the policy keeps the SDK from %s (%v)", call.Args, err)
		}
	}
}

// TestAgent opens the desk as an agent, and as nobody.
func TestAgent(t *testing.T) {
	w := start(t)
	customer := w.browser.NewTab(t, browsertest.KeepShadowRoots)
	customer.Open(shop + "/")
	startSharing(customer)
	tab := w.browser.NewTab(t)
	tab.Open("https://" + agentName + ":" + w.password + "@shop.example/_cobrowse/desk")
	tab.Click(`document.querySelector("[data-session]")`)
	tab.Wait(`document.querySelector("iframe")?.src.startsWith("https://us01-zcb.zoom.us/")`)
	desk := awaitDesk(t, w.zoom)
	if desk.Refused {
		t.Error("Zoom refused the desk's token")
	}
	if strings.Contains(desk.Referer, "token") || strings.Contains(desk.Referer, w.password) {
		t.Errorf("the referrer tells too much: %s", desk.Referer)
	}
	checkQuiet(t, tab)
	tab.Screenshot("desk")
	for _, visited := range tab.Requests() {
		if strings.Contains(visited, "shop.example") && strings.Contains(visited, desk.Token) {
			t.Errorf("a URL of ours holds the token: %s", visited)
		}
	}
	for _, secret := range []string{sdkSecret, desk.Token, w.password} {
		if strings.Contains(w.output.String(), secret) {
			t.Errorf("the proxy's log holds a secret")
		}
	}
}

// awaitDesk waits for the desk's frame to reach Zoom.
func awaitDesk(t *testing.T, zoom *browsertest.Zoom) browsertest.Desk {
	t.Helper()
	for range 200 {
		if desks := zoom.Desks(); len(desks) > 0 {
			return desks[0]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the desk never reached Zoom")
	return browsertest.Desk{}
}

// checkQuiet asserts that nothing violated a policy, and that the console has
// nothing to say but what the test itself provokes.
func checkQuiet(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	for _, v := range tab.Violations() {
		t.Errorf("a policy was violated: %+v", v)
	}
	for _, line := range tab.Console() {
		provoked := strings.Contains(line, "OTS parsing error") || strings.Contains(line, "downloaded font") || // the stand-in's font is empty
			strings.Contains(line, "status of 404") // the page whose status that is
		if !provoked {
			t.Errorf("the console says %s", line)
		}
	}
}
