package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

const desk = "/_cobrowse/desk"

func TestReturnTo(t *testing.T) {
	kept := []string{
		desk, desk + "/4711", desk + "/a/b-c_d~.e", desk + "?q=anna%20m", desk + "?", desk + "?to=https://evil.example/", desk + "/4711?x=1&y=(2)",
	}
	for _, asked := range kept {
		if got := returnTo(desk, asked); got != asked {
			t.Errorf("%q became %q", asked, got)
		}
	}
	dropped := []string{
		"", "/", "desk", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example", "javascript:alert(1)",
		"https:" + desk, "//evil.example" + desk, desk + "@evil.example", desk + ".evil.example", desk + "x", desk + "\\", desk + "/\\evil",
		desk + "//evil.example", desk + "/../logout", desk + "/./x", desk + "/..", desk + "/...", desk + "/%2e%2e/logout", desk + "/",
		desk + "#x", desk + "?a#b", desk + "\r\nSet-Cookie: a=b", desk + "?a=\x00", desk + "?ü", " " + desk, desk + " ", strings.ToUpper(desk),
		desk + "?" + strings.Repeat("x", maxReturn), "/_cobrowse/logout", "/_cobrowse/%64esk", "/a/.." + desk,
	}
	for _, asked := range dropped {
		if got := returnTo(desk, asked); got != desk {
			t.Errorf("%q became %q", asked, got)
		}
	}
}

// FuzzReturnTo asserts that a browser on the site stays at the desk, however it
// reads the path.
func FuzzReturnTo(f *testing.F) {
	for _, s := range []string{desk, desk + "/a?b=c", "//x" + desk, desk + "/../x", desk + "/%2e%2e", desk + "?\\", desk + "/..0"} {
		f.Add(s)
	}
	site, err := url.Parse("https://shop.example/_cobrowse/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		got := returnTo(desk, asked)
		u, err := site.Parse(got)
		if err != nil || u.Scheme != "https" || u.Host != "shop.example" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q leads to %q, %v", asked, got, err)
		}
		if u.Path != desk && !strings.HasPrefix(u.Path, desk+"/") || path.Clean(u.Path) != u.Path || u.EscapedPath() != u.Path {
			t.Fatalf("%q leads to the path %q", asked, u.Path)
		}
		if got != desk && got != asked || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }) {
			t.Fatalf("%q became %q", asked, got)
		}
	})
}

