package webhook

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Result is what became of an event, or of one attempt: the label of a metric.
type Result string

// Results. All but Retried are final, and every event that was handed to
// [Sender.Send] has exactly one final result.
const (
	// Delivered: the receiver has answered 2xx.
	Delivered Result = "delivered"
	// Retried: an attempt has failed, and there will be another one.
	Retried Result = "retried"
	// DroppedFull: the queue was full.
	DroppedFull Result = "dropped_full"
	// DroppedFailed: the last attempt has failed.
	DroppedFailed Result = "dropped_failed"
	// DroppedDisabled: the receiver has answered 410 Gone, now or before.
	DroppedDisabled Result = "dropped_disabled"
	// DroppedShutdown: the Sender was shut down before, or could not finish in
	// time.
	DroppedShutdown Result = "dropped_shutdown"
)

// SenderConfig configures a [Sender]. URL and Secrets are required.
type SenderConfig struct {
	// URL is where events are posted: https, or http to this very machine. It is
	// treated as a secret, since receivers put tokens into paths.
	URL string
	// AllowHTTP permits http to other machines, where the network is trusted.
	AllowHTTP bool
	// Secrets are in the form of Standard Webhooks, "whsec_" and 24 to 64 bytes
	// in base64. All sign, so that one can be replaced by another.
	Secrets []string
	// Queue is how many events may wait. Default 256: some 2 MiB at most.
	Queue int
	// Timeout ends an attempt. Default 10 s.
	Timeout time.Duration
	// Attempts is how often an event is tried. Default 8, which with the default
	// intervals is about two minutes of an address that does not answer.
	Attempts int
	// FirstWait and MaxWait bound the time between attempts, which doubles and
	// is varied by half of itself either way. Default 1 s and 1 minute.
	FirstWait, MaxWait time.Duration
	// Transport makes the requests; nil means one of its own with Go's defaults.
	Transport http.RoundTripper
	// Observe is told each result; nil means nobody. It must be quick and safe
	// for concurrent use.
	Observe func(Result)
	// Logger hears of failures: status codes and kinds of errors, never the URL,
	// a body or a secret. nil means slog.Default().
	Logger *slog.Logger
	// Now is the clock; nil means time.Now. It must be safe for concurrent use.
	Now func() time.Time
	// Rand makes identifiers; nil means crypto/rand. It must be safe for
	// concurrent use.
	Rand io.Reader
}

func (c *SenderConfig) setDefaults() {
	defaultTo(&c.Queue, 256)
	defaultTo(&c.Timeout, 10*time.Second)
	defaultTo(&c.Attempts, 8)
	defaultTo(&c.FirstWait, time.Second)
	defaultTo(&c.MaxWait, max(time.Minute, c.FirstWait))
	if c.Observe == nil {
		c.Observe = func(Result) {}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
}

func defaultTo[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

func (c *SenderConfig) validate() error {
	switch {
	case c.Queue < 0 || c.Attempts < 0:
		return errors.New("webhooks: queue and attempts must be positive")
	case c.Timeout < 0 || c.FirstWait < 0 || c.MaxWait < c.FirstWait:
		return errors.New("webhooks: timeout and waits must be positive, and the first wait not longer than the longest")
	}
	// The parser's error would show the address.
	target, err := url.Parse(c.URL)
	if err != nil || target.Host == "" {
		return errors.New("webhooks: the address must be a URL such as https://crm.example/hooks/cobrowse")
	}
	switch {
	case target.User != nil:
		return errors.New("webhooks: the address must not have a password; the signature says who sends")
	case target.Scheme == "https", target.Scheme == "http" && (c.AllowHTTP || isLoopback(target.Hostname())):
		return nil
	case target.Scheme == "http":
		return fmt.Errorf("webhooks: %s must be reached over https, or plain HTTP be allowed on purpose", target.Hostname())
	}
	return errors.New("webhooks: the address must begin with https://")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
