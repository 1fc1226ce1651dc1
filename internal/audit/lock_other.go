//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package audit

import (
	"fmt"
	"os"
	"runtime"
)

// acquire refuses: two writers would break the chain, and here nothing that this
// package knows would stop them. On Windows, files could not be renamed while
// they are open either, as rotation does.
func acquire(path string) (*os.File, error) {
	return nil, fmt.Errorf("audit lock: %s: audit files are not supported on %s; leave the audit block out", path, runtime.GOOS)
}
