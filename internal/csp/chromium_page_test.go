package csp_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// Stand-ins for our files and Zoom's. The loader does what ours does: from its
// own address and nonce it inserts the widget and the SDK.
const (
	loaderBody = `window.probeLoader = true;
(function (me) {
  var p = new URL(me.src).search;
  ["` + widgetPath + `" + p + ".widget", "https://us01-zcb.zoom.us/sdk.js" + p + ".sdk"].forEach(function (src) {
    var s = document.createElement("script");
    s.src = src;
    if (me.nonce) s.nonce = me.nonce;
    document.head.appendChild(s);
  });
})(document.currentScript);
`
	widgetBody = "window.probeWidget = true;"
	sdkBody    = "window.probeSDK = true;"
	hashedBody = "window.probeHash = true;"
)

func integrityOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// probePage is a page under a policy. It does not change once it is made.
type probePage struct {
	number   int // in its address, and in all that it asks for
	policies response
	tag      string // in front of all else in head, or empty
	nonce    string // of the site's own elements
	probes   []probe
}

// siteHash is the hash-source of an inline script of the site's own.
var siteHash = "'" + integrityOf(hashedBody) + "'"

// tagOf is the element that a plan puts into a page.
func tagOf(page int, plan csp.Plan) string {
	tag := fmt.Sprintf(`<script src="%s?p=%d"`, loaderPath, page)
	if plan.Nonce != "" {
		tag += fmt.Sprintf(` nonce="%s"`, plan.Nonce)
	}
	if plan.Integrity != "" {
		tag += fmt.Sprintf(` integrity="%s"`, plan.Integrity)
	}
	return tag + " async></script>"
}

// html is the page's markup: the tag, the metas, and the probes that must be in
// markup.
func (p *probePage) html() string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html><html><head>" + p.tag)
	for _, m := range p.policies.metas {
		fmt.Fprintf(&b, `<meta http-equiv="Content-Security-Policy" content="%s">`, html.EscapeString(m))
	}
	b.WriteString(`<link rel="icon" href="data:,"><style>#sheet{width:11px}</style>`)
	fmt.Fprintf(&b, `<style nonce="%s">#noncesheet{width:12px}</style>`, html.EscapeString(p.nonce))
	fmt.Fprintf(&b, `<script nonce="%s">window.probeNonce = true;</script>`, html.EscapeString(p.nonce))
	b.WriteString(`<script>window.probeInline = true;</script><script>` + hashedBody + `</script>`)
	for _, probe := range p.probes {
		nonce := ""
		if strings.HasPrefix(probe.ID, "with nonce, ") {
			nonce = p.nonce
		}
		if probe.parser {
			fmt.Fprintf(&b, `<script async nonce="%s" src="%s"></script>`, html.EscapeString(nonce), html.EscapeString(probe.URL))
		}
	}
	b.WriteString(`</head><body><p id="sheet">1<p id="noncesheet">2<p id="attribute" style="width:13px">3` +
		`<p id="handler" onclick="window.probeHandler = true">4</body></html>`)
	return b.String()
}

// probeServer serves pages and everything that they ask for, under all names,
// and remembers what arrived.
type probeServer struct {
	mu      sync.Mutex
	pages   []*probePage
	arrived map[string]bool // by the value of the query parameter p
}

// add makes a page and makes it known. An edited page has a plan, the original
// none.
func (s *probeServer) add(policies response, nonce string, probes []probe, plan *csp.Plan) *probePage {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := len(s.pages)
	p := &probePage{number: number, policies: policies, nonce: nonce, probes: numbered(probes, number)}
	if plan != nil {
		p.tag = tagOf(number, *plan)
	}
	s.pages = append(s.pages, p)
	return p
}

func (s *probeServer) hasArrived(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived[id]
}

func (s *probeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := s.note(r)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if page == nil {
		answerProbe(w, r)
		return
	}
	h["Content-Security-Policy"] = slices.Clone(page.policies.enforced)
	h["Content-Security-Policy-Report-Only"] = slices.Clone(page.policies.reportOnly)
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page.html())
}

// note remembers a request, and returns the page that it asks for, if any.
func (s *probeServer) note(r *http.Request) *probePage {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	if id := query.Get("p"); id != "" {
		s.arrived[id] = true
	}
	number, err := strconv.Atoi(query.Get("page"))
	if err != nil || number < 0 || number >= len(s.pages) {
		return nil
	}
	return s.pages[number]
}

// answerProbe answers a request in the way in which its kind succeeds soonest.
func answerProbe(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		// Refused handshakes would make Chromium wait longer for each next one.
		if c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}); err == nil {
			_ = c.CloseNow()
		}
		return
	}
	answers := map[string][2]string{
		"script": {"text/javascript", "/**/"}, "style": {"text/css", "p{}"}, "worker": {"text/javascript", "postMessage(1)"},
		"image": {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"/>`}, "manifest": {"application/manifest+json", "{}"},
		"iframe": {"text/plain", "frame"}, "object": {"image/gif", "GIF89a"},
	}
	answer, ok := answers[r.Header.Get("Sec-Fetch-Dest")]
	switch r.URL.Path {
	case loaderPath:
		answer[1] = loaderBody
	case widgetPath:
		answer[1] = widgetBody
	case "/sdk.js":
		answer[1] = sdkBody
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	if !ok {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("Content-Type", answer[0])
	_, _ = io.WriteString(w, answer[1])
}
