//go:build darwin || linux

package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limitedChild lets the operating system itself break a write in the middle of
// a line: the process may not write files that are longer than so many bytes.
func limitedChild(path string) {
	signal.Ignore(syscall.SIGXFSZ)
	if err := limitedRun(path); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("done")
}

func limitedRun(path string) error {
	ctx := context.Background()
	w, err := Open(Config{Path: path, Key: testKey})
	if err != nil {
		return err
	}
	if err := w.Append(ctx, claim(1)); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	free := limit.Cur
	limit.Cur = uint64(info.Size() + 100) //nolint:gosec // a size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	for range 2 {
		if err := w.Append(ctx, claim(2)); !errors.Is(err, syscall.EFBIG) || !errors.Is(err, ErrUnavailable) {
			return fmt.Errorf("append beyond the limit: %w", err)
		}
		if after, err := os.Stat(path); err != nil || after.Size() != info.Size() {
			return fmt.Errorf("the half line was not cut off: %w", err)
		}
	}
	limit.Cur = free
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	return errors.Join(w.Append(ctx, claim(3)), w.Close())
}

func TestFileSizeLimit(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	command := exec.Command(program) //nolint:gosec // this test's own program
	command.Env = append(os.Environ(), childVariable+"="+limitPrefix+path)
	out, err := command.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "done" {
		t.Fatalf("%v: %s", err, out)
	}
	report := verified(t, keys, path)
	if got := events(t, path); got != "audit.file session.claimed audit.fault session.claimed" {
		t.Errorf("events %s", got)
	}
	if len(report.Notices) != 1 || !strings.Contains(report.Notices[0], `2 records could not be written and were refused: "file too large"`) {
		t.Errorf("notices %q", report.Notices)
	}
}
