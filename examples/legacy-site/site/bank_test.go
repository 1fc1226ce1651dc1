package site

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func post(t *testing.T, server *httptest.Server, path, cookie string, form url.Values) (*http.Response, string) {
	t.Helper()
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	if cookie != "" {
		header["Cookie"] = cookie
	}
	return do(t, server, http.MethodPost, path, header, strings.NewReader(form.Encode()))
}

func logIn(t *testing.T, server *httptest.Server) (cookie string) {
	t.Helper()
	response, _ := post(t, server, "/login", "", url.Values{"customer": {DemoCustomer}, "password": {DemoPassword}})
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/account" {
		t.Fatalf("log-in: status %d, Location %q", response.StatusCode, response.Header.Get("Location"))
	}
	for _, c := range response.Cookies() {
		if c.Name == cookieName && c.HttpOnly && c.Value != "" {
			return c.Name + "=" + c.Value
		}
	}
	t.Fatal("log-in set no session cookie")
	return ""
}

func TestLogInOpensTheAccount(t *testing.T) {
	server := newServer(t)
	cookie := logIn(t, server)
	response, body := get(t, server, "/account", map[string]string{"Cookie": cookie})
	if response.StatusCode != http.StatusOK || !strings.Contains(body, "18,550.00") {
		t.Errorf("account: status %d, balance shown: %v", response.StatusCode, strings.Contains(body, "18,550.00"))
	}
	if got := response.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q, want no-store", got)
	}
	response, body = get(t, server, "/api/accounts", map[string]string{"Cookie": cookie})
	if response.StatusCode != http.StatusOK || !strings.Contains(body, `"balance":"18,550.00"`) {
		t.Errorf("accounts: status %d, body %q", response.StatusCode, body)
	}
}

func TestLogOutClosesTheAccount(t *testing.T) {
	server := newServer(t)
	cookie := logIn(t, server)
	if response, _ := post(t, server, "/logout", cookie, nil); response.StatusCode != http.StatusSeeOther {
		t.Errorf("log-out: status %d, want 303", response.StatusCode)
	}
	if response, _ := get(t, server, "/account", map[string]string{"Cookie": cookie}); response.StatusCode != http.StatusSeeOther {
		t.Errorf("account after log-out: status %d, want 303", response.StatusCode)
	}
}

func TestLogInIsRefused(t *testing.T) {
	server := newServer(t)
	tests := map[string]url.Values{
		"wrong password": {"customer": {DemoCustomer}, "password": {"harbours"}},
		"wrong customer": {"customer": {"10043"}, "password": {DemoPassword}},
		"empty form":     nil,
		"too long":       {"customer": {DemoCustomer}, "password": {strings.Repeat("x", 2*formLimit)}},
	}
	for name, form := range tests {
		t.Run(name, func(t *testing.T) {
			response, body := post(t, server, "/login", "", form)
			if response.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "do not match") {
				t.Errorf("status %d, want 401 and the form", response.StatusCode)
			}
			if len(response.Cookies()) != 0 {
				t.Error("a cookie was set")
			}
		})
	}
}

func TestForgedSessionIsRefused(t *testing.T) {
	response, _ := get(t, newServer(t), "/account", map[string]string{"Cookie": cookieName + "=" + strings.Repeat("0", 32)})
	if response.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d, want 303", response.StatusCode)
	}
}

func TestPayment(t *testing.T) {
	server := newServer(t)
	cookie := logIn(t, server)
	tests := []struct {
		name   string
		form   url.Values
		status int
		text   string
	}{
		{"paid", url.Values{"payee": {"Vale Water"}, "account": {"1"}, "amount": {"25.00"}}, 200, "25.00 will go to Vale Water"},
		{"no payee", url.Values{"account": {"1"}, "amount": {"25"}}, 400, "name the payee"},
		{"bad amount", url.Values{"payee": {"Vale Water"}, "account": {"1"}, "amount": {"25,5"}}, 400, "25 or 25.00"},
		{"markup", url.Values{"payee": {"<b>x</b>"}, "account": {"1"}, "amount": {"1"}}, 200, "&lt;b&gt;x&lt;/b&gt;"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, body := post(t, server, "/payment", cookie, tt.form)
			if response.StatusCode != tt.status || !strings.Contains(body, tt.text) {
				t.Errorf("status %d, want %d with %q", response.StatusCode, tt.status, tt.text)
			}
		})
	}
	if response, _ := post(t, server, "/payment", "", url.Values{"payee": {"x"}}); response.StatusCode != http.StatusSeeOther {
		t.Errorf("payment without log-in: status %d, want 303", response.StatusCode)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	s := newSessions(&counter{})
	first, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	for range sessionLimit {
		if _, err := s.open(); err != nil {
			t.Fatal(err)
		}
	}
	if s.has(first) {
		t.Error("the first session outlived the limit")
	}
	if len(s.live) > sessionLimit {
		t.Errorf("%d sessions, want at most %d", len(s.live), sessionLimit)
	}
}

// counter is a random source whose numbers are all different.
type counter struct{ n uint32 }

func (c *counter) Read(p []byte) (int, error) {
	c.n++
	for i := range p {
		p[i] = byte(c.n >> (8 * (i % 4)))
	}
	return len(p), nil
}
