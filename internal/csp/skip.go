package csp

import (
	"strings"

	"github.com/dunglas/httpsfv"
)

// skip says why nothing may be injected under these lines, if so. A sandbox
// directive is void in a meta element.
func (e *Editor) skip(lines []string, meta bool) Reason {
	for _, line := range lines {
		if !isPrintable(line) {
			return ReasonCharacters
		}
		for start, end := range policies(line) {
			var p policy
			p.parse(line[start:end])
			if reason := e.skipPolicy(&p, meta); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func (e *Editor) skipPolicy(p *policy, meta bool) Reason {
	if l := p.list(sandbox); !meta && p.has(sandbox) &&
		(!l.hasKeyword("allow-scripts") || !l.hasKeyword("allow-same-origin")) {
		return ReasonSandbox
	}
	if !e.trustedTypes && p.list(requireTrustedTypesFor).hasKeyword("'script'") {
		return ReasonTrustedTypes
	}
	for _, k := range fallbacks[scriptSrcElem] {
		if p.list(k).any(isURLOrEvalHash) {
			return ReasonHashSource
		}
	}
	return ""
}

// isURLOrEvalHash recognises CSP3's hashes of URLs and of eval's argument.
func isURLOrEvalHash(token string) bool {
	return hasPrefixFold(token, "'url-sha") || hasPrefixFold(token, "'eval-sha")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// isPrintable says whether all of a line is printable ASCII or ASCII
// whitespace. Browsers differ in what they make of a directive with any other
// character: Chromium drops its value but reserves its name.
func isPrintable(line string) bool {
	for i := range len(line) {
		if c := line[i]; (c < 0x20 || c > 0x7e) && !isSpace(c) {
			return false
		}
	}
	return true
}

// blocksScripts says whether Integrity-Policy header lines demand integrity
// metadata of scripts. The header is a Structured Field (RFC 9651), a
// dictionary whose blocked-destinations is an inner list of tokens (W3C
// Subresource Integrity). Browsers ignore a malformed one, and so do we.
func blocksScripts(lines []string) bool {
	if len(lines) == 0 {
		return false
	}
	dictionary, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return false
	}
	member, _ := dictionary.Get("blocked-destinations")
	blocked, _ := member.(httpsfv.InnerList)
	for _, item := range blocked.Items {
		if item.Value == httpsfv.Token("script") || item.Value == "script" {
			return true
		}
	}
	return false
}
