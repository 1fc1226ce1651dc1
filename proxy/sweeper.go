package proxy

import (
	"context"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// sweepEvery is how late it may be written down that a session has expired.
const sweepEvery = 10 * time.Second

// sweeper writes down which sessions have expired, while there are any. It owns
// no goroutine while there are none.
type sweeper struct {
	sessions *session.Manager
	record   *recorder
	site     string
	every    time.Duration

	mu     sync.Mutex
	timer  *time.Timer // nil while nothing is to be swept
	closed bool
}

// arm makes sure that a sweep is to come.
func (s *sweeper) arm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil && !s.closed {
		s.timer = time.AfterFunc(s.every, s.sweep)
	}
}

// sweep runs once, and again later if sessions are left.
func (s *sweeper) sweep() {
	s.mu.Lock()
	s.timer = nil // a session that comes meanwhile may be missed, and arms anew
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), s.every)
	defer cancel()
	swept, err := s.sessions.Sweep(ctx, s.site)
	for i := range swept.Changes {
		s.record.changed(ctx, &swept.Changes[i], "")
	}
	found, listErr := s.sessions.List(ctx, session.Query{Site: s.site, All: true, Limit: 1})
	if err == nil && listErr == nil {
		s.record.observer.Sessions(found.Waiting, found.Active)
	}
	// The list may be a little older than the sweep: what it still shows is to
	// leave the gauges, too.
	if err != nil || listErr != nil || swept.Left > 0 || len(swept.Changes) > 0 || found.Waiting+found.Active > 0 {
		s.arm()
	}
}

// close ends it. A sweep that runs is not waited for.
func (s *sweeper) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
