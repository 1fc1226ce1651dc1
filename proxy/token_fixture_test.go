package proxy

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// Credentials and clock of the recorded vectors.
const (
	vectorKey    = "COBROWSE_SDK_KEY"
	vectorSecret = "COBROWSE_SDK_SECRET_dummy_zZ9"
	vectorNowMS  = 1760000000123
)

// tokenFixture is an endpoint with a frozen clock, and a record of everything
// that it lets out: replies, log, metrics. When the test ends, the record is
// searched for the secret, and the log for tokens.
type tokenFixture struct {
	noObserver
	endpoint *tokenEndpoint
	clock    *fakeClock
	log      bytes.Buffer
	replies  bytes.Buffer
	tokens   []string
	events   []string
}

// aTokenEndpoint makes an endpoint as a site without sessions would.
func aTokenEndpoint(cfg *Config) (*tokenEndpoint, error) {
	minter, err := newMinter(cfg)
	if err != nil {
		return nil, err
	}
	return newTokenEndpoint(cfg, minter, newRecorder(cfg))
}

func newTokenFixture(t *testing.T, change func(*Config)) *tokenFixture {
	t.Helper()
	f := &tokenFixture{clock: newFakeClock(time.UnixMilli(vectorNowMS))}
	cfg := Config{
		SDKKey:     vectorKey,
		SDKSecrets: []string{vectorSecret, "PREVIOUS_SECRET_dummy_zZ9"},
		Observer:   f,
		Logger:     slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:        f.clock.now,
	}
	change(&cfg)
	cfg.setDefaults()
	endpoint, err := aTokenEndpoint(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.endpoint = endpoint
	t.Cleanup(func() { f.checkSecrecy(t, cfg.SDKSecrets) })
	return f
}

func (f *tokenFixture) Injection(string) {}

func (f *tokenFixture) Token(role, result string) { f.events = append(f.events, role+" "+result) }

// checkSecrecy looks for the secrets in every form that a careless line of
// code would give them.
func (f *tokenFixture) checkSecrecy(t *testing.T, secrets []string) {
	t.Helper()
	everything := f.log.String() + f.replies.String() + strings.Join(f.events, "\n")
	for _, secret := range secrets {
		for _, form := range []string{
			secret,
			base64.StdEncoding.EncodeToString([]byte(secret)),
			base64.RawURLEncoding.EncodeToString([]byte(secret)),
			hex.EncodeToString([]byte(secret)),
			fmt.Sprint([]byte(secret)), //nolint:staticcheck // QF1010: the bytes as numbers are meant
		} {
			if strings.Contains(everything, form) {
				t.Errorf("the secret got out as %q", form)
			}
		}
	}
	for _, signed := range f.tokens {
		for _, part := range strings.Split(signed, ".")[1:] {
			if strings.Contains(f.log.String(), part) {
				t.Errorf("the log has a part of a token: %s", part)
			}
		}
	}
}

// post sends a body to a route as a page of the site would, but for the header
// fields given: pairs of name and value, an empty value removes the field.
func (f *tokenFixture) post(t *testing.T, serve http.HandlerFunc, body string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/_cobrowse/token", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(fields); i += 2 {
		r.Header.Del(fields[i])
		if fields[i+1] != "" {
			r.Header.Set(fields[i], fields[i+1])
		}
	}
	return f.do(t, serve, r)
}

// do sends a request, and checks what every reply has in common.
func (f *tokenFixture) do(t *testing.T, serve http.HandlerFunc, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	serve(w, r)
	fmt.Fprintln(&f.replies, w.Header(), w.Body)
	for name, want := range map[string]string{
		"Content-Type":           "application/json; charset=utf-8",
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
		"Vary":                   "Origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.Code == http.StatusOK {
		f.tokens = append(f.tokens, replyOf(t, w).Token)
	} else if len(replyOf(t, w).Errors) == 0 || strings.Contains(w.Body.String(), "eyJ") {
		t.Errorf("status %d without an error, or with a token: %s", w.Code, w.Body)
	}
	return w
}

// reply is everything that a reply may hold.
type reply struct {
	Token    string            `json:"token"`
	SDKToken string            `json:"sdkToken"`
	Errors   token.FieldErrors `json:"errors"`
}

func replyOf(t *testing.T, w *httptest.ResponseRecorder) reply {
	t.Helper()
	var got reply
	decoder := json.NewDecoder(w.Body)
	w.Body = bytes.NewBuffer(w.Body.Bytes()) // so that a test can read it again
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("reply %s: %v", w.Body, err)
	}
	return got
}

// decodeToken checks a token's form and its HMAC without the code under test,
// and returns its header and payload.
func decodeToken(t *testing.T, signed, secret string) (header, payload map[string]any) {
	t.Helper()
	parts := strings.Split(signed, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %q", signed)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)); parts[2] != want {
		t.Errorf("signature %s, want %s", parts[2], want)
	}
	for i, into := range []*map[string]any{&header, &payload} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	return header, payload
}

// mustToken returns the payload of the token in a reply.
func mustToken(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	got := replyOf(t, w)
	if w.Code != http.StatusOK || got.Token == "" || got.Token != got.SDKToken {
		t.Fatalf("status %d, reply %s", w.Code, w.Body)
	}
	_, payload := decodeToken(t, got.Token, vectorSecret)
	return payload
}

// mustRefuse checks a refusal's status, property and reason.
func mustRefuse(t *testing.T, w *httptest.ResponseRecorder, status int, property, reason string) {
	t.Helper()
	got := replyOf(t, w).Errors
	if w.Code != status || len(got) != 1 || got[0].Property != property || !strings.Contains(got[0].Reason, reason) {
		t.Errorf("status %d, errors %+v; want %d, %s: …%s…", w.Code, got, status, property, reason)
	}
}

// agentNamed identifies everybody as one agent.
func agentNamed(id, name string) AgentIdentifier {
	return AgentIdentifierFunc(func(*http.Request) (Agent, error) { return Agent{ID: id, Name: name}, nil })
}