func TestStripCookies(t *testing.T) {
	tests := []struct {
		name string
		in   []string
		want []string
	}{
		{"none", nil, nil},
		{"others only", []string{"a=b;  c=d;"}, []string{"a=b;  c=d;"}},
		{"ours only", []string{"__Host-cobrowse=x"}, nil},
		{"among others", []string{"a=b; __Host-cobrowse=x; c=d"}, []string{"a=b; c=d"}},
		{"first", []string{"__Host-cobrowse=x; c=d"}, []string{"c=d"}},
		{"logins", []string{"__Host-cobrowse-login-abc=x; c=d; __Host-cobrowse-login-=y"}, []string{"c=d"}},
		{"twice, with space", []string{" __Host-cobrowse = x;a=b", "__Host-cobrowse=y"}, []string{"a=b"}},
		{"others' names", []string{"__Host-cobrowser=x; cobrowse=y; x__Host-cobrowse=z"}, []string{"__Host-cobrowser=x; cobrowse=y; x__Host-cobrowse=z"}},
		{"value like ours", []string{"a=__Host-cobrowse=x"}, []string{"a=__Host-cobrowse=x"}},
	}
	c := cookies{prefix: hostPrefix, secure: true}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"X": {"y"}}
			if tt.in != nil {
				h["Cookie"] = tt.in
			}
			c.strip(h)
			if got := h["Cookie"]; fmt.Sprint(got) != fmt.Sprint(tt.want) || len(got) != len(tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSealer(t *testing.T) {
	key := func(b byte) []byte { return []byte(strings.Repeat(string(b), stateKeySize)) }
	sealerOf := func(keys ...[]byte) *sealer {
		s, err := newSealer(keys)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	old, both, other := sealerOf(key('a')), sealerOf(key('b'), key('a')), sealerOf(key('c'))
	want := login{Nonce: "n", Verifier: "v", Return: desk, Client: "c", Ends: 7}
	sealed, err := old.seal("state", want)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed, "v") && strings.Contains(sealed, "Verifier") {
		t.Error("the verifier can be read")
	}
	for name, s := range map[string]*sealer{"its own": old, "after a change of keys": both} {
		if got, err := s.open("state", sealed); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := other.open("state", sealed); !errors.Is(err, errSealed) {
		t.Errorf("another key: %v", err)
	}
	if _, err := old.open("stats", sealed); !errors.Is(err, errSealed) {
		t.Errorf("another state: %v", err)
	}
	for i := range sealed {
		flipped := []byte(sealed)
		flipped[i] ^= 1
		if got, err := old.open("state", string(flipped)); err == nil && got != want {
			t.Errorf("byte %d changed: %+v", i, got)
		}
	}
	newer, err := both.seal("state", want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.open("state", newer); err == nil {
		t.Error("the second key seals")
	}
}

func TestSessionsBounds(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	signIn := func(id string, at time.Time) SignIn {
		return SignIn{Agent: agent.Agent{ID: id}, Client: "c", Created: at, Used: at, Lifetime: 8 * time.Hour, Idle: time.Hour}
	}
	s := NewSessions(3)
	for _, id := range []string{"a", "b", "c"} {
		if err := s.Create(ctx, id, signIn(id, now)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Create(ctx, "d", signIn("d", now)); !errors.Is(err, ErrFull) {
		t.Errorf("the fourth: %v", err)
	}
	if _, err := s.Find(ctx, "a", now, true); err != nil {
		t.Errorf("the first was dropped for it: %v", err)
	}
	if err := s.Create(ctx, "d", signIn("d", now.Add(time.Hour))); err != nil || s.Len() != 1 {
		t.Errorf("after all have ended: %v, %d kept", err, s.Len())
	}
	if _, err := s.Find(ctx, "a", now, true); !errors.Is(err, ErrNoSignIn) {
		t.Errorf("an ended one: %v", err)
	}
}

func TestSessionsSameKey(t *testing.T) {
	s, now := NewSessions(0), time.Unix(1_800_000_000, 0)
	create := func(key, who string) {
		t.Helper()
		in := SignIn{Agent: agent.Agent{ID: who}, Created: now, Used: now, Lifetime: time.Hour, Idle: time.Hour}
		if err := s.Create(t.Context(), key, in); err != nil {
			t.Fatal(err)
		}
	}
	create("shared", "ann")
	create("shared", "bob")
	for i := range 2 * MaxPerAgent {
		create(fmt.Sprint(i), "ann")
	}
	if in, err := s.Find(t.Context(), "shared", now, false); err != nil || in.Agent.ID != "bob" {
		t.Errorf("another agent's sign-ins have ended this one: %+v, %v", in, err)
	}
	if n := len(s.signIns); n != 1+MaxPerAgent || len(s.byAgent) != 2 {
		t.Errorf("%d sign-ins of %d agents", n, len(s.byAgent))
	}
}

func TestSessionsOfOneAgent(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	s := NewSessions(MaxPerAgent + 1)
	in := SignIn{Agent: agent.Agent{ID: "bob"}, Created: now, Used: now, Lifetime: time.Hour, Idle: time.Hour}
	if err := s.Create(ctx, "bob", in); err != nil {
		t.Fatal(err)
	}
	in.Agent.ID = "anna"
	for i := range 5 * MaxPerAgent {
		if err := s.Create(ctx, fmt.Sprint(i), in); err != nil {
			t.Fatal(err)
		}
	}
	if s.Len() != MaxPerAgent+1 {
		t.Errorf("%d are kept", s.Len())
	}
	if _, err := s.Find(ctx, "bob", now, false); err != nil {
		t.Errorf("another agent's: %v", err)
	}
	if _, err := s.Find(ctx, fmt.Sprint(5*MaxPerAgent-1), now, false); err != nil {
		t.Errorf("the newest: %v", err)
	}
	if _, err := s.Find(ctx, fmt.Sprint(4*MaxPerAgent-1), now, false); !errors.Is(err, ErrNoSignIn) {
		t.Errorf("an old one: %v", err)
	}
	for i := range 5 * MaxPerAgent {
		if err := s.Delete(ctx, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if s.Len() != 1 || len(s.byAgent) != 1 {
		t.Errorf("%d sign-ins and %d agents are left", s.Len(), len(s.byAgent))
	}
}

func TestOnceHasOneWinner(t *testing.T) {
	ctx, now, s := context.Background(), time.Now(), NewSessions(0)
	var winners sync.Map
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			if first, err := s.Once(ctx, "key", now, now.Add(time.Minute)); err == nil && first {
				winners.Store(i, true)
			}
		})
	}
	wg.Wait()
	n := 0
	winners.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d winners", n)
	}
	if first, err := s.Once(ctx, "key", now.Add(time.Minute), now.Add(time.Hour)); err != nil || !first {
		t.Errorf("after its time: %t, %v", first, err)
	}
}

// brokenStore is a Store that cannot tell.
type brokenStore struct{ *Sessions }

var errBroken = errors.New("connection refused")

func (brokenStore) Find(context.Context, string, time.Time, bool) (SignIn, error) {
	return SignIn{}, errBroken
}
func (brokenStore) Create(context.Context, string, SignIn) error { return errBroken }
func (brokenStore) Delete(context.Context, string) error         { return errBroken }

func TestStoreDown(t *testing.T) {
	s, o := start(t, nil)
	b := newBrowser(t)
	b.signIn(s, "anna")
	s.use(t, o.URL, func(c *Config) { c.Store = brokenStore{NewSessions(0)} })
	if p := b.get(s.URL + "/_cobrowse/desk"); p.status != http.StatusServiceUnavailable {
		t.Errorf("desk: status %d", p.status)
	}
	wantNotice(t, b.do(http.MethodPost, s.URL+"/_cobrowse/logout", nil), http.StatusServiceUnavailable, "You are still signed in")
	fresh := newBrowser(t)
	p := fresh.get(fresh.atProvider(s.URL+"/_cobrowse/login", "anna"))
	wantNotice(t, p, http.StatusServiceUnavailable, "cannot remember sign-ins right now")
	if p.header.Get("Retry-After") == "" || strings.Contains(p.body, errBroken.Error()) {
		t.Errorf("Retry-After %q, %s", p.header.Get("Retry-After"), p.body)
	}

	full := NewSessions(1)
	s.use(t, o.URL, func(c *Config) { c.Store = full })
	newBrowser(t).signIn(s, "anna")
	s.use(t, o.URL, func(c *Config) { c.Store, c.AllowGroups, c.AllowAnyUser = full, nil, true })
	fresh = newBrowser(t)
	wantNotice(t, fresh.get(fresh.atProvider(s.URL+"/_cobrowse/login", "bob")), http.StatusServiceUnavailable, "cannot remember another")
}
