package proxy

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const videoSecret = "VIDEO_SDK_SECRET_dummy_zZ9"

// videoFixture is a video endpoint with a frozen clock, and a record of what it
// logs and counts. When the test ends, the log is searched for secrets.
type videoFixture struct {
	noObserver

	endpoint *videoEndpoint
	log      bytes.Buffer
	events   []string
}

func (f *videoFixture) Token(role, result string) { f.events = append(f.events, role+" "+result) }

// newVideoFixture lets customers and agents ask, and everybody is an agent,
// unless change says otherwise.
func newVideoFixture(t *testing.T, change func(*VideoConfig, *Config)) *videoFixture {
	t.Helper()
	f := &videoFixture{}
	video := VideoConfig{SDKKey: "VIDEO_SDK_KEY", SDKSecrets: []string{videoSecret}, Customers: true, Agents: true}
	cfg := Config{
		SDKKey: vectorKey, SDKSecrets: []string{vectorSecret},
		Origins:  []string{"https://shop.example"},
		Agents:   agentNamed("agent-7", "Agent Seven"),
		Observer: f,
		Logger:   slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:      newFakeClock(time.UnixMilli(vectorNowMS)).now,
	}
	change(&video, &cfg)
	cfg.setDefaults()
	endpoint, err := newVideoEndpoint(video, &cfg, newRecorder(&cfg))
	if err != nil {
		t.Fatal(err)
	}
	f.endpoint = endpoint
	t.Cleanup(func() {
		if log := f.log.String(); strings.Contains(log, videoSecret) || strings.Contains(log, "eyJ") {
			t.Errorf("the log has a secret or a signature: %s", log)
		}
	})
	return f
}

// post sends a body as a page of the site would, but for the header fields
// given: pairs of name and value, an empty value removes the field.
func (f *videoFixture) post(body string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/_cobrowse/video/token", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(fields); i += 2 {
		r.Header.Del(fields[i])
		if fields[i+1] != "" {
			r.Header.Set(fields[i], fields[i+1])
		}
	}
	w := httptest.NewRecorder()
	f.endpoint.ServeHTTP(w, r)
	return w
}

func TestVideoPolicy(t *testing.T) {
	const (
		attendee = `{"role":0,"sessionName":"help-1"}`
		host     = `{"role":1,"sessionName":"help-1"}`
	)
	nobody := AgentIdentifierFunc(func(*http.Request) (Agent, error) { return Agent{}, ErrUnidentified })
	broken := AgentIdentifierFunc(func(*http.Request) (Agent, error) { return Agent{}, errors.New("down") })
	panics := AgentIdentifierFunc(func(*http.Request) (Agent, error) { panic("oops") })
	tests := []struct {
		name   string
		change func(*VideoConfig, *Config)
		body   string
		status int
		result string
	}{
		{"customer", func(_ *VideoConfig, c *Config) { c.Agents = nobody }, attendee, 200, "video-attendee minted"},
		{"customer asks for host", func(_ *VideoConfig, c *Config) { c.Agents = nobody }, host, 403, "video-host unidentified"},
		{"customer asks for host, by parseInt", func(_ *VideoConfig, c *Config) { c.Agents = nobody }, `{"role":"1x","sessionName":"help-1"}`, 403, "video-host unidentified"},
		{"agent", func(*VideoConfig, *Config) {}, host, 200, "video-host minted"},
		{"agent, not let", func(v *VideoConfig, _ *Config) { v.Agents = false }, host, 403, "video-host not-allowed"},
		{"no source of agents", func(_ *VideoConfig, c *Config) { c.Agents = nil }, host, 403, "video-host not-configured"},
		{"source of agents down", func(_ *VideoConfig, c *Config) { c.Agents = broken }, host, 503, "video-host identity-fault"},
		{"source of agents panics", func(_ *VideoConfig, c *Config) { c.Agents = panics }, host, 503, "video-host identity-fault"},
		{"customers not let", func(v *VideoConfig, c *Config) { v.Customers, c.Agents = false, nobody }, attendee, 403, "video-attendee unidentified"},
		{"customers not let, no agents", func(v *VideoConfig, c *Config) { v.Customers, c.Agents = false, nil }, attendee, 403, "video-attendee not-configured"},
		{"agent attends", func(v *VideoConfig, _ *Config) { v.Customers = false }, attendee, 200, "video-attendee minted"},
		{"name allowed", func(v *VideoConfig, c *Config) { v.CustomerSessions, c.Agents = "help-[0-9]|x", nobody }, attendee, 200, "video-attendee minted"},
		{"name longer than the pattern", func(v *VideoConfig, c *Config) { v.CustomerSessions, c.Agents = "x|help-[0-9]", nobody }, `{"role":0,"sessionName":"help-12"}`, 403, "video-attendee not-allowed"},
		{"name with a line behind", func(v *VideoConfig, c *Config) { v.CustomerSessions, c.Agents = "help-[0-9]", nobody }, `{"role":0,"sessionName":"help-1\n"}`, 403, "video-attendee not-allowed"},
		{"agent attends any name", func(v *VideoConfig, _ *Config) { v.CustomerSessions = "x" }, attendee, 200, "video-attendee minted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newVideoFixture(t, test.change)
			w := f.post(test.body)
			if w.Code != test.status || !slices.Equal(f.events, []string{test.result}) {
				t.Errorf("status %d, %v: %s", w.Code, f.events, w.Body)
			}
			if signed := strings.Contains(w.Body.String(), "eyJ"); signed != (test.status == 200) {
				t.Errorf("status %d with %s", w.Code, w.Body)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Vary") != "Origin" || w.Header().Get("Content-Type") != jsonContentType {
				t.Errorf("header %v", w.Header())
			}
		})
	}
}

