package proxy

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/videoroom"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/widget"
)

// routes serves what lies below the prefix.
type routes struct {
	base   string
	assets assets
	tokens *tokenEndpoint
	video  *videoEndpoint  // nil where it is not configured
	room   *videoroom.Room // nil where sessions do not continue by video
	desk   *deskPages
	help   *helpDesk
	signIn SignIn       // nil where agents sign in elsewhere
	app    http.Handler // nil where the agents' source is no app
	// appFolder is where the app's pages are, below base.
	appFolder string
	// sandbox is nil where Zoom itself serves.
	sandbox   *Sandbox
	transport *transport
}

func newRoutes(cfg *Config, bundle *widget.Bundle) (rt *routes, err error) {
	page, err := desk.New(desk.Settings{
		Base: cfg.Path, ZoomHost: cfg.ZoomHost, ZoomPath: cfg.zoomPath(),
		FrameAncestors: cfg.Desk.FrameAncestors, SignOut: cfg.SignIn != nil,
		Credentialless: cfg.AgentApp != nil && cfg.AgentApp.Isolated(),
	})
	if err != nil {
		return nil, err
	}
	help, err := newHelpDesk(cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, help.close())
		}
	}()
	tokens, err := newTokenEndpoint(cfg, help.minter, help.record)
	if err != nil {
		return nil, err
	}
	tokens.sessions = help.sessions
	video, err := newVideo(cfg, help.record)
	if err != nil {
		return nil, err
	}
	help.video = video
	room, err := newVideoRoom(cfg, video)
	if err != nil {
		return nil, err
	}
	app, folder, err := newAppPages(cfg, help)
	if err != nil {
		return nil, err
	}
	transport := newTransport(cfg)
	return &routes{
		base:   cfg.Path,
		assets: newAssets(append(roomFiles(room), bundle.Loader(), bundle.Widget(), page.Script(), page.Style())...),
		tokens: tokens,
		video:  video,
		room:   room,
		desk:   &deskPages{page: page, agents: cfg.Agents, app: cfg.AgentApp, transport: transport, logger: cfg.Logger},
		help:   help,
		signIn: cfg.SignIn,

		app: app, appFolder: folder,
		sandbox: cfg.Sandbox, transport: transport,
	}, nil
}

// serve answers a request whose path is canonically ours. The URL is the one
// that the client sent.
func (rt *routes) serve(w http.ResponseWriter, r *http.Request, sent *url.URL) {
	switch name := strings.TrimPrefix(strings.TrimPrefix(sent.Path, rt.base), "/"); name {
	case "token":
		rt.tokens.ServeHTTP(w, r)
	case "desk":
		rt.desk.serve(w, r, sent)
	case "desk/events":
		rt.help.serveEvents(w, r)
	case "desk/join":
		rt.help.serveJoin(w, r)
	case "desk/release":
		rt.help.serveRelease(w, r)
	case "desk/end":
		rt.help.serveEnd(w, r)
	case "desk/video":
		rt.serveVideoOffer(w, r)
	case "sessions":
		rt.help.serveCreate(w, r)
	case "webhooks/zoom":
		rt.help.serveZoomWebhook(w, r)
	case "video/token":
		rt.serveVideo(w, r)
	case "video":
		rt.serveVideoRoom(w, r)
	default:
		if rt.serveSignIn(w, r, name) || rt.serveBelow(w, r, sent, name) {
			return
		}
		if file, current := rt.assets.find(name); file != nil {
			serveAsset(w, r, file, current)
			return
		}
		rt.notFound(w)
	}
}

func (rt *routes) notFound(w http.ResponseWriter) {
	writeProblem(w, http.StatusNotFound, "not-found", "Not found",
		"There is nothing of Cobrowse Proxy at this path; the agents' page is "+rt.base+"/desk.")
}

// serveBelow answers the paths that have something of their own in them, and
// reports whether the path is one.
func (rt *routes) serveBelow(w http.ResponseWriter, r *http.Request, sent *url.URL, name string) bool {
	folder, rest, _ := strings.Cut(name, "/")
	switch folder {
	case sandboxFolder:
		if rt.sandbox == nil || rest == "" {
			return false
		}
		serveSandbox(rt.sandbox, w, r, sent, rest)
		return true
	case rt.appFolder:
		if rt.app == nil {
			return false
		}
		serveApp(rt.app, w, r, sent)
		return true
	case "sessions":
		id, ok := strings.CutSuffix(rest, "/events")
		if !ok || id == "" || strings.Contains(id, "/") {
			return false
		}
		rt.help.serveEvent(w, r, id)
		return true
	}
	return false
}

// allowed answers 405 where a method is not among those of a route.
func allowed(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	writeProblem(w, http.StatusMethodNotAllowed, "method-not-allowed", "Method not allowed",
		"This path answers "+strings.Join(methods, " and ")+" only.")
	return false
}

// assets finds a file by its name, and today's file by yesterday's name.
type assets struct {
	byName map[string]*asset.File
	byStem map[string]*asset.File // "loader" + ".js"
}

func newAssets(files ...*asset.File) assets {
	a := assets{byName: make(map[string]*asset.File), byStem: make(map[string]*asset.File)}
	for _, f := range files {
		a.byName[f.Name] = f
		if stem, ok := assetStem(f.Name); ok {
			a.byStem[stem] = f
		}
	}
	return a
}

// assetStem takes the hash out of a file's name.
func assetStem(name string) (string, bool) {
	stem, rest, ok := strings.Cut(name, "-")
	if !ok {
		return "", false
	}
	hash, ext, ok := strings.Cut(rest, ".")
	if !ok || hash == "" || strings.Contains(hash, "-") {
		return "", false
	}
	return stem + "." + ext, true
}

// find returns the file, and whether the name is the one it has today. A page
// from a cache may ask for an older one: it gets today's bytes, never a
// redirect, since Content-Security-Policy ignores paths after one.
func (a assets) find(name string) (file *asset.File, current bool) {
	if f, ok := a.byName[name]; ok {
		return f, true
	}
	if stem, ok := assetStem(name); ok {
		return a.byStem[stem], false
	}
	return nil, false
}

func serveAsset(w http.ResponseWriter, r *http.Request, f *asset.File, current bool) {
	if !allowed(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	body, coding := f.Body, ""
	switch {
	case acceptsCoding(r.Header["Accept-Encoding"], "br"):
		body, coding = f.Brotli, "br"
	case acceptsCoding(r.Header["Accept-Encoding"], "gzip"):
		body, coding = f.Gzip, "gzip"
	}
	tag := `"` + f.Hash() + `"`
	if coding != "" {
		h.Set("Content-Encoding", coding)
		tag = `"` + f.Hash() + "-" + coding + `"`
	}
	h.Set("Etag", tag)
	if current {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache") // the name promises other bytes
	}
	writeBody(w, r, tag, body)
}
