package proxy

import (
	"hash/fnv"
	"io"
	"net/http"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
)

// request is what a request's header says of the wish behind it.
type request struct {
	skip inject.Reason // why its response is none of our business; "" = it may be
	// guessed is set where the browser did not name the destination
	// (Sec-Fetch-Dest is missing) and older signs had to do. The body must
	// then begin with markup, and caches must know the older signs.
	guessed bool
}

// wanted reports whether the browser asked for a document, whatever becomes of it.
func (q request) wanted() bool { return q.skip == "" }

// classify tells requests for documents from all others.
//
// Browsers name the destination of each request in Sec-Fetch-Dest (Fetch
// Metadata), but only over HTTPS and on loopback. Elsewhere a document is what
// asks for text/html and does not say that a script sent it.
//
// A form's POST that navigates shows a document just as a link does; it counts
// where Sec-Fetch-Dest says so, since nothing else tells it from a script's.
func classify(r *http.Request) request {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return request{skip: ReasonMethod}
	}
	if first(r.Header["Upgrade"]) != "" {
		return request{skip: ReasonUpgrade}
	}
	if dest := r.Header["Sec-Fetch-Dest"]; len(dest) > 0 {
		switch dest[0] {
		case "document", "iframe", "frame", "embed", "object":
			return request{}
		}
		return request{skip: ReasonNotDocument}
	}
	if r.Method == http.MethodPost || first(r.Header["X-Requested-With"]) != "" || !acceptsHTML(r.Header["Accept"]) {
		return request{skip: ReasonNotDocument}
	}
	return request{guessed: true}
}

// acceptsHTML reports whether an Accept header names text/html. Wildcards do
// not count: scripts and tools send those.
func acceptsHTML(accept []string) bool {
	for _, line := range accept {
		for member := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(member, ";")
			if strings.EqualFold(strings.TrimSpace(name), "text/html") {
				return true
			}
		}
	}
	return false
}

// rules are the operator's restrictions, precomputed.
type rules struct {
	only, except  []Matcher
	inside        Matcher // the page is shown inside the agents' client; nil means never
	privateExact  map[string]struct{}
	privatePrefix []string
	percent       float64
	clientIP      func(*http.Request) string
}

func newRules(cfg *Config) rules {
	r := rules{
		only:         cfg.Inject.Only,
		except:       cfg.Inject.Except,
		privateExact: make(map[string]struct{}),
		percent:      100,
		clientIP:     cfg.ClientIP,
	}
	if cfg.AgentApp != nil {
		r.inside = cfg.AgentApp.Inside
	}
	if cfg.Inject.Percent != nil {
		r.percent = *cfg.Inject.Percent
	}
	for _, p := range cfg.Inject.Private {
		p = strings.ToLower(p)
		if prefix, ok := strings.CutSuffix(p, "*"); ok {
			r.privatePrefix = append(r.privatePrefix, prefix)
		} else {
			r.privateExact[p] = struct{}{}
		}
	}
	return r
}

// check returns the reason why the rules keep a document untouched, or "".
func (ru *rules) check(r *http.Request) inject.Reason {
	if ru.private(r) {
		return ReasonPrivate
	}
	if ru.inside != nil && ru.inside(r) {
		return ReasonZoomClient
	}
	if matches(r, ru.except) || len(ru.only) > 0 && !matches(r, ru.only) {
		return ReasonRules
	}
	if ru.percent < 100 && !ru.inShare(r) {
		return ReasonPercent
	}
	return ""
}

// private compares both the decoded path and its cleaned form, so that a
// disguise of a private path (/x/../konto, //konto) stays private. In doubt a
// page is private.
func (ru *rules) private(r *http.Request) bool {
	if len(ru.privateExact) == 0 && len(ru.privatePrefix) == 0 {
		return false
	}
	path := strings.ToLower(r.URL.Path)
	return ru.privatePath(path) || ru.privatePath(clean(path))
}

func (ru *rules) privatePath(path string) bool {
	if _, ok := ru.privateExact[path]; ok {
		return true
	}
	for _, prefix := range ru.privatePrefix {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func matches(r *http.Request, ms []Matcher) bool {
	for _, m := range ms {
		if m(r) {
			return true
		}
	}
	return false
}

// inShare says whether the visitor belongs to the share that gets the button.
// It needs no cookie: address and browser decide, so a visitor keeps the
// answer for as long as both stay the same.
func (ru *rules) inShare(r *http.Request) bool {
	h := fnv.New64a()
	_, _ = io.WriteString(h, ru.clientIP(r)) // a hash never fails
	_, _ = io.WriteString(h, "\x00")
	_, _ = io.WriteString(h, r.UserAgent())
	// FNV's low bits depend on the last bytes most: fold before the division.
	sum := h.Sum64()
	sum ^= sum >> 33
	sum *= 0xff51afd7ed558ccd // MurmurHash3's finaliser
	sum ^= sum >> 33
	return float64(sum%100_000) < ru.percent*1000
}
