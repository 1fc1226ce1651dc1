package caddymodule_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
)

// browser is a client that keeps cookies, and follows no redirects.
func browser(t testing.TB, s *site) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := s.client()
	client.Jar = jar
	return client
}

// open asks for a page with a browser.
func open(t testing.TB, client *http.Client, url string) (status int, location, body string) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(text)
}

// oidcBlock is a site block with agents of a provider; more are words of it.
func oidcBlock(op *optest.Provider, groups, more string) string {
	return `
	cobrowse {
		origins {origin}
		agents oidc {
			issuer ` + op.URL + `
			client_id ` + optest.ClientID + `
			client_secret {env.COBROWSE_TEST_CLIENT_SECRET}
			allow_groups ` + groups + `
			plain_loopback
			` + more + `
		}
	}
	reverse_proxy {up}`
}

// TestOIDCAgents signs in with a real provider, and asks what a reload, the
// policy and signing out change.
func TestOIDCAgents(t *testing.T) {
	t.Setenv("COBROWSE_TEST_CLIENT_SECRET", optest.ClientSecret)
	cookies := make(chan string, 10)
	s := startSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookies <- r.Header.Get("Cookie")
		serveHTML(page).ServeHTTP(w, r)
	}), "reverse_proxy {up}")
	up := s.block[strings.LastIndex(s.block, " ")+1:]
	op := optest.Start(t, s.url("/_cobrowse/callback"))
	block := func(groups, more string) string {
		return strings.NewReplacer("{up}", up, "{origin}", s.origin()).Replace(oidcBlock(op, groups, more))
	}
	s.reload(block("agents", ""))
	desk := s.url("/_cobrowse/desk")
	want := func(client *http.Client, what string, status int) {
		t.Helper()
		if got, to, body := open(t, client, desk); got != status {
			t.Errorf("%s: status %d to %q, want %d: %.300s", what, got, to, status, body)
		}
	}

	anna, bob := browser(t, s), browser(t, s)
	if status, to, _ := open(t, anna, desk+"?q=x"); status != http.StatusSeeOther || to != "/_cobrowse/login?return=%2F_cobrowse%2Fdesk%3Fq%3Dx" {
		t.Fatalf("status %d to %q", status, to)
	}
	callback := optest.SignIn(t, anna, desk+"?q=x", "anna")
	if status, to, body := open(t, anna, callback); status != http.StatusSeeOther || to != "/_cobrowse/desk?q=x" {
		t.Fatalf("callback: status %d to %q, %s", status, to, body)
	}
	want(anna, "signed in", 200)
	if status, _, body := open(t, anna, callback); status != http.StatusBadRequest || strings.Contains(body, optest.ClientSecret) {
		t.Errorf("a replayed code: status %d, %s", status, body)
	}
	if status, _, body := open(t, bob, optest.SignIn(t, bob, desk, "bob")); status != http.StatusForbidden {
		t.Errorf("wrong group: status %d, %s", status, body)
	}
	want(bob, "wrong group", 303)

	open(t, anna, s.url("/konto"))
	if got := <-cookies; got != "" {
		t.Errorf("the site gets the cookies %q", got)
	}

	late := browser(t, s)
	underWay := optest.SignIn(t, late, desk, "anna")
	s.reload(block("agents staff", "supervisors id-anna"))
	if status, to, body := open(t, late, underWay); status != http.StatusSeeOther || to != "/_cobrowse/desk" {
		t.Errorf("a login that was under way: status %d to %q, %s", status, to, body)
	}
	want(anna, "after a reload", 200)
	s.reload(block("leads", ""))
	want(anna, "after her group was taken out", 403)
	s.reload(block("agents", "networks 192.0.2.0/24"))
	want(anna, "from another network", 403)
	s.reload(block("agents", "users id-bob"))
	want(anna, "where only bob is an agent", 403)
	s.reload(block("agents", ""))
	want(anna, "as before", 200)

	signOut := func(origin string) int {
		req, err := http.NewRequest(http.MethodPost, s.url("/_cobrowse/logout"), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		resp, err := anna.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if status := signOut("https://evil.example"); status != http.StatusForbidden {
		t.Errorf("signed out by another site: status %d", status)
	}
	want(anna, "still signed in", 200)
	if status := signOut(s.origin()); status != http.StatusOK {
		t.Errorf("signing out: status %d", status)
	}
	want(anna, "signed out", 303)
}

// TestOIDCOrigin: without any origin there is nowhere to come back to.
func TestOIDCOrigin(t *testing.T) {
	s := startSite(t, serveHTML(page), "reverse_proxy {up}")
	for block, want := range map[string]string{
		"issuer https://a.example\nclient_id b\nallow_any_user":                                                   "origin is missing",
		"issuer http://a.example\nclient_id b\nallow_any_user\norigin https://b.example":                          "issuer",
		"issuer https://a.example\nclient_id b\nallow_any_user\norigin http://b.example":                          "the origin is plain HTTP",
		"issuer https://a.example\nclient_id b\nallow_any_user\norigin https://b.example\nclient_secret {env.NO}": "the environment variable NO is not set",
		"issuer https://a.example\nclient_id b\nallow_any_user\norigin https://b.example\nlifetime 1m\nidle 1h":   "lifetime",
	} {
		if got := s.refused("cobrowse {\nagents oidc {\n" + block + "\n}\n}\n" + s.block); !strings.Contains(got, want) || !strings.Contains(got, "agents oidc: ") {
			t.Errorf("%q gives %s", block, got)
		}
	}
}
