//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package audit

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// acquire locks path for one writer. The file stays when the lock is gone:
// removing it would let two writers lock two files of the same name. flock(2)
// lets go when the process ends, however it ends.
func acquire(path string) (*os.File, error) {
	lock, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, fmt.Errorf("audit lock: %w", err)
	}
	err = flock(lock)
	if err == nil {
		return lock, nil
	}
	_ = lock.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s is locked; give each instance a file of its own", ErrLocked, path)
	}
	return nil, fmt.Errorf("audit lock: %s: %w", path, err)
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a file descriptor is a small int
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
