package zoomapp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// memoryTokens is a TokenStore for tests.
type memoryTokens struct {
	turn sync.Mutex // who has it may change tokens

	mu    sync.Mutex
	kept  map[string]string
	saved int
}

func newMemoryTokens() *memoryTokens { return &memoryTokens{kept: map[string]string{}} }

func (m *memoryTokens) Save(_ context.Context, id, sealed string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[id] = sealed
	m.saved++
	return nil
}

func (m *memoryTokens) Load(_ context.Context, id string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[id], nil
}

func (m *memoryTokens) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, id)
	return nil
}

func (m *memoryTokens) Lock(context.Context, string) (func(), error) {
	m.turn.Lock()
	return m.turn.Unlock, nil
}

func key(letter string) []byte { return bytes.Repeat([]byte(letter), keySize) }

func newVault(t *testing.T, keys ...[]byte) *Vault {
	t.Helper()
	vault, err := NewVault(nil, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return vault
}

// newTokenFixture is an installer that keeps tokens, with those of a user who has
// installed the app.
func newTokenFixture(t *testing.T) (*installFixture, *memoryTokens, *Vault) {
	t.Helper()
	store, vault := newMemoryTokens(), newVault(t, key("k"))
	f := newInstallFixture(t, func(c *InstallConfig) { c.Vault, c.Store = vault, store })
	if linked, err := f.Linked(t.Context(), testUID); err != nil || linked {
		t.Errorf("before the install: %v, %v", linked, err)
	}
	if _, err := f.DeepLink(t.Context(), testUID, "a"); !errors.Is(err, ErrNoTokens) {
		t.Errorf("before the install: %v", err)
	}
	location, cookie := f.land(t)
	if w := f.back("code="+testCode+"&state="+location.Query().Get("state"), cookie); w.Code != http.StatusFound {
		t.Fatalf("status %d", w.Code)
	}
	if linked, err := f.Linked(t.Context(), testUID); err != nil || !linked {
		t.Errorf("after the install: %v, %v", linked, err)
	}
	f.mock.asked = nil
	return f, store, vault
}

// TestTokensAreKeptSealed: stored tokens open for their user only, and are
// refreshed when they have expired.
func TestTokensAreKeptSealed(t *testing.T) {
	f, store, vault := newTokenFixture(t)
	tokens, err := vault.Open(testUID, store.kept[testUID])
	if err != nil || tokens.Access != "AT" || tokens.Refresh != "RT" || !tokens.Expires.Equal(f.now.Add(3599*time.Second)) {
		t.Errorf("%q %q %v, %v", tokens.Access, tokens.Refresh, tokens.Expires, err)
	}
	if out := fmt.Sprintf("%v %+v %#v", tokens, &tokens, struct{ T Tokens }{tokens}); strings.Contains(out, "AT") {
		t.Errorf("printed: %s", out)
	}
	if _, err := f.DeepLink(t.Context(), testUID, "a"); err != nil || !slices.Equal(f.mock.paths(), []string{"/v2/zoomapp/deeplink"}) {
		t.Errorf("%v, asked %v", err, f.mock.paths())
	}
	_, sample := recorded(t, "auth-ok")
	if got, want := f.mock.asked[0], sample[1]; got.Method != want.Method || got.Headers["content-type"] != want.Headers["content-type"] ||
		got.Headers["authorization"] != want.Headers["authorization"] || got.Body != `{"action":"a"}` {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	f.now, f.mock.asked = f.now.Add(time.Hour), nil
	before := store.kept[testUID]
	if _, err := f.DeepLink(t.Context(), testUID, "a"); err != nil || !slices.Equal(f.mock.paths(), []string{"/oauth/token", "/v2/zoomapp/deeplink"}) ||
		f.mock.asked[0].Body != "grant_type=refresh_token&refresh_token=RT" || store.kept[testUID] == before {
		t.Errorf("%v, asked %+v", err, f.mock.asked)
	}
	if err := f.Forget(t.Context(), testUID); err != nil || len(store.kept) != 0 {
		t.Errorf("%v, %v", err, store.kept)
	}
}

// TestTokensOfStrangers: what a user who is no agent leaves behind is nothing, and
// the install goes on.
func TestTokensOfStrangers(t *testing.T) {
	store, vault := newMemoryTokens(), newVault(t, key("k"))
	agents := map[string]bool{"another": true}
	f := newInstallFixture(t, func(c *InstallConfig) {
		c.Vault, c.Store, c.KeepFor = vault, store, func(id string) bool { return agents[id] }
	})
	for _, want := range []int{0, 1} {
		location, cookie := f.land(t)
		if w := f.back("code="+testCode+"&state="+location.Query().Get("state"), cookie); w.Code != http.StatusFound {
			t.Fatalf("status %d", w.Code)
		}
		if len(store.kept) != want {
			t.Errorf("%d users' tokens are kept, want %d", len(store.kept), want)
		}
		agents[testUID] = true
	}
}

// TestRefreshOnce: of many who find the tokens expired, one redeems the refresh
// token, which is good once, and the others take what it got.
func TestRefreshOnce(t *testing.T) {
	f, store, _ := newTokenFixture(t)
	var mu sync.Mutex
	spent := map[string]bool{}
	next := 0
	f.mock.answers["/oauth/token"] = func(w http.ResponseWriter) {
		mu.Lock()
		defer mu.Unlock()
		if last := fmt.Sprint("RT", next); spent[last] {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_grant"}`)
			return
		}
		next++
		fmt.Fprintf(w, `{"access_token":"AT%d","token_type":"bearer","refresh_token":"RT%d","expires_in":3599}`, next, next)
	}
	f.now = f.now.Add(time.Hour)
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			if link, err := f.DeepLink(t.Context(), testUID, "a"); err != nil || link == "" {
				t.Errorf("%q, %v", link, err)
			}
		})
	}
	group.Wait()
	if next != 1 || store.saved != 2 { // the install, and one refresh
		t.Errorf("%d refreshes, %d times stored", next, store.saved)
	}
}

