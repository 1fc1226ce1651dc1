package browsertest

import (
	"os/exec"
	"syscall"
)

// endWithUs makes the kernel end the process when this one dies, so that a test
// that panics leaves no browser behind, and gives it a process group.
func endWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// kill ends the process and what it has started.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
