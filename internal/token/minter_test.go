package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

const (
	testKey    = "COBROWSE_SDK_KEY"
	testSecret = "COBROWSE_SDK_SECRET_dummy_zZ9"
)

var testNow = time.UnixMilli(1760000000123)

// newTestMinter returns a Minter with a frozen clock and counted "randomness".
func newTestMinter(t testing.TB, secrets ...string) *Minter {
	t.Helper()
	if len(secrets) == 0 {
		secrets = []string{testSecret}
	}
	m, err := New(Config{
		Key:     testKey,
		Secrets: secrets,
		Now:     func() time.Time { return testNow },
		Rand:    strings.NewReader("0123456789abcdefghijklmnopqrstuv"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustMint(t testing.TB, m *Minter, g Grant) string {
	t.Helper()
	token, err := m.Mint(g)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func decodeSegment(t testing.TB, token string, i int) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestMintMatchesSample compares whole tokens with those that Zoom's sample
// signed for the same request, clock and credentials (case c001 and c050 of
// proxy/testdata/cobrowse-main.json).
func TestMintMatchesSample(t *testing.T) {
	m := newTestMinter(t)
	got := mustMint(t, m, Grant{Role: RoleCustomer, UserID: "user123", UserName: "ekaansh", Lifetime: 2 * time.Hour})
	const want = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBfa2V5IjoiQ09CUk9XU0VfU0RLX0tFWSIsInJvbGVfdHlwZSI6MSwidXNlcl9pZCI6InVzZXIxMjMiLCJ1c2VyX25hbWUiOiJla2FhbnNoIiwiaWF0IjoxNzYwMDAwMDAwLCJleHAiOjE3NjAwMDcyMDB9.jLGgl5qpgE0SQHJpRH9HUNOYRkQWdcJW5mPoe4O47FA"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	got = mustMint(t, m, Grant{Role: RoleAgent, UserID: `<b>&"'`, UserName: "é会😀", Lifetime: MinLifetime})
	const payload = `{"app_key":"COBROWSE_SDK_KEY","role_type":2,"user_id":"<b>&\"'","user_name":"é会😀","iat":1760000000,"exp":1760001800}`
	if got := decodeSegment(t, got, 1); got != payload {
		t.Errorf("payload %s\nwant    %s", got, payload)
	}
	if got, want := decodeSegment(t, got, 0), `{"alg":"HS256","typ":"JWT"}`; got != want {
		t.Errorf("header %s, want %s", got, want)
	}
}

func TestMintFillsUser(t *testing.T) {
	m := newTestMinter(t)
	const (
		firstID  = "30313233343536373839616263646566" // 16 bytes of the test's Rand
		secondID = "6768696a6b6c6d6e6f70717273747576"
	)
	tests := []struct {
		name             string
		grant            Grant
		wantID, wantName string
	}{
		{"nothing given", Grant{Role: 1, Lifetime: MinLifetime}, firstID, firstID},
		{"name given", Grant{Role: 1, UserName: "n", Lifetime: MinLifetime}, secondID, "n"},
		{"id given", Grant{Role: 1, UserID: "i", Lifetime: MinLifetime}, "i", "i"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			claims, err := m.Verify(mustMint(t, m, test.grant))
			if err != nil {
				t.Fatal(err)
			}
			if claims.UserID != test.wantID || claims.UserName != test.wantName {
				t.Errorf("user %q named %q, want %q named %q", claims.UserID, claims.UserName, test.wantID, test.wantName)
			}
		})
	}
	if _, err := m.Mint(Grant{Role: 1, Lifetime: MinLifetime}); !errors.Is(err, io.EOF) {
		t.Errorf("with randomness used up: error %v, want EOF", err)
	}
}

func TestMintUsesRealRandomness(t *testing.T) {
	m, err := New(Config{Key: "k", Secrets: []string{"s"}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 100 {
		claims, err := m.Verify(mustMint(t, m, Grant{Role: RoleCustomer, Lifetime: MinLifetime}))
		if err != nil {
			t.Fatal(err)
		}
		if len(claims.UserID) != 32 || seen[claims.UserID] {
			t.Fatalf("user id %q is short or repeated", claims.UserID)
		}
		seen[claims.UserID] = true
	}
}

func TestMintRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Grant)
		want   error
	}{
		{"role 0", func(g *Grant) { g.Role = 0 }, ErrRole},
		{"role 3", func(g *Grant) { g.Role = 3 }, ErrRole},
		{"life too short", func(g *Grant) { g.Lifetime = MinLifetime - time.Second }, ErrLifetime},
		{"life too long", func(g *Grant) { g.Lifetime = MaxLifetime + time.Second }, ErrLifetime},
		{"life not whole", func(g *Grant) { g.Lifetime = MinLifetime + time.Millisecond }, ErrLifetime},
		{"no life", func(g *Grant) { g.Lifetime = 0 }, ErrLifetime},
		{"long id", func(g *Grant) { g.UserID = strings.Repeat("x", 36) }, ErrUserID},
		{"control in id", func(g *Grant) { g.UserID = "a\nb" }, ErrUserID},
		{"long name", func(g *Grant) { g.UserName = strings.Repeat("😀", 40) + "x" }, ErrUserName},
		{"override in name", func(g *Grant) { g.UserName = "a\u202eb" }, ErrUserName},
		{"DEL in name", func(g *Grant) { g.UserName = "a\x7f" }, ErrUserName},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			grant := Grant{Role: RoleCustomer, UserID: "id", UserName: "name", Lifetime: MinLifetime}
			test.change(&grant)
			if token, err := newTestMinter(t).Mint(grant); !errors.Is(err, test.want) || token != "" {
				t.Errorf("token %q, error %v; want error %v", token, err, test.want)
			}
		})
	}
	longest := Grant{Role: RoleAgent, UserID: strings.Repeat("x", 35), UserName: strings.Repeat("😀", 40), Lifetime: MaxLifetime}
	mustMint(t, newTestMinter(t), longest)
}

func TestNewRefusesCredentials(t *testing.T) {
	tests := []struct {
		name    string
		key     string
		secrets []string
		want    error
	}{
		{"no key", "", []string{"hunter2"}, ErrNoKey},
		{"blank key", " \n", []string{"hunter2"}, ErrNoKey},
		{"key with newline", "k\n", []string{"hunter2"}, ErrCredentials},
		{"no secret", "k", nil, ErrNoSecret},
		{"empty secret", "k", []string{""}, ErrNoSecret},
		{"empty second secret", "k", []string{"hunter2", ""}, ErrNoSecret},
		{"blank second secret", "k", []string{"hunter2", "\t"}, ErrNoSecret},
		{"secret with newline", "k", []string{"hunter2\n"}, ErrCredentials},
		{"secret is the key", "hunter2", []string{"hunter2"}, ErrCredentials},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := New(Config{Key: test.key, Secrets: test.secrets})
			if m != nil || !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

// TestSecretsAreHidden prints everything that holds a secret in every way that
// a log line could.
func TestSecretsAreHidden(t *testing.T) {
	config := Config{Key: testKey, Secrets: []string{testSecret, "SECOND_secret_zZ9"}, Rand: iotest.ErrReader(io.EOF)}
	minter, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, value := range []any{config, &config, minter, *minter, struct{ C any }{config}, []any{minter}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "value", value)
	}
	_, err = minter.Mint(Grant{Role: RoleCustomer, Lifetime: MinLifetime})
	fmt.Fprintln(&out, err)
	encoded, _ := json.Marshal(struct{ Secrets Config }{Config{Secrets: config.Secrets}}) //nolint:staticcheck // SA1026: that it cannot be encoded is what this shows
	out.Write(encoded)
	for _, secret := range config.Secrets {
		for _, form := range []string{
			secret, base64.StdEncoding.EncodeToString([]byte(secret)), fmt.Sprintf("%x", secret), fmt.Sprintf("%d", []byte(secret)),
		} {
			if strings.Contains(out.String(), form) {
				t.Errorf("%q found in output", form)
			}
		}
	}
}

func BenchmarkMint(b *testing.B) {
	m, err := New(Config{Key: testKey, Secrets: []string{testSecret}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Mint(Grant{Role: RoleCustomer, Lifetime: MinLifetime}); err != nil {
			b.Fatal(err)
		}
	}
}
