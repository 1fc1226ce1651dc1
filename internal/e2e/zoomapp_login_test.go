package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// zoomService is Zoom where the app is installed: it agrees to everything, and opens
// the client by a link whose action only the client gets.
type zoomService struct {
	mu     sync.Mutex
	action string // of the last link
}

func (z *zoomService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	z.mu.Lock()
	defer z.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/oauth/authorize":
		q := r.URL.Query()
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {"a-code-of-zooms-00"}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	case "/oauth/token":
		_, _ = io.WriteString(w, `{"access_token":"zoom-access-token","token_type":"bearer","refresh_token":"zoom-refresh-token","expires_in":3599}`)
	case "/v2/users/me":
		_, _ = fmt.Fprintf(w, `{"id":%q,"display_name":"Ana"}`, zoomUser)
	case "/v2/zoomapp/deeplink":
		var request struct{ Action string }
		_ = json.Unmarshal(body, &request)
		z.action = request.Action
		_, _ = io.WriteString(w, `{"deeplink":"https://zoom.us/launch/open-the-app"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (z *zoomService) lastAction() string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.action
}

// launching is the page of zoom.us that opens the client.
func launching(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<!DOCTYPE html><title>Launching Zoom</title>")
}

const launched = `location.href === "https://zoom.us/launch/open-the-app"`

// TestZoomAppLogin goes through the login with a real provider as an agent does: in
// the client, in the system's browser, and back. Another client cannot finish it.
func TestZoomAppLogin(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves browsers out")
	}
	service := new(zoomService)
	api := httptest.NewServer(service)
	t.Cleanup(api.Close)
	op := optest.Start(t, shop+"/_cobrowse/callback")
	w, sdk := startZoomApp(t, `
			install {
				oauth_base `+api.URL+`
				api_base `+api.URL+`
				tokens {
					key {env.ZOOM_APP_TOKEN_KEY}
				}
			}
			login oidc {
				name Contoso
				issuer `+op.URL+`
				client_id `+optest.ClientID+`
				client_secret {env.OIDC_CLIENT_SECRET}
				allow_groups agents
			}`, map[string]http.Handler{"zoom.us": http.HandlerFunc(launching)})
	sdk.give(zoomAppContext(t, zoomUser))
	mine, other := panelTab(t, w), panelTab(t, w)
	for _, tab := range []*browsertest.Tab{mine, other} {
		tab.Open(shop + "/_cobrowse/desk")
		tab.Wait(`location.pathname === "/_cobrowse/zoomapp" && !document.getElementById("login").hidden`)
	}
	panel(t, mine, "sign-in")
	begin := func(tab *browsertest.Tab) string {
		t.Helper()
		browsertest.Eval[any](tab, `void (window.opened = "")`)
		tab.Click(`document.getElementById("begin")`)
		tab.Wait(`window.opened`)
		return browsertest.Eval[string](tab, `window.opened`)
	}
	// signIn goes through the system's browser, which knows nothing of the client.
	signIn := func(target, user string) *browsertest.Tab {
		t.Helper()
		system := panelTab(t, w)
		system.Open(target)
		system.Wait(`document.querySelector("input[name=username]")`)
		browsertest.Eval[any](system, fmt.Sprintf(`void (document.querySelector("input[name=username]").value = %q, document.querySelector("input[name=password]").value = %q)`, user, optest.Password))
		system.Click(`document.querySelector("button")`)
		return system
	}

	// The app is connected with Zoom first.
	if target := begin(mine); target != shop+"/_cobrowse/zoomapp/install" {
		t.Fatalf("opened %s", target)
	}
	connecting := panelTab(t, w)
	connecting.Open(shop + "/_cobrowse/zoomapp/install")
	connecting.Wait(launched)

	customer := signIn(begin(mine), "bob")
	customer.Wait(`document.querySelector("h1")?.textContent === "You are not an agent"`)
	panel(t, customer, "not-an-agent")
	customer.Click(`document.querySelector("a.button")`)
	customer.Wait(`document.querySelector("input[name=username]")`)
	signIn(begin(mine), "anna").Wait(launched)
	panel(t, mine, "waiting")
	stolen := service.lastAction()
	sdk.give(zoomAppContextWith(t, zoomUser, stolen))
	other.Open(shop + "/_cobrowse/zoomapp")
	other.Wait(`document.getElementById("status").textContent.includes("not begun here")`)
	panel(t, other, "again")
	mine.Open(shop + "/_cobrowse/desk") // the ticket is used up
	mine.Wait(`location.pathname === "/_cobrowse/zoomapp" && document.getElementById("status").textContent.includes("not begun here")`)

	target := begin(mine)
	system := signIn(target, "anna")
	system.Wait(launched)
	sdk.give(zoomAppContextWith(t, zoomUser, service.lastAction()))
	mine.Open(shop + "/_cobrowse/zoomapp") // as the deep link does
	mine.Wait(deskShown)
	panel(t, mine, "desk-signed-in")
	if who := browsertest.Eval[string](mine, `document.getElementById("who-name").textContent`); who != "anna Müller" {
		t.Errorf("the desk is open for %q", who)
	}
	other.Open(shop + "/_cobrowse/desk")
	other.Wait(`location.pathname === "/_cobrowse/zoomapp" && !document.getElementById("login").hidden`)
	for _, secret := range []string{"access_token", "code_verifier", optest.ClientSecret} {
		for _, tab := range []*browsertest.Tab{mine, other, system} {
			if seen := strings.Join(tab.Requests(), " "); strings.Contains(seen, secret) {
				t.Errorf("a browser sees %s: %s", secret, seen)
			}
		}
	}
	again := panelTab(t, w)
	again.Open(shop + "/_cobrowse/callback?code=x&state=" + browsertest.Eval[string](again, fmt.Sprintf(`new URL(%q).searchParams.get("state")`, target)))
	again.Wait(`document.querySelector("h1").textContent === "You were not signed in"`)
	panel(t, again, "not-signed-in")

	mine.Click(`document.querySelector("#sign-out button")`)
	mine.Wait(`document.querySelector("h1").textContent === "You are signed out"`)
	panel(t, mine, "signed-out")
	mine.Click(`document.querySelector("a.button")`)
	mine.Wait(`location.pathname === "/_cobrowse/zoomapp" && !document.getElementById("login").hidden`)
	if v := mine.Violations(); len(v) > 0 {
		t.Errorf("%+v", v)
	}
}
