package caddymodule

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// aLine is one that the record takes.
var aLine = proxy.AuditRecord{Event: audit.EventTokenIssued, Outcome: audit.Success, Site: "shop"}

// auditConfig is that of a file at path, whose key consists of one letter.
func auditConfig(t testing.TB, path, letter string) audit.Config {
	t.Helper()
	key, err := audit.NewKey([]byte(strings.Repeat(letter, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return audit.Config{Path: path, Key: key, Logger: slog.New(slog.DiscardHandler)}
}

// promptly fails the test where f waits for the disk: the limit is for a test
// that has failed already, and no measure of speed.
func promptly(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s waits for the disk", what)
	}
}

// gate is where a disk hangs, until it is opened.
type gate struct {
	once          sync.Once
	reached, open chan struct{}
}

func newGate() *gate { return &gate{reached: make(chan struct{}), open: make(chan struct{})} }

func (g *gate) pass() {
	g.once.Do(func() { close(g.reached) })
	<-g.open
}

// Read is the randomness that a new chain gets its name from.
func (g *gate) Read(p []byte) (int, error) {
	g.pass()
	return rand.Read(p)
}

// TestAuditSettings reloads with another key: the file that runs changes with the
// first line of a configuration that runs, not with one that Caddy gives up while
// it is loaded, and never back.
func TestAuditSettings(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "audit.jsonl")
	join := func(letter string) proxy.Audit {
		t.Helper()
		a := &Audit{File: path, Key: strings.Repeat(letter, 32)}
		record, _, err := a.joinAudit(caddy.NewReplacer(), slog.New(slog.DiscardHandler), auditOrigin{})
		if err != nil {
			t.Fatal(err)
		}
		return record
	}
	leave := func() {
		t.Helper()
		if _, err := auditWriters.Delete(path); err != nil {
			t.Error(err)
		}
	}
	write := func(who string, record proxy.Audit, full int) {
		t.Helper()
		if err := record.Append(t.Context(), aLine); err != nil {
			t.Errorf("%s: %v", who, err)
		}
		if files, _ := filepath.Glob(filepath.Join(folder, "audit-*.jsonl")); len(files) != full {
			t.Errorf("%s: full files %v, want %d", who, files, full)
		}
	}
	first := join("a")
	write("first", first, 0)

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	join("b")
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("a configuration that is only loaded changes the file: %v\n%s", err, after)
	}
	leave() // a later module of it failed
	write("first, after a reload that failed", first, 0)

	second := join("b")
	write("first, before the second has a line", first, 0)
	write("second", second, 1)
	write("first, late", first, 1)
	write("second again", second, 1)
	leave()
	write("second alone", second, 1)
	leave()
	if err := second.Append(t.Context(), aLine); !errors.Is(err, audit.ErrClosed) {
		t.Errorf("after the last one: %v", err)
	}
}

// TestAuditClosed writes to a file that was given back before it could be opened:
// that opens nothing, whose lock nobody would let go of.
func TestAuditClosed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	cfg := auditConfig(t, filepath.Join(folder, "audit.jsonl"), "k")
	file := newAuditFile(cfg)
	handle := file.join(cfg, auditOrigin{})
	if err := file.start(cfg.Logger); err != nil {
		t.Fatal(err)
	}
	if err := file.Destruct(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file.again = time.Time{}
	if err := handle.Append(t.Context(), aLine); !errors.Is(err, audit.ErrClosed) {
		t.Errorf("append: %v", err)
	}
	if handle.Fault() == nil {
		t.Error("it has no fault")
	}
	if _, err := os.Stat(cfg.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

// TestAuditOpeningHangs opens a file on a disk that hangs: health checks are
// answered, requests keep their deadlines, and a file that opens when it was
// given back long ago is closed.
func TestAuditOpeningHangs(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cfg := auditConfig(t, filepath.Join(t.TempDir(), "audit.jsonl"), "k")
	disk := newGate()
	cfg.Rand = disk
	file := newAuditFile(cfg)
	handle := file.join(cfg, auditOrigin{})
	if err := handle.Fault(); err == nil {
		t.Error("no fault before it is open")
	}
	<-disk.reached
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	promptly(t, "health", func() {
		if c := partsOf(&proxy.Config{Audit: handle}).check(t.Context()); c.Audit != partUnavailable {
			t.Errorf("health: %+v", c)
		}
	})
	promptly(t, "append", func() {
		if err := handle.Append(gone, aLine); !errors.Is(err, context.Canceled) {
			t.Errorf("append: %v", err)
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- file.Destruct() }()
	promptly(t, "the end", func() {
		for !errors.Is(handle.Append(gone, aLine), audit.ErrClosed) {
			time.Sleep(time.Millisecond)
		}
	})
	close(disk.open)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	cfg.Rand = nil
	again, err := audit.Open(cfg)
	if err != nil {
		t.Fatalf("the lock is still held: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestAuditChangeHangs changes the key on a disk that hangs: nobody who gave up
// waits, and the change is made when the disk is back.
func TestAuditChangeHangs(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	folder := t.TempDir()
	cfg := auditConfig(t, filepath.Join(folder, "audit.jsonl"), "a")
	file := newAuditFile(cfg)
	first := file.join(cfg, auditOrigin{})
	if err := first.Append(t.Context(), aLine); err != nil {
		t.Fatal(err)
	}
	disk := newGate()
	changed := auditConfig(t, cfg.Path, "b")
	changed.Now = func() time.Time {
		disk.pass()
		return time.Now()
	}
	second := file.join(changed, auditOrigin{})
	gone, cancel := context.WithCancel(t.Context())
	go func() {
		<-disk.reached
		cancel()
	}()
	promptly(t, "append", func() {
		if err := second.Append(gone, aLine); !errors.Is(err, context.Canceled) {
			t.Errorf("append: %v", err)
		}
	})
	promptly(t, "health", func() { _ = second.Fault() })
	close(disk.open)
	if err := second.Append(t.Context(), aLine); err != nil || second.Fault() != nil {
		t.Errorf("when it is back: %v, fault %v", err, second.Fault())
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "audit-*.jsonl")); len(files) != 1 {
		t.Errorf("full files %v", files)
	}
	if err := file.Destruct(); err != nil {
		t.Error(err)
	}
}
