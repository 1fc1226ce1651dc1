package csp

import "strings"

// kind is a directive that this package reads or edits. All others are opaque.
type kind uint8

const (
	scriptSrcElem kind = iota
	scriptSrc
	styleSrcElem
	styleSrcAttr
	styleSrc
	connectSrc
	imgSrc
	fontSrc
	mediaSrc
	frameSrc
	childSrc
	workerSrc
	defaultSrc
	sandbox
	requireTrustedTypesFor
	trustedTypes
	kinds // how many there are
)

var kindNames = [kinds]string{
	scriptSrcElem:          "script-src-elem",
	scriptSrc:              "script-src",
	styleSrcElem:           "style-src-elem",
	styleSrcAttr:           "style-src-attr",
	styleSrc:               "style-src",
	connectSrc:             "connect-src",
	imgSrc:                 "img-src",
	fontSrc:                "font-src",
	mediaSrc:               "media-src",
	frameSrc:               "frame-src",
	childSrc:               "child-src",
	workerSrc:              "worker-src",
	defaultSrc:             "default-src",
	sandbox:                "sandbox",
	requireTrustedTypesFor: "require-trusted-types-for",
	trustedTypes:           "trusted-types",
}

// fallbacks are the directives that govern a kind, the first present one wins
// (CSP3 section 6.8.3, "Get fetch directive fallback list").
var fallbacks = [kinds][]kind{
	scriptSrcElem: {scriptSrcElem, scriptSrc, defaultSrc},
	scriptSrc:     {scriptSrc, defaultSrc},
	styleSrcElem:  {styleSrcElem, styleSrc, defaultSrc},
	styleSrcAttr:  {styleSrcAttr, styleSrc, defaultSrc},
	connectSrc:    {connectSrc, defaultSrc},
	imgSrc:        {imgSrc, defaultSrc},
	fontSrc:       {fontSrc, defaultSrc},
	mediaSrc:      {mediaSrc, defaultSrc},
	frameSrc:      {frameSrc, childSrc, defaultSrc},
	workerSrc:     {workerSrc, childSrc, scriptSrc, defaultSrc},
	trustedTypes:  {trustedTypes},
}

// directive is where one stands in its policy: text[name:end], of which the
// value is text[value:end], without white space after it. Absent: end is zero.
type directive struct{ value, end int }

// policy is one policy in its written form, read but not copied.
type policy struct {
	text  string
	first [kinds]directive // the first of each name; later ones are inert
}

// parse reads a policy (CSP3 section 2.2.1).
func (p *policy) parse(text string) {
	*p = policy{text: text}
	for start := 0; start <= len(text); {
		end := len(text)
		if i := strings.IndexByte(text[start:], ';'); i >= 0 {
			end = start + i
		}
		p.read(start, end)
		start = end + 1
	}
}

// read notes the directive in text[start:end].
func (p *policy) read(start, end int) {
	for start < end && isSpace(p.text[start]) {
		start++
	}
	for end > start && isSpace(p.text[end-1]) {
		end--
	}
	nameEnd := start
	for nameEnd < end && !isSpace(p.text[nameEnd]) {
		nameEnd++
	}
	k, known := kindOf(p.text[start:nameEnd])
	if known && p.first[k].end == 0 {
		p.first[k] = directive{value: nameEnd, end: end}
	}
}

func kindOf(name string) (kind, bool) {
	for k, n := range kindNames {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return kind(k), true
		}
	}
	return 0, false
}

// has says whether the policy has the directive.
func (p *policy) has(k kind) bool { return p.first[k].end > 0 }

// list is the directive's value: a source list, or what else it is.
func (p *policy) list(k kind) list { return list(p.text[p.first[k].value:p.first[k].end]) }

// governing is the directive that decides on a kind, if any does.
func (p *policy) governing(k kind) (kind, bool) {
	for _, f := range fallbacks[k] {
		if p.has(f) {
			return f, true
		}
	}
	return 0, false
}

// policies yields the parts of a line, or of a meta element's content, between
// its commas. Every part is a policy of its own (CSP3 section 2.2.2), an empty
// one included. The specification does not split meta content, Chromium does.
func policies(line string) func(yield func(start, end int) bool) {
	return func(yield func(start, end int) bool) {
		for start := 0; ; {
			i := strings.IndexByte(line[start:], ',')
			if i < 0 {
				yield(start, len(line))
				return
			}
			if !yield(start, start+i) {
				return
			}
			start += i + 1
		}
	}
}

// isSpace is ASCII whitespace (Infra standard).
func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'
}
