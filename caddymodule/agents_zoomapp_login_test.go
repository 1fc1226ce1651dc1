package caddymodule_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
)

const (
	homePath  = "/_cobrowse/zoomapp"
	deskPath  = "/_cobrowse/desk"
	tokenKey  = "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlIXM=" // 32 bytes
	appNotice = "Notice4Token-Qk7mWpZr2LsTn9bHx3yJd"
)

// linkingZoom is Zoom where apps are installed, with tokens that a test can look
// for, and deep links that tell what they carry.
type linkingZoom struct {
	*httptest.Server

	mu      sync.Mutex
	actions []string // of deep links
}

func newLinkingZoom(t *testing.T) *linkingZoom {
	t.Helper()
	z := new(linkingZoom)
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, `{"access_token":"zoom-access-token-in-clear","token_type":"bearer","refresh_token":"zoom-refresh-token-in-clear","expires_in":3599}`)
	})
	mux.HandleFunc("GET /v2/users/me", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, `{"id":"`+anaUID+`","display_name":"Ana"}`)
	})
	mux.HandleFunc("POST /v2/zoomapp/deeplink", func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Action string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		z.mu.Lock()
		z.actions = append(z.actions, request.Action)
		z.mu.Unlock()
		answer(w, `{"deeplink":"https://zoom.us/launch/open-the-app"}`)
	})
	z.Server = httptest.NewServer(mux)
	t.Cleanup(z.Close)
	return z
}

// action returns that of the last deep link.
func (z *linkingZoom) action() string {
	z.mu.Lock()
	defer z.mu.Unlock()
	if len(z.actions) == 0 {
		return ""
	}
	return z.actions[len(z.actions)-1]
}

// loginSite is a site whose agents sit in the Zoom client, and sign in with a real
// provider.
type loginSite struct {
	*site
	zoom *linkingZoom
	op   *optest.Provider
	up   string
}

func startLogin(t *testing.T) *loginSite {
	t.Helper()
	t.Setenv("ZOOM_APP_CLIENT_ID", appID)
	t.Setenv("ZOOM_APP_CLIENT_SECRET", appSecret)
	t.Setenv("COBROWSE_TEST_TOKEN_KEY", tokenKey)
	t.Setenv("COBROWSE_TEST_SECRET_TOKEN", appNotice)
	t.Setenv("COBROWSE_TEST_CLIENT_SECRET", optest.ClientSecret)
	s := &loginSite{zoom: newLinkingZoom(t)}
	s.site = startSiteWith(t, serveHTML(page), "", "https", "reverse_proxy {up}")
	s.up = s.block[strings.LastIndex(s.block, " ")+1:]
	s.op = optest.Start(t, s.url("/_cobrowse/callback"))
	s.reload(s.with("agents", ""))
	return s
}

// with is a site block whose provider's people are agents where they are in the
// groups; more are words of agents zoomapp.
func (s *loginSite) with(groups, more string) string {
	return fmt.Sprintf(`
	cobrowse {
		origins %[1]s
		limits {
			tokens 1000 per 1m
		}
		agents zoomapp {
			agent %[2]s "Ana García"
			agent AnotherZoomUserOnTheList
			install {
				oauth_base %[3]s
				api_base %[3]s
				tokens {
					key {env.COBROWSE_TEST_TOKEN_KEY}
					secret_token {env.COBROWSE_TEST_SECRET_TOKEN}
				}
			}
			login oidc {
				name Contoso
				issuer %[4]s
				client_id %[5]s
				client_secret {env.COBROWSE_TEST_CLIENT_SECRET}
				allow_groups %[6]s
			}
			%[7]s
		}
	}
	reverse_proxy %[8]s`, s.origin(), anaUID, s.zoom.URL, s.op.URL, optest.ClientID, groups, more, s.up)
}

// enter opens the app as the client does, with the session's cookie, if any.
func (s *loginSite) enter(uid, action string, cookie ...string) (got answer, session string) {
	s.t.Helper()
	got = s.get(homePath, append(cookie, "X-Zoom-App-Context: "+zoomContextWith(s.t, uid, action), asZoom)...)
	return got, "Cookie: " + cookieOf(got, appCookie)
}

