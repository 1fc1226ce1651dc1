package proxy

import (
	"fmt"
	"net/http"
	"net/url"
)

// AgentApp is a source of agents' identities that shows the desk inside another
// program, such as the Zoom client: it knows its people by what that program
// sends, and has pages of its own.
type AgentApp interface {
	AgentIdentifier
	// Folder is where its pages are: one segment, below our prefix.
	Folder() string
	// Mount returns what answers at Base and below it. It is called once.
	Mount(m AppMount) (http.Handler, error)
	// Enter is called for each request of an identified agent for the desk,
	// before the page is written: it may set a cookie.
	Enter(w http.ResponseWriter, r *http.Request)
	// Frame adds to the header of the desk's pages, in answer to r, what the program
	// demands.
	Frame(h http.Header, r *http.Request)
	// Isolated reports whether Frame adds Cross-Origin-Embedder-Policy where the desk is
	// in a frame: Zoom's desk in it must then be one that does not need Zoom's consent
	// to that.
	Isolated() bool
	// Inside reports whether a document seems to be shown inside the program,
	// where customers do not go, so that the page gets no help button. It is
	// asked about every document, and believes what anybody can send.
	Inside(r *http.Request) bool
	// Strip takes off a request that goes on to the site what would be worth
	// something to whoever reads it there.
	Strip(h http.Header)
}

// AppMount is what an [AgentApp] is told about where it is.
type AppMount struct {
	// Base is the path of the app's own pages, such as /_cobrowse/zoomapp, Desk
	// that of the desk.
	Base, Desk string
	// SameOrigin reports whether a POST is one of a page of this site.
	SameOrigin func(*http.Request) bool
	// Admit bounds how often one address asks for what costs something, to as often
	// as it may ask for tokens. Where it returns false it has answered.
	Admit func(w http.ResponseWriter, r *http.Request) bool
}

// newAppPages mounts the app, if there is one.
func newAppPages(cfg *Config, help *helpDesk) (pages http.Handler, folder string, err error) {
	if cfg.AgentApp == nil {
		return nil, "", nil
	}
	folder = cfg.AgentApp.Folder()
	limiter, err := newClientLimiter(cfg.Limits.TokensPerClient, cfg.Limits.Per, cfg.Now)
	if err != nil {
		return nil, "", fmt.Errorf("limits: %w", err)
	}
	pages, err = cfg.AgentApp.Mount(AppMount{
		Base: cfg.Path + "/" + folder,
		Desk: cfg.Path + "/desk",
		SameOrigin: func(r *http.Request) bool {
			return checkSameOrigin(help.origins, r) == nil
		},
		Admit: func(w http.ResponseWriter, r *http.Request) bool {
			wait := limiter.wait(cfg.ClientIP(r))
			if wait > 0 {
				tooMany(wait).write(w)
			}
			return wait == 0
		},
	})
	return pages, folder, err
}

// serveApp serves the app's part of our paths, under the URL that the client sent.
func serveApp(app http.Handler, w http.ResponseWriter, r *http.Request, sent *url.URL) {
	asSent := *r
	asSent.URL = sent
	app.ServeHTTP(w, &asSent)
}
