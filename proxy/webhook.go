package proxy

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/webhook"
)

// newZoomWebhook returns nil where there is no secret to verify with.
func newZoomWebhook(cfg *Config) (*webhook.Zoom, error) {
	if len(cfg.ZoomWebhookSecrets) == 0 {
		return nil, nil
	}
	zoom, err := webhook.NewZoom(webhook.ZoomConfig{Secrets: cfg.ZoomWebhookSecrets, Now: cfg.Now})
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	return zoom, nil
}

// serveZoomWebhook answers POST webhooks/zoom. Whoever asks is Zoom by the
// signature alone: no origin, no cookie and no address counts.
func (d *helpDesk) serveZoomWebhook(w http.ResponseWriter, r *http.Request) {
	if d.zoom == nil {
		writeProblem(w, http.StatusNotFound, "not-found", "Not found", "Zoom's webhooks are not configured.")
		return
	}
	if r.Method != http.MethodPost {
		faultMethod.write(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhook.MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		faultSize.write(w)
		return
	}
	if err != nil {
		faultBody.write(w)
		return
	}
	delivery, err := d.zoom.Receive(r.Header.Get(webhook.HeaderTimestamp), r.Header.Get(webhook.HeaderSignature), body)
	switch {
	case errors.Is(err, webhook.ErrUnverified):
		d.record.observer.Webhook("unverified")
		writeProblem(w, http.StatusUnauthorized, "unverified", "Not verified", "The signature is not Zoom's, or too old.")
		return
	case err != nil:
		d.record.observer.Webhook("invalid")
		faultBody.write(w)
		return
	case delivery.Reply != nil:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(delivery.Reply)
		return
	}
	if f := d.zoomEvent(r, delivery.Event); f != nil {
		d.record.observer.Webhook(f.code)
		f.write(w) // Zoom tries again
		return
	}
	d.record.observer.Webhook("accepted")
	w.WriteHeader(http.StatusNoContent)
}

// zoomEvent joins an event to its record. That a session is not ours is no
// fault: Zoom's account may have other sites.
func (d *helpDesk) zoomEvent(r *http.Request, event *webhook.SessionEvent) *fault {
	if event == nil {
		return nil
	}
	change, err := d.sessions.Zoom(r.Context(), session.ZoomNotice{
		Event: session.ZoomEvent(event.Name), SessionID: event.SessionID,
		UserID: event.UserID, Agent: event.Role == webhook.RoleAgent,
	})
	switch {
	case errors.Is(err, session.ErrNotFound), errors.Is(err, session.ErrInvalid), errors.Is(err, session.ErrOver):
		return nil
	case err != nil:
		return d.sessionFault(err)
	}
	d.record.changed(r.Context(), &change, d.record.requestID(r))
	return nil
}
