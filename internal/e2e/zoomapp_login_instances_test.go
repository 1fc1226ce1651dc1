package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// TestZoomAppLoginOverInstances: two instances with one Redis and one storage are one
// to an agent who signs in from the Zoom client: each step is at the other one. What
// one ends, has ended at both.
func TestZoomAppLoginOverInstances(t *testing.T) {
	redis, service := redistest.Start(t), new(zoomService)
	api := httptest.NewServer(service)
	t.Cleanup(api.Close)
	op := optest.Start(t, "https://desk.example/_cobrowse/callback")
	folder := t.TempDir()
	for name, secret := range map[string]string{"app": zoomAppSecret, "client": optest.ClientSecret, "key": strings.Repeat("0f", 32)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set := settings{
		Store: onRedis(redis.Addr()), Upstream: legacySite(t), Origins: "origins https://desk.example", Unlocked: true,
		Source: `agents zoomapp {
			client_id ` + zoomAppID + `
			client_secret {file.` + folder + `/app}
			agent ` + zoomUser + ` "Ana"
			install {
				oauth_base ` + api.URL + `
				api_base ` + api.URL + `
				tokens {
					key {file.` + folder + `/key}
				}
			}
			login oidc {
				issuer ` + op.URL + `
				client_id ` + optest.ClientID + `
				client_secret {file.` + folder + `/client}
				allow_groups agents
			}
		}`,
	}
	storage := []string{"env", "XDG_DATA_HOME=" + filepath.Join(folder, "shared")}
	a, b := newInstance(t, set, storage...), newInstance(t, set, storage...)
	ask := func(i *instance, method, path string, fields map[string]string, cookies ...*http.Cookie) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, i.base+"/_cobrowse/"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range fields {
			r.Header.Set(name, value)
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		return response, string(body)
	}
	enter := func(i *instance, action string, cookies ...*http.Cookie) (*http.Response, string) {
		t.Helper()
		return ask(i, http.MethodGet, "zoomapp", map[string]string{"X-Zoom-App-Context": zoomAppContextWith(t, zoomUser, action)}, cookies...)
	}
	own := map[string]string{"Sec-Fetch-Site": "same-origin"}
	desk := func(i *instance, what string, status int, cookies ...*http.Cookie) {
		t.Helper()
		if got, _ := ask(i, http.MethodGet, "desk", nil, cookies...); got.StatusCode != status {
			t.Errorf("%s: the desk answers %d, want %d", what, got.StatusCode, status)
		}
	}

	landed, _ := ask(a, http.MethodGet, "zoomapp/install", nil)
	to, err := landed.Location()
	if err != nil {
		t.Fatal(err)
	}
	if done, _ := ask(b, http.MethodGet, "zoomapp/redirect?code=a-code-of-zooms-00&state="+to.Query().Get("state"), nil, landed.Cookies()...); done.StatusCode != http.StatusFound {
		t.Fatalf("install: %d", done.StatusCode)
	}
	opened, _ := enter(a, "")
	session := opened.Cookies()
	begun, body := ask(b, http.MethodPost, "zoomapp/login", own, session...)
	var reply struct {
		URL     string
		Install bool
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil || reply.Install {
		t.Fatalf("login at B: %d, %s", begun.StatusCode, body)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	back, err := url.Parse(optest.SignIn(t, browser, reply.URL, "anna"))
	if err != nil {
		t.Fatal(err)
	}
	if got, body := ask(a, http.MethodGet, "callback?"+back.RawQuery, nil); got.StatusCode != http.StatusFound {
		t.Fatalf("callback at A: %d, %s", got.StatusCode, body)
	}
	for name, i := range map[string]*instance{"A": a, "B": b} {
		if got, _ := ask(i, http.MethodGet, "callback?"+back.RawQuery, nil); got.StatusCode != http.StatusBadRequest {
			t.Errorf("callback again, at %s: %d", name, got.StatusCode)
		}
	}
	desk(a, "before the way back", http.StatusSeeOther, session...)
	if got, body := enter(b, service.lastAction(), session...); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("back in the client, at B: %d, %s", got.StatusCode, body)
	}
	desk(a, "at A", http.StatusOK, session...)
	desk(b, "at B", http.StatusOK, session...)
	if text := everything(t, neighbourIn(t, redis)); strings.Contains(text, "id-anna") || strings.Contains(text, zoomUser) || strings.Contains(text, "login:") {
		t.Errorf("Redis tells who is signed in: %q", text)
	}
	if got, _ := ask(b, http.MethodPost, "logout", map[string]string{"Origin": "https://desk.example"}, session...); got.StatusCode != http.StatusOK {
		t.Errorf("logout at B: %d", got.StatusCode)
	}
	desk(a, "after logout at B", http.StatusSeeOther, session...)
	for name, i := range map[string]*instance{"A": a, "B": b} {
		if strings.Contains(i.output.String(), zoomAppSecret) || strings.Contains(i.output.String(), optest.ClientSecret) || strings.Contains(i.output.String(), "zoom-refresh-token") {
			t.Errorf("a secret is in the log of %s", name)
		}
	}
}
