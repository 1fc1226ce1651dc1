package caddymodule

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// TestAuditRefused starts with what only the operator can mend: the error names
// the word and the cure, and comes when the configuration is loaded, not with
// the first agent.
func TestAuditRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	key := strings.Repeat("k", 32)
	for name, c := range map[string]struct {
		audit Audit
		want  string
	}{
		"no file":          {Audit{Key: key}, "audit file is missing"},
		"a short key":      {Audit{File: file, Key: "short"}, "audit key"},
		"tiny files":       {Audit{File: file, Key: key, MaxSize: 96 << 10}, "audit max_size is 98304 bytes: write 128 KiB or more"},
		"a negative size":  {Audit{File: file, Key: key, MaxSize: -1}, "audit max_size is -1 bytes"},
		"a negative age":   {Audit{File: file, Key: key, MaxAge: caddy.Duration(-time.Hour)}, "audit max_age is -1h0m0s"},
		"the least of all": {Audit{File: file, Key: key, MaxSize: 128 << 10, MaxAge: caddy.Duration(time.Hour)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, pooled, err := c.audit.joinAudit(caddy.NewReplacer(), slog.New(slog.DiscardHandler), auditOrigin{})
			if err == nil {
				t.Cleanup(func() { _, _ = auditWriters.Delete(pooled) })
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
