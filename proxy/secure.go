package proxy

import (
	"io"
	"net/http"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
)

// secure makes w add what a document lacks of zoomapp.SiteFields. It stands
// between the server and everything else of ours, so that it sees the header as it
// leaves, edited policies included.
func (m *Middleware) secure(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	fields := zoomapp.SiteFields()
	if !m.transport.overTLS(r) {
		fields = fields[1:] // Strict-Transport-Security
	}
	return &securedWriter{ResponseWriter: w, fields: fields}
}

// securedWriter adds header fields to the answer to one document request. Like
// documentWriter it has no Hijack method.
type securedWriter struct {
	http.ResponseWriter
	fields  []zoomapp.Field
	decided bool
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (w *securedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader adds the fields where the final answer is a page of HTML, of
// whatever status: error pages are shown, too.
func (w *securedWriter) WriteHeader(status int) {
	if !w.decided && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.decided = true
		h := w.Header()
		if mediaType, _ := parseContentType(first(h["Content-Type"])); mediaType == "text/html" {
			zoomapp.AddMissing(h, w.fields)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// begin is what net/http does at the first byte.
func (w *securedWriter) begin() {
	if !w.decided {
		w.WriteHeader(http.StatusOK)
	}
}

// Write takes the next part of the body.
func (w *securedWriter) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps sendfile.
func (w *securedWriter) ReadFrom(r io.Reader) (int64, error) {
	w.begin()
	if rf, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return rf.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, r)
}

// Flush is for code that asserts http.Flusher.
func (w *securedWriter) Flush() { _ = w.FlushError() }

// FlushError passes a flush on.
func (w *securedWriter) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Push keeps HTTP/2 server push for handlers that assert http.Pusher.
func (w *securedWriter) Push(target string, opts *http.PushOptions) error {
	if p, ok := w.ResponseWriter.(http.Pusher); ok {
		return p.Push(target, opts)
	}
	return http.ErrNotSupported
}
