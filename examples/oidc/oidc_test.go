// Package oidc_test starts the server with the example's Caddyfile, beside a
// real OpenID provider.
package oidc_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
)

// visitor is a browser: it keeps cookies, and says where it goes.
type visitor struct {
	t *testing.T
	*http.Client
}

func newVisitor(t *testing.T) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return visitor{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// want fails the test unless a page answers with a status.
func (v visitor) want(what, url string, status int) (location, body string) {
	v.t.Helper()
	resp, err := v.Get(url)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if resp.StatusCode != status {
		v.t.Errorf("%s: status %d, want %d: %.300s", what, resp.StatusCode, status, text)
	}
	return resp.Header.Get("Location"), string(text)
}

// post sends a form, or a script's request, of a page of the origin.
func (v visitor) post(url, origin, contentType, body string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Content-Type", contentType)
	resp, err := v.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestCaddyfile(t *testing.T) {
	legacy := httptest.NewServer(site.New())
	defer legacy.Close()
	_, port, _ := strings.Cut(program.FreeAddress(t), ":")
	origin, admin := "http://localhost:"+port, program.FreeAddress(t)
	provider := optest.Start(t, origin+"/_cobrowse/callback")
	env := []string{
		"ADMIN=" + admin, "ORIGIN=" + origin, "UPSTREAM=" + strings.TrimPrefix(legacy.URL, "http://"),
		"ZOOM_SDK_KEY=example-key", "ZOOM_SDK_SECRET=example-secret-of-32-characters!",
		"ISSUER=" + provider.URL, "CLIENT_ID=" + optest.ClientID, "OIDC_CLIENT_SECRET=" + optest.ClientSecret,
		// Caddy keeps its state below these.
		"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(),
	}
	binary := program.Build(t, "../../cmd/cobrowse-proxy")
	p := program.Start(t, binary, env, "run", "--config", "Caddyfile", "--adapter", "caddyfile")
	p.WaitFor(t, origin)
	desk, join := origin+"/_cobrowse/desk", origin+"/_cobrowse/desk/join"

	anna := newVisitor(t)
	if to, _ := anna.want("signing in", optest.SignIn(t, anna.Client, desk, "anna"), http.StatusSeeOther); to != "/_cobrowse/desk" {
		t.Errorf("signing in leads to %q", to)
	}
	anna.want("the desk", desk, http.StatusOK)
	// Nobody waits, so that a PIN is refused, which only an agent is told.
	if status, body := anna.post(join, origin, "application/json", `{"pin":"482913"}`); status != http.StatusForbidden || !strings.Contains(body, "pin-refused") {
		t.Errorf("an agent joins: status %d, %s", status, body)
	}

	bob := newVisitor(t)
	if _, body := bob.want("wrong group", optest.SignIn(t, bob.Client, desk, "bob"), http.StatusForbidden); !strings.Contains(body, "<h1") {
		t.Errorf("wrong group: no page: %.300s", body)
	}
	if status, body := bob.post(join, origin, "application/json", `{"pin":"482913"}`); status != http.StatusForbidden || !strings.Contains(body, "not-signed-in") {
		t.Errorf("wrong group joins: status %d, %s", status, body)
	}

	reload := exec.CommandContext(t.Context(), binary, "reload", "--force", "--config", "Caddyfile", "--adapter", "caddyfile", "--address", admin)
	reload.Env = append(os.Environ(), env...)
	if out, err := reload.CombinedOutput(); err != nil {
		t.Fatalf("reloading: %v\n%s", err, out)
	}
	anna.want("the desk after a reload", desk, http.StatusOK)

	if status, _ := anna.post(origin+"/_cobrowse/logout", origin, "application/x-www-form-urlencoded", ""); status != http.StatusOK {
		t.Errorf("signing out: status %d", status)
	}
	if to, _ := anna.want("signed out", desk, http.StatusSeeOther); !strings.HasPrefix(to, "/_cobrowse/login") {
		t.Errorf("signed out: to %q", to)
	}
	status, _, page := program.GetDocument(t, origin+"/", "", "")
	if status != http.StatusOK {
		t.Errorf("home page: status %d", status)
	}
	program.CheckButton(t, origin, page)
	p.Stop(t)
}
