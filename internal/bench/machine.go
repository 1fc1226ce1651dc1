package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// machine says where and with what was measured.
type machine struct {
	cpu, kernel, goVersion string
	cores                  cores
	// versions are by peer, and of wrk.
	versions map[string]string
	date     time.Time
}

// machine reads what there is to know; what cannot be found is left empty.
func (b *bench) machine(ctx context.Context) machine {
	m := machine{goVersion: runtime.Version(), cores: b.cores, versions: map[string]string{}, date: time.Now().UTC()}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.cpu = cpuModel(string(text))
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.kernel = strings.TrimSpace(string(text))
	}
	m.versions["wrk"] = version(ctx, "wrk", "-v")
	for _, p := range b.peers {
		switch p.name {
		case "nginx", "apache":
			m.versions[p.name] = version(ctx, p.program, "-v")
		case basePeer:
			m.versions[p.name] = version(ctx, b.caddy, "version")
		}
	}
	return m
}

// cpuModel returns the first processor's name and how many there are.
func cpuModel(cpuinfo string) string {
	name, n := "", 0
	for line := range strings.Lines(cpuinfo) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "processor":
			n++
		case "model name":
			name = strings.TrimSpace(value)
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%d × %s", n, name))
}

var versionForm = regexp.MustCompile(`v?[0-9]+\.[0-9]+(\.[0-9]+)?`)

// version runs a program that tells its version and exits, in whatever way.
func version(ctx context.Context, program, flag string) string {
	path, err := lookPath(program)
	if err != nil {
		return ""
	}
	out, _ := exec.CommandContext(ctx, path, flag).CombinedOutput() // #nosec G204 -- names of this program; wrk -v exits with 1
	return versionForm.FindString(string(out))
}
