// Package optest starts a real OpenID provider for tests: zitadel's, on
// loopback, with people and groups of its own.
//
// The sign-in of agents is tested where it is written, in Caddy, and as an
// example: all want the same provider, and a browser that fills its form.
//
//	op := optest.Start(t, site+"/_cobrowse/callback")
//	// … a site whose issuer is op.URL, with optest.ClientID and ClientSecret
//	callback := optest.SignIn(t, client, site+"/_cobrowse/desk", "anna")
package optest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What the provider knows of its client.
const (
	ClientID     = "desk"
	ClientSecret = "client-secret-that-nobody-may-read" // #nosec G101 -- of the tests' own provider
	Password     = "password-of-everybody"              // #nosec G101 -- of the tests' own provider
)

// Provider is a running provider.
type Provider struct {
	*httptest.Server
	// Down makes it answer every request with 502.
	Down atomic.Bool
	// Asks counts the requests to its discovery document.
	Asks atomic.Int32
}

// people are the provider's accounts: user name and groups. The subject of each
// is "id-" and the user name.
var people = map[string][]string{
	"anna": {"staff", "agents"},
	"bob":  {"staff", "customers"},
	"carl": nil,
}

// Start starts a provider with one client, whose redirect URI is as given.
func Start(t testing.TB, redirectURI string) *Provider {
	t.Helper()
	return StartAs(t, "", redirectURI)
}

// StartAs starts a provider that calls itself issuer, though it is found at
// its URL; "" means at its own name.
func StartAs(t testing.TB, issuer, redirectURI string) *Provider {
	t.Helper()
	o := &Provider{Server: httptest.NewUnstartedServer(nil)}
	if issuer == "" {
		issuer = "http://" + o.Listener.Addr().String()
	}
	users := directory{}
	for name := range people {
		users[name] = &storage.User{
			ID: "id-" + name, Username: name, Password: Password,
			FirstName: name, LastName: "Müller", Email: name + "@example.com", EmailVerified: true,
		}
	}
	client := storage.WebClient(ClientID, ClientSecret, redirectURI)
	store := &groupStorage{Storage: storage.NewStorageWithClients(users, map[string]*storage.Client{ClientID: client})}
	handler := exampleop.SetupServer(issuer, store, slog.New(slog.DiscardHandler), false)
	o.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/openid-configuration" {
			o.Asks.Add(1)
		}
		if o.Down.Load() {
			http.Error(w, "down for the night, client_secret="+ClientSecret, http.StatusBadGateway)
			return
		}
		handler.ServeHTTP(w, r)
	})
	o.Start()
	t.Cleanup(o.Close)
	return o
}

// directory is the provider's accounts by name.
type directory map[string]*storage.User

func (d directory) GetUserByUsername(name string) *storage.User { return d[name] }
func (d directory) ExampleClientID() string                     { return "service" }
func (d directory) GetUserByID(id string) *storage.User {
	for _, u := range d {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// groupStorage adds the claim groups, at the UserInfo endpoint as this provider
// does with all claims of a profile.
type groupStorage struct{ *storage.Storage }

func (s *groupStorage) SetUserinfoFromToken(ctx context.Context, info *zoidc.UserInfo, tokenID, subject, origin string) error {
	if err := s.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin); err != nil {
		return err
	}
	for name, groups := range people {
		if subject == "id-"+name && groups != nil {
			info.AppendClaims("groups", groups)
		}
	}
	return nil
}

var _ op.Storage = (*groupStorage)(nil)

var formID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// SignIn asks for a page with a client that keeps cookies and follows no
// redirects, goes where it is sent, signs in at the provider's form, and returns
// the callback URL to which the provider sends the browser.
func SignIn(t testing.TB, client *http.Client, from, user string) string {
	t.Helper()
	at, body := follow(t, client, from)
	id := formID.FindStringSubmatch(body)
	if id == nil {
		t.Fatalf("no login form at %s: %s", at, body)
	}
	form := url.Values{"username": {user}, "password": {Password}, "id": {id[1]}}
	resp, err := client.PostForm(at.Scheme+"://"+at.Host+"/login/username", form)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_ = resp.Body.Close()
		to, err := resp.Location()
		if err != nil {
			t.Fatalf("the provider does not send the browser back: %s at %s", resp.Status, resp.Request.URL)
		}
		if strings.HasSuffix(to.Path, "/callback") && to.Query().Has("state") {
			return to.String()
		}
		if resp, err = client.Get(to.String()); err != nil {
			t.Fatal(err)
		}
	}
	_ = resp.Body.Close()
	t.Fatal("the provider sends the browser in circles")
	return ""
}

// follow goes where redirects lead, and returns the page there.
func follow(t testing.TB, client *http.Client, from string) (*url.URL, string) {
	t.Helper()
	for range 10 {
		resp, err := client.Get(from)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		to, err := resp.Location()
		if err != nil {
			return resp.Request.URL, string(body)
		}
		from = to.String()
	}
	t.Fatal("redirects have no end")
	return nil, ""
}
