package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What Linux tells of processes; the formats are in proc(5).

// clockTick is the unit of CPU times in /proc/PID/stat. The kernel's USER_HZ
// is 100 on every architecture that Debian's Go runs on.
const clockTick = 10 * time.Millisecond

// procStat is what is needed of /proc/PID/stat.
type procStat struct {
	parent int
	cpu    time.Duration // user and system
}

// parseStat reads the line of /proc/PID/stat. The program's name, in brackets,
// may hold spaces and brackets itself.
func parseStat(line string) (procStat, error) {
	end := strings.LastIndexByte(line, ')')
	fields := strings.Fields(line[end+1:])
	// Counted from the third field of proc(5), the state: 1 is ppid, 11 utime, 12 stime.
	if end < 0 || len(fields) < 13 {
		return procStat{}, fmt.Errorf("reading a process's stat: %q has too few fields", line)
	}
	parent, err := strconv.Atoi(fields[1])
	user, userErr := strconv.ParseInt(fields[11], 10, 64)
	system, systemErr := strconv.ParseInt(fields[12], 10, 64)
	if err := errors.Join(err, userErr, systemErr); err != nil {
		return procStat{}, fmt.Errorf("reading a process's stat: %w", err)
	}
	return procStat{parent: parent, cpu: time.Duration(user+system) * clockTick}, nil
}

// parseStatusKB returns a field of /proc/PID/status that is in kB, in bytes.
func parseStatusKB(text, field string) (int64, error) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		if name != field {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		return kb << 10, err
	}
	return 0, fmt.Errorf("a process's status has no field %s", field)
}

// tree returns a process and all its descendants.
func tree(root int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if stat, err := readStat(pid); err == nil { // it may have ended meanwhile
			children[stat.parent] = append(children[stat.parent], pid)
		}
	}
	pids := []int{root}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids, nil
}

func readStat(pid int) (procStat, error) {
	line, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return procStat{}, err
	}
	return parseStat(string(line))
}

func procFile(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// cpuTime sums the CPU time of a process and its descendants.
func cpuTime(root int) (time.Duration, error) {
	pids, err := tree(root)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		stat, err := readStat(pid)
		if errors.Is(err, fs.ErrNotExist) && pid != root {
			continue
		}
		if err != nil {
			return 0, err
		}
		sum += stat.cpu
	}
	return sum, nil
}

// memory sums a field of /proc/PID/status (VmRSS, VmHWM) over a process and its
// descendants, in bytes. Pages that they share count several times, before and
// after alike.
func memory(root int, field string) (int64, error) {
	pids, err := tree(root)
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, pid := range pids {
		text, err := os.ReadFile(procFile(pid, "status"))
		if errors.Is(err, fs.ErrNotExist) && pid != root {
			continue
		}
		if err != nil {
			return 0, err
		}
		bytes, err := parseStatusKB(string(text), field)
		if err != nil {
			return 0, err
		}
		sum += bytes
	}
	return sum, nil
}

// resetPeak makes VmHWM begin anew at the present VmRSS, for a process and its
// descendants.
func resetPeak(root int) error {
	pids, err := tree(root)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := os.WriteFile(procFile(pid, "clear_refs"), []byte("5"), 0); err != nil {
			return err
		}
	}
	return nil
}
