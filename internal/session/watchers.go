package session

import (
	"context"
	"sync"
)

// Watchers is the half of [Store.Watch] that engines share: it wakes those who
// watch within this process. The zero value is ready for use, and safe for
// concurrent use. It needs no goroutine.
type Watchers struct {
	mu     sync.Mutex
	bySite map[string]map[chan struct{}]bool
	closed bool
}

// Watch is [Store.Watch].
func (w *Watchers) Watch(ctx context.Context, site string) <-chan struct{} {
	c := make(chan struct{}, 1) // one wake waits for a watcher that is busy
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || ctx.Err() != nil {
		close(c)
		return c
	}
	if w.bySite == nil {
		w.bySite = make(map[string]map[chan struct{}]bool)
	}
	if w.bySite[site] == nil {
		w.bySite[site] = make(map[chan struct{}]bool)
	}
	w.bySite[site][c] = true
	context.AfterFunc(ctx, func() { w.leave(site, c) })
	return c
}

// leave closes a watcher's channel, unless Close was faster.
func (w *Watchers) leave(site string, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.bySite[site][c] {
		return
	}
	delete(w.bySite[site], c)
	if len(w.bySite[site]) == 0 {
		delete(w.bySite, site)
	}
	close(c)
}

// Wake wakes the watchers of a site. It never waits for one.
func (w *Watchers) Wake(site string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wake(w.bySite[site])
}

// WakeAll wakes the watchers of all sites.
func (w *Watchers) WakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, watchers := range w.bySite {
		wake(watchers)
	}
}

func wake(watchers map[chan struct{}]bool) {
	for c := range watchers {
		select {
		case c <- struct{}{}:
		default: // it has one to read already
		}
	}
}

// Close closes the channels of all watchers, and of those to come.
func (w *Watchers) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, watchers := range w.bySite {
		for c := range watchers {
			close(c)
		}
	}
	w.bySite = nil
}
