package inject

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// errFault ends a document that a panic has left half-written.
var errFault = errors.New("rewriter was left by a panic")

// enter begins a call. What is held now can go out as it came, whatever becomes of
// the call.
func (r *Rewriter) enter() {
	r.inside = true
	if !r.decided {
		r.begun = len(r.held())
	}
}

// leave ends a call, which must have set inside to false. Where it has not, it was
// left by a panic: before the decision that is a fault of this package, and must
// not cost anybody the page, so the document passes untouched, with p, the bytes
// that came with the call. After it, part of the document may have left, or dst
// itself has panicked; then the panic goes on, and the document has ended.
func (r *Rewriter) leave(p []byte) {
	if !r.inside {
		return
	}
	r.inside = false
	if r.decided {
		r.err = errFault
		return
	}
	v := recover()
	if v == nil { // the goroutine ends
		r.err = errFault
		return
	}
	r.fault = fmt.Errorf("%v\n%s", v, debug.Stack())
	held := r.held()[:r.begun]
	if rc, ok := r.coded.(*recoder); ok {
		r.err = errFault // for the coroutine, which has nothing left to say
		rc.stop()
		r.err = nil
	}
	// What they had is not used again: nobody knows what the panic has left of it.
	r.coded, r.gzip = nil, splicer{}
	r.page = &page{finder: finder{skip: ReasonInternal}}
	r.commit(held, p)
}

// held is what is held, as it came.
func (r *Rewriter) held() []byte {
	switch {
	case r.gzip.s != nil:
		return r.gzip.s.Fed()
	case r.coded != nil:
		return r.coded.(*recoder).pending
	}
	return r.page.hold
}

// reusable says whether the memory of the document may be used for others. It may
// not after a write that failed: a writer that gives up, as net/http's for HTTP/2
// does when the client resets the stream, may still be about to send what it was
// given, and would send another document to that client.
func (r *Rewriter) reusable() bool { return r.err == nil }
