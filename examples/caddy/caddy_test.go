// Package caddy_test starts the server with the example's Caddyfile.
package caddy_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

// hash is the bcrypt hash of "open sesame", made with "hash-password" and the
// least cost.
const hash = "$2a$04$MNjBtYH8RX.X0YzmXPryIOjXlcfiSlhKtUJecpokJ55.1qwb75c.q" // #nosec G101 -- of the test's own password

func TestCaddyfile(t *testing.T) {
	legacy := httptest.NewServer(site.New())
	defer legacy.Close()
	listen := program.FreeAddress(t)
	env := []string{
		"ADMIN=off", "LISTEN=http://" + listen, "UPSTREAM=" + strings.TrimPrefix(legacy.URL, "http://"),
		"ZOOM_SDK_KEY=example-key", "ZOOM_SDK_SECRET=example-secret-of-32-characters!",
		"DESK_USER=ada", "DESK_PASSWORD_HASH=" + hash,
		// Caddy keeps its state below these.
		"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(),
	}
	p := program.Start(t, program.Build(t, "../../cmd/cobrowse-proxy"), env, "run", "--config", "Caddyfile", "--adapter", "caddyfile")
	base := "http://" + listen
	p.WaitFor(t, base)

	status, _, page := program.GetDocument(t, base+"/", "", "")
	if status != http.StatusOK || !strings.Contains(page, "Savings Bank") {
		t.Errorf("home page: status %d, %d bytes", status, len(page))
	}
	program.CheckButton(t, base, page)

	desk := base + "/_cobrowse/desk"
	for _, tt := range []struct {
		user, password string
		want           int
	}{
		{"", "", http.StatusUnauthorized},
		{"ada", "wrong", http.StatusUnauthorized},
		{"grace", "open sesame", http.StatusUnauthorized},
		{"ada", "open sesame", http.StatusOK},
	} {
		if status, _, _ := program.GetDocument(t, desk, tt.user, tt.password); status != tt.want {
			t.Errorf("desk as %q with %q: status %d, want %d", tt.user, tt.password, status, tt.want)
		}
	}
	if status, _, _ := program.GetDocument(t, base+"/_COBROWSE/desk", "", ""); status == http.StatusOK {
		t.Error("the desk opens without a login where its path is in capitals")
	}
	p.Stop(t)
}
