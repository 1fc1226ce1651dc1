package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The load comes from wrk (Debian's package): C, one thread, so that it takes
// little CPU beside what it measures. It is closed-loop, that is, each
// connection sends its next request when it has its answer.

// wrkReport is the Lua script that makes wrk print its numbers in one line, in
// its own units, before they are rounded for people.
//
//go:embed report.lua
var wrkReport string

// load is what wrk counted.
type load struct {
	requests int
	elapsed  time.Duration
	p50, p99 time.Duration
	// failed are answers of 400 and more, time-outs and broken connections.
	failed int
	// cpu is what wrk itself used.
	cpu time.Duration
}

// perSecond is the rate of answers.
func (l load) perSecond() float64 {
	return float64(l.requests) / l.elapsed.Seconds()
}

// Errors of the load generator. errNoAnswer means that it ran, and that nothing
// answered in its time: the round is lost, not the comparison.
var (
	errLoad     = errors.New("the load generator")
	errNoAnswer = errors.New("got no answer")
)

// runLoad loads one address. Seconds are whole, as wrk wants them.
func runLoad(ctx context.Context, wrk, script string, c cores, w workload, address string, d time.Duration) (load, error) {
	threads := min(c.Loads, w.connections)
	command := pinned(c.Load, []string{
		wrk, "-t", strconv.Itoa(threads), "-c", strconv.Itoa(w.connections),
		"-d", strconv.Itoa(int(d.Round(time.Second)/time.Second)) + "s", "--timeout", "10s", "-s", script,
	})
	for name, values := range w.header() {
		command = append(command, "-H", name+": "+values[0])
	}
	command = append(command, "http://"+address+w.path)
	run := exec.CommandContext(ctx, command[0], command[1:]...) // #nosec G204 -- command line of this program
	out, err := run.CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("%w: %w: %s", errLoad, err, out)
	}
	l, err := parseLoad(string(out))
	l.cpu = run.ProcessState.UserTime() + run.ProcessState.SystemTime()
	return l, err
}

// parseLoad reads the line that [wrkReport] printed.
func parseLoad(output string) (load, error) {
	for line := range strings.Lines(output) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "bench: ")
		if !ok {
			continue
		}
		values := map[string]int64{}
		for pair := range strings.FieldsSeq(rest) {
			name, text, _ := strings.Cut(pair, "=")
			value, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return load{}, fmt.Errorf("%w printed %q: %w", errLoad, pair, err)
			}
			values[name] = value
		}
		l := load{
			requests: int(values["requests"]),
			elapsed:  time.Duration(values["elapsed_us"]) * time.Microsecond,
			p50:      time.Duration(values["p50_us"]) * time.Microsecond,
			p99:      time.Duration(values["p99_us"]) * time.Microsecond,
			failed:   int(values["failed"]),
		}
		if l.requests == 0 || l.elapsed == 0 {
			return l, fmt.Errorf("%w %w: %s", errLoad, errNoAnswer, rest)
		}
		return l, nil
	}
	return load{}, fmt.Errorf("%w printed no result: %s", errLoad, output)
}

// newRequest is one request of a workload, for what is not left to wrk.
func (w workload) newRequest(ctx context.Context, address string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+w.path, nil)
	if err == nil {
		request.Header = w.header()
	}
	return request, err
}
