package zoomapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// mockZoom answers as Zoom's documentation says, and remembers what it was asked.
type mockZoom struct {
	*httptest.Server
	mu    sync.Mutex
	asked []upstream
	// answers overrides an answer, by path.
	answers map[string]func(http.ResponseWriter)
}

// upstream is a request to Zoom, in the recording's form.
type upstream struct {
	Method, Path string
	Headers      map[string]string
	Body         string
}

func newMockZoom(t *testing.T) *mockZoom {
	t.Helper()
	m := &mockZoom{answers: map[string]func(http.ResponseWriter){}}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m.mu.Lock()
		m.asked = append(m.asked, upstream{r.Method, r.URL.Path, map[string]string{
			"content-type": r.Header.Get("Content-Type"), "authorization": r.Header.Get("Authorization"),
		}, string(body)})
		m.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if answer := m.answers[r.URL.Path]; answer != nil {
			answer(w)
			return
		}
		switch r.URL.Path {
		case "/oauth/token":
			fmt.Fprint(w, `{"access_token":"AT","token_type":"bearer","refresh_token":"RT","expires_in":3599,"scope":"zoomapp:inmeeting"}`)
		case "/v2/users/me":
			fmt.Fprintf(w, `{"id":%q,"display_name":"Ana"}`, testUID)
		case "/v2/zoomapp/deeplink":
			w.WriteHeader(http.StatusCreated)
			link := "https://zoom.us/launch/zoomapp?mock=1"
			if action := actionOf(body); strings.HasPrefix(action, actionPrefix) {
				link += "&act=" + url.QueryEscape(action) // which Zoom keeps to itself, and the client gets
			}
			fmt.Fprintf(w, `{"deeplink":%q}`, link)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *mockZoom) paths() (paths []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.asked {
		paths = append(paths, u.Path)
	}
	return paths
}

func actionOf(body []byte) string {
	var request struct{ Action string }
	_ = json.Unmarshal(body, &request) // "" then, as Zoom would refuse it
	return request.Action
}

// installFixture is an installer before a mock of Zoom, with its log.
type installFixture struct {
	*Installer
	mock *mockZoom
	now  time.Time
	log  bytes.Buffer
}

func newInstallFixture(t *testing.T, change func(*InstallConfig)) *installFixture {
	t.Helper()
	f := &installFixture{mock: newMockZoom(t), now: testNow()}
	clock := func() time.Time { return f.now }
	zoom, err := NewZoom(ZoomConfig{ClientID: testClientID, ClientSecret: testSecret, OAuthBase: f.mock.URL, APIBase: f.mock.URL, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	c := InstallConfig{
		RedirectURL: "https://desk.example/auth", LandingURL: "https://desk.example/install", Now: clock,
		Action: func(u User) string { return `{"url":"/","user":"` + u.DisplayName + `"}` },
		Logger: slog.New(slog.NewTextHandler(&f.log, nil)),
	}
	change(&c)
	if f.Installer, err = NewInstaller(zoom, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, secret := range []string{testSecret, "AAAAAAAAAAAAAAAA", "AT", "RT"} {
			if strings.Contains(f.log.String(), secret) {
				t.Errorf("the log has %s: %s", secret, &f.log)
			}
		}
	})
	return f
}

const testCode = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" // the recording's

// land visits the landing page, and returns where it sends the browser, and with
// which cookie.
func (f *installFixture) land(t *testing.T) (*url.URL, *http.Cookie) {
	t.Helper()
	w := httptest.NewRecorder()
	f.ServeLanding(w, httptest.NewRequest(http.MethodGet, "/install", nil))
	location, err := w.Result().Location()
	if err != nil || w.Code != http.StatusFound || len(w.Result().Cookies()) != 1 {
		t.Fatalf("status %d, %v, %v", w.Code, w.Header(), err)
	}
	return location, w.Result().Cookies()[0]
}

// back visits the redirect page.
func (f *installFixture) back(query string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/auth?"+query, nil)
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	f.ServeRedirect(w, r)
	return w
}

// recorded returns a record of what Zoom's sample did.
func recorded(t *testing.T, id string) (location url.Values, asked []upstream) {
	t.Helper()
	raw, err := os.ReadFile("testdata/zoomapps-sample-js-http.json")
	if err != nil {
		t.Fatal(err)
	}
	var suite struct {
		Records []struct {
			ID             string
			LocationParams map[string]string `json:"location_params"`
			Upstream       []upstream
		}
	}
	if err := json.Unmarshal(raw, &suite); err != nil {
		t.Fatal(err)
	}
	for _, r := range suite.Records {
		if r.ID == id {
			location = url.Values{}
			for name, value := range r.LocationParams {
				location.Set(name, value)
			}
			return location, r.Upstream
		}
	}
	t.Fatalf("no record %s", id)
	return nil, nil
}

// TestInstall goes all the way, and compares what Zoom is asked with what Zoom's
// sample asked it.
func TestInstall(t *testing.T) {
	f := newInstallFixture(t, func(*InstallConfig) {})
	location, cookie := f.land(t)
	params, _ := recorded(t, "install")
	query := location.Query()
	if location.Path != "/oauth/authorize" || !strings.HasPrefix(location.String(), f.mock.URL) {
		t.Errorf("sent to %s", location)
	}
	for name := range params {
		switch got := query.Get(name); name {
		case "state", "code_challenge":
			if len(got) != 43 {
				t.Errorf("%s=%q has not 256 bits", name, got)
			}
		default:
			if got != params.Get(name) {
				t.Errorf("%s=%q, want %q", name, got, params.Get(name))
			}
		}
	}
	if len(query) != len(params) {
		t.Errorf("parameters %v, want %v", query, params)
	}
	if !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" ||
		strings.Contains(cookie.Value, query.Get("state")) {
		t.Errorf("cookie %v", cookie)
	}

	w := f.back("code="+testCode+"&state="+query.Get("state"), cookie)
	if w.Code != http.StatusFound || w.Header().Get("Location") != "https://zoom.us/launch/zoomapp?mock=1" ||
		w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, %v: %s\n%s", w.Code, w.Header(), w.Body, &f.log)
	}
	compareUpstream(t, f.mock.asked, query.Get("code_challenge"))

	if w := f.back("code="+testCode+"&state="+query.Get("state"), cookie); w.Code != http.StatusBadRequest || len(f.mock.asked) != 3 {
		t.Errorf("replay: status %d, asked %v", w.Code, f.mock.paths())
	}
}

// compareUpstream compares with the recording; the sample does not ask users/me,
// and its verifier is one that RFC 7636 forbids.
func compareUpstream(t *testing.T, asked []upstream, challenge string) {
	t.Helper()
	_, want := recorded(t, "auth-ok")
	if len(asked) != 3 || asked[1].Method != "GET" || asked[1].Path != "/v2/users/me" || asked[1].Headers["authorization"] != "Bearer AT" {
		t.Fatalf("asked %+v", asked)
	}
	for n, got := range []upstream{asked[0], asked[2]} {
		if got.Method != want[n].Method || got.Path != want[n].Path ||
			got.Headers["content-type"] != want[n].Headers["content-type"] || got.Headers["authorization"] != want[n].Headers["authorization"] {
			t.Errorf("%+v\nwant %+v", got, want[n])
		}
	}
	form, err := url.ParseQuery(asked[0].Body)
	wantForm, wantErr := url.ParseQuery(want[0].Body)
	if err != nil || wantErr != nil {
		t.Fatal(err, wantErr)
	}
	if digest(form.Get("code_verifier")) != challenge {
		t.Errorf("the verifier %q does not fit the challenge %q", form.Get("code_verifier"), challenge)
	}
	form.Set("code_verifier", wantForm.Get("code_verifier"))
	if form.Encode() != wantForm.Encode() {
		t.Errorf("form %v\nwant %v", form, wantForm)
	}
	if asked[2].Body != `{"action":"{\"url\":\"/\",\"user\":\"Ana\"}"}` {
		t.Errorf("deep link %s", asked[2].Body)
	}
}

// TestRedirectRefuses: nothing is asked of Zoom, and the state is used up.
func TestRedirectRefuses(t *testing.T) {
	code := "code=" + testCode
	tests := []struct {
		name  string
		query func(state string) string
		// cookie is "own", "other" or "".
		cookie string
	}{
		{"no session", func(s string) string { return code + "&state=" + s }, ""},
		{"another browser", func(s string) string { return code + "&state=" + s }, "other"},
		{"wrong state", func(string) string { return code + "&state=wrong" }, "own"},
		{"no state", func(string) string { return code }, "own"},
		{"two states", func(s string) string { return code + "&state=" + s + "&state=" + s }, "own"},
		{"no code", func(s string) string { return "state=" + s }, "own"},
		{"short code", func(s string) string { return "code=abc&state=" + s }, "own"},
		{"two codes", func(s string) string { return code + "&" + code + "&state=" + s }, "own"},
		{"code with a line end", func(s string) string { return code + "%0Ax&state=" + s }, "own"},
		{"declined", func(s string) string { return "error=access_denied&state=" + s }, "own"},
		{"broken query", func(s string) string { return code + "&state=" + s + "&%zz" }, "own"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newInstallFixture(t, func(*InstallConfig) {})
			location, own := f.land(t)
			_, other := f.land(t)
			state := location.Query().Get("state")
			cookies := map[string][]*http.Cookie{"own": {own}, "other": {other}}[test.cookie]
			w := f.back(test.query(state), cookies...)
			if w.Code != http.StatusBadRequest || len(f.mock.asked) > 0 || w.Header().Get("Location") != "" {
				t.Errorf("status %d, asked %v", w.Code, f.mock.paths())
			}
			if strings.Contains(w.Body.String(), "AAAA") || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Errorf("body %s", w.Body)
			}
			used := strings.Count(test.query(state), "state="+state) == 1 && test.name != "broken query"
			again := f.back(code+"&state="+state, own)
			if (again.Code == http.StatusFound) == used {
				t.Errorf("second try: status %d", again.Code)
			}
		})
	}
	f := newInstallFixture(t, func(*InstallConfig) {})
	location, own := f.land(t)
	f.now = f.now.Add(flowTTL)
	if w := f.back(code+"&state="+location.Query().Get("state"), own); w.Code != http.StatusBadRequest {
		t.Errorf("too late: %d", w.Code)
	}
	for _, method := range []string{http.MethodHead, http.MethodPost} {
		w := httptest.NewRecorder()
		f.ServeRedirect(w, httptest.NewRequest(method, "/auth", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// TestZoomFails: whatever Zoom answers, the person is told to begin again, and
// neither page nor log has what Zoom said.
func TestZoomFails(t *testing.T) {
	say := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(status); fmt.Fprint(w, body) }
	}
	for name, test := range map[string]struct {
		path   string
		answer func(http.ResponseWriter)
	}{
		"code refused":     {"/oauth/token", say(400, `{"error":"invalid_grant","reason":"AT is secret"}`)},
		"no token":         {"/oauth/token", say(200, `{}`)},
		"another type":     {"/oauth/token", say(200, `{"access_token":"AT","token_type":"mac"}`)},
		"endless token":    {"/oauth/token", say(200, `{"access_token":"AT","token_type":"bearer","expires_in":9e15}`)},
		"not JSON":         {"/oauth/token", say(200, `<html>AT`)},
		"huge":             {"/oauth/token", say(200, `{"access_token":"`+strings.Repeat("x", maxReply)+`"}`)},
		"redirect":         {"/oauth/token", func(w http.ResponseWriter) { w.Header().Set("Location", "/v2/users/me"); w.WriteHeader(307) }},
		"no scope":         {"/v2/users/me", say(401, `{"code":124,"message":"AT"}`)},
		"nobody":           {"/v2/users/me", say(200, `{"id":""}`)},
		"no link":          {"/v2/zoomapp/deeplink", say(201, `{}`)},
		"link with script": {"/v2/zoomapp/deeplink", say(201, `{"deeplink":"javascript:alert(1)"}`)},
		"link with user":   {"/v2/zoomapp/deeplink", say(201, `{"deeplink":"https://zoom.us@evil.example/"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			f := newInstallFixture(t, func(*InstallConfig) {})
			f.mock.answers[test.path] = test.answer
			location, cookie := f.land(t)
			w := f.back("code="+testCode+"&state="+location.Query().Get("state"), cookie)
			if w.Code != http.StatusBadGateway || strings.Contains(w.Body.String(), "AT") || w.Header().Get("Location") != "" {
				t.Errorf("status %d, %v: %s", w.Code, w.Header(), w.Body)
			}
		})
	}
}

func TestDeepLinkAction(t *testing.T) {
	f := newInstallFixture(t, func(*InstallConfig) {})
	for name, test := range map[string]struct {
		action string
		want   error
	}{
		"256": {strings.Repeat("a", 256), nil}, "257": {strings.Repeat("a", 257), ErrAction},
		"128 emoji": {strings.Repeat("😀", 128), nil}, "129 emoji": {strings.Repeat("😀", 129), ErrAction},
	} {
		link, err := f.zoom.DeepLink(t.Context(), "AT", test.action)
		if !errors.Is(err, test.want) || (link != "") != (test.want == nil) {
			t.Errorf("%s: %q, %v", name, link, err)
		}
	}
	if len(f.mock.asked) != 2 {
		t.Errorf("Zoom was asked %d times", len(f.mock.asked))
	}
}

func TestConfigurationsRefused(t *testing.T) {
	if _, err := NewZoom(ZoomConfig{ClientID: testClientID, ClientSecret: testSecret, APIBase: "https://api.zoom.us/v2"}); err == nil {
		t.Error("a base with a path")
	}
	if _, err := NewZoom(ZoomConfig{ClientID: testClientID}); err == nil {
		t.Error("no secret")
	}
	zoom, err := NewZoom(ZoomConfig{ClientID: testClientID, ClientSecret: testSecret})
	if err != nil || zoom.oauth != DefaultOAuthBase || zoom.api != DefaultAPIBase {
		t.Fatal(zoom, err)
	}
	if _, err := NewInstaller(zoom, InstallConfig{RedirectURL: "/auth"}); err == nil {
		t.Error("a redirect URL without host")
	}
	if _, err := NewInstaller(zoom, InstallConfig{RedirectURL: "https://desk.example/auth", Store: newMemoryTokens()}); err == nil {
		t.Error("a store without a key")
	}
	if _, err := NewExternalLogin(LoginConfig{}); err == nil {
		t.Error("a login without third party")
	}
}

// lostStates are those of a store that is away.
type lostStates struct{}

func (lostStates) Put(context.Context, string, []byte, time.Duration) error {
	return errors.New("no answer from 10.0.0.9")
}

func (lostStates) Take(context.Context, string) ([]byte, error) {
	return nil, errors.New("no answer from 10.0.0.9")
}

// TestInstallWithoutStates: a store that cannot be asked is a fault that passes, and
// says nothing of the person's link.
func TestInstallWithoutStates(t *testing.T) {
	f := newInstallFixture(t, func(c *InstallConfig) { c.States = lostStates{} })
	for name, serve := range map[string]http.HandlerFunc{"landing": f.ServeLanding, "redirect": f.ServeRedirect} {
		w := httptest.NewRecorder()
		serve(w, httptest.NewRequest(http.MethodGet, "/auth?state=s&code=a-code-of-16-characters", http.NoBody))
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "does not work at the moment") || strings.Contains(w.Body.String(), "10.0.0.9") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if len(f.mock.paths()) > 0 {
		t.Errorf("Zoom was asked for %v", f.mock.paths())
	}
}
