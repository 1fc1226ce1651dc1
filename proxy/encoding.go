package proxy

import (
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// acceptsCoding reports whether an Accept-Encoding names a content coding
// without forbidding it by q=0 (RFC 9110, section 12.5.3). Wildcards do not
// count: what sends them copes with identity.
func acceptsCoding(lines []string, coding string) bool {
	for _, line := range lines {
		for member := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(member, ";")
			if strings.EqualFold(textproto.TrimString(name), coding) {
				return !zeroQuality(params)
			}
		}
	}
	return false
}

// zeroQuality reports whether parameters hold q=0, which forbids (RFC 9110,
// section 12.4.2).
func zeroQuality(params string) bool {
	name, q, _ := strings.Cut(params, "=")
	q = textproto.TrimString(q)
	return strings.EqualFold(textproto.TrimString(name), "q") && q != "" && strings.Trim(q, "0.") == ""
}

// writeBody answers with body, or with 304 where the client has it.
func writeBody(w http.ResponseWriter, r *http.Request, tag string, body []byte) {
	for _, line := range r.Header["If-None-Match"] {
		for have := range splitETags(line) {
			if strings.TrimPrefix(have, "W/") == tag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a lost client is nobody's fault
	}
}
