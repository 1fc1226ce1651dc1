// Package csptest decides, for tests, what a browser makes of a
// Content-Security-Policy: a plain transcription of Content Security Policy
// Level 3 (W3C, https://www.w3.org/TR/CSP3/), section by section.
//
// It exists to judge edits of policies, so it shares no code with the package
// that makes them and favours likeness to the specification over speed. Parse
// the policies of a response, then ask Allows for each request. Two sets of
// rules are known: the specification's, and what Chromium 156 was measured to
// do where it is stricter. An edit should be right under both.
package csptest

import (
	"net/url"
	"slices"
	"strings"
)

// Rules is whose reading of a policy counts.
type Rules int

// The two readings.
const (
	// Specification is CSP3 to the letter: wss: URLs are matched as https:.
	Specification Rules = iota
	// Chromium matches wss: URLs with wss:, ws:, '*' and 'self' only, and treats
	// workers under default-src as under script-src: 'strict-dynamic' lets all in.
	Chromium
)

// Kind is what is asked for.
type Kind string

// Kinds of fetches, which have a URL, and of inline content, which has none.
const (
	Script   Kind = "script"
	Connect  Kind = "connect"
	Img      Kind = "img"
	Style    Kind = "style"
	Font     Kind = "font"
	Frame    Kind = "frame"
	Worker   Kind = "worker"
	Media    Kind = "media"
	Object   Kind = "object"
	Manifest Kind = "manifest"

	InlineScript    Kind = "inline script"
	InlineHandler   Kind = "inline handler"
	InlineStyle     Kind = "inline style"
	InlineStyleAttr Kind = "inline style attribute"
	Eval            Kind = "eval"
	Wasm            Kind = "wasm"
)

// Request is one thing that a page wants to do.
type Request struct {
	Kind Kind
	URL  string // absolute; of fetches only
	// ParserInserted says that a script element was in the page's markup.
	ParserInserted bool
	Nonce          string // of the element
	Hash           string // of inline content, or the integrity of a script: "sha256-…"
}

// fallback lists (sections 6.8.2 and 6.8.3; for eval 4.4).
var fallback = map[Kind][]string{
	Script:          {"script-src-elem", "script-src", "default-src"},
	InlineScript:    {"script-src-elem", "script-src", "default-src"},
	InlineHandler:   {"script-src-attr", "script-src", "default-src"},
	Eval:            {"script-src", "default-src"},
	Wasm:            {"script-src", "default-src"},
	Style:           {"style-src-elem", "style-src", "default-src"},
	InlineStyle:     {"style-src-elem", "style-src", "default-src"},
	InlineStyleAttr: {"style-src-attr", "style-src", "default-src"},
	Worker:          {"worker-src", "child-src", "script-src", "default-src"},
	Frame:           {"frame-src", "child-src", "default-src"},
	Connect:         {"connect-src", "default-src"},
	Img:             {"img-src", "default-src"},
	Font:            {"font-src", "default-src"},
	Media:           {"media-src", "default-src"},
	Object:          {"object-src", "default-src"},
	Manifest:        {"manifest-src", "default-src"},
}

// Policies are the policies of a page; all must allow a request.
type Policies struct {
	self     *url.URL
	rules    Rules
	policies []map[string][]source
}

// Parse reads header lines (section 2.2) for a page at the given origin.
func Parse(rules Rules, self string, lines []string) (*Policies, error) {
	origin, err := url.Parse(self)
	if err != nil {
		return nil, err
	}
	ps := &Policies{self: origin, rules: rules}
	for _, line := range lines {
		for text := range strings.SplitSeq(line, ",") {
			ps.policies = append(ps.policies, parsePolicy(text))
		}
	}
	return ps, nil
}

// parsePolicy is section 2.2.1.
func parsePolicy(text string) map[string][]source {
	directives := map[string][]source{}
	for token := range strings.SplitSeq(text, ";") {
		words := strings.FieldsFunc(token, func(r rune) bool { return strings.ContainsRune(" \t\n\f\r", r) })
		if len(words) == 0 {
			continue
		}
		name := strings.ToLower(words[0])
		if _, duplicate := directives[name]; !duplicate {
			directives[name] = parseSources(words[1:])
		}
	}
	return directives
}

// Allows says whether every policy allows the request.
func (ps *Policies) Allows(r Request) bool {
	u, err := url.Parse(r.URL)
	if err != nil {
		return false
	}
	for _, p := range ps.policies {
		if !ps.allows(p, r, u) {
			return false
		}
	}
	return true
}

func (ps *Policies) allows(p map[string][]source, r Request, u *url.URL) bool {
	for _, name := range fallback[r.Kind] {
		if list, present := p[name]; present {
			return ps.decide(name, list, r, u)
		}
	}
	return true
}

// decide is the check of the governing directive (section 6.1).
func (ps *Policies) decide(name string, list []source, r Request, u *url.URL) bool {
	switch r.Kind {
	case InlineScript, InlineHandler, InlineStyle, InlineStyleAttr:
		return inlineAllowed(list, r)
	case Eval:
		return contains(list, "'unsafe-eval'")
	case Wasm:
		return contains(list, "'unsafe-eval'") || contains(list, "'wasm-unsafe-eval'")
	case Script:
		return ps.scriptAllowed(list, r, u)
	case Worker:
		if name == "script-src" || name == "default-src" && ps.rules == Chromium {
			return ps.scriptAllowed(list, r, u)
		}
	case Style:
		if matchesNonce(list, r.Nonce) {
			return true
		}
	}
	return ps.matchesAny(list, u)
}

// scriptAllowed is section 6.7.1.1, "script directives pre-request check".
func (ps *Policies) scriptAllowed(list []source, r Request, u *url.URL) bool {
	switch {
	case matchesNonce(list, r.Nonce):
		return true
	case r.Hash != "" && matchesHash(list, r.Hash):
		return true
	case contains(list, "'strict-dynamic'"):
		return !r.ParserInserted
	default:
		return ps.matchesAny(list, u)
	}
}

// inlineAllowed is section 6.7.3.3, "does element match source list for type
// and source".
func inlineAllowed(list []source, r Request) bool {
	script := r.Kind == InlineScript || r.Kind == InlineHandler
	attribute := r.Kind == InlineHandler || r.Kind == InlineStyleAttr
	strict := script && contains(list, "'strict-dynamic'")
	if contains(list, "'unsafe-inline'") && !strict && !slices.ContainsFunc(list, func(s source) bool { return s.nonce != "" || s.hash != "" }) {
		return true
	}
	if !attribute && matchesNonce(list, r.Nonce) {
		return true
	}
	return (!attribute || contains(list, "'unsafe-hashes'")) && matchesHash(list, r.Hash)
}

func contains(list []source, keyword string) bool {
	return slices.ContainsFunc(list, func(s source) bool { return strings.EqualFold(s.text, keyword) })
}
