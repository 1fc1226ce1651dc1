package caddymodule_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	appID     = "TestZoomApp00"
	appSecret = "App4Secret-Xk9mZqWp7LrTn2bHs5yJd" //nolint:gosec // made up
	anaUID    = "KDcuGIm1QgePTO8WbOqwIQ"
	asZoom    = "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) ZoomWebKit/537.36 ZoomApps/1.0"
)

// zoomContext seals a context as Zoom does, of a user who opens the app now. The
// key is the digest of the client secret.
func zoomContext(t testing.TB, uid string) string { return zoomContextWith(t, uid, "") }

// zoomContextWith is zoomContext for a user whom a deep link with an action led
// there.
func zoomContextWith(t testing.TB, uid, action string) string {
	t.Helper()
	now := time.Now().UnixMilli()
	plain, err := json.Marshal(map[string]any{
		"typ": "panel", "uid": uid, "aud": appID, "iss": "marketplace.zoom.us", "ts": now, "exp": now + 110_000, "act": action,
	})
	if err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256([]byte(appSecret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	iv := []byte("twelve bytes")
	raw := append([]byte{byte(len(iv))}, iv...)
	raw = binary.LittleEndian.AppendUint16(raw, 0)
	raw = binary.LittleEndian.AppendUint32(raw, uint32(len(plain)))
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(raw, iv, plain, nil))
}

// startApp runs a site whose agents use the Zoom App, before an upstream that
// remembers the last header that it got.
func startApp(t *testing.T, more string) (s *site, seen func() http.Header) {
	t.Helper()
	t.Setenv("ZOOM_APP_CLIENT_ID", appID)
	t.Setenv("ZOOM_APP_CLIENT_SECRET", appSecret)
	var mu sync.Mutex
	var last http.Header
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		last = r.Header.Clone()
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page)
	})
	s = startSiteWith(t, upstream, "", "https", `
	cobrowse {
		origins {origin}
		inject {
			expose
		}
		agents zoomapp {
			agent `+anaUID+` "Ana García"
			session_ttl 8h
			`+more+`
		}
	}
	reverse_proxy {up}`)
	return s, func() http.Header {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

// cookieOf returns the pair that a browser would send back, "" where none was set.
func cookieOf(a answer, name string) string {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == name && c.Value != "" && c.Secure && c.HttpOnly {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

const appCookie = "__Host-cobrowse-zoomapp"

// secures fails the test where one of the fields is missing without which the Zoom
// client shows no page.
func secures(t *testing.T, a answer) {
	t.Helper()
	for _, name := range []string{"Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy"} {
		if len(a.header.Values(name)) != 1 {
			t.Errorf("%s: %q", name, a.header.Values(name))
		}
	}
}

// TestZoomAppDesk opens the desk in the ways that there are.
func TestZoomAppDesk(t *testing.T) {
	s, _ := startApp(t, "")
	const desk, home = "/_cobrowse/desk", "/_cobrowse/zoomapp"
	good := "X-Zoom-App-Context: " + zoomContext(t, anaUID)
	opened := s.get(home, good, asZoom)
	session := cookieOf(opened, appCookie)
	if opened.status != http.StatusSeeOther || opened.header.Get("Location") != desk || session == "" {
		t.Fatalf("home page: status %d, header %v", opened.status, opened.header)
	}
	cookie := "Cookie: " + session
	forged := good[:len(good)-2] + "AA" // of the tag
	if forged == good {
		forged = good[:len(good)-2] + "BA"
	}

	for _, tt := range []struct {
		name, path string
		header     []string
		status     int
		location   string
	}{
		{"context at the desk", desk, []string{good}, 200, ""},
		{"session", desk, []string{cookie}, 200, ""},
		{"nothing", desk, nil, 303, home + "?return=%2F_cobrowse%2Fdesk"},
		{"session that is not ours", desk, []string{"Cookie: " + appCookie + "=1.x.y.z"}, 303, home + "?return=%2F_cobrowse%2Fdesk"},
		{"bad context beside a good session", desk, []string{forged, cookie}, 403, ""},
		{"empty context beside a good session", desk, []string{"X-Zoom-App-Context: ", cookie}, 403, ""},
		{"two contexts", desk, []string{good, good}, 403, ""},
		{"user who is no agent", desk, []string{"X-Zoom-App-Context: " + zoomContext(t, "AnotherZoomUser")}, 403, ""},
		{"home page without a context", home, nil, 200, ""},
		{"home page with a bad one", home, []string{forged}, 403, ""},
		{"install, which is off", home + "/install", nil, 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := s.get(tt.path, append(tt.header, asZoom)...)
			if got.status != tt.status || got.header.Get("Location") != tt.location {
				t.Errorf("status %d, Location %q; want %d, %q", got.status, got.header.Get("Location"), tt.status, tt.location)
			}
			if got.status == http.StatusOK {
				secures(t, got)
			} else if cookieOf(got, appCookie) != "" {
				t.Error("began a session")
			}
		})
	}

	if at := s.get(desk, good); cookieOf(at, appCookie) == "" {
		t.Error("the desk as the app's home page begins no session")
	}
	if h := s.get(home).header; !strings.Contains(h.Get("Content-Security-Policy"), "script-src 'self' https://appssdk.zoom.us") {
		t.Errorf("home page: %v", h)
	}
	if c := readToken(t, s.postToken("/_cobrowse/token", `{"role":2}`, cookie).body); c.Role != 2 || c.UserID != "z-"+anaUID || c.UserName != "Ana García" {
		t.Errorf("claims %+v", c)
	}
	body := `{"context":"` + zoomContext(t, anaUID) + `"}`
	if got := s.postToken(home+"/context", body); got.status != http.StatusNoContent || cookieOf(got, appCookie) == "" {
		t.Errorf("context of the SDK: status %d, %s", got.status, got.body)
	}
	for _, from := range []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"} {
		got := s.do(http.MethodPost, home+"/context", body, "Content-Type: application/json", from)
		if got.status != http.StatusForbidden || cookieOf(got, appCookie) != "" {
			t.Errorf("%s: status %d", from, got.status)
		}
	}
}

// TestZoomAppSite: what the app is known by stays here, and inside the client there
// is no help button.
func TestZoomAppSite(t *testing.T) {
	s, seen := startApp(t, "")
	got := s.get("/", "X-Zoom-App-Context: anything", "x-zoom-app-context: more", "Cookie: basket=7; "+appCookie+"=x; __Host-cobrowse-install=y", asZoom)
	if got.body != page || got.header.Get("X-Cobrowse") != "skipped; reason=zoom-client" {
		t.Errorf("X-Cobrowse %q, %s", got.header.Get("X-Cobrowse"), got.body)
	}
	h := seen()
	if len(h.Values("X-Zoom-App-Context")) != 0 || h.Get("Cookie") != "basket=7" || !strings.Contains(h.Get("User-Agent"), "ZoomApps") {
		t.Errorf("the site got %v", h)
	}
	injected(t, s.get("/"), page)
}

// TestZoomAppPWA: Zoom's web client frames the desk, and the pages before it; what it
// needs for that is sent in a frame only.
func TestZoomAppPWA(t *testing.T) {
	s, _ := startApp(t, "pwa")
	for path, status := range map[string]int{deskPath: 200, homePath: 200} {
		for dest, embedder := range map[string]string{"document": "", "iframe": "require-corp"} {
			header := []string{"Sec-Fetch-Dest: " + dest, "Accept: text/html"}
			if path == deskPath {
				header = append(header, "X-Zoom-App-Context: "+zoomContext(t, anaUID))
			}
			got := s.do(http.MethodGet, path, "", header...)
			csp := got.header.Get("Content-Security-Policy")
			if got.status != status || got.header.Get("X-Frame-Options") != "" || strings.Count(csp, "frame-ancestors") != 1 ||
				!strings.Contains(csp, "frame-ancestors 'self' https://*.zoom.us https://*.zoom.com") || strings.Contains(csp, "https://*.zoom.com 'none'") {
				t.Errorf("%s as %s: status %d, %v", path, dest, got.status, got.header)
			}
			if got.header.Get("Cross-Origin-Embedder-Policy") != embedder || (got.header.Get("Cross-Origin-Resource-Policy") == "cross-origin") != (embedder != "") {
				t.Errorf("%s as %s: %v", path, dest, got.header)
			}
			secures(t, got)
			if cookie := got.header.Get("Set-Cookie"); path == deskPath && (!strings.Contains(cookie, "SameSite=None") || !strings.Contains(cookie, "Partitioned")) {
				t.Errorf("Set-Cookie %q", cookie)
			}
		}
	}
}

// mockZoom answers what an install asks of Zoom.
func mockZoom(t *testing.T, redirect string) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != appID || secret != appSecret || r.FormValue("code") != "a-code-of-zooms-00" || r.FormValue("redirect_uri") != redirect || len(r.FormValue("code_verifier")) != 43 {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"access","token_type":"bearer","refresh_token":"refresh","expires_in":3599,"scope":"zoomapp:inmeeting"}`)
	})
	bearer := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer access" {
				http.Error(w, "{}", http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
		}
	}
	mux.HandleFunc("GET /v2/users/me", bearer(`{"id":"`+anaUID+`","display_name":"Ana"}`))
	mux.HandleFunc("POST /v2/zoomapp/deeplink", bearer(`{"deeplink":"https://zoom.us/launch/open-the-app"}`))
	zoom := httptest.NewServer(mux)
	t.Cleanup(zoom.Close)
	return zoom
}

// TestZoomAppInstall goes through the install, once as it should be and then as an
// attacker would.
func TestZoomAppInstall(t *testing.T) {
	const base = "/_cobrowse/zoomapp"
	redirect := "https://desk.example" + base + "/redirect"
	zoom := mockZoom(t, redirect)
	s, _ := startApp(t, "install {\norigin https://desk.example\noauth_base "+zoom.URL+"\napi_base "+zoom.URL+"\n}")
	begin := func() (state, cookie string) {
		t.Helper()
		landed := s.get(base + "/install")
		target, err := url.Parse(landed.header.Get("Location"))
		if err != nil || landed.status != http.StatusFound || target.Path != "/oauth/authorize" || target.Query().Get("redirect_uri") != redirect ||
			target.Query().Get("code_challenge_method") != "S256" || target.Query().Get("client_id") != appID {
			t.Fatalf("landing page: status %d, %v", landed.status, landed.header)
		}
		return target.Query().Get("state"), "Cookie: " + cookieOf(landed, "__Host-cobrowse-install")
	}
	back := func(state string, header ...string) answer {
		return s.get(base+"/redirect?code=a-code-of-zooms-00&state="+state, header...)
	}

	state, cookie := begin()
	s.reload(s.block) // which ends no install
	if got := back(state, cookie); got.status != http.StatusFound || got.header.Get("Location") != "https://zoom.us/launch/open-the-app" {
		t.Errorf("redirect: status %d, %s", got.status, got.body)
	}
	if got := back(state, cookie); got.status != http.StatusBadRequest {
		t.Errorf("the same again: status %d", got.status)
	}
	state, _ = begin()
	_, another := begin()
	if got := back(state, another); got.status != http.StatusBadRequest {
		t.Errorf("another browser: status %d", got.status)
	}
	if got := back(state); got.status != http.StatusBadRequest {
		t.Errorf("no browser that began: status %d", got.status)
	}
	for range 40 {
		if got := s.get(base + "/install"); got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") != "" {
			return
		}
	}
	t.Error("installs can be begun without limit")
}

// TestZoomAppMissingSecret: the message names the variable.
func TestZoomAppMissingSecret(t *testing.T) {
	s, _ := startApp(t, "")
	t.Setenv("ZOOM_APP_CLIENT_SECRET", "")
	got := s.refused("cobrowse {\nagents zoomapp {\nagent " + anaUID + "\n}\n}")
	if !strings.Contains(got, "agents zoomapp: client_secret is missing: the environment variable ZOOM_APP_CLIENT_SECRET is not set") {
		t.Error(got)
	}
}
