package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// office is two instances behind a load balancer, a Redis that they share, and a
// provider with which their agents sign in.
type office struct {
	origin   string
	balancer *relay
	provider *optest.Provider
	redis    *redistest.Server
	a, b     *instance
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{balancer: newRelay(t, "127.0.0.1:1"), redis: redistest.Start(t)}
	_, port, _ := strings.Cut(o.balancer.addr(), ":")
	o.origin = "http://localhost:" + port
	o.provider = optest.Start(t, o.origin+"/_cobrowse/callback")
	secret := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(secret, []byte(optest.ClientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	set := settings{
		Store: onRedis(o.redis.Addr()), Upstream: legacySite(t), Origins: "origins " + o.origin, Unlocked: true,
		Source: `agents oidc {
			issuer ` + o.provider.URL + `
			client_id ` + optest.ClientID + `
			client_secret {file.` + secret + `}
			allow_groups agents
			plain_loopback
		}`,
	}
	o.a, o.b = newInstance(t, set), newInstance(t, set)
	return o
}

// lead makes the load balancer lead everybody to an instance.
func (o *office) lead(to *instance) { o.balancer.turn(strings.TrimPrefix(to.base, "http://")) }

// browser keeps cookies and follows no redirects. Each request has a connection of
// its own, so that it goes where the load balancer leads it.
type browser struct {
	t *testing.T
	o *office
	*http.Client
}

func (o *office) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, o, &http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ask sends a request of a page of the site's: a path, or a whole URL.
func (b *browser) ask(method, target, body string) *answer {
	b.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.o.origin + target
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Origin", b.o.origin)
		r.Header.Set("Content-Type", "application/json")
	}
	text, response, err := do(b.Client, r)
	if err != nil {
		b.t.Fatal(err)
	}
	a := &answer{status: response.StatusCode, header: response.Header, body: text}
	a.read()
	return a
}

// want fails the test unless a page answers with a status and some words.
func (b *browser) want(what, target string, status int, words string) {
	b.t.Helper()
	if a := b.ask(http.MethodGet, target, ""); a.status != status || !strings.Contains(string(a.body), words) {
		b.t.Errorf("%s: status %d to %q, want %d and %q: %.300s", what, a.status, a.header.Get("Location"), status, words, a.body)
	}
}

const deskPath = "/_cobrowse/desk"

// signIn signs in at the instance to which the load balancer leads.
func (b *browser) signIn(user string) {
	b.t.Helper()
	b.want("the callback", optest.SignIn(b.t, b.Client, b.o.origin+deskPath, user), http.StatusSeeOther, "")
	b.want("the desk", deskPath, http.StatusOK, `id="stage"`)
}

// cookies are those for the site whose names begin so.
func (b *browser) cookies(begin string) []*http.Cookie {
	b.t.Helper()
	u, err := url.Parse(b.o.origin)
	if err != nil {
		b.t.Fatal(err)
	}
	var found []*http.Cookie
	for _, c := range b.Jar.Cookies(u) {
		if strings.HasPrefix(c.Name, begin) {
			found = append(found, c)
		}
	}
	return found
}

// with returns another browser that has some cookies.
func (b *browser) with(cookies ...*http.Cookie) *browser {
	b.t.Helper()
	u, err := url.Parse(b.o.origin)
	if err != nil {
		b.t.Fatal(err)
	}
	other := b.o.browser(b.t)
	for _, c := range cookies {
		other.Jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/"}})
	}
	return other
}

// TestSignInsOfSeveralInstances: an agent is led to either of two instances, and
// either of them may be killed.
func TestSignInsOfSeveralInstances(t *testing.T) {
	o := newOffice(t)
	o.lead(o.a)
	anna := o.browser(t)
	anna.want("nobody's desk", deskPath, http.StatusSeeOther, "")
	anna.signIn("anna")

	v := o.a.customer().mustArrive(t)
	o.lead(o.b)
	anna.want("B's desk", deskPath, http.StatusOK, `id="stage"`)
	if joined := anna.ask(http.MethodPost, "/_cobrowse/desk/join", `{"pin":"`+v.pin+`"}`); joined.status != http.StatusOK || joined.fields.Token == "" {
		t.Errorf("joining at B: %d", joined.status)
	}
	copied := anna.with(anna.cookies("cobrowse")...)
	if out := anna.ask(http.MethodPost, "/_cobrowse/logout", ""); out.status != http.StatusOK {
		t.Errorf("signing out at B: %s", out)
	}
	o.lead(o.a)
	anna.want("A's desk after signing out at B", deskPath, http.StatusSeeOther, "")
	copied.want("A's desk with a copy of the cookie", deskPath, http.StatusSeeOther, "")

	anna.signIn("anna")
	o.a.kill()
	o.lead(o.b)
	anna.want("B's desk after A was killed", deskPath, http.StatusOK, `id="stage"`)
	o.b.kill()
	o.b.start()
	anna.want("B's desk after it was killed, too", deskPath, http.StatusOK, `id="stage"`)
	o.b.set.Secrets = "sdk_secret the-next-secret-of-the-site-zZ9 " + sdkSecret
	o.b.reload()
	anna.want("B's desk after a rotation", deskPath, http.StatusOK, `id="stage"`)
	o.b.set.Secrets = "sdk_secret the-next-but-one-of-the-site-zZ9"
	o.b.reload()
	anna.want("B's desk with nothing of the former secrets", deskPath, http.StatusSeeOther, "")
	o.b.stop()
}

// TestLoginOverInstances: a login that is begun at one instance is finished at the
// other, once.
func TestLoginOverInstances(t *testing.T) {
	o := newOffice(t)
	o.lead(o.a)
	anna := o.browser(t)
	begun := anna.ask(http.MethodGet, "/_cobrowse/login", "")
	authorize := begun.header.Get("Location")
	login := anna.cookies("cobrowse-login-")
	if begun.status != http.StatusSeeOther || len(login) != 1 {
		t.Fatalf("a login at A: %s, %d cookies", begun, len(login))
	}
	callback := optest.SignIn(t, anna.Client, authorize, "anna")
	o.lead(o.b)
	anna.want("the callback at B", callback, http.StatusSeeOther, "")
	anna.want("B's desk", deskPath, http.StatusOK, `id="stage"`)

	o.lead(o.a)
	anna.want("A's desk", deskPath, http.StatusOK, `id="stage"`)
	const stale = "cannot be finished"
	anna.want("the callback again, at A", callback, http.StatusBadRequest, stale)
	thief := anna.with(login...)
	thief.want("the callback at A with the login's cookie", callback, http.StatusBadRequest, stale)
	// The provider gives a second code for the same request: state, nonce and
	// verifier all fit. Only that B has finished the login speaks against it.
	thief = anna.with(login...)
	thief.want("a new code at A", optest.SignIn(t, thief.Client, authorize, "anna"), http.StatusBadRequest, stale)
	thief.want("the thief's desk", deskPath, http.StatusSeeOther, "")
	anna.want("A's desk after all that", deskPath, http.StatusOK, `id="stage"`)
}

// TestFrozenSignIns: while Redis does not answer nobody is an agent, pages are
// served, and all is well afterwards.
func TestFrozenSignIns(t *testing.T) {
	o := newOffice(t)
	o.lead(o.a)
	anna, late := o.browser(t), o.browser(t)
	anna.signIn("anna")
	v := o.a.customer().mustArrive(t)
	callback := optest.SignIn(t, late.Client, o.origin+deskPath, "anna")

	o.redis.Freeze()
	anna.want("the desk", deskPath, http.StatusServiceUnavailable, "cannot be opened at the moment")
	joined := anna.ask(http.MethodPost, "/_cobrowse/desk/join", `{"pin":"`+v.pin+`"}`)
	if unavailable(t, "joining", joined); joined.fields.Token != "" || bytes.Contains(joined.body, []byte("eyJ")) {
		t.Errorf("joining: %s", joined)
	}
	late.want("a callback", callback, http.StatusServiceUnavailable, "cannot remember sign-ins right now")
	late.want("the desk of who could not sign in", deskPath, http.StatusSeeOther, "")
	if out := anna.ask(http.MethodPost, "/_cobrowse/logout", ""); out.status != http.StatusServiceUnavailable || !strings.Contains(string(out.body), "still signed in") {
		t.Errorf("signing out: %s", out)
	}
	anna.want("a page of the site", "/", http.StatusOK, "</html>")
	o.redis.Thaw()

	for deadline := time.Now().Add(patience); anna.ask(http.MethodGet, deskPath, "").status != http.StatusOK; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("anna's desk does not come back")
		}
	}
	if joined := anna.ask(http.MethodPost, "/_cobrowse/desk/join", `{"pin":"`+v.pin+`"}`); joined.status != http.StatusOK || joined.fields.Token == "" {
		t.Errorf("joining afterwards: %d", joined.status)
	}
	late.signIn("anna")
}

