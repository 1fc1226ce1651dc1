package webhook

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Errors of [Sender.Send].
var (
	// ErrQueueFull: more events wait than the queue takes.
	ErrQueueFull = errors.New("webhook queue is full")
	// ErrDisabled: the receiver has answered 410 Gone.
	ErrDisabled = errors.New("webhook receiver is gone")
	// ErrShutdown: Shutdown was called.
	ErrShutdown = errors.New("webhook sender is shut down")
)

// Sender posts events to one address. Its methods are safe for concurrent use.
type Sender struct {
	cfg    SenderConfig
	signer signer
	client *http.Client

	mu       sync.Mutex // guards the end of queue, and disabled
	queue    chan message
	closed   bool
	disabled bool

	ctx    context.Context // of the attempts; ended when Shutdown runs out of time
	cancel context.CancelFunc
	done   chan struct{} // closed when the worker has returned
}

// message is an event as it is posted.
type message struct {
	id   string
	kind string
	body []byte
}

// NewSender checks the configuration and starts the sender's goroutine, which
// [Sender.Shutdown] ends. Errors show neither the address nor a secret.
func NewSender(cfg SenderConfig) (*Sender, error) {
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	signer, err := newSigner(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	if cfg.Transport == nil {
		// Its own, so that Shutdown can close its connections.
		cfg.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	s := &Sender{
		cfg: cfg, signer: signer,
		client: &http.Client{
			Transport: cfg.Transport,
			Timeout:   cfg.Timeout,
			// The operator has named one address, and no other one gets the events.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		queue: make(chan message, cfg.Queue),
		done:  make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.work()
	return s, nil
}

// Send queues an event and returns at once. at is when it happened. An error
// ([ErrQueueFull], [ErrDisabled], [ErrShutdown]) means that it is dropped, and
// counted; there is nothing to do about it.
func (s *Sender) Send(event Event, at time.Time) error {
	message, err := s.encode(event, at)
	if err != nil {
		return err
	}
	result, err := s.enqueue(message)
	if err != nil {
		s.cfg.Observe(result)
	}
	return err
}

func (s *Sender) encode(event Event, at time.Time) (message, error) {
	var id [16]byte
	if _, err := io.ReadFull(s.cfg.Rand, id[:]); err != nil {
		return message{}, fmt.Errorf("naming a webhook message: %w", err)
	}
	kind, data := event.event()
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{kind, utcMillis(at), data})
	if err != nil {
		return message{}, fmt.Errorf("webhook %s cannot be encoded: %w", kind, err)
	}
	return message{id: "msg_" + hex.EncodeToString(id[:]), kind: kind, body: body}, nil
}

func (s *Sender) enqueue(m message) (Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return DroppedShutdown, ErrShutdown
	case s.disabled:
		return DroppedDisabled, ErrDisabled
	}
	select {
	case s.queue <- m:
		return "", nil
	default:
		return DroppedFull, ErrQueueFull
	}
}

// Shutdown takes no more events and waits until those in the queue are
// delivered or given up. When ctx ends before, the attempt under way is broken
// off, the rest is dropped, and ctx.Err() returned. It may be called more than
// once.
func (s *Sender) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
	s.mu.Unlock()
	var err error
	select {
	case <-s.done:
	case <-ctx.Done():
		s.cancel()
		<-s.done
		err = ctx.Err()
	}
	s.cancel()
	s.client.CloseIdleConnections()
	return err
}

// work delivers until the queue is closed and empty.
func (s *Sender) work() {
	defer close(s.done)
	for m := range s.queue {
		result := s.deliver(m)
		s.cfg.Observe(result)
		if result != Delivered {
			s.cfg.Logger.Warn("webhook dropped",
				slog.String("id", m.id), slog.String("type", m.kind), slog.String("result", string(result)))
		}
	}
}

func (s *Sender) isDisabled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.disabled
}

func (s *Sender) disable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disabled = true
}