// begin begins a login in a session, and returns where the system's browser goes.
func (s *loginSite) begin(session string) (target string, install bool) {
	s.t.Helper()
	got := s.postToken(homePath+"/login", "{}", session)
	var reply struct {
		URL     string
		Install bool
	}
	if err := json.Unmarshal([]byte(got.body), &reply); err != nil || got.status != http.StatusOK {
		s.t.Fatalf("login: status %d, %s", got.status, got.body)
	}
	return reply.URL, reply.Install
}

// install connects the app with Zoom.
func (s *loginSite) install() {
	s.t.Helper()
	landed := s.get(homePath + "/install")
	target, err := url.Parse(landed.header.Get("Location"))
	if err != nil {
		s.t.Fatal(err)
	}
	back := s.get(homePath+"/redirect?code=a-code-of-zooms-00&state="+target.Query().Get("state"), "Cookie: "+cookieOf(landed, "__Host-cobrowse-install"))
	if back.status != http.StatusFound {
		s.t.Fatalf("install: status %d, %s", back.status, back.body)
	}
}

// through signs a person in at the provider, with a browser that has nothing of the
// client's, and returns the answer to its callback.
func (s *loginSite) through(target, user string) answer {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	browser := s.client()
	browser.Jar = jar
	callback := optest.SignIn(s.t, browser, target, user)
	return s.get(strings.TrimPrefix(callback, s.origin()))
}

// TestZoomAppLogin goes through a login with a provider from the client to the
// client, and then does what an attacker would.
func TestZoomAppLogin(t *testing.T) {
	s := startLogin(t)
	opened, mine := s.enter(anaUID, "")
	if opened.status != http.StatusOK || !strings.Contains(opened.body, "Sign in with Contoso") || !strings.Contains(opened.body, `data-state="begin"`) {
		t.Fatalf("home page: status %d, %s", opened.status, opened.body)
	}
	secures(t, opened)
	closed := func(what string, header ...string) {
		t.Helper()
		if got := s.get(deskPath, header...); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), homePath) {
			t.Errorf("%s: the desk answers %d to %q", what, got.status, got.header.Get("Location"))
		}
		if got := s.postToken("/_cobrowse/token", `{"role":2}`, header...); got.status == http.StatusOK {
			t.Errorf("%s: a token", what)
		}
	}
	closed("Zoom's word alone", mine)
	closed("Zoom's word alone, as a header", "X-Zoom-App-Context: "+zoomContext(t, anaUID))
	closed("both", mine, "X-Zoom-App-Context: "+zoomContext(t, anaUID))

	if target, install := s.begin(mine); !install || target != s.url(homePath+"/install") {
		t.Errorf("before the install: %q, %v", target, install)
	}
	s.install()
	target, _ := s.begin(mine)
	if !strings.HasPrefix(target, s.op.URL+"/auth?") || strings.Contains(target, "verifier") {
		t.Fatalf("sent to %s", target)
	}
	s.reload(s.with("agents", "")) // which ends no login
	back := s.through(target, "anna")
	if back.status != http.StatusFound || back.header.Get("Location") != "https://zoom.us/launch/open-the-app" || len(back.header.Values("Set-Cookie")) > 0 {
		t.Fatalf("callback: status %d, %v, %s", back.status, back.header, back.body)
	}
	closed("the person has not come back", mine)
	action := s.zoom.action()

	// Another client of the same Zoom user, and another user on the list.
	for name, uid := range map[string]string{"another client": anaUID, "another user": "AnotherZoomUserOnTheList"} {
		_, other := s.enter(uid, "")
		if got, _ := s.enter(uid, action, other); got.status != http.StatusOK || !strings.Contains(got.body, `data-state="again"`) {
			t.Errorf("%s finishes the login: status %d", name, got.status)
		}
		closed(name, other)
	}
	if got, _ := s.enter(anaUID, action, mine); !strings.Contains(got.body, `data-state="again"`) {
		t.Error("a ticket that another client has tried is still good")
	}

	if back := s.through(first(s.begin(mine)), "anna"); back.status != http.StatusFound {
		t.Fatalf("callback: status %d, %s", back.status, back.body)
	}
	done, mine := s.enter(anaUID, s.zoom.action(), mine)
	if done.status != http.StatusSeeOther || done.header.Get("Location") != deskPath {
		t.Fatalf("back in the client: status %d, %s", done.status, done.body)
	}
	desk := s.get(deskPath, mine)
	if desk.status != http.StatusOK || !strings.Contains(desk.body, "Sign out") {
		t.Errorf("desk: status %d, %s", desk.status, desk.body)
	}
	secures(t, desk)
	if c := readToken(t, s.postToken("/_cobrowse/token", `{"role":2}`, mine).body); c.Role != 2 || c.UserID != "id-anna" || c.UserName != "anna Müller" {
		t.Errorf("claims %+v", c)
	}
	t.Run("rules", func(t *testing.T) { s.rules(t, mine) })
	t.Run("logout", func(t *testing.T) { s.logout(t, mine) })
}

