// Package sandbox_test starts the server with the example's Caddyfile.
package sandbox_test

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
		"ZOOM_SDK_KEY=", "ZOOM_SDK_SECRET=", "ZOOM_VIDEO_SDK_KEY=", "ZOOM_VIDEO_SDK_SECRET=", // no account
		"DESK_USER=ada", "DESK_PASSWORD_HASH=" + hash,
		// Caddy keeps its state below these.
		"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(),
	}
	p := program.Start(t, program.Build(t, "../../cmd/cobrowse-proxy"), env, "run", "--config", "Caddyfile", "--adapter", "caddyfile")
	base := "http://" + listen
	p.WaitFor(t, base)

	status, _, page := program.GetDocument(t, base+"/security/nonce", "", "")
	if status != http.StatusOK {
		t.Errorf("page: status %d, %d bytes", status, len(page))
	}
	program.CheckButton(t, base, page)

	desk := base + "/_cobrowse/desk"
	if status, _, _ := program.GetDocument(t, desk, "", ""); status != http.StatusUnauthorized {
		t.Errorf("desk without login: status %d, want 401", status)
	}
	if status, header, _ := program.GetDocument(t, desk, "ada", "open sesame"); status != http.StatusOK ||
		!strings.Contains(header.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("desk: status %d, policy %q", status, header.Get("Content-Security-Policy"))
	}
	const sandbox = "/_cobrowse/sandbox"
	if status, _, sdk := program.GetDocument(t, base+sandbox+"/static/resource/sdk/sandbox/js/3.10.x", "", ""); status != http.StatusOK || !strings.Contains(sdk, "ZoomCobrowseSDK") {
		t.Errorf("the SDK: status %d, %d bytes", status, len(sdk))
	}
	if status, _, _ := program.GetDocument(t, base+sandbox+"/sdkapi/zcb/frame-templates/desk?access_token=forged", "", ""); status != http.StatusUnauthorized {
		t.Errorf("the sandbox's desk with a forged token: status %d, want 401", status)
	}
	const toolkit = "/uitoolkit/2.5.0-1/videosdk-ui-toolkit.min.umd.js"
	if status, _, script := program.GetDocument(t, base+sandbox+toolkit, "", ""); status != http.StatusOK || !strings.Contains(script, "UIToolkit") {
		t.Errorf("the UI Toolkit: status %d, %d bytes", status, len(script))
	}
	if status, header, _ := program.GetDocument(t, base+"/_cobrowse/video", "", ""); status != http.StatusOK ||
		!strings.Contains(header.Get("Permissions-Policy"), "camera=(self)") {
		t.Errorf("the video room: status %d, %q", status, header.Get("Permissions-Policy"))
	}
	p.Stop(t)
}
