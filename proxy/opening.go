package proxy

import (
	"sync"
	"time"
)

// A reverse proxy reads the beginning of an answer together with its header, up
// to 4 KiB of both, and the rest right behind it. Written one by one the two take
// three system calls, since net/http's buffers of 2 and 4 KiB are filled and sent
// on the way; joined they take two. A system call costs as much as all the rest
// that is done to a page. So the first write waits for the second: until the site
// flushes or ends, and not for long, since a site may pause without a flush.
const (
	// openingLeast and openingMost bound, in bytes, the first write that waits.
	// What is shorter waits in net/http's own buffer; what is longer is worth a
	// system call. The second has room for what we have added.
	openingLeast = 2 << 10
	openingMost  = 4<<10 + 512
	// openingRoom is how much is joined, in bytes: the first write, and one of the
	// size that proxies copy bodies in.
	openingRoom = openingMost + 32<<10
	// openingGrace is how long the first write waits at most. The second is mostly
	// there already, and the server would have shown the first at once.
	openingGrace = 5 * time.Millisecond
)

var openings = sync.Pool{New: func() any {
	b := make([]byte, 0, openingRoom)
	return &b
}}

// opens says whether the first write of a body is to wait for the second.
func (w *documentWriter) opens(p []byte) bool {
	whole := w.length > 0 && int64(len(p)) >= w.length
	return len(p) > openingLeast && len(p) <= openingMost && !whole
}

// open lets p wait.
func (w *documentWriter) open(p []byte) {
	w.opening = openings.Get().(*[]byte)
	*w.opening = append((*w.opening)[:0], p...)
	w.wake(w.m.openingGrace)
}

// send gives p to the server, behind what waits.
func (w *documentWriter) send(p []byte) (int, error) {
	if w.opening == nil {
		return w.ResponseWriter.Write(p)
	}
	n := min(len(p), openingRoom-len(*w.opening))
	*w.opening = append(*w.opening, p[:n]...)
	if err := w.sendOpening(); err != nil {
		return 0, err
	}
	if n == len(p) {
		return n, nil
	}
	more, err := w.ResponseWriter.Write(p[n:])
	return n + more, err
}

// sendOpening gives the server what waits, if anything does.
func (w *documentWriter) sendOpening() error {
	if w.opening == nil {
		return nil
	}
	w.stopTimer()
	b := w.opening
	w.opening = nil
	_, err := w.ResponseWriter.Write(*b)
	if err == nil { // else the server may still have it, see package inject
		openings.Put(b)
	}
	return err
}
