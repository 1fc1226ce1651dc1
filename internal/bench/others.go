package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// A machine is rarely alone with a benchmark. What other programs, or other
// guests of the same host, take while a proxy is measured is measured as well:
// where it is much, the measurement is repeated, and the report tells what was
// left of it.

// disturbed is the part of the machine's time from which on others are taken
// to spoil a measurement.
const disturbed = 0.10

// retries is how often a disturbed measurement is repeated, and repeatable the
// part of all measurements for which that is done: on a machine that is never
// quiet, it would be done without end.
const (
	retries    = 2
	repeatable = 0.10
)

// parseBusy reads /proc/stat: the time that all cores have spent for programs
// or lost to other guests since boot, and how many cores there are. Interrupts
// are left out: those of the loopback interface are the benchmark's own.
func parseBusy(text string) (busy time.Duration, cpus int, err error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 9 || !strings.HasPrefix(fields[0], "cpu") {
			continue
		}
		if fields[0] != "cpu" {
			cpus++
			continue
		}
		for _, i := range []int{1, 2, 3, 8} { // user, nice, system, steal
			ticks, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return 0, 0, fmt.Errorf("reading /proc/stat: %w", err)
			}
			busy += time.Duration(ticks) * clockTick
		}
	}
	if cpus == 0 {
		return 0, 0, fmt.Errorf("reading /proc/stat: it names no core")
	}
	return busy, cpus, nil
}

// usage is a reading of who has used the machine so far.
type usage struct {
	all, own time.Duration
	cpus     int
	at       time.Time
}

// readUsage counts this process and all its descendants as its own. Those that
// have ended by the next reading must be added by hand.
func readUsage() (usage, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return usage{}, err
	}
	u := usage{at: time.Now()}
	if u.all, u.cpus, err = parseBusy(string(text)); err != nil {
		return u, err
	}
	u.own, err = cpuTime(os.Getpid())
	return u, err
}

// others returns which part of the machine's time between two readings went to
// others, from 0 to 1. ended is the CPU time of own processes that began after
// the first reading and ended before the second.
func others(from, to usage, ended time.Duration) float64 {
	total := time.Duration(to.cpus) * to.at.Sub(from.at)
	if total <= 0 {
		return 0
	}
	foreign := (to.all - from.all) - (to.own - from.own) - ended
	return max(0, min(1, float64(foreign)/float64(total)))
}
