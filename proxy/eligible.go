package proxy

import (
	"net/http"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
)

// eligible decides on a final response's header whether its body may be
// rewritten, and says why not. charset is Content-Type's.
//
// The order matters where several reasons hold: the one that an operator can
// do most about comes first.
func eligible(head bool, status int, h siteHeader) (charset string, skip inject.Reason) {
	if status < 200 || status == http.StatusNoContent || status == http.StatusResetContent ||
		status == http.StatusNotModified || status >= 300 && status < 400 && first(h.lines(fieldLocation)) != "" {
		return "", ReasonStatus // no body, or one that no browser shows
	}
	types := h.lines(fieldContentType)
	if len(types) != 1 {
		return "", ReasonMediaType // missing or contradictory: no sniffing of our own
	}
	mediaType, charset := parseContentType(types[0])
	switch {
	case mediaType != "text/html":
		return "", ReasonMediaType // XHTML too: XML implies no head, and one malformed byte kills the page
	case status == http.StatusPartialContent || len(h.lines(fieldContentRange)) > 0:
		return "", ReasonPartial
	case attachment(h.lines(fieldContentDisposition)):
		return "", ReasonAttachment
	case listHas(h.lines(fieldCacheControl), "no-transform"):
		return "", ReasonNoTransform // RFC 9111, section 5.2.2.6
	case incremental(h.lines(fieldIncremental)):
		return "", ReasonIncremental
	case head:
		return charset, ReasonHead
	case first(h.lines(fieldContentLength)) == "0":
		return "", ReasonEmpty
	}
	return charset, ""
}

// incremental reports whether a site asks that its response be passed on as it
// comes (RFC 10036).
func incremental(lines []string) bool {
	return strings.TrimSpace(first(lines)) == "?1"
}

// first returns a field's first line, or "". Unlike http.Header.Get, with which
// it is shared otherwise, it does not spell the field's name anew.
func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

// attachment reports whether a Content-Disposition makes the response a file.
// RFC 6266, section 4.2: unknown types are treated as attachment.
func attachment(lines []string) bool {
	for _, line := range lines {
		kind, _, _ := strings.Cut(line, ";")
		if kind = strings.TrimSpace(kind); kind != "" && !strings.EqualFold(kind, "inline") {
			return true
		}
	}
	return false
}
