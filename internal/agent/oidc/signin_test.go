package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// start returns a site whose agents sign in with a real provider.
func start(t *testing.T, edit func(*Config)) (*site, *realOP) {
	t.Helper()
	s := newSite(t, false)
	o := startOP(t, s.callbackURI())
	s.use(t, o.URL, edit)
	return s, o
}

func TestSignIn(t *testing.T) {
	s, _ := start(t, nil)
	b := newBrowser(t)
	b.wantDesk(s, "")
	b.signIn(s, "anna")
	got := b.get(s.URL + "/_cobrowse/desk").body
	if want := "desk of id-anna, anna Müller, anna@example.com, staff+agents, oidc"; got != want {
		t.Errorf("desk %q, want %q", got, want)
	}
	// The password, the code, the secret and the cookies are nobody's business.
	for _, secret := range []string{password, clientSecret, b.cookie(s, "__Host-cobrowse")} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has a secret: %s", s.log)
		}
	}
	if !strings.Contains(s.log.String(), "an agent signed in") {
		t.Errorf("log %s", s.log)
	}
}

func TestAuthorizationRequest(t *testing.T) {
	s, o := start(t, nil)
	b := newBrowser(t)
	p := b.get(s.URL + "/_cobrowse/login")
	u, err := url.Parse(p.to())
	if err != nil || p.status != http.StatusSeeOther || !strings.HasPrefix(p.to(), o.URL+"/auth?") {
		t.Fatalf("status %d to %q, %v", p.status, p.to(), err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": clientID, "redirect_uri": s.callbackURI(),
		"code_challenge_method": "S256", "scope": "openid profile email", "client_secret": "", "prompt": "",
	} {
		if got := q.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if !isRandom(q.Get(name)) {
			t.Errorf("%s %q is not 256 bits", name, q.Get(name))
		}
	}
	cookie := p.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-cobrowse-login-", "Path=/", "Max-Age=600", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q has no %s", cookie, want)
		}
	}
	if p.header.Get("Cache-Control") != "no-store" {
		t.Error("the redirect may be cached")
	}
	if other := b.get(s.URL + "/_cobrowse/login?account=other"); !strings.Contains(other.to(), "prompt=select_account") {
		t.Errorf("another account: %s", other.to())
	}
}

func TestSessionCookie(t *testing.T) {
	s, _ := start(t, nil)
	b := newBrowser(t)
	p := b.get(b.atProvider(s.URL+"/_cobrowse/login", "anna"))
	cookies := p.header["Set-Cookie"]
	if len(cookies) != 2 || !strings.Contains(cookies[0], "Max-Age=0") {
		t.Fatalf("cookies %q", cookies)
	}
	value, rest, _ := strings.Cut(strings.TrimPrefix(cookies[1], "__Host-cobrowse="), ";")
	if !isRandom(value) || rest != " Path=/; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("cookie %q", cookies[1])
	}
}

func TestNewIDAtEveryLogin(t *testing.T) {
	store := NewSessions(0)
	s, _ := start(t, func(c *Config) { c.Store = store })
	b := newBrowser(t)
	b.signIn(s, "anna")
	first := b.cookie(s, "__Host-cobrowse")
	if p := b.get(b.atProvider(s.URL+"/_cobrowse/login", "anna")); p.status != http.StatusSeeOther {
		t.Fatalf("status %d", p.status)
	}
	if b.cookie(s, "__Host-cobrowse") == first {
		t.Error("the session kept its ID")
	}
	if store.Len() != 1 {
		t.Errorf("%d sign-ins are kept, want the new one", store.Len())
	}
	thief := newBrowser(t)
	thief.carry(s, "__Host-cobrowse", first)
	thief.wantDesk(s, "")
}

// carry puts a cookie into a browser.
func (b *browser) carry(s *site, name, value string) {
	u, err := url.Parse(s.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	b.jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: u.Scheme == "https"}})
}

func TestWrongGroup(t *testing.T) {
	s, _ := start(t, nil)
	for _, user := range []string{"bob", "carl"} {
		t.Run(user, func(t *testing.T) {
			b := newBrowser(t)
			p := b.get(b.atProvider(s.URL+"/_cobrowse/desk", user))
			wantNotice(t, p, http.StatusForbidden, "You are not an agent")
			if !strings.Contains(p.body, user+" Müller") || !strings.Contains(p.body, "?account=other") {
				t.Errorf("the page does not say who, or how to change that: %s", p.body)
			}
			b.wantDesk(s, "")
		})
	}
}

func TestAnyUser(t *testing.T) {
	s, _ := start(t, func(c *Config) { c.AllowGroups, c.AllowAnyUser = nil, true })
	newBrowser(t).signIn(s, "carl")
}

func TestTimeouts(t *testing.T) {
	tests := []struct {
		name string
		uses []time.Duration // between two uses of the desk
		path string
		last string // whose desk it is after the last
	}{
		{"used on", []time.Duration{29 * time.Minute, 29 * time.Minute, 29 * time.Minute}, "/_cobrowse/desk", "anna"},
		{"idle", []time.Duration{30 * time.Minute}, "/_cobrowse/desk", ""},
		{"idle after use", []time.Duration{20 * time.Minute, 31 * time.Minute}, "/_cobrowse/desk", ""},
		{"a stream is no use", []time.Duration{15 * time.Minute, 15 * time.Minute}, "/_cobrowse/desk/stream", ""},
		{"lifetime", repeat(20*time.Minute, 24), "/_cobrowse/desk", ""},
		{"within lifetime", repeat(20*time.Minute, 23), "/_cobrowse/desk", "anna"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := start(t, nil)
			b := newBrowser(t)
			b.signIn(s, "anna")
			for _, d := range tt.uses {
				s.clock.advance(d)
				b.get(s.URL + tt.path)
			}
			b.wantDesk(s, tt.last)
		})
	}
}

