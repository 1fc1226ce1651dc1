package proxy

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token/samples"
)

// TestVideoVectors replays what Zoom's Video SDK sample was asked, over HTTP, as
// a page of a configured origin and as an identified agent.
func TestVideoVectors(t *testing.T) {
	suite := loadSuite(t, "../internal/token/testdata/video-f8a4164.json")
	f := newVideoFixture(t, func(v *VideoConfig, c *Config) {
		v.SDKKey, v.SDKSecrets = suite.Env["ZOOM_VIDEO_SDK_KEY"], []string{suite.Env["ZOOM_VIDEO_SDK_SECRET"]}
		v.TokenTTL, v.TokenTTLMax = 2*time.Hour, 48*time.Hour
		c.Limits.TokensPerClient = 1000
	})
	mux := http.NewServeMux()
	mux.Handle("/{$}", f.endpoint)
	replaySuite(t, suite, mux, suite.Env["ZOOM_VIDEO_SDK_SECRET"])
}

func loadSuite(t *testing.T, path string) *samples.Suite {
	t.Helper()
	suite, err := samples.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return suite
}

// replaySuite asks handler everything that a sample was asked.
func replaySuite(t *testing.T, suite *samples.Suite, handler http.Handler, secret string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for _, c := range suite.Cases {
		t.Run(c.ID, func(t *testing.T) {
			answer := replayCase(t, server, &c)
			answer.Secret = secret
			for _, fault := range suite.Compare(&c, answer) {
				t.Error(fault)
			}
		})
	}
}

func replayCase(t *testing.T, server *httptest.Server, c *samples.Case) samples.Answer {
	t.Helper()
	body, err := c.Body()
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(c.Request.Method, server.URL+c.Request.Path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://shop.example")
	for name, value := range c.Request.Headers {
		r.Header.Set(name, value)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answered, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusMethodNotAllowed && response.Header.Get("Allow") != http.MethodPost {
		t.Errorf("Allow: %q", response.Header.Get("Allow"))
	}
	if origin := response.Header.Get("Access-Control-Allow-Origin"); origin != "" && origin != "https://shop.example" {
		t.Errorf("Access-Control-Allow-Origin: %q", origin)
	} else if origin == "" && response.StatusCode == http.StatusOK {
		t.Error("the configured origin cannot read the answer")
	}
	answer := samples.Answer{Status: response.StatusCode}
	if response.Header.Get("Content-Type") != jsonContentType {
		return answer
	}
	var reply struct {
		Token, SDKToken, Signature string
		Errors                     token.FieldErrors
	}
	// The answer to HEAD has the type of a body, and none.
	if err := json.Unmarshal(answered, &reply); err != nil && c.Request.Method != http.MethodHead {
		t.Fatalf("%s: %v", answered, err)
	}
	if reply.Token != reply.SDKToken {
		t.Errorf("token %q, sdkToken %q", reply.Token, reply.SDKToken)
	}
	answer.Signed = reply.Token + reply.Signature
	for _, fault := range reply.Errors {
		answer.Errors = append(answer.Errors, samples.FieldError(fault))
	}
	return answer
}

// TestTokenDifferencesAreListed: what the token route's own vector test treats as
// different is in the list that the documentation is made of.
func TestTokenDifferencesAreListed(t *testing.T) {
	listed := map[string]int{}
	for _, d := range samples.Differences() {
		for _, c := range d.Cases {
			if c.Suite == samples.CobrowseMain {
				listed[c.ID] = c.Status
			}
		}
	}
	for id, c := range comparisons {
		if c.status != listed[id] {
			t.Errorf("%s: status %d here, %d in the list", id, c.status, listed[id])
		}
		delete(listed, id)
	}
	if len(listed) > 0 {
		t.Errorf("listed, but compared as the same: %v", listed)
	}
}
