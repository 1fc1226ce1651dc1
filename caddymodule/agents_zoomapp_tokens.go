package caddymodule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/webhook"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/zoomapp"
)

// ZoomAppTokens keeps the tokens with which the app can be opened for a user on the
// list of agents who has installed it. They are kept in Caddy's storage, and so shared by the instances
// that share it, one entry for each user, sealed with AES-256-GCM: neither a token nor
// a user's ID can be read there. An entry goes when Zoom takes the tokens no more,
// and when Zoom tells that the user has removed the app.
type ZoomAppTokens struct {
	// Keys are secrets of 32 random bytes, in base64 or hexadecimal, as
	// `openssl rand -base64 32` gives them. The first one seals; all of them open, so
	// that a key can be changed: what is refreshed is sealed anew, and what is not
	// refreshed for 90 days is of no use to Zoom either. Placeholders are expanded
	// when the configuration is loaded, and should be used. Required.
	Keys []string `json:"keys,omitempty"`

	// SecretToken is that of the app's event subscription in Zoom's Marketplace, by
	// which Zoom's notices are known. With it, `/_cobrowse/zoomapp/deauthorized`
	// takes the event that a user has removed the app, and forgets the user's
	// tokens. Placeholders are expanded when the configuration is loaded, and should
	// be used. By default the path is not there.
	SecretToken string `json:"secret_token,omitempty"`
}

// parseTokens reads the block tokens.
func (i *ZoomAppInstall) parseTokens(p *parser) error {
	i.Tokens = new(ZoomAppTokens)
	return p.blockOnly(map[string]word{
		"key":          {usage: "key <key> [<previous key>...]", parse: func(p *parser) error { return p.many(&i.Tokens.Keys) }},
		"secret_token": textWord("secret_token <token>", &i.Tokens.SecretToken),
	})
}

func (t *ZoomAppTokens) check() error {
	if len(t.Keys) == 0 {
		return errors.New("install tokens: key is missing: tokens are kept sealed or not at all; make one with `openssl rand -base64 32`, and write it as key {env.ZOOM_APP_TOKEN_KEY}")
	}
	return nil
}

// prepareTokens gives cfg where tokens are kept, and what seals them.
func (a *ZoomAppAgents) prepareTokens(ctx caddy.Context, repl *caddy.Replacer, id string, cfg *zoomapp.InstallConfig) error {
	vault, err := a.Install.Tokens.vault(repl, ctx.Slogger())
	if err != nil {
		return err
	}
	agents := a.names()
	cfg.KeepFor = func(userID string) bool { return agents[userID] != "" }
	cfg.Vault, cfg.Store = vault, &storedTokens{storage: ctx.Storage(), app: id, logger: ctx.Slogger()}
	return a.prepareNotices(repl, ctx.Slogger(), id)
}

func (t *ZoomAppTokens) vault(repl *caddy.Replacer, logger *slog.Logger) (*zoomapp.Vault, error) {
	const cure = "make one with `openssl rand -base64 32`, and keep it where the storage is not"
	texts, err := expandSecrets(repl, logger, t.Keys, "key", cure)
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for n, text := range texts {
		key, err := zoomapp.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("key, number %d: %w", n+1, err)
		}
		keys = append(keys, key)
	}
	return zoomapp.NewVault(nil, keys...)
}

// prepareNotices makes what checks Zoom's notices, if there is a secret for it.
func (a *ZoomAppAgents) prepareNotices(repl *caddy.Replacer, logger *slog.Logger, id string) error {
	t := a.Install.Tokens
	if t.SecretToken == "" {
		logger.Warn("tokens of users who remove the Zoom App are kept until Zoom refuses them",
			"cure", "write secret_token in install tokens, and subscribe the app to app_deauthorized in Zoom's Marketplace")
		return nil
	}
	secrets, err := expandSecrets(repl, logger, []string{t.SecretToken}, "secret_token", "set it to the secret token that the app's page in Zoom's Marketplace shows, under Access")
	if err != nil {
		return err
	}
	zoom, err := webhook.NewZoom(webhook.ZoomConfig{Secrets: secrets})
	if err != nil {
		return err
	}
	a.notices = &zoomAppNotices{zoom: zoom, app: id, logger: logger}
	return nil
}

