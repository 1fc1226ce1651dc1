package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// machine says where, when and with what was measured.
type machine struct {
	CPU    string `json:"cpu"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Cores  cores  `json:"cores"`
	// Versions are by peer, and of wrk.
	Versions map[string]string `json:"versions"`
	// Revision is the commit that our proxy was built from, with a + where
	// files had been changed since; empty where the build didn't know.
	Revision string    `json:"revision,omitempty"`
	Date     time.Time `json:"date"`
}

// machine reads what there is to know; what cannot be found is left empty.
func (b *bench) machine(ctx context.Context) machine {
	m := machine{Go: runtime.Version(), Cores: b.cores, Versions: map[string]string{}, Date: time.Now().UTC().Truncate(time.Second)}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = cpuModel(string(text))
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	if info, err := buildinfo.ReadFile(b.caddy); err == nil {
		m.Revision = revision(info.Settings)
	}
	m.Versions["wrk"] = version(ctx, "wrk", "-v")
	for _, p := range b.peers {
		switch p.name {
		case "nginx", "apache":
			m.Versions[p.name] = version(ctx, p.program, "-v")
		case basePeer:
			m.Versions[p.name] = version(ctx, b.caddy, "version")
		}
	}
	return m
}

// revision reads what "go build" notes of the repository.
func revision(settings []debug.BuildSetting) string {
	text, changed := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			text = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if text == "" {
		return ""
	}
	return text + changed
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
