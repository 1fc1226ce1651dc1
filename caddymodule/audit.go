package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// Audit is the tamper-evident record of who was let into whose session: JSON
// lines, each sealed with the one before it. An agent's token leaves only after
// its line is on the disk. `cobrowse-proxy audit verify` checks it.
//
// Where the lines that follow come of another configuration than those before,
// `config.changed` says so, with a hash that gives nothing of it away.
//
// With or without a file, each line about a session or an agent is told to Caddy's
// log and to Caddy's events app, as `cobrowse.` and its event:
// `cobrowse.session.claimed`.
type Audit struct {
	// File is the file that is written to. Its folder must exist. Files that are
	// full stay beside it. Placeholders are expanded when the configuration is
	// loaded. Required.
	File string `json:"file,omitempty"`

	// Key seals the lines: 32 characters or more, random, and kept away from the
	// disk that holds the file. Placeholders are expanded when the configuration
	// is loaded, and should be used. The default is `{env.COBROWSE_AUDIT_KEY}`.
	Key string `json:"key,omitempty"`

	// MaxSize begins a new file when this one has so many bytes, 128 KiB at
	// least. The default is 64 MiB.
	MaxSize int64 `json:"max_size,omitempty"`

	// MaxAge begins a new file when this one is so old. The default is never.
	MaxAge caddy.Duration `json:"max_age,omitempty"`
}

const defaultAuditKey = "{env.COBROWSE_AUDIT_KEY}"

// auditWriters holds the open files by their paths: a file has one writer, which
// a reload hands on.
var auditWriters = caddy.NewUsagePool()

// joinAudit returns the record of a configuration, and the key to give it back
// with. A file that is open already goes on as it is: whether this configuration
// will run is not known yet, and its settings count from its first line on.
func (a *Audit) joinAudit(repl *caddy.Replacer, logger *slog.Logger, origin auditOrigin) (proxy.Audit, string, error) {
	cfg, err := a.config(repl, logger)
	if err != nil {
		return nil, "", err
	}
	value, _, err := auditWriters.LoadOrNew(cfg.Path, func() (caddy.Destructor, error) {
		return newAuditFile(cfg), nil
	})
	if err != nil {
		return nil, "", err
	}
	file := value.(*auditFile)
	handle := file.join(cfg, origin)
	err = file.start(logger)
	if err != nil {
		_, _ = auditWriters.Delete(cfg.Path)
		return nil, "", fmt.Errorf("audit: %w", err)
	}
	return handle, cfg.Path, nil
}

// config expands what the operator wrote.
func (a *Audit) config(repl *caddy.Replacer, logger *slog.Logger) (audit.Config, error) {
	path, err := expand(repl, a.File, "audit file")
	if err != nil {
		return audit.Config{}, err
	}
	if path == "" {
		return audit.Config{}, errors.New("audit file is missing: name the file to write to, such as /var/log/cobrowse/audit.jsonl")
	}
	// What only the operator can mend stops the start; what may pass does not.
	if a.MaxSize != 0 && a.MaxSize < audit.MinSize {
		return audit.Config{}, fmt.Errorf("audit max_size is %d bytes: write %d KiB or more", a.MaxSize, audit.MinSize>>10)
	}
	if a.MaxAge < 0 {
		return audit.Config{}, fmt.Errorf("audit max_age is %v: write a duration above 0, or nothing for files of any age", time.Duration(a.MaxAge))
	}
	if path, err = filepath.Abs(path); err != nil {
		return audit.Config{}, fmt.Errorf("audit file: %w", err)
	}
	raw := a.Key
	if raw == "" {
		raw = defaultAuditKey
	}
	secret, err := expandSecret(repl, raw, "audit key", "set it to 32 random characters or more, such as the output of \"openssl rand -hex 32\", that are kept away from the disk with the record")
	if err != nil {
		return audit.Config{}, err
	}
	if secret == raw {
		warnWrittenOut(logger, "audit key", defaultAuditKey)
	}
	key, err := audit.NewKey([]byte(secret))
	if err != nil {
		return audit.Config{}, fmt.Errorf("audit key: %w: it has 32 characters or more", err)
	}
	return audit.Config{Path: path, Key: key, MaxSize: a.MaxSize, MaxAge: time.Duration(a.MaxAge), Logger: logger}, nil
}
