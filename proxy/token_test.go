package proxy

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func noChange(*Config) {}

func TestTokenLife(t *testing.T) {
	tests := []struct {
		name     string
		ttl, max time.Duration // zero means the default
		body     string
		want     float64 // exp - iat
	}{
		{"default", 0, 0, `{"role":1}`, 1800},
		{"configured", time.Hour, 0, `{"role":1}`, 3600},
		{"asked for", 0, 0, `{"role":1,"expirationSeconds":3600}`, 3600},
		{"asked for less than the default", 2 * time.Hour, 0, `{"role":1,"expirationSeconds":1800}`, 1800},
		{"the maximum", 0, 0, `{"role":1,"expirationSeconds":7200}`, 7200},
		{"above the maximum is cut", 0, 0, `{"role":1,"expirationSeconds":7201}`, 7200},
		{"Zoom's maximum is cut", 0, time.Hour, `{"role":1,"expirationSeconds":172800}`, 3600},
		{"Zoom's maximum", 0, 48 * time.Hour, `{"role":1,"expirationSeconds":172800}`, 172800},
		{"an agent's default", 0, 0, `{"role":2}`, 1800},
		{"an agent's is cut too", 0, 0, `{"role":2,"expirationSeconds":172800}`, 7200},
		{"a fraction of a second is dropped", 30*time.Minute + time.Millisecond, 0, `{"role":1}`, 1800},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newTokenFixture(t, func(c *Config) {
				c.Customer.TokenTTL, c.Customer.TokenTTLMax = test.ttl, test.max
				c.Agents = agentNamed("a", "")
			})
			claims := mustToken(t, f.post(t, f.endpoint.ServeHTTP, test.body))
			if got := claims["exp"].(float64) - claims["iat"].(float64); got != test.want {
				t.Errorf("life %v s, want %v s", got, test.want)
			}
			if claims["iat"] != 1760000000.0 {
				t.Errorf("iat %v is not now", claims["iat"])
			}
		})
	}
}

// TestTokenUser: whose name a token carries, on which route.
func TestTokenUser(t *testing.T) {
	const long = "somebody.with.a.very.long.address@shop.example"
	fixture := func(t *testing.T) *tokenFixture {
		return newTokenFixture(t, func(c *Config) {
			c.Agents = AgentIdentifierFunc(func(r *http.Request) (Agent, error) {
				return Agent{ID: r.Header.Get("X-Test-Id"), Name: r.Header.Get("X-Test-Name")}, nil
			})
			c.Customer.Identify = func(r *http.Request) (string, string) {
				return r.Header.Get("X-Test-Id"), r.Header.Get("X-Test-Name")
			}
		})
	}
	tests := []struct {
		name, body, knownID, knownName string
		wantID, wantName               string
	}{
		{"customer, known", `{"role":1}`, "c-1", "Anna", "c-1", "Anna"},
		{"customer, known without name", `{"role":1}`, "c-1", "", "c-1", "c-1"},
		{"customer, request has both", `{"role":1,"userId":"r","userName":"R"}`, "c-1", "Anna", "c-1", "Anna"},
		{"customer, unknown, request has both", `{"role":1,"userId":"r","userName":"R"}`, "", "", "r", "R"},
		{"customer, known by name only, request has both", `{"role":1,"userId":"r","userName":"R"}`, "", "Anna", "r", "Anna"},
		{"customer, known by id only, request has both", `{"role":1,"userId":"r","userName":"R"}`, "c-1", "", "c-1", "R"},
		{"customer, name out of shape", `{"role":1}`, "c-1", "\u202eAn\r\nna" + strings.Repeat("x", 99), "c-1", "Anna" + strings.Repeat("x", 76)},
		{"agent, known", `{"role":2}`, "anna", "Anna", "anna", "Anna"},
		{"agent, known without name", `{"role":2}`, "anna", "", "anna", "anna"},
		{"agent, long id is its own name", `{"role":2}`, long, "", "sha256-*", long},
		{"agent, request has both", `{"role":2,"userId":"r","userName":"R"}`, "anna", "Anna", "r", "R"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := fixture(t)
			claims := mustToken(t, f.post(t, f.endpoint.ServeHTTP, test.body, "X-Test-Id", test.knownID, "X-Test-Name", test.knownName))
			id, _ := claims["user_id"].(string)
			if prefix, cut := strings.CutSuffix(test.wantID, "*"); id != test.wantID && (!cut || !strings.HasPrefix(id, prefix)) {
				t.Errorf("user_id %q, want %q", id, test.wantID)
			}
			if claims["user_name"] != test.wantName {
				t.Errorf("user_name %q, want %q", claims["user_name"], test.wantName)
			}
		})
	}
}

