package caddymodule_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// sandboxSocket is where the sandbox's scripts connect to.
const sandboxSocket = "/_cobrowse/sandbox/sdkapi/zcb/sandbox/socket"

// connect opens a socket of the sandbox and says who it is.
func connect(t testing.TB, ctx context.Context, s *site, frame map[string]any) (*websocket.Conn, map[string]any) {
	t.Helper()
	ws, _, err := websocket.Dial(ctx, s.url(sandboxSocket), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {s.origin()}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	tell(t, ctx, ws, frame)
	return ws, hear(t, ctx, ws)
}

func tell(t testing.TB, ctx context.Context, ws *websocket.Conn, frame map[string]any) {
	t.Helper()
	data, err := json.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.Write(ctx, websocket.MessageText, data); err != nil {
		t.Fatal(err)
	}
}

func hear(t testing.TB, ctx context.Context, ws *websocket.Conn) map[string]any {
	t.Helper()
	_, data, err := ws.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return decode[map[string]any](t, string(data))
}

// TestSandbox runs without credentials, and reloads while a session is open.
func TestSandbox(t *testing.T) {
	checkLeaks(t)
	s := startSite(t, serveHTML(page), "respond ready")
	t.Setenv("ZOOM_SDK_KEY", "")
	t.Setenv("ZOOM_SDK_SECRET", "")
	const block = "header X-Generation %d\nencode\ncobrowse {\n provider sandbox\n}\nrespond `" + page + "` 200\n"
	s.reload(fmt.Sprintf(block, 0))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	token := decode[struct{ Token string }](t, s.postToken("/_cobrowse/token", `{"role":1}`).body).Token
	ws, started := connect(t, ctx, s, map[string]any{"t": "start", "token": token, "browser": "b1", "page": s.url("/"), "settings": map[string]any{}})
	if started["pin"] == nil {
		t.Fatalf("no session: %v", started)
	}
	for generation := 1; generation <= 3; generation++ {
		if generation == 3 { // and another site comes first
			s.comesSecond()
		}
		s.reload(fmt.Sprintf(block, generation))
		tell(t, ctx, ws, map[string]any{"t": "ping"})
		if got := hear(t, ctx, ws); got["t"] != "pong" {
			t.Fatalf("after reload %d: %v", generation, got)
		}
	}
	if later := s.postToken("/_cobrowse/token", `{"role":1}`); later.status != http.StatusOK {
		t.Fatalf("token after reloads: status %d", later.status)
	} else if _, again := connect(t, ctx, s, map[string]any{"t": "start", "token": decode[struct{ Token string }](t, later.body).Token, "browser": "b2", "page": s.url("/"), "settings": map[string]any{}}); again["pin"] == nil {
		t.Errorf("the secret changed with a reload: %v", again)
	}
	status := s.adminGet("/cobrowse/status")
	if !strings.Contains(status, `"provider":"sandbox"`) || strings.Contains(status, "zoom_host") {
		t.Errorf("status %s", status)
	}

	s.reload("respond gone") // the last handler ends the sandbox, and it its sockets
	if _, _, err := ws.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("the socket is open after the sandbox ended: %v", err)
	}
}

func TestSandboxRefused(t *testing.T) {
	s := startSite(t, serveHTML(page), "respond ready")
	for block, want := range map[string]string{
		"cobrowse {\n provider sandbox\n zoom_host eu01-zcb.zoom.us\n}": "zoom_host can have no effect",
		"cobrowse {\n provider sandbox\n sdk_key {env.NOTHING_HERE}\n}": "NOTHING_HERE",
	} {
		if got := s.refused(block); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", block, got, want)
		}
	}
	t.Setenv("ZOOM_SDK_SECRET", "") // one without the other is a mistake, not a wish
	if got := s.refused("cobrowse {\n provider sandbox\n}"); !strings.Contains(got, "ZOOM_SDK_SECRET") {
		t.Errorf("half of the credentials: %s", got)
	}
}
