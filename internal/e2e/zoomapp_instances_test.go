package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// launchLink is where the mock of Zoom says that the app opens.
const launchLink = "https://zoom.us/launch/open-the-app"

// installZoom answers what an install asks of Zoom. It takes a code as often as it
// comes, so that only the instances stand against a second use.
func installZoom(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range map[string]string{
		"POST /oauth/token":         `{"access_token":"access","token_type":"bearer","refresh_token":"refresh","expires_in":3599,"scope":"zoomapp:inmeeting"}`,
		"GET /v2/users/me":          `{"id":"` + zoomUser + `","display_name":"Ana"}`,
		"POST /v2/zoomapp/deeplink": `{"deeplink":"` + launchLink + `"}`,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		})
	}
	zoom := httptest.NewServer(mux)
	t.Cleanup(zoom.Close)
	return zoom
}

// TestInstallOverInstances: an install of the Zoom App that is begun at one
// instance is finished at the other, once.
func TestInstallOverInstances(t *testing.T) {
	redis, zoom := redistest.Start(t), installZoom(t)
	secret := filepath.Join(t.TempDir(), "app-secret")
	if err := os.WriteFile(secret, []byte(zoomAppSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	set := settings{
		Store: onRedis(redis.Addr()), Upstream: legacySite(t), Origins: "origins https://desk.example", Unlocked: true,
		Source: `agents zoomapp {
			client_id ` + zoomAppID + `
			client_secret {file.` + secret + `}
			agent ` + zoomUser + `
			install {
				oauth_base ` + zoom.URL + `
				api_base ` + zoom.URL + `
			}
		}`,
	}
	a, b := newInstance(t, set), newInstance(t, set)
	ask := func(i *instance, path string, cookies ...*http.Cookie) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.base+"/_cobrowse/zoomapp/"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		return response
	}
	begin := func(i *instance) (back string, cookies []*http.Cookie) {
		t.Helper()
		landed := ask(i, "install")
		to, err := url.Parse(landed.Header.Get("Location"))
		if err != nil || landed.StatusCode != http.StatusFound || len(landed.Cookies()) != 1 {
			t.Fatalf("the landing page: %d, %v", landed.StatusCode, landed.Header)
		}
		return "redirect?code=a-code-of-zooms-00&state=" + url.QueryEscape(to.Query().Get("state")), landed.Cookies()
	}

	back, cookies := begin(a)
	text := everything(t, neighbourIn(t, redis))
	if !strings.Contains(text, "cobrowse:v:zoomapp:") || strings.Contains(text, "verifier") || strings.Contains(text, cookies[0].Value) {
		t.Errorf("Redis has no state of the install, or more than it should: %q", text)
	}
	if got := ask(b, back, cookies...); got.StatusCode != http.StatusFound || got.Header.Get("Location") != launchLink {
		t.Errorf("finished at B: %d, %v", got.StatusCode, got.Header)
	}
	for name, i := range map[string]*instance{"A": a, "B": b} {
		if got := ask(i, back, cookies...); got.StatusCode != http.StatusBadRequest {
			t.Errorf("again at %s: %d", name, got.StatusCode)
		}
	}
	back, _ = begin(b)
	if got := ask(a, back, cookies...); got.StatusCode != http.StatusBadRequest {
		t.Errorf("another browser at A: %d", got.StatusCode)
	}
	back, cookies = begin(a)
	a.kill()
	if got := ask(b, back, cookies...); got.StatusCode != http.StatusFound {
		t.Errorf("finished at B when A is gone: %d", got.StatusCode)
	}
	back, cookies = begin(b)
	redis.Freeze()
	if got := ask(b, back, cookies...); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("finished while Redis is frozen: %d", got.StatusCode)
	}
	if got := ask(b, "install"); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("begun while Redis is frozen: %d", got.StatusCode)
	}
	redis.Thaw()
	b.stop()
}
