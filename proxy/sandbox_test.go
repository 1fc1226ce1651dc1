package proxy

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
)

// newSandboxSite serves a page with a strict policy behind a middleware with a
// sandbox, whose agent is whoever sends "Agent: yes".
func newSandboxSite(t *testing.T, cfg Config) (*httptest.Server, *Sandbox) {
	t.Helper()
	if err := sandbox.Bundled(); err != nil {
		t.Fatal(err)
	}
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Agents = AgentIdentifierFunc(func(r *http.Request) (Agent, error) {
		if r.Header.Get("Agent") != "yes" {
			return Agent{}, ErrUnidentified
		}
		return Agent{ID: "a1", Name: "Ann"}, nil
	})
	sb, err := NewSandbox(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	cfg.Sandbox = sb
	wrap, err := Wrap(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		_, _ = io.WriteString(w, "<!DOCTYPE html><head><title>site "+r.URL.Path+"</title></head>")
	})))
	t.Cleanup(server.Close)
	return server, sb
}

// fetch sends a same-origin request of a browser and returns the answer.
func fetch(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(got)
}

// askToken returns the token that a route answers.
func askToken(t *testing.T, url, body string, header ...string) string {
	t.Helper()
	resp, got := fetch(t, http.MethodPost, url, body, header...)
	var reply struct{ Token string }
	if err := json.Unmarshal([]byte(got), &reply); err != nil || reply.Token == "" {
		t.Fatalf("no token: %s %s", resp.Status, got)
	}
	return reply.Token
}

