package proxy

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
)

// Time limits of the hold. They are not settings: a page whose head arrives at
// once, as nearly all do, never meets them.
const (
	// headGrace is how long the rest of the head may take once the insertion
	// point is known. Only policies in meta elements are found there.
	headGrace = 50 * time.Millisecond
	// holdTimeout is how long a page may take to come to its head. Past it the
	// held bytes go out as they are, so that a dripping site cannot hold
	// connections open with nothing to show.
	holdTimeout = 10 * time.Second
)

// documentWriter stands between the site and the client of one document
// request. It is a small state machine:
//
//	waiting ──WriteHeader──▶ holding ──decision──▶ rewriting ──▶ passing
//	   └──────────(not to be rewritten)──────────────────────────▶┘
//
// It has no Hijack method on purpose: http.ResponseController finds the
// server's through Unwrap, and stops at one that merely asserts.
type documentWriter struct {
	http.ResponseWriter
	m           *Middleware
	head        bool   // a HEAD request
	site        string // public origin, "" = unknown
	guessed     bool   // Sec-Fetch-Dest was missing
	revalidates bool   // the client holds a copy of ours

	// mu guards what follows: the timer of a slow page decides on a goroutine
	// of its own while the site's handler waits for its upstream.
	mu       sync.Mutex
	status   int
	rewriter *inject.Rewriter
	result   inject.Reason // set by the decision
	heldAt   time.Duration // when the hold began, after Middleware.begun
	state    state
	sent     bool  // the header has left
	started  bool  // a byte of the body has come
	ended    bool  // finish or discard was called
	failed   error // what every further Write returns
	timer    *time.Timer
	deadline time.Duration // of the hold, after Middleware.begun
	opening  *[]byte       // what has been written, but waits for more; nil = nothing
	length   int64         // of the body as it leaves; 0 = unknown
	// header is the site's own map. The server's is written from it once, by
	// WriteHeader on the site's goroutine, as net/http does: what the site still
	// does to its map cannot meet our edits, which a timer may make.
	header http.Header
	server siteHeader // the server's, once it was published
	values fieldValues
}

type state uint8

const (
	waiting   state = iota // the site has not said anything final
	holding                // the page's beginning is held, the header too
	rewriting              // bytes go through the rewriter
	passing                // bytes go straight to the client
)

// Unwrap lets http.ResponseController reach the server's own writer.
func (w *documentWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Header returns the fields that the site sets: before WriteHeader the header,
// after it trailers.
func (w *documentWriter) Header() http.Header { return w.header }

// publish gives the server the site's header as it is now.
func (w *documentWriter) publish() {
	h := w.ResponseWriter.Header()
	w.server = siteHeader{h, copyFields(h, w.header)}
	w.m.fields.note(len(w.header))
}

// WriteHeader decides on the final status; informational ones are passed on at
// once.
func (w *documentWriter) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(status)
}

func (w *documentWriter) writeHeader(status int) {
	if w.state != waiting {
		if w.state == passing && !w.ended {
			w.ResponseWriter.WriteHeader(status) // net/http reports the second header
		}
		return
	}
	w.publish()
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.status = status
	h := w.server
	if status == http.StatusNotModified && w.revalidates {
		w.m.confirmCopy(h, w.site, w.guessed)
		w.pass(ReasonNotModified)
		return
	}
	charset, skip := eligible(w.head, status, h)
	if skip == ReasonHead && !w.m.dryRun {
		w.m.headerLikeGet(h, w.site, w.guessed)
	}
	if skip != "" {
		w.pass(skip)
		return
	}
	w.state, w.heldAt = holding, time.Since(w.m.begun)
	w.rewriter = inject.New(bodyWriter{w}, inject.Options{
		Charset:         charset,
		ContentEncoding: strings.Join(h.lines(fieldContentEncoding), ","),
		RequireMarkup:   w.guessed,
		Length:          contentLength(h), // worth a short wait where a gzip page is spliced
		Marker:          w.m.tag.marker,
		Decide:          w.decide,
	})
}

// pass gives the response to the client as it is.
func (w *documentWriter) pass(reason inject.Reason) {
	w.state = passing
	w.result = reason
	w.m.note(w.server.Header, reason)
	w.sent = true
	w.ResponseWriter.WriteHeader(w.status)
}

