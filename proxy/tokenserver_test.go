package proxy

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token/samples"
)

// sampleServer is a token server with the credentials and the clock of a recorded
// suite, before which everybody is an agent.
func sampleServer(t *testing.T, suite *samples.Suite, change func(*TokenServerConfig)) http.Handler {
	t.Helper()
	c, port, err := TokenServerFromEnv(func(name string) string { return suite.Env[name] })
	if err != nil || port != DefaultTokenServerPort {
		t.Fatal(port, err)
	}
	c.Origins = []string{"https://shop.example"}
	c.Agents = agentNamed("agent-7", "Agent Seven")
	c.Limits.TokensPerClient = 1000
	c.Now = func() time.Time { return time.UnixMilli(suite.FrozenMS) }
	c.Logger = slog.New(slog.DiscardHandler)
	change(&c)
	server, err := NewTokenServer(c)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// TestTokenServerVectors: the token server answers as both branches of Zoom's
// sample do, with nothing but their environment.
func TestTokenServerVectors(t *testing.T) {
	for _, test := range []struct {
		path string
		byop bool
	}{{"testdata/cobrowse-main.json", false}, {"../internal/token/testdata/cobrowse-byop.json", true}} {
		suite := loadSuite(t, test.path)
		t.Run(suite.Name, func(t *testing.T) {
			handler := sampleServer(t, suite, func(c *TokenServerConfig) { c.BYOP = test.byop })
			replaySuite(t, suite, handler, suite.Env["ZOOM_SDK_SECRET"])
		})
	}
}

// TestTokenServerDoors: what the sample lets everybody do.
func TestTokenServerDoors(t *testing.T) {
	suite := loadSuite(t, "testdata/cobrowse-main.json")
	const customer, agent = `{"role":1}`, `{"role":2}`
	tests := []struct {
		name, path, body string
		header           http.Header
		status           int
	}{
		{"curl", "/", customer, nil, 200},
		{"curl asks for an agent", "/", agent, nil, 403},
		{"configured page", "/", customer, http.Header{"Origin": {"https://shop.example"}, "Sec-Fetch-Site": {"cross-site"}}, 200},
		{"configured page asks for an agent", "/", agent, http.Header{"Origin": {"https://shop.example"}}, 403},
		{"another page", "/", customer, http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, 403},
		{"another page, old browser", "/", customer, http.Header{"Origin": {"https://evil.example"}}, 403},
		{"no origin", "/", customer, http.Header{"Origin": {"null"}}, 403},
		{"empty origin", "/", customer, http.Header{"Origin": {""}}, 403},
		{"marked cross-site", "/", customer, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"another path", "/token", customer, nil, 404},
		{"malformed", "/", `{`, nil, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := sampleServer(t, suite, func(c *TokenServerConfig) { c.Agents = nil })
			r := httptest.NewRequest(http.MethodPost, test.path, strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/json")
			maps.Copy(r.Header, test.header)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if w.Code != test.status || w.Header().Get("Content-Type") != jsonContentType {
				t.Errorf("status %d, %v: %s", w.Code, w.Header(), w.Body)
			}
			if signed := strings.Contains(w.Body.String(), "eyJ"); signed != (test.status == 200) {
				t.Errorf("%s", w.Body)
			}
			if r.Header.Get("Sec-Fetch-Site") != test.header.Get("Sec-Fetch-Site") {
				t.Error("the caller's request was changed")
			}
		})
	}
}

func TestTokenServerRefusesToStart(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"ZOOM_SDK_KEY":    {"ZOOM_SDK_SECRET": "hunter2"},
		"ZOOM_SDK_SECRET": {"ZOOM_SDK_KEY": "k", "ZOOM_SDK_SECRET": " "},
		"PORT":            {"ZOOM_SDK_KEY": "k", "ZOOM_SDK_SECRET": "hunter2", "PORT": "70000"},
	} {
		c, _, err := TokenServerFromEnv(func(name string) string { return env[name] })
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") || c.SDKKey != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]TokenServerConfig{
		"no credentials":    {},
		"secret is the key": {SDKKey: "hunter2", SDKSecrets: []string{"hunter2"}},
		"origin":            {SDKKey: "k", SDKSecrets: []string{"hunter2"}, Origins: []string{"*"}},
		"life":              {SDKKey: "k", SDKSecrets: []string{"hunter2"}, TokenTTL: time.Minute},
	} {
		if server, err := NewTokenServer(c); server != nil || err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadEnvFile(t *testing.T) {
	const file = "\uFEFF# Zoom\r\nZOOM_SDK_KEY=key\r\nexport ZOOM_SDK_SECRET = \"a#b 'c'\" # the secret\n\nPORT=4001 # comment\nEMPTY=\nONE='x=y'\nTICK=`z`\nPORT=4002\n"
	got, err := ReadEnvFile(strings.NewReader(file))
	want := map[string]string{
		"ZOOM_SDK_KEY": "key", "ZOOM_SDK_SECRET": "a#b 'c'", "PORT": "4002", "EMPTY": "", "ONE": "x=y", "TICK": "z",
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v\nwant %v", got, err, want)
	}
	for _, bad := range []string{"hunter2", "=hunter2", "A=1\nB=\"hunter2", "A B=hunter2", "A='hunter2' x"} {
		if got, err := ReadEnvFile(strings.NewReader(bad)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
}

// FuzzReadEnvFile: nothing panics, and no name has a character that none may have.
func FuzzReadEnvFile(f *testing.F) {
	for _, seed := range []string{"", "A=1", "export A='b'#c", "A=\"", "=", "#", "A=`x`\nA", "\uFEFFA=\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		variables, err := ReadEnvFile(strings.NewReader(file))
		if err != nil && variables != nil {
			t.Fatalf("%v with %v", err, variables)
		}
		for name, value := range variables {
			if name == "" || strings.ContainsAny(name, " \t\"'#\n=") || strings.ContainsAny(value, "\n") {
				t.Fatalf("%q=%q", name, value)
			}
		}
	})
}