// exchange sends a frame to the sandbox and returns the first one that comes back.
func exchange(t *testing.T, server *httptest.Server, frame map[string]any) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + "/_cobrowse/sandbox/sdkapi/zcb/sandbox/socket"
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {server.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	data, err := json.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(ctx, websocket.MessageText, data); err != nil {
		t.Fatal(err)
	}
	_, data, err = c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(data, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestSandboxNeedsNoCredentials runs from the page's policy to a session that
// an agent joins: everything comes from the one site.
func TestSandboxNeedsNoCredentials(t *testing.T) {
	server, sb := newSandboxSite(t, Config{})

	resp, page := fetch(t, http.MethodGet, server.URL+"/", "", "Sec-Fetch-Dest", "document")
	if !strings.Contains(page, "/_cobrowse/loader-") {
		t.Fatalf("no tag: %s", page)
	}
	if policy := resp.Header.Get("Content-Security-Policy"); strings.Contains(policy, "zoom.us") || !strings.Contains(policy, "connect-src 'self'") {
		t.Errorf("the policy is for another place: %s", policy)
	}

	_, widget := fetch(t, http.MethodGet, server.URL+page[strings.Index(page, "/_cobrowse/loader-"):strings.Index(page, `" async`)], "")
	const sdk = "/_cobrowse/sandbox/static/resource/sdk/sandbox/js/3.10.x"
	if !strings.Contains(widget, sdk) || strings.Contains(widget, "zoom.us") {
		t.Errorf("the loader names another SDK than %s", sdk)
	}
	if resp, _ := fetch(t, http.MethodGet, server.URL+sdk, ""); resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("the SDK: %s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}

	customer := askToken(t, server.URL+"/_cobrowse/token", `{"role":1}`)
	started := exchange(t, server, map[string]any{"t": "start", "token": customer, "browser": "b1", "page": server.URL + "/", "settings": map[string]any{}})
	if started["pin"] == nil {
		t.Fatalf("no session: %v", started)
	}
	if sb.Sessions() != 1 {
		t.Errorf("%d sessions", sb.Sessions())
	}
	agent := askToken(t, server.URL+"/_cobrowse/token", `{"role":2}`, "Agent", "yes")
	joined := exchange(t, server, map[string]any{"t": "join", "token": agent, "pin": started["pin"]})
	if joined["t"] != "joined" {
		t.Errorf("the agent cannot join: %v", joined)
	}
}

// TestSandboxTrustsNoOtherTokens: the secret is its own, and nobody's guess.
func TestSandboxTrustsNoOtherTokens(t *testing.T) {
	one, _ := newSandboxSite(t, Config{})
	other, _ := newSandboxSite(t, Config{})
	token := askToken(t, other.URL+"/_cobrowse/token", `{"role":1}`)
	if got := exchange(t, one, map[string]any{"t": "start", "token": token, "browser": "b1", "page": one.URL + "/", "settings": map[string]any{}}); got["t"] != "error" {
		t.Errorf("another sandbox's token was accepted: %v", got)
	}
}

func TestSandboxDesk(t *testing.T) {
	server, _ := newSandboxSite(t, Config{})
	resp, page := fetch(t, http.MethodGet, server.URL+"/_cobrowse/desk", "", "Agent", "yes")
	if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("%s, %s, %.80s", resp.Status, resp.Header.Get("Content-Security-Policy"), page)
	}
	if got := resp.Header.Get("Permissions-Policy"); !strings.Contains(got, "camera=(self)") {
		t.Errorf("Permissions-Policy %q", got)
	}
	frame := server.URL + "/_cobrowse/sandbox/sdkapi/zcb/frame-templates/desk?access_token="
	if resp, _ := fetch(t, http.MethodGet, frame+"x", ""); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a desk without a token: %s", resp.Status)
	}
	agent := askToken(t, server.URL+"/_cobrowse/token", `{"role":2}`, "Agent", "yes")
	if resp, body := fetch(t, http.MethodGet, frame+agent, ""); resp.StatusCode != http.StatusOK || !strings.Contains(body, "andbox") {
		t.Errorf("a desk with a token: %s", resp.Status)
	}
}

// TestSandboxPathsAreOurs: nothing below the prefix reaches the site, and
// without a sandbox its folder is not there.
func TestSandboxPathsAreOurs(t *testing.T) {
	server, _ := newSandboxSite(t, Config{})
	for _, path := range []string{"/_cobrowse/sandbox", "/_cobrowse/sandbox/", "/_cobrowse/sandbox/x", "/_cobrowse/sandbox/../desk", "/_cobrowse/sandbox//static"} {
		if resp, body := fetch(t, http.MethodGet, server.URL+path, ""); resp.StatusCode < 400 || strings.Contains(body, "<title>site") {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	m := newTestMiddleware(t, Config{})
	w := httptest.NewRecorder()
	err := m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/_cobrowse/sandbox/sdkapi/zcb/frame-templates/desk", nil), nil)
	if err != nil || w.Code != http.StatusNotFound {
		t.Errorf("without a sandbox: %d, %v", w.Code, err)
	}
}

func TestSandboxCredentials(t *testing.T) {
	cfg := testConfig(Config{})
	sb, err := NewSandbox(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	tests := []struct {
		name    string
		key     string
		secrets []string
		want    string // in the error
	}{
		{"the same", testKey, []string{testSecret}, ""},
		{"none", "", nil, ""},
		{"another secret", testKey, []string{"x" + testSecret}, "other credentials"},
		{"another key", "other", []string{testSecret}, "other credentials"},
		{"half of them", testKey, nil, "other credentials"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(Config{SDKKey: test.key, SDKSecrets: test.secrets, Sandbox: sb})
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), testSecret)) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
	if _, err := NewSandbox(Config{SDKKey: testKey}); err == nil || !strings.Contains(err.Error(), "sdk_secret") {
		t.Errorf("half of the credentials: %v", err)
	}
}

// TestSandboxVideoCredentials: those of the Video SDK are taken over and checked
// likewise, and the caller's configuration stays as it was.
func TestSandboxVideoCredentials(t *testing.T) {
	given := func() *VideoConfig {
		return &VideoConfig{SDKKey: "VIDEO_SDK_KEY", SDKSecrets: []string{videoSecret}, Customers: true}
	}
	tests := []struct {
		name       string
		made, used *VideoConfig
		want       string // in the error
	}{
		{"off", nil, nil, ""},
		{"made up", nil, &VideoConfig{Customers: true}, ""},
		{"made up for a site with video", &VideoConfig{Customers: true}, &VideoConfig{Customers: true}, ""},
		{"the same", given(), given(), ""},
		{"none", given(), &VideoConfig{Customers: true}, ""},
		{"another secret", given(), &VideoConfig{SDKKey: "VIDEO_SDK_KEY", SDKSecrets: []string{"x" + videoSecret}, Customers: true}, "other credentials than those of video_tokens"},
		{"given to one that made its own", nil, given(), "other credentials than those of video_tokens"},
		{"half of them", given(), &VideoConfig{SDKKey: "VIDEO_SDK_KEY", Customers: true}, "other credentials than those of video_tokens"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sb, err := NewSandbox(Config{Video: test.made})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = sb.Close() })
			_, err = New(Config{Sandbox: sb, Video: test.used})
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), videoSecret)) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
			if test.used != nil && test.name == "made up" && (test.used.SDKKey != "" || test.used.SDKSecrets != nil) {
				t.Errorf("the caller's configuration became %+v", *test.used)
			}
		})
	}
	for name, video := range map[string]*VideoConfig{
		"no secret": {SDKKey: "VIDEO_SDK_KEY", Customers: true},
		"no key":    {SDKSecrets: []string{videoSecret}, Customers: true},
	} {
		if _, err := NewSandbox(Config{Video: video}); err == nil || !strings.Contains(err.Error(), "video_tokens") || strings.Contains(err.Error(), videoSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