// Write takes the next part of the body.
func (w *documentWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == waiting {
		w.writeHeader(http.StatusOK)
	}
	if w.state == passing {
		if w.failed != nil { // while the site paused
			return 0, w.failed
		}
		return w.send(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	return w.rewrite(p)
}

// rewrite gives p to the rewriter and follows its state.
func (w *documentWriter) rewrite(p []byte) (int, error) {
	if w.failed != nil {
		return 0, w.failed
	}
	w.started = true
	n, err := w.rewriter.Write(p)
	if err != nil {
		w.failed = err
		return n, err
	}
	w.advance()
	return n, nil
}

// advance moves the state machine on after the rewriter got something to do.
func (w *documentWriter) advance() {
	if !w.rewriter.Decided() {
		w.arm()
		return
	}
	if w.opening == nil {
		w.stopTimer()
	}
	if w.state = rewriting; w.rewriter.Streaming() {
		w.state = passing
	}
}

// arm starts or shortens the clock of a page that did not come at once.
func (w *documentWriter) arm() {
	if w.timer == nil {
		w.deadline = time.Since(w.m.begun) + w.m.holdTimeout
		w.wake(w.m.holdTimeout)
	}
	if w.rewriter.PointKnown() {
		w.wake(min(w.m.headGrace, w.deadline-time.Since(w.m.begun)))
	}
}

// wake sets the clock, which is made where it is needed first.
func (w *documentWriter) wake(after time.Duration) {
	if w.timer == nil {
		w.timer = time.AfterFunc(after, w.expire)
		return
	}
	w.timer.Reset(after)
}

func (w *documentWriter) stopTimer() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// expire goes on with a page whose site pauses. It runs on the timer's
// goroutine, where nobody else would catch a panic.
func (w *documentWriter) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		if v := recover(); v != nil {
			w.failed = errAborted
			w.m.logger.Error("a document could not be completed", "panic", v)
		}
	}()
	waits := w.state == holding && !w.rewriter.Decided()
	if w.ended || w.failed != nil || !waits && w.opening == nil {
		return
	}
	if waits {
		if w.failed = w.release(); w.failed != nil {
			return
		}
	}
	if w.failed = w.sendOpening(); w.failed != nil {
		return
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush() // the next Write reports a lost client
}

// release decides on a page that has waited long enough.
func (w *documentWriter) release() error {
	var err error
	if w.rewriter.PointKnown() {
		err = w.rewriter.Flush()
	} else {
		err = w.rewriter.GiveUp(ReasonHoldTimeout)
	}
	if err != nil {
		return err
	}
	w.advance()
	w.sendHeader() // where nothing but a header has come
	return nil
}

// Flush is for code that asserts http.Flusher.
func (w *documentWriter) Flush() { _ = w.FlushError() }

// FlushError passes a flush on, except while bytes are held: it then only ends
// the wait for the rest of the head.
func (w *documentWriter) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == waiting {
		w.writeHeader(http.StatusOK)
	}
	if w.failed != nil {
		return w.failed
	}
	if w.state != passing {
		if err := w.rewriter.Flush(); err != nil {
			w.failed = err
			return err
		}
		if w.state == holding {
			w.advance()
		}
		if !w.sent {
			return nil
		}
	}
	if err := w.sendOpening(); err != nil {
		w.failed = err
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// ReadFrom keeps sendfile for bodies that we do not touch, and for the rest of
// those that we do.
func (w *documentWriter) ReadFrom(r io.Reader) (int64, error) {
	w.mu.Lock()
	if w.state == waiting {
		w.writeHeader(http.StatusOK)
	}
	w.mu.Unlock()
	total, err := w.copyUntilPassing(r)
	if err != nil {
		return total, err
	}
	n, err := w.passRest(r)
	return total + n, err
}

// copyUntilPassing writes what r gives until no byte needs our eyes any more.
func (w *documentWriter) copyUntilPassing(r io.Reader) (total int64, err error) {
	if w.passing() {
		return 0, nil
	}
	buf := copyBuffers.Get().(*[]byte)
	defer func() {
		if buf != nil {
			copyBuffers.Put(buf)
		}
	}()
	for !w.passing() {
		n, rerr := r.Read(*buf)
		if n > 0 {
			if _, werr := w.Write((*buf)[:n]); werr != nil {
				buf = nil // the server may still have it, see package inject
				return total, werr
			}
			total += int64(n)
		}
		if rerr != nil {
			if rerr == io.EOF { //nolint:errorlint // io.Reader's contract is the bare value
				return total, nil
			}
			return total, rerr
		}
	}
	return total, nil
}

func (w *documentWriter) passRest(r io.Reader) (int64, error) {
	if !w.passing() {
		return 0, nil // r is at its end
	}
	w.mu.Lock()
	err := w.failed
	if err == nil {
		err = w.sendOpening()
	}
	w.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if rf, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return rf.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, r)
}

func (w *documentWriter) passing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state == passing
}

var copyBuffers = sync.Pool{New: func() any {
	b := make([]byte, 32<<10)
	return &b
}}

// Push keeps HTTP/2 server push for handlers that assert http.Pusher.
func (w *documentWriter) Push(target string, opts *http.PushOptions) error {
	if p, ok := w.ResponseWriter.(http.Pusher); ok {
		return p.Push(target, opts)
	}
	return http.ErrNotSupported
}
