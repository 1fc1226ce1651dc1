package caddymodule

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// TestAuditFault follows a record whose folder comes late: health is degraded
// until the file can be opened, also where nobody wants a line written.
func TestAuditFault(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	cfg := auditConfig(t, filepath.Join(folder, "audit.jsonl"), "k")
	file := newAuditFile(cfg)
	if err := file.start(cfg.Logger); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Destruct() })
	p := partsOf(&proxy.Config{Audit: file.join(cfg, auditOrigin{})})
	if c := p.check(context.Background()); c.Audit != partUnavailable || c.status() != healthDegraded {
		t.Errorf("without the folder: %+v", c)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file.again = time.Time{}          // which would come by itself
	_ = p.check(context.Background()) // tells what was, and has the file opened
	if _, err := file.ready(t.Context(), auditSettings{}); err != nil {
		t.Error(err)
	}
	if c := p.check(context.Background()); c.Audit != partOK || c.status() != healthOK {
		t.Errorf("with the folder: %+v, %v", c, file.Fault())
	}
	if err := file.Append(context.Background(), aLine); err != nil || file.Fault() != nil {
		t.Errorf("append: %v, fault %v", err, file.Fault())
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := file.Append(gone, aLine); err == nil || p.check(context.Background()).Audit != partUnavailable {
		t.Errorf("a line that was not written: %v, fault %v", err, file.Fault())
	}
	if err := file.Append(context.Background(), aLine); err != nil || file.Fault() != nil {
		t.Errorf("the next one: %v, fault %v", err, file.Fault())
	}
}
