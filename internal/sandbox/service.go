package sandbox

import (
	"context"
	"sync"
	"time"
)

// sweepEvery is how late the end of a waiting time may be noticed.
const sweepEvery = time.Second

// Service is the sandbox: an http.Handler, and the sessions behind it. It
// must be ended with [Service.Shutdown] or [Service.Close].
type Service struct {
	cfg   Config
	hub   *hub
	video *videoHub
	files *files

	ctx    context.Context // of all connections
	cancel context.CancelFunc
	mu     sync.Mutex
	open   int  // connections
	closed bool // takes no more
	// waiting counts the connections that have not said who they are, by address.
	waiting map[string]int
	wait    sync.WaitGroup

	// tap, in tests, sees every frame that arrives.
	tap func([]byte)
}

// New starts a sandbox. Its errors wrap [ErrConfig] where the configuration is
// at fault. That the browser bundle is missing is no error here: the service
// then says so where a browser asks for it, and [Bundled] tells.
func New(c Config) (*Service, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	files, err := loadFiles(bundle, &c)
	if err != nil {
		return nil, err
	}
	s := &Service{cfg: c, hub: newHub(c.Limits, c.Now, c.Rand), video: newVideoHub(c.Limits, c.Now), files: files, waiting: make(map[string]int)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wait.Go(s.sweep)
	return s, nil
}

// sweep ends what has waited too long, once a second.
func (s *Service) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			s.hub.sweep()
			s.video.sweep()
		}
	}
}

// Sessions returns how many sessions there are, without those of video.
func (s *Service) Sessions() int { return s.hub.count() }

// VideoSessions returns how many video sessions there are.
func (s *Service) VideoSessions() int { return s.video.count() }

// enter counts a connection in, unless there are too many or the end is near.
// Whoever is in must call leave, and known as soon as it is known who it is.
func (s *Service) enter(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= s.cfg.Limits.Sockets || s.waiting[address] >= s.cfg.Limits.AddressWaiting {
		return false
	}
	s.open++
	s.waiting[address]++
	s.wait.Add(1)
	return true
}

func (s *Service) known(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[address]--; s.waiting[address] <= 0 {
		delete(s.waiting, address)
	}
}

func (s *Service) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.wait.Done()
}

// Shutdown ends all connections and forgets all sessions. It returns when
// every goroutine has ended, or with the context's error. Browsers try to come
// back, and then say that the session has ended.
func (s *Service) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	done := make(chan struct{})
	go func() {
		s.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close is [Service.Shutdown] without a limit.
func (s *Service) Close() error { return s.Shutdown(context.Background()) }
