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

// TestSandboxVideo: with the sandbox a site continues by video without
// credentials, before and after a reload, and the sandbox takes its signatures.
func TestSandboxVideo(t *testing.T) {
	checkLeaks(t)
	s := startSite(t, serveHTML(page), "respond ready")
	for _, name := range []string{"ZOOM_SDK_KEY", "ZOOM_SDK_SECRET", "ZOOM_VIDEO_SDK_KEY", "ZOOM_VIDEO_SDK_SECRET"} {
		t.Setenv(name, "")
	}
	const block = "header X-Generation %d\ncobrowse {\n provider sandbox\n %s\n}\nrespond `" + page + "` 200\n"
	const on = "video_tokens {\n customers\n agents\n}"
	s.reload(fmt.Sprintf(block, 0, on))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	first := s.joinVideo(t, ctx, s.signVideo(t, "help"), "help")
	s.reload(fmt.Sprintf(block, 1, "")) // video off: who talks goes on
	tell(t, ctx, first, map[string]any{"t": "ping"})
	if got := hear(t, ctx, first); got["t"] != "pong" {
		t.Fatalf("after a reload: %v", got)
	}
	s.reload(fmt.Sprintf(block, 2, on))
	second := s.joinVideo(t, ctx, s.signVideo(t, "help"), "HELP")
	if got := hear(t, ctx, first); got["t"] != "user" {
		t.Errorf("the secret changed with a reload: %v", got)
	}
	for _, name := range []string{"videosdk-ui-toolkit.min.umd.js", "videosdk-ui-toolkit.css"} {
		if got := s.get("/_cobrowse/sandbox/uitoolkit/2.5.0-1/" + name); got.status != http.StatusOK {
			t.Errorf("%s: status %d", name, got.status)
		}
	}

	t.Setenv("ZOOM_VIDEO_SDK_KEY", "VideoKey00")
	if got := s.refused("cobrowse {\nprovider sandbox\n" + on + "\n}"); !strings.Contains(got, "ZOOM_VIDEO_SDK_SECRET is not set") {
		t.Errorf("half of the credentials: %s", got)
	}
	t.Setenv("ZOOM_VIDEO_SDK_SECRET", videoSecret)
	s.reload(fmt.Sprintf(block, 3, on)) // another sandbox, which takes these
	if _, _, err := second.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("the old sandbox goes on: %v", err)
	}
	signature := s.signVideo(t, "help")
	verified(t, signature, videoSecret)
	s.joinVideo(t, ctx, signature, "help")
	s.reload("respond gone")
}

// signVideo asks for an attendee's signature.
func (s *site) signVideo(t testing.TB, session string) string {
	t.Helper()
	got := s.postToken("/_cobrowse/video/token", `{"role":0,"sessionName":"`+session+`"}`)
	if got.status != http.StatusOK {
		t.Fatalf("no signature: %d %s", got.status, got.body)
	}
	return decode[struct{ Signature string }](t, got.body).Signature
}

// joinVideo joins a video session at the sandbox.
func (s *site) joinVideo(t testing.TB, ctx context.Context, signature, session string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(ctx, s.url("/_cobrowse/sandbox/sdkapi/zcb/sandbox/video"), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {s.origin()}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	tell(t, ctx, ws, map[string]any{"t": "join", "signature": signature, "session": session, "name": "Mia"})
	if got := hear(t, ctx, ws); got["t"] != "joined" {
		t.Fatalf("not joined: %v", got)
	}
	return ws
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