func TestTokenOfUnknownCustomer(t *testing.T) {
	f := newTokenFixture(t, noChange)
	seen := map[any]bool{}
	for range 5 {
		claims := mustToken(t, f.post(t, f.endpoint.ServeHTTP, `{"role":1}`))
		if seen[claims["user_id"]] || claims["user_name"] != claims["user_id"] {
			t.Errorf("claims %v", claims)
		}
		seen[claims["user_id"]] = true
	}
}

func TestTokenCustomerIdentifierPanics(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) {
		c.Customer.Identify = func(*http.Request) (string, string) { panic(vectorSecret) }
	})
	claims := mustToken(t, f.post(t, f.endpoint.ServeHTTP, `{"role":1}`))
	if len(claims["user_id"].(string)) != 32 {
		t.Errorf("claims %v", claims)
	}
}

func TestTokenTransport(t *testing.T) {
	const good = `{"role":1,"userId":"u"}`
	const missing = "Property required, but not present in request body"
	gzipped := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, s)
		_ = z.Close()
		return b.String()
	}
	deflated := func(s string) string {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		_, _ = io.WriteString(z, s)
		_ = z.Close()
		return b.String()
	}
	padded := func(length int) string {
		const start, end = `{"role":1,"pad":"`, `"}`
		return start + strings.Repeat("y", length-len(start)-len(end)) + end
	}
	tests := []struct {
		name, body       string
		fields           []string
		status           int
		property, reason string // of the refusal
	}{
		{"plain", good, nil, 200, "", ""},
		{"with charset", good, []string{"Content-Type", `application/json; charset="UTF-8"`}, 200, "", ""},
		{"in capitals", good, []string{"Content-Type", "Application/JSON"}, 200, "", ""},
		{"gzip", gzipped(good), []string{"Content-Encoding", "gzip"}, 200, "", ""},
		{"GZIP", gzipped(good), []string{"Content-Encoding", "GZIP"}, 200, "", ""},
		{"deflate", deflated(good), []string{"Content-Encoding", "deflate"}, 200, "", ""},
		{"identity", good, []string{"Content-Encoding", "identity"}, 200, "", ""},
		{"8 KiB", padded(8192), nil, 200, "", ""},
		{"8 KiB inflated", gzipped(padded(8192)), []string{"Content-Encoding", "gzip"}, 200, "", ""},

		{"over 8 KiB", padded(8193), nil, 413, "body", "8192"},
		{"over 8 KiB inflated", gzipped(padded(8193)), []string{"Content-Encoding", "gzip"}, 413, "body", "8192"},
		{"bomb", gzipped(strings.Repeat("[", 10<<20)), []string{"Content-Encoding", "gzip"}, 413, "body", "8192"},
		{"empty gzip members without end", strings.Repeat(gzipped(""), 1000) + gzipped(good), []string{"Content-Encoding", "gzip"}, 413, "body", "8192"},
		{"no Content-Type", good, []string{"Content-Type", ""}, 400, "role", missing},
		{"text/plain", good, []string{"Content-Type", "text/plain"}, 400, "role", missing},
		{"form", "role=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "role", missing},
		{"vendor JSON", good, []string{"Content-Type", "application/vnd.api+json"}, 400, "role", missing},
		{"two types", good, []string{"Content-Type", "application/json, text/plain"}, 400, "role", missing},
		{"broken type", good, []string{"Content-Type", "application/json; charset"}, 400, "role", missing},
		{"latin1", good, []string{"Content-Type", "application/json; charset=iso-8859-1"}, 415, "body", "utf-8"},
		{"brotli", good, []string{"Content-Encoding", "br"}, 415, "body", "gzip"},
		{"gzip twice", good, []string{"Content-Encoding", "gzip, gzip"}, 415, "body", "gzip"},
		{"not gzip", good, []string{"Content-Encoding", "gzip"}, 400, "body", "read"},
		{"cut gzip", gzipped(good)[:30], []string{"Content-Encoding", "gzip"}, 400, "body", "read"},
		{"malformed", `{"role":`, nil, 400, "body", "Malformed JSON"},
		{"primitive", `12`, nil, 400, "body", "Malformed JSON"},
		{"empty", ``, nil, 400, "role", missing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newTokenFixture(t, noChange)
			for _, known := range []bool{true, false} { // with Content-Length, and chunked
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
				if !known {
					r.ContentLength = -1
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				for i := 0; i < len(test.fields); i += 2 {
					r.Header.Set(test.fields[i], test.fields[i+1])
				}
				w := f.do(t, f.endpoint.ServeHTTP, r)
				if test.status == http.StatusOK {
					mustToken(t, w)
				} else {
					mustRefuse(t, w, test.status, test.property, test.reason)
				}
			}
		})
	}
}

