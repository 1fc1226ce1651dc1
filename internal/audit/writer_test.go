package audit

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/audit.jsonl anew")

// TestFormat pins the format: files that exist must stay readable.
func TestFormat(t *testing.T) {
	cfg := testConfig(t)
	w := open(t, cfg)
	appendClaims(t, w, 1, 1)
	if err := w.Append(context.Background(), Record{Event: EventTokenRefused, Outcome: Refused, Reason: "wrong_pin"}); err != nil {
		t.Fatal(err)
	}
	closeWriter(t, w)
	got := read(t, cfg.Path)
	if *update {
		write(t, "testdata/audit.jsonl", got)
	}
	want := read(t, "testdata/audit.jsonl")
	if !bytes.Equal(got, want) {
		t.Errorf("the format has changed; if that is meant, raise Version.\ngot:\n%s\nwant:\n%s", got, want)
	}
	info, err := os.Stat(cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if last := parsed(t, cfg.Path)[2]; w.Checkpoint() != (Checkpoint{Chain: strings.Repeat("c4", 16), Seq: 3, MAC: last.mac}) {
		t.Errorf("checkpoint %v", w.Checkpoint())
	}
	verified(t, keys, cfg.Path)
}

func TestReopen(t *testing.T) {
	cfg := testConfig(t)
	for round := range 3 {
		w := open(t, cfg)
		appendClaims(t, w, round*10+1, round*10+10)
		closeWriter(t, w)
	}
	if lines := verified(t, keys, cfg.Path).Chains[0].Lines; lines != 31 {
		t.Errorf("%d lines, want the header and 30", lines)
	}
}

// TestConcurrent: each append is there once, whoever shares its fsync.
func TestConcurrent(t *testing.T) {
	cfg := testConfig(t)
	cfg.MaxSize = 4 * maxLine // so that files change in between
	syncs := 0
	cfg.wrap = func(f file) file { return &faultyFile{file: f, onSync: func() error { syncs++; return nil }} }
	w := open(t, cfg)
	const writers, each = 64, 20
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for j := range each {
				if err := w.Append(context.Background(), claim(i*each+j)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	closeWriter(t, w)
	verified(t, keys, cfg.Path)
	seen := map[string]int{}
	files := logFiles(t, cfg.Path)
	for _, path := range files {
		for _, l := range parsed(t, path) {
			seen[l.Session]++
		}
	}
	if delete(seen, ""); len(seen) != writers*each {
		t.Errorf("%d sessions, want %d", len(seen), writers*each)
	}
	for session, times := range seen {
		if times != 1 {
			t.Errorf("%s is there %d times", session, times)
		}
	}
	if len(files) < 2 {
		t.Error("the file was never rotated")
	}
	t.Logf("%d appends, %d fsyncs, %d files", writers*each, syncs, len(files))
}

// TestGroupCommit: what comes while an fsync runs shares the next one.
func TestGroupCommit(t *testing.T) {
	cfg := testConfig(t)
	entered, release := make(chan struct{}, 8), make(chan struct{})
	var block bool
	cfg.wrap = func(f file) file {
		return &faultyFile{file: f, onSync: func() error {
			if block {
				entered <- struct{}{}
				<-release
			}
			return nil
		}}
	}
	w := open(t, cfg)
	block = true
	var group sync.WaitGroup
	group.Go(func() { appendClaims(t, w, 0, 0) })
	<-entered // the first fsync is under way
	started := make(chan struct{}, 20)
	for n := range 20 {
		group.Go(func() {
			started <- struct{}{}
			appendClaims(t, w, n+1, n+1)
		})
	}
	for range 20 {
		<-started
	}
	close(release)
	group.Wait()
	closeWriter(t, w)
	// The twenty need one fsync where all had come in time, and some more on a
	// busy machine; never one each.
	if n := len(entered); n >= 20 {
		t.Errorf("%d fsyncs for 20 appends that waited together", n)
	}
	verified(t, keys, cfg.Path)
}

func TestContext(t *testing.T) {
	cfg := testConfig(t)
	entered, release := make(chan struct{}), make(chan struct{})
	var block bool
	cfg.wrap = func(f file) file {
		return &faultyFile{file: f, onSync: func() error {
			if block {
				entered <- struct{}{}
				<-release
			}
			return nil
		}}
	}
	w := open(t, cfg)
	block = true
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 2)
	go func() { result <- w.Append(ctx, claim(1)) }()
	<-entered
	go func() { result <- w.Append(ctx, claim(2)) }()
	cancel() // the disk hangs; nobody waits for it
	for range 2 {
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	if err := w.Append(ctx, claim(3)); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was cancelled before: %v", err)
	}
	block = false
	close(release)
	appendClaims(t, w, 4, 4)
	closeWriter(t, w)
	if got := events(t, cfg.Path); strings.Count(got, EventSessionClaimed) != 2 {
		t.Errorf("want the claim that was being written, and the last: %s", got)
	}
	verified(t, keys, cfg.Path)
}

func TestClosed(t *testing.T) {
	cfg := testConfig(t)
	w := open(t, cfg)
	closeWriter(t, w)
	closeWriter(t, w)
	if err := w.Append(context.Background(), claim(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("append: %v", err)
	}
	if err := w.Rotate(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("rotate: %v", err)
	}
}

func TestLocked(t *testing.T) {
	cfg := testConfig(t)
	w := open(t, cfg)
	if _, err := Open(cfg); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), cfg.Path) {
		t.Errorf("second writer: %v", err)
	}
	closeWriter(t, w)
	closeWriter(t, open(t, cfg))
}

func TestRotation(t *testing.T) {
	cfg := testConfig(t)
	clock := newClock()
	cfg.Now, cfg.MaxAge, cfg.MaxSize = clock.Now, 24*time.Hour, 4*maxLine
	w := open(t, cfg)
	appendClaims(t, w, 1, 2)
	if err := w.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
	appendClaims(t, w, 3, 4)
	clock.Advance(24 * time.Hour)
	appendClaims(t, w, 5, 6)
	for n := 7; len(logFiles(t, cfg.Path)) < 4; n++ {
		if n > 5000 {
			t.Fatal("the size never made a new file")
		}
		appendClaims(t, w, n, n)
	}
	closeWriter(t, w)
	closeWriter(t, open(t, cfg))

	var causes []string
	files := logFiles(t, cfg.Path)
	for i, path := range files {
		head := parsed(t, path)[0]
		causes = append(causes, head.Reason)
		if i > 0 && !strings.HasSuffix(files[i-1], head.PreviousFile) {
			t.Errorf("%s names %s as the file before", path, head.PreviousFile)
		}
	}
	if got := strings.Join(causes, " "); got != "start request age size" {
		t.Errorf("causes %q: names do not sort, or a file is missing", got)
	}
	verified(t, keys, cfg.Path)
}

// TestReconfigured: a new key needs no restart; one that cannot be taken over
// changes nothing.
func TestReconfigured(t *testing.T) {
	ctx := context.Background()
	cfg := testConfig(t)
	w := open(t, cfg)
	appendClaims(t, w, 1, 1)
	if err := w.Reconfigure(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	next := cfg
	next.Key = otherKey
	if err := errors.Join(os.Mkdir(cfg.Path+".tmp", 0o700), os.WriteFile(cfg.Path+".tmp/occupied", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := w.Reconfigure(ctx, next); !errors.Is(err, ErrUnavailable) {
		t.Errorf("where no file can be created: %v", err)
	}
	appendClaims(t, w, 2, 2)
	if err := os.RemoveAll(cfg.Path + ".tmp"); err != nil {
		t.Fatal(err)
	}
	if err := w.Reconfigure(ctx, next); err != nil {
		t.Fatal(err)
	}
	appendClaims(t, w, 3, 3)
	for name, change := range map[string]func(*Config){
		"another path": func(c *Config) { c.Path += "2" },
		"no key":       func(c *Config) { c.Key = Key{} },
	} {
		bad := next
		change(&bad)
		if err := w.Reconfigure(ctx, bad); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	closeWriter(t, w)
	files := logFiles(t, cfg.Path)
	if len(files) != 2 || parsed(t, files[0])[0].KeyID != testKey.ID() || parsed(t, files[1])[0].KeyID != otherKey.ID() {
		t.Errorf("files %v", files)
	}
	if report := verify(t, VerifyOptions{Keys: []Key{testKey, otherKey}}, files...); !report.OK() || report.Chains[0].Lines != 5 {
		t.Errorf("problems %v", report.Problems)
	}
}

// TestRotationRefused: a folder in which nothing can be created stops neither
// the chain nor the appends.
func TestRotationRefused(t *testing.T) {
	cfg := testConfig(t)
	w := open(t, cfg)
	appendClaims(t, w, 1, 1)
	if err := os.Mkdir(cfg.Path+".tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, cfg.Path+".tmp/occupied", nil)
	if err := w.Rotate(context.Background()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rotate: %v", err)
	}
	appendClaims(t, w, 2, 2)
	closeWriter(t, w)
	verified(t, keys, cfg.Path)
}
