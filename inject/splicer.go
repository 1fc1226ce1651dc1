package inject

import (
	"errors"
	"fmt"
	"io"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject/splice"
)

const (
	// lookStep is how much more text is decoded each time that the finder
	// asks for more: what is behind the end of head is decoded in vain.
	lookStep = 512
	// feedStep is how many compressed bytes a splicer gets at once, before the
	// decision. Those that it does not need by then are not copied.
	feedStep = 16 << 10
)

// splicer is the way of a gzip body through a [Rewriter]: package splice
// decodes as much of it as the finder wants to see, and puts the tag in without
// compressing anything anew. A document whose policies are to be edited goes to
// a [recoder] instead, from its beginning.
//
// Until the decision the compressed bytes are kept, so that the document can
// still pass untouched, to the byte.
type splicer struct {
	r *Rewriter
	s *splice.Splicer

	rest     []byte // of the bytes being written, what has not been fed
	ready    bool   // the finder has nothing more to wait for
	editing  bool   // the place is known to s
	inserted bool   // the tag too, and dst
}

// write takes the next compressed bytes.
func (g *splicer) write(p []byte) {
	r := g.r
	if g.inserted {
		_, err := g.s.Write(p)
		g.fail(err)
		return
	}
	for len(p) > 0 && !r.decided {
		n := min(len(p), feedStep)
		g.s.Feed(p[:n])
		p = p[n:]
		g.rest = p
		if g.advance(false); r.coded != coded(g) {
			return // it has been handed over, with the rest
		}
		if !r.decided && len(p) > 0 && len(g.s.Fed()) >= r.opts.Limits.Pending {
			g.giveUp()
		}
	}
	if !r.decided && r.opts.Length <= 0 {
		g.commitIfReady()
	}
	if !r.decided && len(g.s.Fed()) >= r.opts.Limits.Pending {
		g.giveUp()
	}
	g.rest = nil
}

// advance lets the finder read what has come, and the splicer work on it, and
// decides as soon as the growth is known. With eof no more will come.
func (g *splicer) advance(eof bool) {
	f := &g.r.page.finder
	for !g.ready {
		state := g.s.Look(len(g.s.Text()) + lookStep)
		if state == splice.Corrupt {
			g.pass(ReasonCorrupt)
			return
		}
		g.ready = f.read(g.s.Text(), eof && state == splice.End, false)
		if state != splice.Enough {
			break
		}
	}
	switch {
	case !g.ready:
		return
	case f.skip != "":
		g.pass(f.skip)
		return
	case !g.editing && len(f.policies(g.s.Text())) > 0:
		g.handOver()
		return
	}
	g.editing = true
	switch g.s.Edit(f.offset(f.scanner.point)) {
	case splice.Settled:
		g.commit()
	case splice.Corrupt:
		g.pass(ReasonCorrupt)
	}
}

// commitIfReady decides although the growth is not known.
func (g *splicer) commitIfReady() {
	if g.ready {
		g.commit()
	}
}

// giveUp ends the wait because too much is held.
func (g *splicer) giveUp() {
	if g.ready {
		g.commit()
	} else {
		g.pass(ReasonPending)
	}
}

// flush decides if that is possible, and gives out what is held back.
func (g *splicer) flush() {
	r := g.r
	if g.inserted {
		g.fail(g.s.Flush())
		return
	}
	if r.decided {
		return
	}
	if !g.ready && r.page.finder.read(g.s.Text(), false, true) {
		g.ready = true
		if g.advance(false); r.coded != coded(g) {
			r.coded.flush()
			return
		}
	}
	if !r.decided {
		g.commitIfReady()
	}
}

// close says that no more will come.
func (g *splicer) close() {
	r := g.r
	if !r.decided {
		if g.advance(true); r.coded != coded(g) {
			r.coded.close()
			return
		}
	}
	if !r.decided {
		g.pass(ReasonTruncated)
	}
	if g.inserted {
		g.fail(g.s.Close())
	}
}

// pass lets the document through untouched.
func (g *splicer) pass(why Reason) {
	g.r.page.finder.skip = why
	g.commit()
}

// commit makes the decision, and writes what is held.
func (g *splicer) commit() {
	r := g.r
	changes := r.decide(g.s.Text())
	if changes == nil {
		r.streaming = true
		r.err = r.page.write(r.dst, g.s.Fed(), g.rest, nil)
		r.freePage()
		return
	}
	r.method = MethodSpliced
	g.inserted = true
	g.fail(g.s.Insert(r.dst, changes[0].text, g.rest))
	r.freePage()
}

// handOver gives the document to a recoder, which starts over with it.
func (g *splicer) handOver() {
	r := g.r
	r.page.finder.reset(&r.opts)
	r.coded = newRecoder(r, gzipCoding{})
	for _, p := range [...][]byte{g.s.Fed(), g.rest} {
		switch {
		case r.err != nil || len(p) == 0:
		case r.streaming:
			_, r.err = r.dst.Write(p)
		default:
			r.coded.write(p)
		}
	}
	g.free()
}

// free gives memory back.
func (g *splicer) free() {
	if g.inserted {
		g.r.growth, g.r.exact = g.s.Growth()
	}
	if g.r.reusable() {
		g.s.Free()
	}
	g.s, g.rest = nil, nil
}

// fail takes an error of the splicer's, which ends everything.
func (g *splicer) fail(err error) {
	if errors.Is(err, splice.ErrCorrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	if g.r.err == nil {
		g.r.err = err
	}
}
