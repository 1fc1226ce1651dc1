package inject

import (
	"io"
	"sync"
)

// page is the memory that one document needs before its decision. It is used
// again for other documents.
type page struct {
	finder  finder
	head    Head     // what Decide is told
	hold    []byte   // the text so far
	changes []change // see plan
	fresh   []byte   // the tag
	joined  []byte   // the first write
}

var pages = sync.Pool{New: func() any { return new(page) }}

// keep is the largest buffer that goes back into the pool.
const keep = 2 * DefaultHold

func getPage(o *Options) *page {
	p := pages.Get().(*page)
	p.finder.reset(o)
	return p
}

func putPage(p *page) {
	if cap(p.hold) > keep || cap(p.finder.narrow) > keep || cap(p.finder.scanner.metas) > keep/16 {
		return
	}
	p.hold = p.hold[:0]
	clear(p.changes) // lets go of the new policies
	pages.Put(p)
}

// write writes text with its changes, and then tail, in as few writes as that
// takes without much copying.
func (p *page) write(w io.Writer, text, tail []byte, changes []change) error {
	j := joiner{w: w, buf: p.joined[:0], size: firstWrite}
	if int64(len(text)+len(tail))+growth(changes) <= joined {
		j.size = joined
	}
	done := 0
	for _, c := range changes {
		j.add(text[done:c.start])
		j.add(c.text)
		done = c.end
	}
	j.add(text[done:])
	j.add(tail)
	j.flush()
	p.joined = j.buf
	return j.err
}
