//go:build !linux

package browsertest

import "os/exec"

// endWithUs does nothing where the kernel cannot: there a test that panics may
// leave a browser behind.
func endWithUs(*exec.Cmd) {}

// kill ends the process; what it has started is left to end by itself.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
