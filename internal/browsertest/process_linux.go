package browsertest

import (
	"os/exec"
	"syscall"
)

// endWithUs makes the kernel end the process when this one dies, so that a test
// that panics leaves no browser behind.
func endWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
