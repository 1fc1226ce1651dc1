// Package forwardauth_test starts the server with the example's Caddyfile,
// beside a gateway.
package forwardauth_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

// gateway lets people in who have its cookie, and says who they are as Authelia
// does. Anna is an agent, Bob is none.
var gateway = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	groups := map[string]string{"anna": "staff,agents", "bob": "staff"}
	cookie, err := r.Cookie("portal")
	if err != nil || groups[cookie.Value] == "" || r.URL.Path != "/api/authz/forward-auth" {
		w.Header().Set("Location", "https://portal.example/")
		w.WriteHeader(http.StatusFound)
		return
	}
	w.Header().Set("Remote-User", cookie.Value)
	w.Header().Set("Remote-Groups", groups[cookie.Value])
})

// pin is what an agent types.
const pin = `{"pin":"482913"}`

// client follows no redirects, which lead to the gateway's portal.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// send sends a request of a page of the site, and returns status and body.
func send(t *testing.T, method, url string, header http.Header, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone() // as spelled, not in canonical form
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// forged are headers that name anna as an agent, in each spelling.
func forged() []http.Header {
	var all []http.Header
	for _, separator := range []string{"-", "_", ".", "~"} {
		for _, change := range []func(string) string{strings.ToLower, strings.ToUpper, func(s string) string { return s }} {
			all = append(all, http.Header{
				change("Remote" + separator + "User"):   {"anna"},
				change("Remote" + separator + "Groups"): {"agents"},
			})
		}
	}
	return append(all,
		http.Header{"Remote-User": {"anna", "anna"}, "Remote-Groups": {"agents", "agents"}},
		http.Header{"Remote-User": {"anna"}, "Remote-Groups": {"agents"}, "Connection": {"Remote-User, Remote-Groups"}},
		http.Header{"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-User": {"anna"}, "Remote-User": {"anna"}, "Remote-Groups": {"agents"}},
		http.Header{"Http.reverse_proxy.header.remote-User": {"anna"}, "Http.auth.user.id": {"anna"}},
	)
}

func TestCaddyfile(t *testing.T) {
	legacy, portal := httptest.NewServer(site.New()), httptest.NewServer(gateway)
	defer legacy.Close()
	defer portal.Close()
	listen := program.FreeAddress(t)
	env := []string{
		"ADMIN=off", "LISTEN=http://" + listen, "UPSTREAM=" + strings.TrimPrefix(legacy.URL, "http://"),
		"GATEWAY=" + strings.TrimPrefix(portal.URL, "http://"),
		"ZOOM_SDK_KEY=example-key", "ZOOM_SDK_SECRET=example-secret-of-32-characters!",
		// Caddy keeps its state below these.
		"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(),
	}
	p := program.Start(t, program.Build(t, "../../cmd/cobrowse-proxy"), env, "run", "--config", "Caddyfile", "--adapter", "caddyfile")
	base := "http://" + listen
	p.WaitFor(t, base)
	desk, join, open := base+"/_cobrowse/desk", base+"/_cobrowse/desk/join", base+"/_cobrowse/token"

	status, _, page := program.GetDocument(t, base+"/", "", "")
	if status != http.StatusOK {
		t.Errorf("home page: status %d", status)
	}
	program.CheckButton(t, base, page)

	for _, tt := range []struct {
		cookie string
		want   int
	}{{"", http.StatusFound}, {"portal=eve", http.StatusFound}, {"portal=bob", http.StatusForbidden}, {"portal=anna", http.StatusOK}} {
		header := http.Header{"Cookie": {tt.cookie}}
		if status, _ := send(t, http.MethodGet, desk, header, ""); status != tt.want {
			t.Errorf("desk with %q: status %d, want %d", tt.cookie, status, tt.want)
		}
		// Nobody waits, so that a PIN is refused, which only an agent is told.
		if status, body := send(t, http.MethodPost, join, header, pin); strings.Contains(body, "pin-refused") != (tt.want == http.StatusOK) {
			t.Errorf("joining with %q: status %d, %s", tt.cookie, status, body)
		}
	}
	// Forged headers, of nobody and of somebody who is no agent. A client may ask
	// 30 times a minute, so all spellings go to the open route at once.
	all := make(http.Header)
	for _, header := range forged() {
		maps.Copy(all, header)
		for _, cookie := range []string{"", "portal=bob"} {
			header.Set("Cookie", cookie)
			if status, _ := send(t, http.MethodGet, desk, header, ""); status < http.StatusMultipleChoices {
				t.Errorf("forged %v at the desk: status %d", header, status)
			}
		}
		if status, body := send(t, http.MethodPost, join, header, pin); status != http.StatusForbidden || !strings.Contains(body, "not-signed-in") {
			t.Errorf("forged %v: status %d, %s", header, status, body)
		}
	}
	// Nor does the gateway's cookie help where the gateway is not asked.
	all.Set("Cookie", "portal=anna")
	if status, body := send(t, http.MethodPost, open, all, `{"role":2}`); status != http.StatusForbidden || strings.Contains(body, `"token"`) {
		t.Errorf("forged %v where the gateway is not asked: status %d, %s", all, status, body)
	}
	p.Stop(t)
}