func repeat(d time.Duration, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = d
	}
	return out
}

func TestLogout(t *testing.T) {
	s, o := start(t, nil)
	b := newBrowser(t)
	b.signIn(s, "anna")
	id := b.cookie(s, "__Host-cobrowse")
	if p := b.get(s.URL + "/_cobrowse/logout"); p.status != http.StatusMethodNotAllowed || p.header.Get("Allow") != "POST" {
		t.Errorf("GET: status %d", p.status)
	}
	b.wantDesk(s, "anna")
	p := b.do(http.MethodPost, s.URL+"/_cobrowse/logout", nil)
	wantNotice(t, p, http.StatusOK, "You are signed out")
	want := `content="0; url=` + o.URL + "/end_session?client_id=desk"
	if !strings.Contains(p.body, want) || strings.Contains(p.body, "id_token") {
		t.Errorf("body %s, want %s", p.body, want)
	}
	if b.cookie(s, "__Host-cobrowse") != "" {
		t.Error("the browser keeps its cookie")
	}
	b.wantDesk(s, "")
	b.carry(s, "__Host-cobrowse", id) // a copy of the cookie is worth nothing
	b.wantDesk(s, "")
	if p := b.get(o.URL + "/end_session?client_id=desk"); p.status != http.StatusFound || !strings.HasSuffix(p.to(), "/logged-out") {
		t.Errorf("the provider's page to sign out: status %d to %s", p.status, p.to())
	}
	wantNotice(t, newBrowser(t).do(http.MethodPost, s.URL+"/_cobrowse/logout", nil), http.StatusOK, "You are signed out")
}

func TestReload(t *testing.T) {
	store := NewSessions(0)
	keep := func(c *Config) { c.Store = store }
	s, o := start(t, keep)
	in, under := newBrowser(t), newBrowser(t)
	in.signIn(s, "anna")
	callback := under.atProvider(s.URL+"/_cobrowse/desk", "anna")
	late := newBrowser(t)
	lateCallback := late.atProvider(s.URL+"/_cobrowse/desk", "anna")

	s.use(t, o.URL, keep)
	in.wantDesk(s, "anna")
	if p := under.get(callback); p.status != http.StatusSeeOther {
		t.Errorf("a login from before the reload: status %d, %s", p.status, p.body)
	}
	under.wantDesk(s, "anna")

	s.use(t, o.URL, func(c *Config) { keep(c); c.AllowGroups = []string{"supervisors"} })
	if p := in.get(s.URL + "/_cobrowse/desk"); p.status != http.StatusForbidden {
		t.Errorf("groups that were narrowed: status %d", p.status)
	}
	s.use(t, o.URL, func(c *Config) { keep(c); c.ClientID = "another" })
	in.wantDesk(s, "")
	wantNotice(t, late.get(lateCallback), http.StatusBadRequest, stale) // begun as another client
	s.use(t, o.URL, keep)
	in.wantDesk(s, "anna")
	s.clock.advance(10 * time.Minute)
	s.use(t, o.URL, func(c *Config) { keep(c); c.Idle = 5 * time.Minute })
	in.wantDesk(s, "")
	s.use(t, o.URL, keep)
	in.wantDesk(s, "") // it has ended, not slept
}

func TestProviderDownThenUp(t *testing.T) {
	s := newSite(t, false)
	o := startOP(t, s.callbackURI())
	o.Down.Store(true)
	s.use(t, o.URL, nil) // New does not ask
	if o.Asks.Load() != 0 {
		t.Error("New asked the provider")
	}
	b := newBrowser(t)
	for range 5 {
		wantNotice(t, b.get(s.URL+"/_cobrowse/login"), http.StatusServiceUnavailable, "Signing in does not work at the moment")
	}
	if n := o.Asks.Load(); n != 1 {
		t.Errorf("the provider was asked %d times within seconds", n)
	}
	if strings.Contains(s.log.String(), clientSecret) {
		t.Errorf("the provider's answer is in the log: %s", s.log)
	}
	o.Down.Store(false)
	s.clock.advance(retryAfter)
	b.signIn(s, "anna")
	asked := o.Asks.Load()

	o.Down.Store(true) // agents who are in notice nothing
	b.wantDesk(s, "anna")
	wantNotice(t, b.do(http.MethodPost, s.URL+"/_cobrowse/logout", nil), http.StatusOK, "You are signed out")
	b.wantDesk(s, "")
	if o.Asks.Load() != asked {
		t.Error("the metadata was fetched again")
	}
}

func TestProviderDownInBetween(t *testing.T) {
	s, o := start(t, nil)
	b := newBrowser(t)
	callback := b.atProvider(s.URL+"/_cobrowse/desk", "anna")
	o.Down.Store(true)
	wantNotice(t, b.get(callback), http.StatusServiceUnavailable, "Signing in does not work at the moment")
	if strings.Contains(s.log.String(), clientSecret) {
		t.Errorf("the provider's answer is in the log: %s", s.log)
	}
	b.wantDesk(s, "")
}

func TestPlainLoopback(t *testing.T) {
	s := newSite(t, true)
	o := startOP(t, s.callbackURI())
	s.use(t, o.URL, func(c *Config) { c.PlainLoopback = true })
	b := newBrowser(t)
	b.signIn(s, "anna")
	if b.cookie(s, "cobrowse") == "" || b.cookie(s, "__Host-cobrowse") != "" {
		t.Error("over plain HTTP the cookie has another name")
	}
}
