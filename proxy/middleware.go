package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/widget"
)

// Middleware is the core: one instance serves all requests of a site. It holds
// no state of a request and is safe for concurrent use.
type Middleware struct {
	base string // path prefix, without a slash at the end
	// Time limits of a document: see the constants of these names.
	headGrace, holdTimeout, openingGrace time.Duration

	dryRun      bool
	expose      bool
	cspOff      bool
	rules       rules
	transport   *transport
	etags       etags
	policies    *csp.Editor
	tag         tag
	routes      *routes
	signIn      SignIn
	app         AgentApp       // nil where the agents' source is none
	secured     bool           // owasp_headers
	cleaner     RequestCleaner // nil where nothing is to be cleaned
	observer    Observer
	trace       func(ctx context.Context, key, value string)
	logger      *slog.Logger
	originalURL func(*http.Request) *url.URL
	begun       time.Time // of the monotonic clock that holds are timed by
	fields      fieldCount
}

// New checks cfg, fills its defaults and precomputes what requests need. The
// error names every fault of the configuration, each with its cure, and no
// secret.
func New(cfg Config) (*Middleware, error) {
	if err := cfg.useSandbox(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	bundle, err := widget.New(widgetSettings(&cfg))
	if err != nil {
		return nil, fmt.Errorf("preparing the button: %w", err)
	}
	editor, err := newPolicyEditor(&cfg, bundle)
	if err != nil {
		return nil, err
	}
	rt, err := newRoutes(&cfg, bundle)
	if err != nil {
		return nil, err
	}
	cleaner, _ := cfg.Agents.(RequestCleaner)
	return &Middleware{
		base:         cfg.Path,
		headGrace:    headGrace,
		holdTimeout:  holdTimeout,
		openingGrace: openingGrace,
		dryRun:       cfg.Inject.DryRun,
		expose:       cfg.Inject.Expose,
		cspOff:       cfg.CSP.Off,
		rules:        newRules(&cfg),
		transport:    rt.transport,
		etags:        newETags(pageHash(&cfg, bundle)),
		policies:     editor,
		tag:          newTag(cfg.Path + "/" + bundle.Loader().Name),
		routes:       rt,
		signIn:       cfg.SignIn,
		app:          cfg.AgentApp,
		secured:      cfg.OWASPHeaders,
		cleaner:      cleaner,
		observer:     cfg.Observer,
		trace:        cfg.Trace,
		logger:       cfg.Logger,
		originalURL:  cfg.OriginalURL,
		begun:        time.Now(),
	}, nil
}

// newPolicyEditor adds to a page's policy what the button and Zoom's SDK need.
func newPolicyEditor(cfg *Config, bundle *widget.Bundle) (*csp.Editor, error) {
	editor, err := csp.New(csp.Config{
		SDKHost: cfg.ZoomHost,
		SDKPath: cfg.sdkPath(),
		Base:    cfg.Path,
		Scripts: []csp.Script{
			{Path: cfg.Path + "/" + bundle.Loader().Name, Integrity: bundle.Loader().Integrity},
			{Path: cfg.Path + "/" + bundle.Widget().Name, Integrity: bundle.Widget().Integrity},
		},
		Allow: switches(cfg.CSP.Allow),
	})
	if err != nil {
		return nil, fmt.Errorf("csp: %w", err)
	}
	return editor, nil
}

// EndStreams ends the streams that desks hold open, and keeps new ones short;
// everything else goes on. A server calls it when it begins to stop, since it
// would otherwise wait for them (http.Server.RegisterOnShutdown).
func (m *Middleware) EndStreams() { m.routes.help.endStreams() }

// Close ends what New started: streams, timers, and the memory of sessions
// unless Config.Store was given. Requests that are still served get refusals
// from the routes of sessions; pages are served as before.
func (m *Middleware) Close() error { return m.routes.help.close() }

// ServeHTTP serves what is ours, and hands everything else to next, with the
// response wrapped where a document may come back. It returns next's error as
// it is; nothing has been written by us then, unless next itself had sent
// enough for the head of a page.
//
// The type of next is the method type of a Caddy handler, so that Caddy's face
// and net/http's share this one function.
func (m *Middleware) ServeHTTP(w http.ResponseWriter, r *http.Request, next func(http.ResponseWriter, *http.Request) error) error {
	if m.cleaner != nil {
		m.cleaner.Clean(r)
	}
	whose, u := m.owner(r)
	switch whose {
	case ours:
		m.routes.serve(w, r, u)
		return nil
	case disguised:
		writeProblem(w, http.StatusBadRequest, "ambiguous-path", "Ambiguous path",
			"This path can be read as one of "+m.base+"/ but is not written as one.")
		return nil
	}
	if m.signIn != nil && r.Header["Cookie"] != nil {
		m.signIn.StripCookies(r.Header) // the site has no business with them
	}
	if m.app != nil {
		m.app.Strip(r.Header)
	}
	wish := classify(r)
	if m.secured && wish.wanted() {
		w = m.secure(w, r)
	}
	if wish.skip == "" {
		wish.skip = m.rules.check(r)
	}
	if wish.skip != "" {
		m.observer.Injection(string(wish.skip))
		if m.expose {
			exposeResult(w.Header(), wish.skip)
		}
		return next(w, r)
	}
	return m.serveDocument(w, r, wish, next)
}

// owner judges the URL as it is now and as the client sent it: a site's rewrite
// (try_files, most often) must not give our routes to the site.
func (m *Middleware) owner(r *http.Request) (ownership, *url.URL) {
	now := owner(r.URL, m.base)
	if m.originalURL == nil || now != foreign {
		return now, r.URL
	}
	if sent := m.originalURL(r); sent != nil && sent.Path != r.URL.Path {
		return owner(sent, m.base), sent
	}
	return foreign, r.URL
}

// serveDocument lets next answer a document request through our writer.
func (m *Middleware) serveDocument(w http.ResponseWriter, r *http.Request, wish request, next func(http.ResponseWriter, *http.Request) error) (err error) {
	dw := &documentWriter{ResponseWriter: w, m: m, head: r.Method == http.MethodHead, site: m.transport.siteOf(r), guessed: wish.guessed, header: make(http.Header, m.fields.Load())}
	maps.Copy(dw.header, w.Header())
	if !m.dryRun && !likelyFile(r.URL.Path) { // a dry run changes nothing, the request included
		var saved savedHeader
		saved, dw.revalidates = m.askForDocument(r.Header, &dw.values)
		defer saved.restore(r.Header)
	}
	returned := false
	defer func() {
		if !returned { // next panicked, as reverse proxies do to cut a connection
			dw.discard()
		}
		m.trace(r.Context(), TraceResult, string(dw.result))
	}()
	err = next(dw, r)
	returned = true
	if err != nil {
		dw.discard()
		return err
	}
	if err := dw.finish(); err != nil {
		m.logger.Debug("a document could not be completed", "error", err)
		// Its header has left: only a broken connection tells the browser
		// that the page is not whole.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// note counts a decision, logs it and shows it where the operator wants that.
func (m *Middleware) note(h http.Header, result inject.Reason) {
	m.observer.Injection(string(result))
	if m.expose {
		exposeResult(h, result)
	}
}

// exposeResult writes X-Cobrowse, for operators who look at a response.
func exposeResult(h http.Header, result inject.Reason) {
	value := Injected
	if result != Injected {
		value = "skipped; reason=" + string(result)
	}
	h["X-Cobrowse"] = []string{value}
}

// origin is a configured public origin of the site.
type origin struct{ scheme, host, text string }

func parseOrigins(list []string) []origin {
	var parsed []origin
	for _, o := range list {
		o = serializedOrigin(o)
		scheme, host, _ := strings.Cut(o, "://")
		parsed = append(parsed, origin{scheme: scheme, host: host, text: o})
	}
	return parsed
}

// switches maps the operator's words; csp.New reports unknown ones.
func switches(words []string) []csp.Switch {
	list := make([]csp.Switch, len(words))
	for i, w := range words {
		list[i] = csp.Switch(w)
	}
	return list
}

var (
	// errAborted is returned to a site's handler that goes on writing after a
	// fault of ours ended the response.
	errAborted = errors.New("the response was given up")
	// errIdentifier wraps faults of an [AgentIdentifier].
	errIdentifier = errors.New("the agent identity source failed")
)
