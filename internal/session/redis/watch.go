package redis

import (
	"context"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// ears hear what other instances announce: one subscription a process, however
// many desks watch, which begins with the first of them.
type ears struct {
	watchers session.Watchers

	mu     sync.Mutex
	stop   context.CancelFunc // nil before the first watcher
	closed bool
	done   sync.WaitGroup
}

// channel is where changes are announced, as the names of sites.
func (s *Store) channel() string { return s.config.Prefix + "wake" }

// Announce is [session.Store].Announce.
func (s *Store) Announce(ctx context.Context, site string) error {
	return s.step(ctx, "announcing a change", func(ctx context.Context) error {
		return s.client.Publish(ctx, s.channel(), site).Err()
	})
}

// Watch is [session.Store].Watch. Watchers are also woken every
// [Config].PollEvery, since a message that is published while a connection is
// down is lost.
func (s *Store) Watch(ctx context.Context, site string) <-chan struct{} {
	s.ears.mu.Lock()
	defer s.ears.mu.Unlock()
	if s.ears.stop == nil && !s.ears.closed {
		listening, stop := context.WithCancel(context.Background())
		s.ears.stop = stop
		s.ears.done.Go(func() { s.listen(listening) })
	}
	return s.ears.watchers.Watch(ctx, site)
}

// listen wakes watchers until the store is closed. The client's channel
// reconnects by itself, and pings a connection that is silent.
func (s *Store) listen(ctx context.Context) {
	subscription := s.client.Subscribe(ctx, s.channel())
	defer func() { _ = subscription.Close() }()
	poll := time.NewTicker(s.config.PollEvery)
	defer poll.Stop()
	announcements := subscription.Channel()
	for {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
			s.ears.watchers.WakeAll()
		case message, open := <-announcements:
			if !open {
				return
			}
			s.ears.watchers.Wake(message.Payload)
		}
	}
}

// close ends the watchers' channels and the subscription, and waits for it.
func (e *ears) close() {
	e.watchers.Close()
	e.mu.Lock()
	e.closed = true
	if e.stop != nil {
		e.stop()
	}
	e.mu.Unlock()
	e.done.Wait()
}
