package proxy

import (
	"encoding/json"
	"net/http"
)

// problem is an error for programs and people (RFC 9457). It has no type of
// its own ("about:blank"): code, an extension member, is what programs compare.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   string `json:"code"`
}

// writeProblem answers with an error. The code is a stable kebab-case word;
// the title belongs to the code and never changes either; the detail says what
// happened this time, with the cure, and never quotes the client.
func writeProblem(w http.ResponseWriter, status int, code, title, detail string) {
	writeJSON(w, status, "application/problem+json", problem{title, status, detail, code})
}

// writeJSON answers with a value that encoding/json cannot fail on. Nobody may
// store or sniff the answer. Strings are escaped so that they could stand in
// HTML.
func writeJSON(w http.ResponseWriter, status int, contentType string, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a lost client is nobody's fault
}