func first(target string, _ bool) string { return target }

// rules asks what a reload, the list and the policy change.
func (s *loginSite) rules(t *testing.T, mine string) {
	for _, tt := range []struct {
		name, block string
		status      int
	}{
		{"reload", s.with("agents", ""), 200},
		{"person of the policy", s.with("agents", "supervisors id-anna"), 200},
		{"group that is out", s.with("leads", ""), 403},
		{"policy about the Zoom user's ID", s.with("agents", "users z-"+anaUID), 403},
		{"Zoom user who is off the list", strings.Replace(s.with("agents", ""), anaUID, "SomebodyElse", 1), 403},
		{"as before", s.with("agents", ""), 200},
	} {
		s.reload(tt.block)
		if got := s.get(deskPath, mine); got.status != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, got.status, tt.status)
		}
	}
	if got := s.get(deskPath, mine, "X-Zoom-App-Context: "+zoomContext(t, "AnotherZoomUserOnTheList")); got.status != http.StatusSeeOther {
		t.Errorf("another user's context beside the session: status %d", got.status)
	}
	if got := s.get(deskPath, mine, "X-Zoom-App-Context: AAAA"); got.status != http.StatusForbidden {
		t.Errorf("a bad context beside the session: status %d", got.status)
	}
	if back := s.through(first(s.begin(mine)), "bob"); back.status != http.StatusForbidden || strings.Contains(back.body, "bob") {
		t.Errorf("a person of another group: status %d, %s", back.status, back.body)
	}
	target, _ := s.begin(mine)
	state, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	declined := "/_cobrowse/callback?error=access_denied&state=" + state.Query().Get("state")
	if back := s.get(declined); back.status != http.StatusBadRequest {
		t.Errorf("declined: status %d", back.status)
	}
	if got := s.get("/_cobrowse/login"); got.status != http.StatusSeeOther || got.header.Get("Location") != homePath {
		t.Errorf("login: status %d, %v", got.status, got.header)
	}
	for _, from := range []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"} {
		if got := s.do(http.MethodPost, homePath+"/login", "{}", mine, from); got.status != http.StatusForbidden {
			t.Errorf("a login that %s begins: status %d", from, got.status)
		}
	}
}

// logout signs out, and tries the old cookie.
func (s *loginSite) logout(t *testing.T, mine string) {
	if got := s.do(http.MethodPost, "/_cobrowse/logout", "", mine, "Origin: https://evil.example"); got.status != http.StatusForbidden {
		t.Errorf("signed out by another site: status %d", got.status)
	}
	out := s.do(http.MethodPost, "/_cobrowse/logout", "", mine, "Origin: "+s.origin())
	if out.status != http.StatusOK || !strings.Contains(out.body, "You are signed out") || !strings.Contains(out.header.Get("Set-Cookie"), appCookie+"=;") {
		t.Fatalf("status %d, %v: %s", out.status, out.header, out.body)
	}
	secures(t, out)
	if got := s.get(deskPath, mine); got.status != http.StatusSeeOther {
		t.Errorf("with a copy of the old cookie: status %d", got.status)
	}
	if got, _ := s.enter(anaUID, "", mine); got.status != http.StatusOK || !strings.Contains(got.body, `data-state="begin"`) {
		t.Errorf("opened again: status %d", got.status)
	}
}

// stored returns what is in Caddy's storage below a folder, with names.
func stored(t *testing.T, folder string) (entries int, text string) {
	t.Helper()
	root := filepath.Join(caddy.DefaultStorage.Path, folder)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		entries++
		text += path + "\n" + string(raw) + "\n"
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return entries, text
}

