package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// cores says which CPU cores each part has, as lists for taskset; empty means
// that they share all of them.
type cores struct {
	Origin string `json:"origin"`
	Proxy  string `json:"proxy"`
	Load   string `json:"load"`
	// Proxies and Loads are how many there are of the last two.
	Proxies int `json:"proxies"`
	Loads   int `json:"loads"`
}

// share divides the cores that this process may use. Proxies have two of them,
// never more, so that results of different machines are of the same kind.
func share(allowed []int) cores {
	switch n := len(allowed); {
	case n >= 8:
		return cores{list(allowed[:2]), list(allowed[2:4]), list(allowed[4:6]), 2, 2}
	case n >= 4:
		return cores{list(allowed[:1]), list(allowed[1:3]), list(allowed[3:4]), 2, 1}
	default:
		return cores{Proxies: max(n, 1), Loads: 1}
	}
}

func list(cpus []int) string {
	text := make([]string, len(cpus))
	for i, cpu := range cpus {
		text[i] = strconv.Itoa(cpu)
	}
	return strings.Join(text, ",")
}

// pinned puts taskset in front of a command line.
func pinned(cpus string, command []string) []string {
	if cpus == "" {
		return command
	}
	return append([]string{"taskset", "-c", cpus}, command...)
}

// allowedCores reads which cores this process may use.
func allowedCores() ([]int, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return parseCPUList(strings.TrimSpace(value))
		}
	}
	return nil, fmt.Errorf("/proc/self/status has no Cpus_allowed_list")
}

// parseCPUList reads the kernel's list format: 0-2,7.
func parseCPUList(text string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		if err != nil {
			return nil, fmt.Errorf("reading the list of cores %q: %w", text, err)
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(to); err != nil {
				return nil, fmt.Errorf("reading the list of cores %q: %w", text, err)
			}
		}
		for cpu := first; cpu <= last; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}