// neighbourIn is somebody else who uses a Redis.
func neighbourIn(t *testing.T, s *redistest.Server) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: s.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// everything returns all keys, which hold strings, and their values. Each ends by
// itself within a day.
func everything(t *testing.T, client *goredis.Client) string {
	t.Helper()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, key := range keys {
		value, err := client.Get(t.Context(), key).Result()
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if left := client.PTTL(t.Context(), key).Val(); left <= 0 || left > 24*time.Hour {
			t.Errorf("%s ends in %v", key, left)
		}
		_, _ = all.WriteString(key + "\n" + value + "\n")
	}
	return all.String()
}

// TestNeighbourInRedis reads all that Redis has, and writes to it what may look
// like a sign-in.
func TestNeighbourInRedis(t *testing.T) {
	o := newOffice(t)
	o.lead(o.a)
	anna := o.browser(t)
	callback := optest.SignIn(t, anna.Client, o.origin+deskPath, "anna")
	anna.want("the callback", callback, http.StatusSeeOther, "")
	o.lead(o.b)
	anna.want("the desk", deskPath, http.StatusOK, `id="stage"`)
	cookie := anna.cookies("cobrowse")
	if len(cookie) != 1 {
		t.Fatalf("%d cookies", len(cookie))
	}
	u, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}

	neighbour := neighbourIn(t, o.redis)
	all := everything(t, neighbour)
	if n := strings.Count(all, "cobrowse:v:oidc:"); n != 3 { // the sign-in, the agent's list, the finished login
		t.Errorf("%d values of sign-ins: were they read? %q", n, all)
	}
	for what, secret := range map[string]string{
		"the cookie": cookie[0].Value, "the state": u.Query().Get("state"), "the code": u.Query().Get("code"),
		"the SDK secret": sdkSecret, "the client's secret": optest.ClientSecret,
		"who it is": "id-anna", "a name": "Müller", "an address": "anna@", "a group": "agents", "the origin": o.origin,
	} {
		if strings.Contains(all+contents(t, o.redis.File(".")), secret) {
			t.Errorf("Redis has %s", what)
		}
	}

	signInKey := func(id string) string {
		sum := sha256.Sum256([]byte("session\x00" + id))
		return "cobrowse:v:oidc:s:" + base64.RawURLEncoding.EncodeToString(sum[:])
	}
	sealed, err := neighbour.Get(t.Context(), signInKey(cookie[0].Value)).Bytes()
	if err != nil {
		t.Fatalf("anna's sign-in is not where the test thinks: %v", err)
	}
	plain, err := json.Marshal(map[string]any{
		"Agent": map[string]any{"ID": "id-anna", "Groups": []string{"agents"}}, "Created": time.Now(), "Used": time.Now(),
		"Lifetime": 8 * time.Hour, "Idle": 8 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	for what, forged := range map[string][]byte{"a plain one": plain, "anna's": sealed, "one bit of anna's": flipped} {
		random := make([]byte, 32)
		if _, err := io.ReadFull(rand.Reader, random); err != nil {
			t.Fatal(err)
		}
		id := base64.RawURLEncoding.EncodeToString(random)
		if err := neighbour.Set(t.Context(), signInKey(id), forged, time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
		mallory := anna.with(&http.Cookie{Name: cookie[0].Name, Value: id})
		for _, at := range []*instance{o.a, o.b} {
			o.lead(at)
			mallory.want(what, deskPath, http.StatusSeeOther, "")
			if joined := mallory.ask(http.MethodPost, "/_cobrowse/desk/join", `{"pin":"123456"}`); joined.status != http.StatusForbidden || joined.fields.Code != "not-signed-in" {
				t.Errorf("%s: %s", what, joined)
			}
		}
	}
	if log := o.a.output.String(); !strings.Contains(log, "not sealed with an SDK secret of this instance") || strings.Contains(log, sdkSecret) {
		t.Error("the log does not say that somebody writes to the store, or says too much")
	}
	anna.want("anna's desk after all that", deskPath, http.StatusOK, `id="stage"`)
	if err := neighbour.FlushAll(context.WithoutCancel(t.Context())).Err(); err != nil {
		t.Fatal(err)
	}
	anna.want("anna's desk when Redis has forgotten all", deskPath, http.StatusSeeOther, "")
}
