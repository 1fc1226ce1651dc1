package audit

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errSharing is ERROR_SHARING_VIOLATION.
const errSharing = syscall.Errno(32)

// acquire opens path for one writer: without any sharing mode, so that nobody
// else can open it until it is closed, at the latest when the process ends.
func acquire(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, fmt.Errorf("audit lock: %w", err)
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, fmt.Errorf("%w: %s is locked; give each instance a file of its own", ErrLocked, path)
	}
	if err != nil {
		return nil, fmt.Errorf("audit lock: %s: %w", path, err)
	}
	return os.NewFile(uintptr(handle), path), nil
}
