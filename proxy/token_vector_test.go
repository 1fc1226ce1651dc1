package proxy

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// vector is one request to Zoom's sample, and its reply; testdata/README.md
// tells where they come from and what the fields mean.
type vector struct {
	ID      string `json:"id"`
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         *string
		BodyBase64   *string `json:"body_base64"`
		BodyBuild    *struct {
			Prefix, Repeat, Suffix string
			Count                  int
		} `json:"body_build"`
	}
	Response struct {
		Status int
		JSON   *reply
	}
	Decoded *struct{ Header, Payload map[string]any }
}

// comparison says how a case is compared where it is not the contract: then
// status, errors and claims are all equal.
type comparison struct {
	// status of ours; 0 means the sample's.
	status int
	// errors of ours; nil means the sample's.
	errors token.FieldErrors
	// statusOnly leaves bodies out: ours are JSON where the sample has HTML.
	statusOnly bool
	// why we differ; empty where we don't.
	why string
}

// comparisons lists every case that is not compared as contract. The quirks
// that are not here (parseInt, String(), an array for an object) are matched
// like contract.
var comparisons = map[string]comparison{
	"c055-userId-empty-nameless": {
		status: http.StatusBadRequest,
		errors: token.FieldErrors{{Property: "userId", Reason: "Property defined, but not value(s) were present"}},
		why:    "Zoom requires user_id, and an empty one is shared by all who send it",
	},
	"c075-json-string": {statusOnly: true},
	"c076-json-null":   {statusOnly: true},
	"c081-too-large":   {statusOnly: true},
	"c087-method-HEAD": {
		status: http.StatusMethodNotAllowed, statusOnly: true,
		why: "the path exists, so that another method is 405 with Allow",
	},
	"c088-method-PUT":    {status: http.StatusMethodNotAllowed, statusOnly: true, why: "as HEAD"},
	"c090-method-DELETE": {status: http.StatusMethodNotAllowed, statusOnly: true, why: "as HEAD"},
}

func loadVectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/cobrowse-main.json")
	if err != nil {
		t.Fatal(err)
	}
	var suite struct {
		Count int
		Cases []vector
	}
	if err := json.Unmarshal(raw, &suite); err != nil {
		t.Fatal(err)
	}
	if suite.Count == 0 || len(suite.Cases) != suite.Count {
		t.Fatalf("%d cases, but the file says %d", len(suite.Cases), suite.Count)
	}
	return suite.Cases
}

// TestTokenVectors replays what Zoom's sample was asked, over HTTP, with the
// sample's clock, credentials and policy (any life that Zoom accepts), as a
// page of a configured origin, and as an identified agent.
func TestTokenVectors(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) {
		c.Origins = []string{"https://shop.example"}
		c.Customer.TokenTTL, c.Customer.TokenTTLMax = 2*time.Hour, 48*time.Hour
		c.Agents = agentNamed("agent-7", "Agent Seven")
		c.Limits.TokensPerClient = 1000
	})
	server := httptest.NewServer(http.HandlerFunc(f.endpoint.ServeHTTP))
	defer server.Close()

	vectors := loadVectors(t)
	for id := range comparisons {
		if !slices.ContainsFunc(vectors, func(v vector) bool { return v.ID == id }) {
			t.Errorf("comparison for %s, which is no case", id)
		}
	}
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) { replay(t, server, v) })
	}
}

func replay(t *testing.T, server *httptest.Server, v vector) {
	r, err := http.NewRequest(v.Request.Method, server.URL+v.Request.Path, vectorBody(t, v))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://shop.example")
	for name, value := range v.Request.Headers {
		r.Header.Set(name, value)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}

	compare := comparisons[v.ID]
	status := v.Response.Status
	if compare.status != 0 {
		status = compare.status
	}
	if response.StatusCode != status {
		t.Errorf("status %d, want %d; body %s", response.StatusCode, status, body)
	}
	if status == http.StatusMethodNotAllowed && response.Header.Get("Allow") != http.MethodPost {
		t.Errorf("Allow: %q", response.Header.Get("Allow"))
	} else if got := response.Header.Get("Access-Control-Allow-Origin"); status != http.StatusMethodNotAllowed && got != "https://shop.example" {
		t.Errorf("Access-Control-Allow-Origin: %q", got) // the sample says *
	}
	if v.Response.JSON != nil && !compare.statusOnly {
		compareReplies(t, v, compare, body)
	}
}

func vectorBody(t *testing.T, v vector) io.Reader {
	t.Helper()
	switch {
	case v.Request.BodyBuild != nil:
		b := v.Request.BodyBuild
		return strings.NewReader(b.Prefix + strings.Repeat(b.Repeat, b.Count) + b.Suffix)
	case v.Request.BodyBase64 != nil:
		return base64.NewDecoder(base64.StdEncoding, strings.NewReader(*v.Request.BodyBase64))
	case v.Request.Body != nil:
		return strings.NewReader(*v.Request.Body)
	}
	return http.NoBody
}

func compareReplies(t *testing.T, v vector, compare comparison, body []byte) {
	t.Helper()
	var got reply
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	wantErrors, wantDecoded := v.Response.JSON.Errors, v.Decoded
	if compare.errors != nil {
		wantErrors, wantDecoded = compare.errors, nil
	}
	if !reflect.DeepEqual(got.Errors, wantErrors) {
		t.Errorf("errors %+v\n  want %+v", got.Errors, wantErrors)
	}
	if wantDecoded == nil {
		if got.Token != "" || got.SDKToken != "" {
			t.Errorf("a token where the sample gives none: %s", body)
		}
		return
	}
	if got.Token != got.SDKToken {
		t.Errorf("token %q, sdkToken %q", got.Token, got.SDKToken)
	}
	header, payload := decodeToken(t, got.Token, vectorSecret)
	if !reflect.DeepEqual(header, wantDecoded.Header) {
		t.Errorf("header %v, want %v", header, wantDecoded.Header)
	}
	if !strings.Contains(*v.Request.Body, `"userId"`) {
		adoptRandomID(t, payload, wantDecoded.Payload)
	}
	if !reflect.DeepEqual(payload, wantDecoded.Payload) {
		t.Errorf("claims %v\n  want %v", payload, wantDecoded.Payload)
	}
}

// adoptRandomID checks the shape of a random user_id, and puts it where the
// sample had its own: 128 bits in hexadecimal.
func adoptRandomID(t *testing.T, got, want map[string]any) {
	t.Helper()
	id, _ := got["user_id"].(string)
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		t.Errorf("user_id %q is not 128 bits in hexadecimal", id)
	}
	if want["user_name"] == want["user_id"] {
		want["user_name"] = id
	}
	want["user_id"] = id
}
