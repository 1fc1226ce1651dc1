package caddymodule

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// TestAuditFault follows a record whose folder comes late: health is degraded
// until the file can be opened, also where nobody wants a line written.
func TestAuditFault(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	key, err := audit.NewKey([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	file := &auditFile{}
	if err := file.start(audit.Config{Path: filepath.Join(folder, "audit.jsonl"), Key: key, Logger: slog.New(slog.DiscardHandler)}, false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Destruct() })
	p := partsOf(&proxy.Config{Audit: file})
	if c := p.check(context.Background()); c.Audit != partUnavailable || c.status() != healthDegraded {
		t.Errorf("without the folder: %+v", c)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file.again = time.Time{} // which would come by itself
	if c := p.check(context.Background()); c.Audit != partOK || c.status() != healthOK {
		t.Errorf("with the folder: %+v, %v", c, file.Fault())
	}
	line := proxy.AuditRecord{Event: audit.EventTokenIssued, Outcome: audit.Success, Site: "shop"}
	if err := file.Append(context.Background(), line); err != nil || file.Fault() != nil {
		t.Errorf("append: %v, fault %v", err, file.Fault())
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := file.Append(gone, line); err == nil || p.check(context.Background()).Audit != partUnavailable {
		t.Errorf("a line that was not written: %v, fault %v", err, file.Fault())
	}
	if err := file.Append(context.Background(), line); err != nil || file.Fault() != nil {
		t.Errorf("the next one: %v, fault %v", err, file.Fault())
	}
}
