package inject

import (
	"io"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject/splice"
)

// Rewriter is one document on its way to dst. It is not safe for concurrent
// use. Close or Discard must be called, or its memory stays out of the pool
// and, with a compressed body, a goroutine stays behind.
type Rewriter struct {
	dst  io.Writer
	opts Options

	page  *page // nil once it is decided and written
	coded coded // nil with an identity body
	gzip  splicer

	decided   bool
	streaming bool
	closed    bool
	growth    int64
	exact     bool // growth is
	method    Method
	err       error // ends everything

	begun  int  // how much was held when the present call began
	inside bool // a call is under way, or has been left by a panic
	fault  error
}

// coded is the way of a compressed body: a [splicer] or a [recoder].
type coded interface {
	write(p []byte)
	flush()
	close()
	pass(why Reason)
	free()
}

// New returns a Rewriter that writes one document to dst. Nothing is written,
// and Decide is not called, before the first Write, Flush or Close.
func New(dst io.Writer, o Options) *Rewriter {
	o.Limits.setDefaults()
	r := &Rewriter{dst: dst, opts: o, page: getPage(&o)}
	switch name := strings.ToLower(strings.TrimSpace(o.ContentEncoding)); name {
	case "", "identity":
	case "gzip", "x-gzip":
		r.gzip = splicer{r: r, s: splice.New()}
		r.gzip.s.Expect(max(o.Length, 0))
		r.coded = &r.gzip
	default:
		if c := newCoding(name); c != nil {
			r.coded = newRecoder(r, c)
		} else {
			r.page.finder.skip = ReasonContentEncoding
		}
	}
	return r
}

// Write takes the next bytes of the document, in its content coding. It keeps
// nothing of p. Until the decision the bytes are held; an error of dst, or
// [ErrInflation] or [ErrEncoding] after the decision, ends the document: the
// caller must abort the response, since what is missing cannot be made good.
func (r *Rewriter) Write(p []byte) (int, error) {
	switch {
	case r.closed:
		return 0, ErrClosed
	case r.err != nil:
		return 0, r.err
	case r.streaming:
		return r.dst.Write(p)
	}
	if r.take(p); r.err != nil {
		return 0, r.err
	}
	return len(p), nil
}

// take is Write before all that is left to do is to pass bytes on.
func (r *Rewriter) take(p []byte) {
	r.enter()
	defer r.leave(p)
	if r.coded != nil {
		r.coded.write(p)
	} else {
		r.write(p)
	}
	r.inside = false
}

// write is Write for an identity body before the decision.
func (r *Rewriter) write(p []byte) {
	pg := r.page
	if len(pg.hold) == 0 {
		// Most often the first bytes are all it takes: no need to hold them.
		if pg.finder.read(p, false, false) {
			r.commit(p, nil)
		} else {
			pg.hold = append(pg.hold, p...)
		}
		return
	}
	n := min(len(p), r.opts.Limits.Hold-len(pg.hold))
	pg.hold = append(pg.hold, p[:n]...)
	if pg.finder.read(pg.hold, false, false) {
		r.commit(pg.hold, p[n:])
	}
}

// Flush says that the upstream flushed. Where the insertion point is known it
// ends the wait for the end of head, and it makes an encoder give out what it
// has; while the point is unknown it does nothing. It does not flush dst.
func (r *Rewriter) Flush() error {
	switch {
	case r.closed:
		return ErrClosed
	case r.err != nil || r.streaming:
		return r.err
	}
	r.flush()
	return r.err
}

// flush is Flush where there may be something to do.
func (r *Rewriter) flush() {
	r.enter()
	defer r.leave(nil)
	if r.coded != nil {
		r.coded.flush()
	} else if r.page.finder.read(r.page.hold, false, true) {
		r.commit(r.page.hold, nil)
	}
	r.inside = false
}

// Close says that the document is complete: it decides if that is still to
// do, writes what is held and ends the compressed stream. It does not close
// dst. After Close or Discard it does nothing.
func (r *Rewriter) Close() error {
	if r.closed {
		return nil
	}
	if r.err == nil && !r.streaming {
		r.finish()
	}
	r.Discard()
	return r.err
}

// finish is Close where there is something left to do.
func (r *Rewriter) finish() {
	r.enter()
	defer r.leave(nil)
	if r.coded != nil {
		r.coded.close()
	} else {
		r.page.finder.read(r.page.hold, true, false)
		r.commit(r.page.hold, nil)
	}
	r.inside = false
}

// Discard gives memory back and writes nothing more, not even what is held.
// It is for an upstream that failed. After Close it does nothing, so it may
// be deferred.
func (r *Rewriter) Discard() {
	r.closed = true
	if r.coded != nil {
		r.coded.free()
		r.coded = nil
	}
	r.freePage()
}

// Decided says whether Decide has been called, and so whether bytes may have
// gone to dst.
func (r *Rewriter) Decided() bool { return r.decided }

// Growth says how many bytes longer the body is than the original, which may
// be negative where policies became shorter. It is valid from the moment of the
// first write to dst. It is not exact where the body is compressed anew, or was
// spliced before enough of it had come, see [Options.Length]: no
// Content-Length can be told then.
func (r *Rewriter) Growth() (n int64, exact bool) {
	if g, ok := r.coded.(*splicer); ok && g.inserted {
		return g.s.Growth()
	}
	return r.growth, r.exact
}

// Streaming says that from now on Write hands its bytes straight to dst,
// unmodified: the caller may bypass the Rewriter, but must still close it.
func (r *Rewriter) Streaming() bool { return r.streaming }

// decide asks Decide. It returns nil where the document passes untouched.
func (r *Rewriter) decide(text []byte) []change {
	f := &r.page.finder
	var policies []policy
	head := &r.page.head
	*head = Head{Skip: f.skip, Fault: r.fault}
	if f.skip == "" {
		policies = f.policies(text)
		head.Charset = f.charset
		head.Complete = f.complete()
		for _, p := range policies {
			head.Policies = append(head.Policies, p.content)
		}
	}
	r.decided = true
	r.method, r.exact = MethodUntouched, true
	var e Edit
	if r.opts.Decide != nil {
		e = r.opts.Decide(head)
	}
	*head = Head{} // lets go of the policies
	if f.skip != "" || e.Tag == "" {
		return nil
	}
	changes := r.page.plan(policies, e)
	r.growth = growth(changes)
	return changes
}

// commit decides about an identity body and writes what has come of it: text,
// which has the head, and tail, which follows it.
func (r *Rewriter) commit(text, tail []byte) {
	changes := r.decide(text)
	r.streaming = true
	if changes != nil {
		r.method = MethodInserted
	}
	r.err = r.page.write(r.dst, text, tail, changes)
	r.freePage()
}

func (r *Rewriter) freePage() {
	if r.page != nil && r.reusable() {
		putPage(r.page)
	}
	r.page = nil
}