// TestZoomAppTokensAtRest: of what is kept nobody can read anything who has not the
// key, and it goes when the user removes the app.
func TestZoomAppTokensAtRest(t *testing.T) {
	s := startLogin(t)
	s.install()
	kept, text := stored(t, "cobrowse")
	if kept != 1 {
		t.Fatalf("%d entries: %s", kept, text)
	}
	text = strings.ReplaceAll(text, caddy.DefaultStorage.Path, "")
	for line := range strings.SplitSeq(text, "\n") { // also as what a reader would decode first
		if raw, err := base64.RawURLEncoding.DecodeString(line); err == nil {
			text += string(raw)
		}
	}
	for _, secret := range []string{"zoom-access-token-in-clear", "zoom-refresh-token-in-clear", anaUID, appID, appSecret, tokenKey, "refresh", "expires"} {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
			if strings.Contains(text, form) {
				t.Errorf("%s can be read: %s", secret, text)
			}
		}
	}
	config := s.adminGet("/config/")
	for _, secret := range []string{tokenKey, appNotice, appSecret} {
		if strings.Contains(config, secret) {
			t.Errorf("%s is in the configuration", secret)
		}
	}

	// A key that is changed opens what the one before has sealed.
	_, mine := s.enter(anaUID, "")
	if _, install := s.begin(mine); install {
		t.Error("the tokens are not found")
	}
	t.Setenv("COBROWSE_TEST_NEW_KEY", strings.Repeat("0f", 32))
	s.reload(strings.Replace(s.with("agents", ""), "key {env.COBROWSE_TEST_TOKEN_KEY}", "key {env.COBROWSE_TEST_NEW_KEY} {env.COBROWSE_TEST_TOKEN_KEY}", 1))
	if _, install := s.begin(mine); install {
		t.Error("the previous key does not open")
	}
	s.reload(strings.Replace(s.with("agents", ""), "key {env.COBROWSE_TEST_TOKEN_KEY}", "key {env.COBROWSE_TEST_NEW_KEY}", 1))
	if _, install := s.begin(mine); !install {
		t.Error("opened without the key that sealed")
	}
	s.reload(s.with("agents", ""))

	notice := func(secret, uid, app string) answer {
		now := fmt.Sprint(time.Now().Unix())
		body := `{"event":"app_deauthorized","event_ts":1,"payload":{"account_id":"A","client_id":"` + app + `","user_id":"` + uid + `"}}`
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = io.WriteString(mac, "v0:"+now+":"+body)
		return s.do(http.MethodPost, homePath+"/deauthorized", body, "X-Zm-Request-Timestamp: "+now, "X-Zm-Signature: v0="+hex.EncodeToString(mac.Sum(nil)))
	}
	for _, tt := range []struct {
		name, secret, uid, app string
		status, left           int
	}{
		{"somebody else", "another secret", anaUID, appID, 401, 1},
		{"another app", appNotice, anaUID, "another", 204, 1},
		{"another user", appNotice, "AnotherZoomUserOnTheList", appID, 204, 1},
		{"Zoom", appNotice, anaUID, appID, 204, 0},
		{"Zoom again", appNotice, anaUID, appID, 204, 0},
	} {
		if got := notice(tt.secret, tt.uid, tt.app); got.status != tt.status {
			t.Errorf("%s: status %d, %s", tt.name, got.status, got.body)
		}
		if kept, _ := stored(t, "cobrowse"); kept != tt.left {
			t.Errorf("after %s: %d entries", tt.name, kept)
		}
	}
	if _, install := s.begin(mine); !install {
		t.Error("the app is removed, but can be opened")
	}
	if got := s.get(homePath + "/deauthorized"); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
		t.Errorf("GET: status %d", got.status)
	}
}

// TestZoomAppKeys: keys that are none are refused without being shown.
func TestZoomAppKeys(t *testing.T) {
	s, _ := startApp(t, "")
	for text, want := range map[string]string{
		"":                            "install tokens: key is missing: the environment variable COBROWSE_TEST_TOKEN_KEY is not set",
		"too-short-to-be-a-key":       "install tokens: key, number 1: zoomapp token key is not 32 random bytes",
		strings.Repeat("longer", 100): "openssl rand -base64 32",
	} {
		t.Setenv("COBROWSE_TEST_TOKEN_KEY", text)
		got := s.refused("cobrowse {\norigins https://shop.example\nagents zoomapp {\nagent " + anaUID + "\ninstall {\ntokens {\nkey {env.COBROWSE_TEST_TOKEN_KEY}\n}\n}\n}\n}")
		if !strings.Contains(got, want) || text != "" && strings.Contains(got, text) {
			t.Errorf("%q: %s", text, got)
		}
	}
}
