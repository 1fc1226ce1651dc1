package sandbox

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"
)

// Paths. The first three are Zoom's, the others our own, in a folder beside.
const (
	pathSDK     = "/static/resource/sdk/"
	pathDesk    = "/sdkapi/zcb/frame-templates/desk"
	pathToolkit = "/uitoolkit/"
	pathSocket  = "/sdkapi/zcb/sandbox/socket"
	pathVideo   = "/sdkapi/zcb/sandbox/video"
	pathScript  = "/sdkapi/zcb/sandbox/desk.js"
	pathStyle   = "/sdkapi/zcb/sandbox/desk.css"
	pathNotice  = "/sdkapi/zcb/sandbox/licences.txt"
)

//go:embed desk.html
var deskSource string

var deskTemplate = template.Must(template.New("desk").Parse(deskSource))

// ServeHTTP answers what a browser asks of Zoom's host.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "sandbox: this path answers GET and HEAD only", http.StatusMethodNotAllowed)
		return
	}
	path := r.URL.Path
	switch {
	case s.isSDK(path):
		s.files.sdk.serve(w, r)
	case path == pathDesk:
		s.serveDesk(w, r)
	case strings.HasPrefix(path, pathToolkit):
		s.serveToolkit(w, r, path[len(pathToolkit):])
	case path == pathSocket:
		s.serveSocket(w, r, s.cobrowsing())
	case path == pathVideo:
		s.serveSocket(w, r, s.talking())
	case path == pathScript && !s.files.missing:
		s.files.deskJS.serve(w, r)
	case path == pathStyle && !s.files.missing:
		s.files.deskCSS.serve(w, r)
	case path == pathNotice:
		s.files.notice.serve(w, r)
	default:
		http.Error(w, "sandbox: nothing here; the SDK is at "+pathSDK+"{key}/js/{version}, the desk at "+pathDesk+", the UI Toolkit at "+pathToolkit+"{version}/"+toolkitJS, http.StatusNotFound)
	}
}

// isSDK matches /static/resource/sdk/{key}/js[/{version}].
func (s *Service) isSDK(path string) bool {
	rest, ok := strings.CutPrefix(path, pathSDK+s.cfg.Key+"/js")
	if !ok {
		return false
	}
	version, ok := strings.CutPrefix(rest, "/")
	return rest == "" || ok && version != "" && !strings.Contains(version, "/")
}

// The files of Zoom's UI Toolkit for web, below its version.
const (
	toolkitJS  = "videosdk-ui-toolkit.min.umd.js"
	toolkitCSS = "videosdk-ui-toolkit.css"
)

// serveToolkit answers {version}/{file}, whatever the version.
func (s *Service) serveToolkit(w http.ResponseWriter, r *http.Request, rest string) {
	version, name, _ := strings.Cut(rest, "/")
	files := map[string]*file{toolkitJS: s.files.toolkitJS, toolkitCSS: s.files.toolkitCSS}
	switch f, known := files[name]; {
	case version == "" || !known:
		http.Error(w, "sandbox: of the UI Toolkit there are "+toolkitJS+" and "+toolkitCSS, http.StatusNotFound)
	case s.files.missing:
		http.Error(w, "sandbox: "+ErrNoBundle.Error(), http.StatusServiceUnavailable)
	default:
		f.serve(w, r)
	}
}

// deskPage is what desk.html is filled with.
type deskPage struct {
	// Code and Problem say why there is no desk; 0 means that there is one.
	Code    Code
	Problem string
	Built   bool
}

// serveDesk answers the page that Zoom's documentation puts into an iframe.
// The token is checked here already, so that an agent learns at once that it
// is no good; the socket checks it again.
func (s *Service) serveDesk(w http.ResponseWriter, r *http.Request) {
	address := addressKey(s.cfg.ClientIP(r))
	page, status := deskPage{Built: !s.files.missing}, http.StatusOK
	switch {
	case s.files.missing:
		status, page.Code, page.Problem = http.StatusServiceUnavailable, CodeUndefined, ErrNoBundle.Error()
	case s.hub.blocked(address):
		status, page.Code, page.Problem = http.StatusTooManyRequests, CodeJoinFailed, "Too many attempts from this address. Wait ten minutes."
	case !s.isAgent(r.URL.Query().Get("access_token")):
		s.hub.failed(address)
		status, page.Code, page.Problem = http.StatusUnauthorized, CodeDeskTokenInvalid, "Invalid token. Load the page around this one again to get a new one."
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", s.files.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	// The address holds a token, and the customer's pictures are loaded from here.
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_ = deskTemplate.Execute(w, page)
	}
}

func (s *Service) isAgent(token string) bool {
	if len(token) > maxToken {
		return false
	}
	claims, err := s.cfg.Verify(token)
	return err == nil && claims.Role == RoleAgent
}

// deskPolicy is the desk's Content-Security-Policy. The frame with the
// customer's page inherits it, hence all the styles, pictures and fonts; no
// script but ours runs, in neither.
func deskPolicy(origins []string) string {
	ancestors := "'self'"
	if len(origins) > 0 {
		ancestors += " " + strings.Join(origins, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline' *; img-src * data: blob:; " +
		"font-src * data:; media-src *; connect-src 'self'; frame-src 'none'; object-src 'none'; worker-src 'none'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors
}
