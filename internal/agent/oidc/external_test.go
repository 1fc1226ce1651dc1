package oidc

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
)

// challenge makes what the caller of an external login keeps.
func challenge(t *testing.T) (c Challenge) {
	t.Helper()
	for _, to := range []*string{&c.State, &c.Nonce, &c.Verifier} {
		var err error
		if *to, err = random(rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// atProvider signs a person in at the provider, with a browser that has none of
// the site's cookies, and returns the callback's query.
func atProvider(t *testing.T, p *Provider, c Challenge, user string) string {
	t.Helper()
	target, err := p.AuthorizationURL(t.Context(), c, false)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(target, c.Verifier) {
		t.Errorf("the verifier is in %s", target)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	back, err := url.Parse(optest.SignIn(t, browser, target, user))
	if err != nil {
		t.Fatal(err)
	}
	return back.RawQuery
}

// TestExternal signs in for a session of the caller's, with a real provider.
func TestExternal(t *testing.T) {
	s, _ := start(t, nil)
	p, ctx := s.provider, t.Context()
	c := challenge(t)
	query := atProvider(t, p, c, "anna")
	who, err := p.Redeem(ctx, query, c)
	if err != nil || who.ID != "id-anna" || who.Source != Name {
		t.Fatalf("%+v, %v", who, err)
	}
	if _, err := p.Redeem(ctx, query, c); !errors.Is(err, errStale) {
		t.Errorf("a code that was redeemed: %v", err)
	}
	if target, err := p.AuthorizationURL(ctx, challenge(t), true); err != nil || !strings.Contains(target, "prompt=select_account") {
		t.Errorf("another account: %s, %v", target, err)
	}
	if _, err := p.Find(ctx, "session", true); !errors.Is(err, agent.ErrInvalidCredential) {
		t.Errorf("before: %v", err)
	}
	if err := p.Keep(ctx, "session", who); err != nil {
		t.Fatal(err)
	}
	if found, err := p.Find(ctx, "session", true); err != nil || found.ID != "id-anna" {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := p.Find(ctx, "another session", true); !errors.Is(err, agent.ErrInvalidCredential) {
		t.Errorf("another session: %v", err)
	}
	if err := p.Keep(ctx, "session", agent.Agent{ID: "id-carl", Groups: []string{"agents"}}); err != nil {
		t.Fatal(err)
	}
	if found, err := p.Find(ctx, "session", true); err != nil || found.ID != "id-carl" {
		t.Errorf("in place of anna: %+v, %v", found, err)
	}
	if err := p.End(ctx, "session"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Find(ctx, "session", true); !errors.Is(err, agent.ErrInvalidCredential) {
		t.Errorf("after the end: %v", err)
	}
}

// TestExternalRefuses: people who are not let in, and answers that are another
// login's.
func TestExternalRefuses(t *testing.T) {
	s, o := start(t, nil)
	p, ctx := s.provider, t.Context()
	c := challenge(t)
	if _, err := p.Redeem(ctx, atProvider(t, p, c, "bob"), c); !errors.Is(err, agent.ErrNotAllowed) {
		t.Errorf("wrong group: %v", err)
	}
	for name, test := range map[string]struct {
		change func(*Challenge)
		query  func(string) string
	}{
		"another verifier": {func(c *Challenge) { c.Verifier = challenge(t).Verifier }, func(q string) string { return q }},
		"another nonce":    {func(c *Challenge) { c.Nonce = challenge(t).Nonce }, func(q string) string { return q }},
		"another state":    {func(c *Challenge) { c.State = challenge(t).State }, func(q string) string { return q }},
		"no nonce":         {func(c *Challenge) { c.Nonce = "" }, func(q string) string { return q }},
		"two codes":        {func(*Challenge) {}, func(q string) string { return q + "&code=x" }},
		"another issuer":   {func(*Challenge) {}, func(q string) string { return q + "&iss=https%3A%2F%2Fevil.example" }},
		"declined":         {func(*Challenge) {}, func(q string) string { return strings.Replace(q, "code=", "error=access_denied&x=", 1) }},
	} {
		c := challenge(t)
		query := test.query(atProvider(t, p, c, "anna"))
		test.change(&c)
		if who, err := p.Redeem(ctx, query, c); err == nil || who.ID != "" {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
	if _, err := p.AuthorizationURL(ctx, Challenge{State: "guessed"}, false); err == nil {
		t.Error("a challenge that is not random is sent")
	}
	o.Down.Store(true)
	s.clock.advance(13 * time.Hour)
	again := s.use(t, o.URL, nil)
	if _, err := again.AuthorizationURL(ctx, challenge(t), false); !errors.Is(err, ErrUnavailable) {
		t.Errorf("provider down: %v", err)
	}
}

// TestExternalEnds: what ends other sign-ins ends these.
func TestExternalEnds(t *testing.T) {
	anna := agent.Agent{ID: "id-anna", Groups: []string{"agents"}}
	ctx := t.Context()
	s, o := start(t, nil)
	keep := func(p *Provider) {
		t.Helper()
		if err := p.Keep(ctx, "session", anna); err != nil {
			t.Fatal(err)
		}
	}
	keep(s.provider)
	s.clock.advance(DefaultIdle - time.Minute)
	if _, err := s.provider.Find(ctx, "session", false); err != nil {
		t.Errorf("unattended: %v", err)
	}
	s.clock.advance(2 * time.Minute)
	if _, err := s.provider.Find(ctx, "session", true); !errors.Is(err, agent.ErrInvalidCredential) {
		t.Errorf("idle: %v", err)
	}
	store := NewSessions(0)
	keep(s.use(t, o.URL, func(c *Config) { c.Store = store }))
	leads := s.use(t, o.URL, func(c *Config) { c.Store, c.AllowGroups = store, []string{"leads"} })
	if _, err := leads.Find(ctx, "session", true); !errors.Is(err, agent.ErrNotAllowed) {
		t.Errorf("a group that is out: %v", err)
	}
	other := s.use(t, o.URL, func(c *Config) { c.Store, c.ClientID = store, "another" })
	if _, err := other.Find(ctx, "session", true); !errors.Is(err, agent.ErrInvalidCredential) {
		t.Errorf("another configuration's sign-in: %v", err)
	}
}
