package oidc

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What the provider knows of its client.
const (
	clientID     = "desk"
	clientSecret = "client-secret-that-nobody-may-read"
	password     = "password-of-everybody"
)

// op is a real OpenID provider, zitadel's, on loopback. Its people and groups
// are ours.
type realOP struct {
	*httptest.Server
	down atomic.Bool
	asks atomic.Int32 // requests to its discovery document
}

// people are the provider's accounts: user name and groups.
var people = map[string][]string{
	"anna": {"staff", "agents"},
	"bob":  {"staff", "customers"},
	"carl": nil,
}

// startOP starts a provider with one client, whose redirect URI is as given.
func startOP(t *testing.T, redirectURI string) *realOP {
	t.Helper()
	return startOPAs(t, "", redirectURI)
}

// startOPAs starts a provider that calls itself issuer, though it is found at
// its URL; "" means at its own name.
func startOPAs(t *testing.T, issuer, redirectURI string) *realOP {
	t.Helper()
	o := &realOP{Server: httptest.NewUnstartedServer(nil)}
	if issuer == "" {
		issuer = "http://" + o.Listener.Addr().String()
	}
	users := directory{}
	for name := range people {
		users[name] = &storage.User{
			ID: "id-" + name, Username: name, Password: password,
			FirstName: name, LastName: "Müller", Email: name + "@example.com", EmailVerified: true,
		}
	}
	client := storage.WebClient(clientID, clientSecret, redirectURI)
	store := &groupStorage{Storage: storage.NewStorageWithClients(users, map[string]*storage.Client{clientID: client})}
	handler := exampleop.SetupServer(issuer, store, slog.New(slog.DiscardHandler), false)
	o.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/openid-configuration" {
			o.asks.Add(1)
		}
		if o.down.Load() {
			http.Error(w, "down for the night, client_secret="+clientSecret, http.StatusBadGateway)
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
