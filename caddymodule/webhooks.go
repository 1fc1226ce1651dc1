package caddymodule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/webhook"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// Webhooks takes Zoom's webhooks in, and sends this handler's own out.
type Webhooks struct {
	// ZoomSecrets are the secret tokens of the app in Zoom's portal whose event
	// subscription names `/_cobrowse/webhooks/zoom`; any of them verifies, so that
	// one can be replaced. Placeholders are expanded when the configuration is
	// loaded, and should be used. The default is none: the path is not there.
	ZoomSecrets []string `json:"zoom_secrets,omitempty"`

	// To are programs that are told when a session is created, claimed and
	// ended, signed after Standard Webhooks. The default is none.
	To []WebhookReceiver `json:"to,omitempty"`
}

// WebhookReceiver is a program that is told about sessions.
type WebhookReceiver struct {
	// URL is where events are posted: https, or http to this very machine. It is
	// treated as a secret, since receivers put tokens into paths. Placeholders
	// are expanded when the configuration is loaded. Required.
	URL string `json:"url,omitempty"`

	// Secrets sign, each in the form `whsec_` and 24 to 64 bytes in base64. All
	// sign, so that one can be replaced. Placeholders are expanded when the
	// configuration is loaded, and should be used. Required.
	Secrets []string `json:"secrets,omitempty"`

	// AllowHTTP permits http to other machines, where the network is trusted.
	// The default is false.
	AllowHTTP bool `json:"allow_http,omitempty"`
}

// senders holds the running senders, so that a reload loses no event.
var senders = caddy.NewUsagePool()

// sendersPatience is how long a sender that is no longer used may deliver what
// waits.
const sendersPatience = 5 * time.Second

// pooledSender is a sender that a pool can end.
type pooledSender struct{ *webhook.Sender }

// Destruct implements [caddy.Destructor].
func (s pooledSender) Destruct() error {
	ctx, cancel := context.WithTimeout(context.Background(), sendersPatience)
	defer cancel()
	return s.Shutdown(ctx)
}

// post tells several senders.
type post []*webhook.Sender

// Post implements [proxy.WebhookSender].
func (p post) Post(event proxy.WebhookEvent) {
	now := time.Now()
	for _, s := range p {
		_ = s.Send(event, now) // what is dropped is counted
	}
}

// zoomSecrets expands the secrets of Zoom's webhooks.
func (w *Webhooks) zoomSecrets(repl *caddy.Replacer, logger *slog.Logger) ([]string, error) {
	if w == nil {
		return nil, nil
	}
	return expandSecrets(repl, logger, w.ZoomSecrets, "webhooks zoom_secret", "set it to the secret token that the app's page shows under Access, in Zoom's portal")
}

// expandSecrets expands a list of secrets, and warns of those written out.
func expandSecrets(repl *caddy.Replacer, logger *slog.Logger, raw []string, subdirective, cure string) ([]string, error) {
	var secrets []string
	for _, text := range raw {
		secret, err := expandSecret(repl, text, subdirective, cure)
		if err != nil {
			return nil, err
		}
		if secret == text {
			warnWrittenOut(logger, subdirective, "{env.NAME}")
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// joinSenders returns the senders of a configuration, and the keys to give them
// back with. A result of nil means that nobody is told.
func (w *Webhooks) joinSenders(repl *caddy.Replacer, logger *slog.Logger) (proxy.WebhookSender, []string, error) {
	if w == nil || len(w.To) == 0 {
		return nil, nil, nil
	}
	var all post
	var keys []string
	for i := range w.To {
		sender, key, err := w.To[i].join(repl, logger)
		if err != nil {
			return nil, keys, fmt.Errorf("webhooks to, number %d: %w", i+1, err)
		}
		all, keys = append(all, sender), append(keys, key)
	}
	return all, keys, nil
}

func (r *WebhookReceiver) join(repl *caddy.Replacer, logger *slog.Logger) (*webhook.Sender, string, error) {
	url, err := expandSecret(repl, r.URL, "url", "write the address that events are posted to, such as https://crm.example/hooks")
	if err != nil {
		return nil, "", err
	}
	secrets, err := expandSecrets(repl, logger, r.Secrets, "secret", "write one as the receiver shows it: whsec_ and base64")
	if err != nil {
		return nil, "", err
	}
	made, err := json.Marshal([]any{url, secrets, r.AllowHTTP})
	if err != nil {
		return nil, "", err
	}
	digest := sha256.Sum256(made)
	key := hex.EncodeToString(digest[:])
	value, _, err := senders.LoadOrNew(key, func() (caddy.Destructor, error) {
		s, err := webhook.NewSender(webhook.SenderConfig{
			URL: url, Secrets: secrets, AllowHTTP: r.AllowHTTP, Logger: logger,
			Observe: func(result webhook.Result) { sentTotal.With(prometheus.Labels{"result": string(result)}).Inc() },
		})
		return pooledSender{s}, err
	})
	if err != nil {
		return nil, "", err
	}
	return value.(pooledSender).Sender, key, nil
}

// Interface guards
var (
	_ caddy.Destructor    = pooledSender{}
	_ caddy.Destructor    = (*auditFile)(nil)
	_ proxy.WebhookSender = post(nil)
	_ proxy.Audit         = (*auditFile)(nil)
)
