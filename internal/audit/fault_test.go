package audit

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

// faultyFile fails on demand. Its hooks may be nil.
type faultyFile struct {
	file
	onWrite    func(p []byte) (int, error) // how many bytes to write before the error
	onSync     func() error
	onTruncate func() error
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if f.onWrite != nil {
		if n, err := f.onWrite(p); err != nil {
			written, _ := f.file.Write(p[:n])
			return written, &fs.PathError{Op: "write", Path: "audit.jsonl", Err: err}
		}
	}
	return f.file.Write(p)
}

func (f *faultyFile) Sync() error {
	if f.onSync != nil {
		if err := f.onSync(); err != nil {
			return err
		}
	}
	return f.file.Sync()
}

func (f *faultyFile) Truncate(size int64) error {
	if f.onTruncate != nil {
		if err := f.onTruncate(); err != nil {
			return err
		}
	}
	return f.file.Truncate(size)
}

// faults are switched by the test between appends, so that no lock is needed.
type faults struct {
	write          func(length int) int // how many of so many bytes to write before an error; nil: all, and none
	sync, truncate bool
}

func (f *faults) wrap(inner file) file {
	return &faultyFile{
		file: inner,
		onWrite: func(p []byte) (int, error) {
			if f.write == nil {
				return len(p), nil
			}
			return f.write(len(p)), syscall.ENOSPC
		},
		onSync: func() error {
			if f.sync {
				return syscall.EIO
			}
			return nil
		},
		onTruncate: func() error {
			if f.truncate {
				return syscall.EIO
			}
			return nil
		},
	}
}

// TestFaults: while the disk fails, no record is taken for written; when it
// works again, the chain goes on whole and tells that there was a fault.
func TestFaults(t *testing.T) {
	nothing := func(int) int { return 0 }
	half := func(length int) int { return length / 2 }
	almost := func(length int) int { return length - 1 }
	for _, test := range []struct {
		name   string
		faults faults
		cause  error
	}{
		{"nothing is written", faults{write: nothing}, syscall.ENOSPC},
		{"half a line is written", faults{write: half}, syscall.ENOSPC},
		{"a line is written but for its line feed", faults{write: almost}, syscall.ENOSPC},
		{"half a line, and it cannot be cut off", faults{write: half, truncate: true}, syscall.ENOSPC},
		{"fsync fails", faults{sync: true}, syscall.EIO},
		{"fsync fails, and the line cannot be cut off", faults{sync: true, truncate: true}, syscall.EIO},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := testConfig(t)
			now := faults{}
			cfg.wrap = now.wrap
			w := open(t, cfg)
			appendClaims(t, w, 1, 1)
			before := w.Checkpoint()
			now = test.faults
			for range 3 {
				err := w.Append(context.Background(), claim(2))
				if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), cfg.Path) {
					t.Errorf("error %v", err)
				}
			}
			if w.Checkpoint() != before {
				t.Error("the checkpoint names a line that is not durable")
			}
			now = faults{}
			appendClaims(t, w, 3, 3)
			closeWriter(t, w)
			report := verified(t, keys, cfg.Path)
			if got := events(t, cfg.Path); got != "audit.file session.claimed audit.fault session.claimed" {
				t.Errorf("events %s", got)
			}
			if len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "3 records") {
				t.Errorf("notices %q", report.Notices)
			}
		})
	}
}

// TestFaultThenRestart: a line that could not be cut off is no obstacle for the
// next start.
func TestFaultThenRestart(t *testing.T) {
	cfg := testConfig(t)
	now := faults{}
	cfg.wrap = now.wrap
	w := open(t, cfg)
	appendClaims(t, w, 1, 1)
	now = faults{write: func(length int) int { return length / 2 }, truncate: true}
	if err := w.Append(context.Background(), claim(2)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("error %v", err)
	}
	closeWriter(t, w)
	now = faults{}
	w = open(t, cfg)
	appendClaims(t, w, 3, 3)
	closeWriter(t, w)
	verified(t, keys, cfg.Path)
	if got := events(t, cfg.Path); got != "audit.file session.claimed audit.torn session.claimed" {
		t.Errorf("events %s", got)
	}
}