func TestTokenBodyBreaksOff(t *testing.T) {
	f := newTokenFixture(t, noChange)
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(`{"role":1`), errReader{}))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	mustRefuse(t, f.do(t, f.endpoint.ServeHTTP, r), 400, "body", "read")
}

// TestTokenLargeBodyIsNotRead: Content-Length alone is enough.
func TestTokenLargeBodyIsNotRead(t *testing.T) {
	f := newTokenFixture(t, noChange)
	r := httptest.NewRequest(http.MethodPost, "/", errReader{})
	r.ContentLength = maxTokenBody + 1
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	mustRefuse(t, f.do(t, f.endpoint.ServeHTTP, r), http.StatusRequestEntityTooLarge, "body", "8192")
}

// errReader is a body that cannot be read.
type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestTokenMethods(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) { c.Agents = agentNamed("a", "") })
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post"} {
		r := httptest.NewRequest(method, "/", strings.NewReader(`{"role":1}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := f.do(t, f.endpoint.ServeHTTP, r)
		mustRefuse(t, w, http.StatusMethodNotAllowed, "method", "POST")
		if w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: Allow: %q", method, w.Header().Get("Allow"))
		}
	}
}

func TestTokenLimit(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) {
		c.Limits = LimitsConfig{TokensPerClient: 2, Per: time.Minute}
		c.Origins = []string{"https://shop.example"}
		c.Agents = agentNamed("anna", "")
		c.ClientIP = func(r *http.Request) string { return r.Header.Get("X-Test-Ip") }
	})
	post := func(ip string, fields ...string) *httptest.ResponseRecorder {
		return f.post(t, f.endpoint.ServeHTTP, `{"role":1}`, append(fields, "X-Test-Ip", ip)...)
	}
	mustToken(t, post("192.0.2.1"))
	mustRefuse(t, post("192.0.2.1", "Origin", "https://evil.example"), http.StatusForbidden, "origin", "configured origins")
	mustToken(t, post("192.0.2.1")) // a foreign page has not used up the share

	w := post("::ffff:192.0.2.1", "Sec-Fetch-Site", "cross-site", "Origin", "https://shop.example")
	mustRefuse(t, w, http.StatusTooManyRequests, "rate", "30 s")
	for name, want := range map[string]string{
		"Retry-After": "30", "Access-Control-Allow-Origin": "https://shop.example", "Access-Control-Expose-Headers": "Retry-After",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	mustToken(t, post("192.0.2.2"))

	f.clock.advance(29500 * time.Millisecond)
	if got := post("192.0.2.1").Header().Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q half a second early, want 1", got)
	}
	f.clock.advance(500 * time.Millisecond)
	mustToken(t, post("192.0.2.1"))

	want := []string{
		"customer minted", "customer origin", "customer minted", "customer rate",

		"customer minted", "customer rate", "customer minted",
	}
	if !reflect.DeepEqual(f.events, want) {
		t.Errorf("events %q\n  want %q", f.events, want)
	}
}

// TestTokenFaultsCount: refused bodies use up the share too.
func TestTokenFaultsCount(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) { c.Limits.TokensPerClient = 3 })
	for _, body := range []string{`{`, `{"role":2}`, `{"role":9}`} {
		if w := f.post(t, f.endpoint.ServeHTTP, body); w.Code == http.StatusTooManyRequests {
			t.Fatalf("%s is refused too early", body)
		}
	}
	mustRefuse(t, f.post(t, f.endpoint.ServeHTTP, `{"role":1}`), http.StatusTooManyRequests, "rate", "try again")
}

func TestTokenLog(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) { c.Agents = agentNamed("anna", "Anna") })
	mustToken(t, f.post(t, f.endpoint.ServeHTTP, `{"role":1,"userName":"secretive"}`))
	mustToken(t, f.post(t, f.endpoint.ServeHTTP, `{"role":2}`))
	f.post(t, f.endpoint.ServeHTTP, `{"role":9}`)
	lines := strings.Split(strings.TrimSpace(f.log.String()), "\n")
	if len(lines) > 1 && strings.Contains(lines[1], "cobrowse record") && strings.Contains(lines[1], "agent=anna") {
		lines = slices.Delete(lines, 1, 2) // the record's line precedes the agent's token
	}
	if len(lines) != 3 {
		t.Fatalf("%d lines: %s", len(lines), f.log.String())
	}
	for i, parts := range [][]string{
		{"level=DEBUG", "role=customer", "result=minted", "client=192.0.2.1", "token_sha256="},
		{"level=DEBUG", "role=agent", "result=minted", "agent=anna", "token_sha256="},
		{"level=DEBUG", "role=customer", "result=invalid"},
	} {
		for _, part := range parts {
			if !strings.Contains(lines[i], part) {
				t.Errorf("line %d lacks %s: %s", i+1, part, lines[i])
			}
		}
	}
	for _, digest := range regexp.MustCompile(`token_sha256=(\S*)`).FindAllStringSubmatch(f.log.String(), -1) {
		if len(digest[1]) != 16 {
			t.Errorf("a digest of %d digits, want 16: %s", len(digest[1]), digest[1])
		}
	}
	if strings.Contains(f.log.String(), "secretive") {
		t.Error("the log has a customer's name")
	}
}

// TestTokenSecondSecret: the first secret signs, whatever follows.
func TestTokenSecondSecret(t *testing.T) {
	f := newTokenFixture(t, func(c *Config) { c.SDKSecrets = []string{"NEW_secret_zZ9", vectorSecret} })
	signed := replyOf(t, f.post(t, f.endpoint.ServeHTTP, `{"role":1}`)).Token
	decodeToken(t, signed, "NEW_secret_zZ9")
}

func TestTokenEndpointRefusesConfig(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no key", func(c *Config) { c.SDKKey = "" }, "key is empty"},
		{"no secret", func(c *Config) { c.SDKSecrets = nil }, "secret is empty"},
		{"empty secret", func(c *Config) { c.SDKSecrets = []string{vectorSecret, ""} }, "secret is empty"},
		{"life too short", func(c *Config) { c.Customer.TokenTTL = time.Minute }, "token_ttl"},
		{"life too long", func(c *Config) { c.Customer.TokenTTLMax = 49 * time.Hour }, "token_ttl_max"},
		{"maximum below the default", func(c *Config) { c.Customer.TokenTTL = time.Hour; c.Customer.TokenTTLMax = 30 * time.Minute }, "in this order"},
		{"no limit", func(c *Config) { c.Limits.TokensPerClient = -1 }, "limits"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{SDKKey: vectorKey, SDKSecrets: []string{vectorSecret}}
			test.change(&cfg)
			cfg.setDefaults()
			endpoint, err := aTokenEndpoint(&cfg)
			if err == nil || endpoint != nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %q", err, test.want)
			}
			if strings.Contains(fmt.Sprintf("%+v", err), vectorSecret) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func BenchmarkTokenRequest(b *testing.B) {
	cfg := Config{SDKKey: vectorKey, SDKSecrets: []string{vectorSecret}, Limits: LimitsConfig{TokensPerClient: 1 << 30}}
	cfg.setDefaults()
	endpoint, err := aTokenEndpoint(&cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"role":1}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		endpoint.ServeHTTP(httptest.NewRecorder(), r)
	}
}
