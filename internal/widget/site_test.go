package widget_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/widget"
)

const shop = "shop.example"

// settings are the smallest complete ones.
func settings() widget.Settings {
	return widget.Settings{
		Base:       "/_cobrowse",
		ZoomHost:   browsertest.ZoomHost,
		SDKKey:     "sdkKey",
		SDKVersion: "3.10.x",
	}
}

// site is a customer's site as it looks behind the proxy.
type site struct {
	bundle *widget.Bundle
	// html are attributes of <html>; head follows our tag; header is sent
	// with every page. pages replace the bank's page at their path.
	html, head string
	header     http.Header
	pages      map[string]string
	// twice puts a second tag into the page.
	twice bool
	nonce string
	proxy
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	loader, script := s.bundle.Loader(), s.bundle.Widget()
	switch r.URL.Path {
	case "/_cobrowse/" + loader.Name:
		serveFile(w, loader)
	case "/_cobrowse/" + script.Name:
		serveFile(w, script)
	case "/_cobrowse/sessions":
		s.serveCreate(w, r)
	case "/bank.css":
		http.ServeFile(w, r, "testdata/bank.css")
	default:
		if id, ok := strings.CutPrefix(r.URL.Path, "/_cobrowse/sessions/"); ok {
			s.serveEvent(w, r, strings.TrimSuffix(id, "/events"))
			return
		}
		s.servePage(w, r)
	}
}

func serveFile(w http.ResponseWriter, f *widget.File) {
	w.Header().Set("Content-Type", f.ContentType)
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(f.Gzip)
}

func (s *site) tag() string {
	nonce := ""
	if s.nonce != "" {
		nonce = ` nonce="` + s.nonce + `"`
	}
	tag := `<script src="/_cobrowse/` + s.bundle.Loader().Name + `"` + nonce + ` async></script>`
	if s.twice {
		tag += tag
	}
	return tag
}

func (s *site) servePage(w http.ResponseWriter, r *http.Request) {
	page, ok := s.pages[r.URL.Path]
	if !ok {
		raw, err := os.ReadFile("testdata/bank.html")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		page = string(raw)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	maps.Copy(w.Header(), s.header)
	page = strings.NewReplacer("{{html}}", s.html, "{{head}}", s.tag()+s.head, "{{tag}}", s.tag()).Replace(page)
	_, _ = io.Copy(w, bytes.NewReader([]byte(page)))
}

// world is a site, a stand-in for Zoom, and a browser that knows both.
type world struct {
	*site
	current atomic.Pointer[site]
	zoom    *browsertest.Zoom
	browser *browsertest.Browser
}

// start makes a world. Change may set the site up.
func start(t testing.TB, set widget.Settings, change func(*site)) *world {
	t.Helper()
	w := &world{zoom: browsertest.NewZoom(t)}
	w.rebuild(t, set, change)
	current := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.current.Load().ServeHTTP(rw, r) })
	w.browser = browsertest.Start(t, browsertest.Config{
		Hosts: map[string]http.Handler{shop: current, "partner.example": current, browsertest.ZoomHost: w.zoom},
	})
	return w
}

// rebuild puts another site into the world: a browser is slow to start.
func (w *world) rebuild(t testing.TB, set widget.Settings, change func(*site)) {
	t.Helper()
	bundle, err := widget.New(set)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{bundle: bundle}
	if change != nil {
		change(s)
	}
	w.site = s
	w.current.Store(s)
	w.zoom.Reset()
}

// open opens a page of the shop in a new tab and waits for the widget.
func (w *world) open(t testing.TB, path string) *browsertest.Tab {
	t.Helper()
	tab := w.browser.NewTab(t, browsertest.KeepShadowRoots)
	tab.Open("https://" + shop + path)
	tab.Wait(in("section"))
	return tab
}

// in is a JavaScript expression for an element of the widget.
func in(selector string) string {
	return `shadowRootOf(document.querySelector('cobrowse-help'))?.querySelector('` + selector + `')`
}

// text is a JavaScript expression for the text of an element of the widget.
func text(selector string) string { return in(selector) + `?.innerText.trim()` }

// visible is a JavaScript expression: is the element seen, where it is?
func visible(selector string) string {
	return `((el) => { const r = el?.getBoundingClientRect(); return r && r.width > 0 && r.height > 0 &&
		getComputedStyle(el).visibility === 'visible' &&
		shadowRootOf(document.querySelector('cobrowse-help')).elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)?.closest('` + selector + `') === el })(` + in(selector) + `)`
}

// begin clicks through to the PIN.
func begin(tab *browsertest.Tab) {
	tab.Click(in(".help"))
	tab.Click(in(".main"))
}

func emit(t testing.TB, tab *browsertest.Tab, event, payload string) {
	t.Helper()
	browsertest.Eval[bool](tab, `(ZoomCobrowseSDK.standIn.emit('`+event+`', `+payload+`), true)`)
}

// zoomVisits is how many requests Zoom's host has seen.
func (w *world) zoomVisits() int { return len(w.browser.Visits(browsertest.ZoomHost)) }
