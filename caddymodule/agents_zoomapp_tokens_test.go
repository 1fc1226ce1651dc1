package caddymodule

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
)

// rotatingZoom hands out refresh tokens that are good once, as Zoom does.
type rotatingZoom struct {
	mu      sync.Mutex
	current int
	refused int
}

func (z *rotatingZoom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/oauth/token":
		if r.FormValue("refresh_token") != fmt.Sprint("refresh-", z.current) {
			z.refused++
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, `{"reason":"Invalid Token!","error":"invalid_grant"}`)
			return
		}
		z.current++
		_, _ = fmt.Fprintf(w, `{"access_token":"access-%[1]d","token_type":"bearer","refresh_token":"refresh-%[1]d","expires_in":3599}`, z.current)
	default:
		if r.Header.Get("Authorization") != fmt.Sprint("Bearer access-", z.current) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprint(w, `{"deeplink":"https://zoom.us/launch/open-the-app"}`)
	}
}

// TestStoredTokensOfInstances: two instances on one storage want to refresh a user's
// tokens at the same time. The refresh token is redeemed once, and not lost.
func TestStoredTokensOfInstances(t *testing.T) {
	zoom := &rotatingZoom{}
	server := httptest.NewServer(zoom)
	t.Cleanup(server.Close)
	folder, key := t.TempDir(), []byte(strings.Repeat("k", 32))
	logger := slog.New(slog.DiscardHandler)
	var instances []*zoomapp.Installer
	for range 2 {
		vault, err := zoomapp.NewVault(nil, key)
		if err != nil {
			t.Fatal(err)
		}
		store := &storedTokens{storage: &certmagic.FileStorage{Path: folder}, app: "app", logger: logger}
		if len(instances) == 0 {
			sealed, err := vault.Seal("ana", zoomapp.Tokens{Access: "access-0", Refresh: "refresh-0", Expires: time.Now().Add(-time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Save(t.Context(), "ana", sealed); err != nil {
				t.Fatal(err)
			}
		}
		api, err := zoomapp.NewZoom(zoomapp.ZoomConfig{ClientID: "app", ClientSecret: "App4Secret-Xk9mZqWp7LrTn2bHs5yJd", OAuthBase: server.URL, APIBase: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		installer, err := zoomapp.NewInstaller(api, zoomapp.InstallConfig{
			RedirectURL: "https://desk.example/redirect", Vault: vault, Store: store, Logger: logger,
		})
		if err != nil {
			t.Fatal(err)
		}
		instances = append(instances, installer)
	}
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			if link, err := instances[n%2].DeepLink(t.Context(), "ana", "open"); err != nil || link == "" {
				t.Errorf("%q, %v", link, err)
			}
		})
	}
	group.Wait()
	if zoom.current != 1 || zoom.refused != 0 {
		t.Errorf("%d refreshes, %d refused", zoom.current, zoom.refused)
	}
	if linked, err := instances[1].Linked(t.Context(), "ana"); err != nil || !linked {
		t.Errorf("afterwards: %v, %v", linked, err)
	}
	if linked, err := instances[1].Linked(t.Context(), "bob"); err != nil || linked {
		t.Errorf("somebody else: %v, %v", linked, err)
	}
}