// storedTokens is a [zoomapp.TokenStore] in Caddy's storage.
type storedTokens struct {
	storage certmagic.Storage
	app     string
	logger  *slog.Logger
}

// key returns the entry of a user. It is a digest, so that nobody reads in the
// storage who uses the app, and a name that every storage takes.
func (s *storedTokens) key(userID string) string {
	sum := sha256.Sum256([]byte("cobrowse zoomapp tokens\x00" + s.app + "\x00" + userID))
	return "cobrowse/zoomapp/" + hex.EncodeToString(sum[:])
}

// Save implements [zoomapp.TokenStore].
func (s *storedTokens) Save(ctx context.Context, userID, sealed string) error {
	return s.storage.Store(ctx, s.key(userID), []byte(sealed))
}

// Load implements [zoomapp.TokenStore].
func (s *storedTokens) Load(ctx context.Context, userID string) (string, error) {
	sealed, err := s.storage.Load(ctx, s.key(userID))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(sealed), err
}

// Delete implements [zoomapp.TokenStore].
func (s *storedTokens) Delete(ctx context.Context, userID string) error {
	return s.storage.Delete(ctx, s.key(userID))
}

// Lock implements [zoomapp.TokenStore].
func (s *storedTokens) Lock(ctx context.Context, userID string) (unlock func(), err error) {
	key := s.key(userID)
	if err := s.storage.Lock(ctx, key); err != nil {
		return nil, fmt.Errorf("waiting for the user's tokens: %w", err)
	}
	ctx = context.WithoutCancel(ctx)
	return func() {
		if err := s.storage.Unlock(ctx, key); err != nil {
			s.logger.Warn("the lock of a Zoom user's tokens was not released: it ends by itself", "error", err)
		}
	}, nil
}

// zoomAppNotices takes Zoom's notices about the app.
type zoomAppNotices struct {
	zoom   *webhook.Zoom
	app    string
	forget func(ctx context.Context, userID string) error
	logger *slog.Logger
}

// ServeHTTP answers POST deauthorized. Whoever asks is Zoom by the signature alone.
func (n *zoomAppNotices) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "this path takes Zoom's notices, by POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhook.MaxBody))
	if err != nil {
		http.Error(w, "the body cannot be read, or is too large", http.StatusRequestEntityTooLarge)
		return
	}
	delivery, err := n.zoom.Receive(r.Header.Get(webhook.HeaderTimestamp), r.Header.Get(webhook.HeaderSignature), body)
	switch {
	case errors.Is(err, webhook.ErrUnverified):
		http.Error(w, "the signature is not Zoom's, or too old", http.StatusUnauthorized)
	case err != nil:
		http.Error(w, "the body is not one of Zoom's notices", http.StatusBadRequest)
	case delivery.Reply != nil:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(delivery.Reply) // a lost client is nobody's fault
	case delivery.Deauthorized == nil || delivery.Deauthorized.ClientID != n.app:
		w.WriteHeader(http.StatusNoContent) // no matter of ours: Zoom repeats what is refused
	default:
		n.deauthorized(w, r, delivery.Deauthorized.UserID)
	}
}

func (n *zoomAppNotices) deauthorized(w http.ResponseWriter, r *http.Request, userID string) {
	if err := n.forget(r.Context(), userID); err != nil {
		n.logger.Error("tokens of a Zoom user who has removed the app could not be deleted", "error", err)
		http.Error(w, "this does not work at the moment", http.StatusServiceUnavailable) // Zoom tries again
		return
	}
	n.logger.Info("a Zoom user has removed the app: the user's tokens are deleted")
	w.WriteHeader(http.StatusNoContent)
}

// Interface guard
var _ zoomapp.TokenStore = (*storedTokens)(nil)
