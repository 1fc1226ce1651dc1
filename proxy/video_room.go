package proxy

import (
	"fmt"
	"net/http"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/videoroom"
)

// newVideoRoom makes the page in which sessions continue by video, where they do,
// else nil.
func newVideoRoom(cfg *Config, video *videoEndpoint) (*videoroom.Room, error) {
	if !video.pairs() {
		return nil, nil
	}
	room, err := videoroom.New(videoroom.Settings{
		Base: cfg.Path, Toolkit: cfg.Video.ToolkitVersion, ZoomPath: cfg.zoomPath(),
		Framed: len(cfg.Desk.FrameAncestors) > 0,
	})
	if err != nil {
		return nil, fmt.Errorf("video_tokens: %w", err)
	}
	return room, nil
}

// roomFiles are the files that the room's page loads from us.
func roomFiles(room *videoroom.Room) []*asset.File {
	if room == nil {
		return nil
	}
	return []*asset.File{room.Script(), room.Style()}
}

// serveVideoRoom answers GET {base}/video. The page is nobody's secret: what it
// needs to join a call it asks of the page that opened it.
func (rt *routes) serveVideoRoom(w http.ResponseWriter, r *http.Request) {
	if rt.room == nil {
		rt.notFound(w)
		return
	}
	if !allowed(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", rt.room.CSP())
	h.Set("Permissions-Policy", rt.room.PermissionsPolicy())
	rt.transport.secure(h, r)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "strict-origin")
	h.Set("Cross-Origin-Opener-Policy", rt.room.OpenerPolicy())
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(rt.room.HTML()) // a lost client is nobody's fault
	}
}

// serveVideoOffer answers {base}/desk/video.
func (rt *routes) serveVideoOffer(w http.ResponseWriter, r *http.Request) {
	if rt.room == nil {
		rt.notFound(w)
		return
	}
	rt.help.serveVideoOffer(w, r)
}