// TestRefreshOutlivesRequest: when Zoom has taken the old token, the new one is
// stored, though the person has left.
func TestRefreshOutlivesRequest(t *testing.T) {
	f, store, vault := newTokenFixture(t)
	ctx, leave := context.WithCancel(t.Context())
	f.mock.answers["/oauth/token"] = func(w http.ResponseWriter) {
		leave()
		fmt.Fprint(w, `{"access_token":"AT2","token_type":"bearer","refresh_token":"RT2","expires_in":3599}`)
	}
	f.now = f.now.Add(time.Hour)
	if _, err := f.DeepLink(ctx, testUID, "a"); err == nil {
		t.Error("a link for somebody who has left")
	}
	if tokens, err := vault.Open(testUID, store.kept[testUID]); err != nil || tokens.Refresh != "RT2" {
		t.Errorf("%q, %v", tokens.Refresh, err)
	}
}

// TestRefreshRefused: tokens that Zoom takes no more are forgotten; those that
// could not be refreshed for another reason are not.
func TestRefreshRefused(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		forget bool
	}{
		"expired or revoked":    {400, `{"reason":"Invalid Token!","error":"invalid_grant"}`, true},
		"in other words":        {401, `{"reason":"Invalid Token!","error":"invalid_request"}`, true},
		"our credentials":       {401, `{"error":"invalid_client"}`, false},
		"Zoom is down":          {503, `{"error":"temporarily_unavailable"}`, false},
		"nonsense":              {200, `<html>`, false},
		"no code":               {400, `{}`, false},
		"a code that is a text": {400, `{"error":"invalid_grant RT"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			f, store, _ := newTokenFixture(t)
			f.mock.answers["/oauth/token"] = func(w http.ResponseWriter) { w.WriteHeader(test.status); fmt.Fprint(w, test.body) }
			f.now = f.now.Add(time.Hour)
			_, err := f.DeepLink(t.Context(), testUID, "a")
			if errors.Is(err, ErrNoTokens) != test.forget || errors.Is(err, ErrZoom) == test.forget || (len(store.kept) == 0) != test.forget {
				t.Errorf("%v, kept %d", err, len(store.kept))
			}
		})
	}
}

// TestTokensOfAnotherKey: what does not open is of no use, and the user can connect
// the app again.
func TestTokensOfAnotherKey(t *testing.T) {
	f, store, _ := newTokenFixture(t)
	sealed, err := newVault(t, key("x")).Seal(testUID, Tokens{Access: "AT", Refresh: "RT"})
	if err != nil {
		t.Fatal(err)
	}
	store.kept[testUID] = sealed
	if linked, err := f.Linked(t.Context(), testUID); err != nil || linked {
		t.Errorf("%v, %v", linked, err)
	}
	if _, err := f.DeepLink(t.Context(), testUID, "a"); !errors.Is(err, ErrNoTokens) || len(f.mock.paths()) > 0 {
		t.Errorf("%v, asked %v", err, f.mock.paths())
	}
	if !strings.Contains(f.log.String(), "do not open") {
		t.Errorf("the log does not tell: %s", &f.log)
	}
}

// TestTokenEndedEarly: an access token that Zoom refuses is refreshed before its
// time, once.
func TestTokenEndedEarly(t *testing.T) {
	f, store, _ := newTokenFixture(t)
	f.mock.answers["/v2/zoomapp/deeplink"] = func(w http.ResponseWriter) { w.WriteHeader(401); fmt.Fprint(w, `{"code":124}`) }
	if _, err := f.DeepLink(t.Context(), testUID, "a"); !errors.Is(err, ErrZoom) {
		t.Error(err)
	}
	if want := []string{"/v2/zoomapp/deeplink", "/oauth/token", "/v2/zoomapp/deeplink"}; !slices.Equal(f.mock.paths(), want) || store.saved != 2 {
		t.Errorf("asked %v, stored %d times", f.mock.paths(), store.saved)
	}
}

// TestVault: what is sealed opens for its user and with its key only, and an old
// key opens what it sealed.
func TestVault(t *testing.T) {
	old, next := newVault(t, key("o")), newVault(t, key("n"), key("o"))
	sealed, err := old.Seal(testUID, Tokens{Access: "AT", Refresh: "RT"})
	if err != nil {
		t.Fatal(err)
	}
	if tokens, err := next.Open(testUID, sealed); err != nil || tokens.Refresh != "RT" {
		t.Errorf("with the previous key: %q, %v", tokens.Refresh, err)
	}
	anew, err := next.Seal(testUID, Tokens{Access: "AT", Refresh: "RT"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Open(testUID, anew); !errors.Is(err, ErrVault) {
		t.Errorf("sealed with the new key, opened with the old one: %v", err)
	}
	for name, c := range map[string][2]string{
		"another user": {"x", sealed}, "cut": {testUID, sealed[:20]}, "short": {testUID, "AA"}, "empty": {testUID, ""}, "no base64": {testUID, "{}"},
	} {
		if _, err := old.Open(c[0], c[1]); !errors.Is(err, ErrVault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewVault(nil); err == nil {
		t.Error("no key")
	}
	if _, err := NewVault(nil, key("k"), []byte("short")); !errors.Is(err, ErrKey) {
		t.Errorf("a short key: %v", err)
	}
}

// FuzzParseKey: whatever is taken for a key has 32 bytes, and is what was written.
func FuzzParseKey(f *testing.F) {
	raw := []byte("0123456789abcdef0123456789abc\xfb\xff\x00")
	for _, seed := range []string{
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
	} {
		if key, err := ParseKey(seed); err != nil || !bytes.Equal(key, raw) {
			f.Fatalf("%q: %x, %v", seed, key, err)
		}
		f.Add(seed)
	}
	for _, seed := range []string{"", "short", strings.Repeat("a", 32), strings.Repeat("a", 63), base64.StdEncoding.EncodeToString(append(raw, raw...)), string(raw)} {
		if key, err := ParseKey(seed); !errors.Is(err, ErrKey) || key != nil {
			f.Fatalf("%q: %x, %v", seed, key, err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			if err.Error() != ErrKey.Error() {
				t.Fatalf("the error says more than it should: %v", err)
			}
			return
		}
		written := []string{
			base64.StdEncoding.EncodeToString(key), base64.RawStdEncoding.EncodeToString(key),
			base64.URLEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key), hex.EncodeToString(key),
		}
		mixed := strings.NewReplacer("-", "+", "_", "/").Replace(text) // the alphabets may be mixed
		if len(key) != keySize || !slices.Contains(written, text) && !slices.Contains(written, strings.ToLower(text)) && !slices.Contains(written, mixed) {
			t.Fatalf("%q is taken for %x", text, key)
		}
	})
}