// TestVideoDoors: each door refuses before the next one is asked.
func TestVideoDoors(t *testing.T) {
	const good = `{"role":0,"sessionName":"a"}`
	tests := []struct {
		name   string
		body   string
		fields []string
		status int
	}{
		{"another site", good, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		{"origin null", good, []string{"Origin", "null"}, 403},
		{"no mark of a browser", good, []string{"Sec-Fetch-Site", ""}, 403},
		{"configured origin", good, []string{"Origin", "https://shop.example", "Sec-Fetch-Site", "cross-site"}, 200},
		{"malformed", `{`, nil, 400},
		{"not JSON", good, []string{"Content-Type", "text/plain"}, 400},
		{"charset", good, []string{"Content-Type", "application/json; charset=latin1"}, 415},
		{"too large", `{"role":0,"sessionName":"a","x":"` + strings.Repeat("x", maxTokenBody) + `"}`, nil, 413},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newVideoFixture(t, func(*VideoConfig, *Config) {})
			if w := f.post(test.body, test.fields...); w.Code != test.status {
				t.Errorf("status %d, want %d: %s", w.Code, test.status, w.Body)
			}
		})
	}
	f := newVideoFixture(t, func(_ *VideoConfig, c *Config) { c.Limits.TokensPerClient = 1 })
	f.post(good, "Origin", "https://evil.example") // does not count
	if w := f.post(good); w.Code != 200 {
		t.Errorf("first: %d", w.Code)
	}
	if w := f.post(good); w.Code != 429 || w.Header().Get("Retry-After") != "60" {
		t.Errorf("second: %d, %v", w.Code, w.Header())
	}
}

func TestVideoPreflight(t *testing.T) {
	f := newVideoFixture(t, func(*VideoConfig, *Config) {})
	for origin, status := range map[string]int{"https://shop.example": 204, "https://evil.example": 403, "null": 403} {
		r := httptest.NewRequest(http.MethodOptions, "/_cobrowse/video/token", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		w := httptest.NewRecorder()
		f.endpoint.ServeHTTP(w, r)
		if w.Code != status || (w.Header().Get("Access-Control-Allow-Origin") == origin) != (status == 204) ||
			w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: status %d, header %v", origin, w.Code, w.Header())
		}
	}
}

// TestVideoLifetime: the operator's life where none is asked for, and never a
// longer one than the operator's maximum.
func TestVideoLifetime(t *testing.T) {
	f := newVideoFixture(t, func(*VideoConfig, *Config) {})
	for body, want := range map[string]time.Duration{
		`{"role":0,"sessionName":"a"}`:                             30 * time.Minute,
		`{"role":0,"sessionName":"a","expirationSeconds":3600}`:    time.Hour,
		`{"role":0,"sessionName":"a","expirationSeconds":"90000"}`: 2 * time.Hour,
	} {
		var reply videoReply
		if err := json.Unmarshal(f.post(body).Body.Bytes(), &reply); err != nil {
			t.Fatal(err)
		}
		claims, err := f.endpoint.minter.Verify(reply.Signature)
		if err != nil || claims.Lifetime != want {
			t.Errorf("%s: %v (%v), want %v", body, claims.Lifetime, err, want)
		}
	}
}

func TestVideoConfigRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*VideoConfig)
		want   string
	}{
		{"no policy", func(v *VideoConfig) { v.Customers, v.Agents = false, false }, "no policy"},
		{"no key", func(v *VideoConfig) { v.SDKKey = "" }, "key is empty"},
		{"no secret", func(v *VideoConfig) { v.SDKSecrets = nil }, "secret is empty"},
		{"empty secret", func(v *VideoConfig) { v.SDKSecrets = []string{""} }, "secret is empty"},
		{"secret is the key", func(v *VideoConfig) { v.SDKSecrets = []string{"VIDEO_SDK_KEY"} }, "is the SDK key"},
		{"pattern", func(v *VideoConfig) { v.CustomerSessions = "(" }, "pattern"},
		{"pattern without customers", func(v *VideoConfig) { v.Customers, v.CustomerSessions = false, "a" }, "lets none ask"},
		{"short life", func(v *VideoConfig) { v.TokenTTL = time.Minute }, "token_ttl"},
		{"long life", func(v *VideoConfig) { v.TokenTTLMax = 49 * time.Hour }, "token_ttl"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			video := VideoConfig{SDKKey: "VIDEO_SDK_KEY", SDKSecrets: []string{videoSecret}, Customers: true, Agents: true}
			test.change(&video)
			cfg := Config{}
			cfg.setDefaults()
			if e, err := newVideoEndpoint(video, &cfg, newRecorder(&cfg)); e != nil || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), videoSecret) {
				t.Errorf("%v", err)
			}
		})
	}
}
