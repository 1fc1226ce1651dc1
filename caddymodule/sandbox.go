package caddymodule

import (
	"crypto/sha256"
	"encoding/json"
	"log/slog"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// sandboxes holds the running sandboxes, so that a reload ends no session.
var sandboxes = caddy.NewUsagePool()

// sandboxKey tells sandboxes apart: by where they are served and a digest of what
// they were made of.
type sandboxKey struct {
	place  string
	digest [sha256.Size]byte
}

// pooledSandbox is a sandbox that the pool can end.
type pooledSandbox struct{ *proxy.Sandbox }

// Destruct implements [caddy.Destructor].
func (s pooledSandbox) Destruct() error { return s.Close() }

// joinSandbox gives cfg the sandbox of this server, which is started where none
// runs yet. Each call that returns a key needs one call of leaveSandbox.
func joinSandbox(ctx caddy.Context, cfg *proxy.Config, logger *slog.Logger) (*sandboxKey, error) {
	made, err := json.Marshal(madeOf(cfg))
	if err != nil {
		return nil, err
	}
	key := sandboxKey{placeOf(ctx), sha256.Sum256(made)}
	value, running, err := sandboxes.LoadOrNew(key, func() (caddy.Destructor, error) {
		s, err := proxy.NewSandbox(*cfg)
		return pooledSandbox{s}, err
	})
	if err != nil {
		return nil, err
	}
	cfg.Sandbox = value.(pooledSandbox).Sandbox
	if !running {
		logger.Info("the sandbox stands in for Zoom: sessions stay in this process, and need no account")
	}
	return &key, nil
}

// madeOf is what tells sandboxes of a server apart. That video is turned on makes
// no other one unless it has credentials of its own.
func madeOf(cfg *proxy.Config) []any {
	made := []any{cfg.Path, cfg.SDKKey, cfg.SDKSecrets, cfg.Origins}
	if cfg.Video != nil && cfg.Video.SDKKey != "" {
		made = append(made, cfg.Video.SDKKey, cfg.Video.SDKSecrets)
	}
	return made
}

// leaveSandbox gives a sandbox back; the last one ends it.
func leaveSandbox(key sandboxKey) error {
	_, err := sandboxes.Delete(key)
	return err
}
