package audit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain also is the child process of the tests that kill one.
func TestMain(m *testing.M) {
	if mode := os.Getenv(childVariable); mode != "" {
		child(mode)
		return
	}
	goleak.VerifyTestMain(m)
}

var (
	testKey  = mustKey(0x11)
	otherKey = mustKey(0x22)
	keys     = VerifyOptions{Keys: []Key{testKey}}
)

func mustKey(b byte) Key {
	key, err := NewKey(bytes.Repeat([]byte{b}, MinKeyLen))
	if err != nil {
		panic(err)
	}
	return key
}

// clock is a clock that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 0, 55, 1, 42e6, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func testConfig(t testing.TB) Config {
	t.Helper()
	return Config{
		Path:   filepath.Join(t.TempDir(), "audit.jsonl"),
		Key:    testKey,
		Now:    newClock().Now,
		Rand:   bytes.NewReader(bytes.Repeat([]byte{0xc4}, 16*16)),
		Logger: slog.New(slog.DiscardHandler),
	}
}

func open(t testing.TB, cfg Config) *Writer {
	t.Helper()
	w, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// claim is a typical record.
func claim(n int) Record {
	return Record{
		Event: EventSessionClaimed, Outcome: Success, Site: "shop.example", Role: "agent",
		AgentID: "anna", AgentSource: "oidc", AgentIP: "192.0.2.7", Session: fmt.Sprintf("session-%06d", n),
		CustomerRef: "customer 4711", Page: "https://shop.example/checkout", RequestID: fmt.Sprintf("request-%06d", n),
		TokenHash: TokenHash("token"),
	}
}

func appendClaims(t testing.TB, w *Writer, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if err := w.Append(context.Background(), claim(n)); err != nil {
			t.Fatalf("claim %d: %v", n, err)
		}
	}
}

func closeWriter(t testing.TB, w *Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// logFiles returns the files of the chain at path, the current one last.
func logFiles(t testing.TB, path string) []string {
	t.Helper()
	stem, ext := splitName(path)
	names, err := filepath.Glob(stem + "-*" + ext)
	if err != nil {
		t.Fatal(err)
	}
	return append(names, path)
}

// verified verifies everything at path and expects it intact.
func verified(t testing.TB, options VerifyOptions, path string) *Report {
	t.Helper()
	report := verify(t, options, logFiles(t, path)...)
	if !report.OK() {
		t.Fatalf("problems: %v", report.Problems)
	}
	return report
}

func verify(t testing.TB, options VerifyOptions, paths ...string) *Report {
	t.Helper()
	var sources []Source
	for _, path := range paths {
		sources = append(sources, Source{Name: filepath.Base(path), Reader: bytes.NewReader(read(t, path))})
	}
	report, err := Verify(options, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// parsed reads the lines of a file.
func parsed(t testing.TB, path string) []line {
	t.Helper()
	var lines []line
	for i, text := range strings.Split(strings.TrimSuffix(string(read(t, path)), "\n"), "\n") {
		l, err := parseLine([]byte(text))
		if err != nil {
			t.Fatalf("%s:%d: %v: %q", path, i+1, err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

// events returns the event of each line.
func events(t testing.TB, path string) string {
	t.Helper()
	var names []string
	for _, l := range parsed(t, path) {
		names = append(names, l.Event)
	}
	return strings.Join(names, " ")
}
