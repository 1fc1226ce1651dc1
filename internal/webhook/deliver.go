package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// errGone: the receiver has answered 410.
var errGone = errors.New("status 410")

// maxAnswer is how much of an answer is read, so that its connection can be
// used again.
const maxAnswer = 16 << 10

// deliver tries until the message is accepted or given up.
func (s *Sender) deliver(m message) Result {
	if s.isDisabled() {
		return DroppedDisabled
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval, wait.Multiplier = s.cfg.FirstWait, s.cfg.MaxWait, 2
	_, err := backoff.Retry(s.ctx, func() (struct{}, error) { return struct{}{}, s.attempt(m) },
		backoff.WithBackOff(wait),
		backoff.WithMaxTries(uint(s.cfg.Attempts)), //nolint:gosec // validated to be positive
		backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, next time.Duration) {
			s.cfg.Observe(Retried)
			s.cfg.Logger.Info("webhook is tried again", slog.String("id", m.id), slog.String("type", m.kind),
				slog.String("error", err.Error()), slog.Duration("wait", next))
		}))
	switch {
	case err == nil:
		return Delivered
	case errors.Is(err, errGone):
		s.disable()
		return DroppedDisabled
	case s.ctx.Err() != nil:
		return DroppedShutdown
	}
	return DroppedFailed
}

// attempt posts the message once. Its errors may be logged.
func (s *Sender) attempt(m message) error {
	if err := s.ctx.Err(); err != nil {
		return backoff.Permanent(err)
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.cfg.URL, bytes.NewReader(m.body))
	if err != nil {
		return backoff.Permanent(errors.New("the request cannot be made"))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "cobrowse-proxy")
	if err := s.signer.sign(request.Header, m.id, s.cfg.Now(), m.body); err != nil {
		return backoff.Permanent(err)
	}
	response, err := s.client.Do(request) //nolint:gosec // the address is the operator's
	if err != nil {
		return withoutAddress(err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer)
	switch {
	case response.StatusCode >= 200 && response.StatusCode <= 299:
		return nil
	case response.StatusCode == http.StatusGone:
		return backoff.Permanent(errGone)
	}
	return s.refused(response)
}

// refused makes the error of a status that is no success. Retry-After (RFC
// 9110, section 10.2.3) in seconds is kept to, up to MaxWait; the backoff then
// begins anew.
func (s *Sender) refused(response *http.Response) error {
	err := fmt.Errorf("status %d", response.StatusCode)
	seconds, parseErr := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 31)
	if parseErr != nil || seconds == 0 {
		return err
	}
	wait := min(time.Duration(seconds)*time.Second, s.cfg.MaxWait) //nolint:gosec // 31 bits
	return fmt.Errorf("%w: %w", err, &backoff.RetryAfterError{Duration: wait})
}

// withoutAddress says what went wrong without the address, which may have a
// token in its path, and which net/http puts into every error.
func withoutAddress(err error) error {
	if urlError, ok := errors.AsType[*url.Error](err); ok {
		err = urlError.Err
	}
	var netError net.Error
	var opError *net.OpError
	var certError *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return backoff.Permanent(context.Canceled)
	case errors.As(err, &netError) && netError.Timeout():
		return errors.New("no answer in time")
	case errors.As(err, &opError): // names the host and port at most
		return opError
	case errors.As(err, &certError):
		return certError
	}
	return errors.New("the request failed")
}
