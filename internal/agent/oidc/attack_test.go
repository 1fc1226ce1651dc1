package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// edited returns a callback's URL with parameters set, or removed where the
// value is "".
func edited(t *testing.T, callback string, parameters ...string) string {
	t.Helper()
	u, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for i := 0; i < len(parameters); i += 2 {
		q.Del(parameters[i])
		if parameters[i+1] != "" {
			q.Set(parameters[i], parameters[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

const (
	stale   = "This sign-in cannot be finished"
	refused = "You were not signed in"
)

// TestForgedCallbacks changes one thing about a good callback each.
func TestForgedCallbacks(t *testing.T) {
	other := strings.Repeat("A", 43)
	tests := []struct {
		name   string
		change func(t *testing.T, callback string) string
		status int
		words  string
	}{
		{"forged state", func(t *testing.T, c string) string { return edited(t, c, "state", other) }, 400, stale},
		{"state of the same cookie", func(t *testing.T, c string) string {
			u, _ := url.Parse(c)
			state := u.Query().Get("state")
			return edited(t, c, "state", state[:loginSuffix]+other[loginSuffix:])
		}, 400, stale},
		{"no state", func(t *testing.T, c string) string { return edited(t, c, "state", "") }, 400, stale},
		{"short state", func(t *testing.T, c string) string { return edited(t, c, "state", "A") }, 400, stale},
		{"two states", func(_ *testing.T, c string) string { return c + "&state=" + other }, 400, stale},
		{"two codes", func(_ *testing.T, c string) string { return c + "&code=another" }, 400, stale},
		{"huge code", func(t *testing.T, c string) string { return edited(t, c, "code", strings.Repeat("x", 5000)) }, 400, stale},
		{"malformed query", func(_ *testing.T, c string) string { return c + "&x=%zz" }, 400, stale},
		{"forged code", func(t *testing.T, c string) string { return edited(t, c, "code", "made-up") }, 400, stale},
		{"no code", func(t *testing.T, c string) string { return edited(t, c, "code", "") }, 403, refused},
		{"another issuer", func(_ *testing.T, c string) string { return c + "&iss=https%3A%2F%2Fevil.example" }, 403, refused},
		{"cancelled", func(t *testing.T, c string) string {
			return edited(t, c, "code", "", "error", "access_denied", "error_description", "<script>alert(1)</script>")
		}, 403, "The sign-in was cancelled"},
		{"an error of its own", func(t *testing.T, c string) string {
			return edited(t, c, "code", "", "error", "<script>alert(1)</script>")
		}, 403, refused},
	}
	s, _ := start(t, nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBrowser(t)
			p := b.get(tt.change(t, b.atProvider(s.URL+"/_cobrowse/desk", "anna")))
			wantNotice(t, p, tt.status, tt.words)
			if strings.Contains(p.body, "<script>") || strings.Contains(s.log.String(), "<script>") {
				t.Error("the provider's words come through")
			}
			b.wantDesk(s, "")
		})
	}
}

func TestReplayedCallback(t *testing.T) {
	s, _ := start(t, nil)
	b := newBrowser(t)
	p := b.get(s.URL + "/_cobrowse/login")
	u, err := url.Parse(p.to())
	if err != nil {
		t.Fatal(err)
	}
	name := "__Host-cobrowse-login-" + u.Query().Get("state")[:loginSuffix]
	sealed := b.cookie(s, name)
	if sealed == "" {
		t.Fatal("no cookie of the login")
	}
	callback := b.atProvider(p.to(), "anna")
	if p := b.get(callback); p.status != http.StatusSeeOther {
		t.Fatalf("status %d, %s", p.status, p.body)
	}
	wantNotice(t, b.get(callback), http.StatusBadRequest, stale) // its cookie is gone
	t.Run("with the cookie", func(t *testing.T) {
		b := newBrowser(t)
		b.carry(s, name, sealed)
		wantNotice(t, b.get(callback), http.StatusBadRequest, stale) // the provider takes the code once
		b.wantDesk(s, "")
	})
	t.Run("with the cookie and a new code", func(t *testing.T) {
		// The provider gives a second code for the same request: state, nonce and
		// verifier all fit. Only that the login is finished speaks against it.
		b := newBrowser(t)
		b.carry(s, name, sealed)
		again := b.atProvider(p.to(), "anna")
		wantNotice(t, b.get(again), http.StatusBadRequest, stale)
		b.wantDesk(s, "")
	})
	b.wantDesk(s, "anna")
}

func TestSecondBrowser(t *testing.T) {
	s, _ := start(t, nil)
	first, second := newBrowser(t), newBrowser(t)
	callback := first.atProvider(s.URL+"/_cobrowse/desk", "anna")

	// Login CSRF: the attacker has the victim finish the attacker's login, or the
	// other way about.
	wantNotice(t, second.get(callback), http.StatusBadRequest, stale)
	second.wantDesk(s, "")
	t.Run("with a login of its own under way", func(t *testing.T) {
		own := second.atProvider(s.URL+"/_cobrowse/desk", "anna")
		foreign, _ := url.Parse(callback)
		wantNotice(t, second.get(edited(t, own, "code", foreign.Query().Get("code"))), http.StatusBadRequest, stale) // PKCE
		second.wantDesk(s, "")
	})
	t.Run("cookie under another state's name", func(t *testing.T) {
		third := newBrowser(t)
		own := third.atProvider(s.URL+"/_cobrowse/desk", "anna")
		u, _ := url.Parse(own)
		f, _ := url.Parse(callback)
		mine, theirs := u.Query().Get("state"), f.Query().Get("state")
		third.carry(s, "__Host-cobrowse-login-"+theirs[:loginSuffix], third.cookie(s, "__Host-cobrowse-login-"+mine[:loginSuffix]))
		wantNotice(t, third.get(callback), http.StatusBadRequest, stale)
		third.wantDesk(s, "")
	})
}

func TestTwoTabs(t *testing.T) {
	s, _ := start(t, nil)
	b := newBrowser(t)
	one := b.atProvider(s.URL+"/_cobrowse/desk?tab=1", "anna")
	two := b.atProvider(s.URL+"/_cobrowse/desk?tab=2", "anna")
	for tab, callback := range map[string]string{"1": one, "2": two} {
		if p := b.get(callback); p.status != http.StatusSeeOther || p.to() != s.URL+"/_cobrowse/desk?tab="+tab {
			t.Errorf("tab %s: status %d to %q", tab, p.status, p.to())
		}
	}
	b.wantDesk(s, "anna")
}

func TestLoginTooLate(t *testing.T) {
	s, _ := start(t, nil)
	b := newBrowser(t)
	callback := b.atProvider(s.URL+"/_cobrowse/desk", "anna")
	s.clock.advance(stateLife)
	wantNotice(t, b.get(callback), http.StatusBadRequest, stale)
	b.wantDesk(s, "")
}

func TestForgedSessionCookies(t *testing.T) {
	s, _ := start(t, nil)
	b := newBrowser(t)
	b.signIn(s, "anna")
	id := b.cookie(s, "__Host-cobrowse")
	good := "__Host-cobrowse=" + id
	tests := []struct {
		name, cookie string
		signedIn     bool
	}{
		{"its own", good, true},
		{"beside the site's", "a=b; " + good + "; c=d", true},
		{"none", "", false},
		{"without the prefix", "cobrowse=" + id, false},
		{"twice", good + "; " + good, false},
		{"after a made-up one", "__Host-cobrowse=" + strings.Repeat("A", 43) + "; " + good, false},
		{"the store's key", "__Host-cobrowse=" + digest("session", id), false},
		{"another case", "__host-cobrowse=" + id, false},
		{"shortened", good[:len(good)-1], false},
		{"lengthened", good + "A", false},
		{"empty", "__Host-cobrowse=", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodGet, s.URL+"/_cobrowse/desk", nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.cookie != "" {
				r.Header.Set("Cookie", tt.cookie)
			}
			fresh := newBrowser(t)
			resp, err := fresh.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if (resp.StatusCode == http.StatusOK) != tt.signedIn {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
}

func TestManyLoginsUnderWay(t *testing.T) {
	s, _ := start(t, nil)
	b := newBrowser(t)
	u, _ := url.Parse(s.URL)
	for range 40 {
		if p := b.get(s.URL + "/_cobrowse/login"); p.status != http.StatusSeeOther {
			t.Fatalf("status %d", p.status)
		}
	}
	if n := len(b.jar.Cookies(u)); n > maxLogins {
		t.Errorf("the browser keeps %d cookies", n)
	}
}

func TestReturn(t *testing.T) {
	s, _ := start(t, nil)
	tests := []struct{ name, asked, want string }{
		{"the desk", "/_cobrowse/desk", "/_cobrowse/desk"},
		{"a search", "/_cobrowse/desk?customer=4711", "/_cobrowse/desk?customer=4711"},
		{"another site", "https://evil.example/", "/_cobrowse/desk"},
		{"without scheme", "//evil.example/_cobrowse/desk", "/_cobrowse/desk"},
		{"not the desk", "/_cobrowse/logout", "/_cobrowse/desk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBrowser(t)
			p := b.get(b.atProvider(s.URL+"/_cobrowse/login?return="+url.QueryEscape(tt.asked), "anna"))
			if p.header.Get("Location") != tt.want {
				t.Errorf("to %q, want %q", p.header.Get("Location"), tt.want)
			}
		})
	}
}

func TestClockOfProvider(t *testing.T) {
	// A server whose clock is an hour ahead takes every ID token for expired.
	s, _ := start(t, nil)
	s.clock.advance(2 * time.Hour)
	b := newBrowser(t)
	wantNotice(t, b.get(b.atProvider(s.URL+"/_cobrowse/desk", "anna")), http.StatusForbidden, refused)
	b.wantDesk(s, "")
}
