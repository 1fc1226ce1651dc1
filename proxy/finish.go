package proxy

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// bodyWriter is where the rewriter writes: it sends the held header first.
type bodyWriter struct{ w *documentWriter }

func (b bodyWriter) Write(p []byte) (int, error) {
	first := !b.w.sent
	b.w.sendHeader()
	if first && b.w.opens(p) {
		b.w.open(p)
		return len(p), nil
	}
	return b.w.send(p)
}

// sendHeader lets the header leave, with the length that the body will have.
func (w *documentWriter) sendHeader() {
	if w.sent {
		return
	}
	w.sent = true
	w.length = contentLength(w.server)
	if w.result == Injected {
		w.setLength(w.server.Header)
	}
	w.m.observer.Held(string(w.rewriter.Method()), time.Since(w.m.begun)-w.heldAt)
	w.ResponseWriter.WriteHeader(w.status)
}

// setLength keeps Content-Length exact where the growth is known, and removes
// it elsewhere.
func (w *documentWriter) setLength(h http.Header) {
	growth, exact := w.rewriter.Growth()
	if w.length <= 0 || !exact {
		w.length = 0
		delete(h, "Content-Length")
		return
	}
	w.length += growth
	h["Content-Length"] = w.values.one(strconv.FormatInt(w.length, 10))
}

// contentLength is the body's length that a header gives, or 0 where it gives
// none that can be believed.
func contentLength(h siteHeader) int64 {
	lines := h.lines(fieldContentLength)
	if len(lines) != 1 {
		return 0
	}
	n, err := strconv.ParseInt(lines[0], 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// finish completes the response after the site's handler returned.
func (w *documentWriter) finish() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.stopTimer()
	if w.state == waiting { // nothing final was said: net/http will send an empty 200, or the connection was taken over
		w.publish()
		w.result = ReasonEmpty
		w.m.note(w.server.Header, ReasonEmpty)
		return nil
	}
	if w.state == holding && !w.started {
		w.rewriter.Discard()
		w.pass(ReasonEmpty)
		return nil
	}
	defer w.sendTrailers()
	if w.rewriter == nil {
		return nil
	}
	err := w.failed
	if err == nil {
		err = w.rewriter.Close()
	} else {
		w.rewriter.Discard()
	}
	return errors.Join(err, w.sendOpening())
}

// sendTrailers gives the server the trailers among the fields that the site
// has set: announced ones and those with net/http's prefix. Those that were
// computed over a body which is not the site's any more stay behind.
func (w *documentWriter) sendTrailers() {
	h := w.ResponseWriter.Header()
	announced := w.server.lines(fieldTrailer)
	for name, values := range w.header {
		field, prefixed := strings.CutPrefix(name, http.TrailerPrefix)
		switch {
		case !prefixed && (len(announced) == 0 || !listHas(announced, name)):
		case w.result == Injected && isDigest(field):
			delete(h, name)
		default:
			h[name] = values
		}
	}
}

// discard gives up after the site failed. What is held is not written: the
// header has not left, so error routes can still answer.
func (w *documentWriter) discard() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.stopTimer()
	if w.rewriter != nil {
		w.rewriter.Discard()
	}
	_ = w.sendOpening() // it belongs to a response that has begun
	if w.state == waiting {
		w.publish() // error routes find what they would find without us
	}
	if w.state == waiting || w.state == holding {
		w.result = ReasonSiteError
		w.m.observer.Injection(string(ReasonSiteError))
	}
}

// digests are fields whose value was computed over the site's bytes
// (RFC 9530 and its successor draft, RFC 3230, RFC 1864), and signatures, which
// cover them (RFC 9421).
var digests = [...]string{
	"Content-Md5", "Digest", "Content-Digest", "Repr-Digest", "Unencoded-Digest", "Signature", "Signature-Input",
}

// dropDigests removes what is not true any more of a body that has changed.
func dropDigests(h siteHeader) {
	if h.has(fieldAcceptRanges) {
		delete(h.Header, "Accept-Ranges")
	}
	if !h.has(fieldDigest) {
		return
	}
	for _, name := range digests {
		delete(h.Header, name)
	}
}

// dropAnnounced takes the digests off a Trailer field.
func dropAnnounced(h siteHeader) {
	lines := h.lines(fieldTrailer)
	if len(lines) == 0 {
		return
	}
	var kept []string
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.TrimSpace(name)
			if name != "" && !isDigest(name) {
				kept = append(kept, name)
			}
		}
	}
	if len(kept) == 0 {
		delete(h.Header, "Trailer")
		return
	}
	h.Header["Trailer"] = kept
}

func isDigest(name string) bool {
	for _, d := range digests {
		if strings.EqualFold(name, d) {
			return true
		}
	}
	return false
}
