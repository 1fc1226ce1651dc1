package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// errWorse is wrapped where a comparison found a regression.
var errWorse = errors.New("worse than before")

// thresholdVar declares the flag that both ways to compare have.
func thresholdVar(flags *flag.FlagSet, value *float64) {
	flags.Float64Var(value, "threshold", 0.05, "`part` by which a median may become worse, 0 to 1")
}

// compareFiles compares two files of saved results.
func compareFiles(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench compare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var threshold float64
	thresholdVar(flags, &threshold)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return errors.New("compare wants two files of saved results, the old one first")
	}
	old, err := restore(flags.Arg(0))
	if err != nil {
		return err
	}
	now, err := restore(flags.Arg(1))
	if err != nil {
		return err
	}
	return compareResults(stdout, old, now, threshold)
}

// quantity is one number of ours in two results, each a spread over the rounds.
type quantity struct {
	name, unit string
	old, now   spread[float64]
	// less says that less is better.
	less bool
	// beyond says that the number is by how much ours goes beyond plain
	// Caddy's, which may be nothing or less: then a change is no part of it,
	// and counts from floor on.
	beyond bool
	floor  float64
}

// overlap says that the ranges of the rounds have a value in common.
func (q quantity) overlap() bool { return q.old.least <= q.now.most && q.now.least <= q.old.most }

// gain is by how much the new median is better, as a part of the old one or in
// the quantity's unit; negative where it is worse.
func (q quantity) gain() float64 {
	better := q.now.median - q.old.median
	if q.less {
		better = -better
	}
	if q.beyond || better == 0 {
		return better
	}
	return better / q.old.median
}

// difference is the change as text, up or down, whatever is better.
func (q quantity) difference() string {
	if q.beyond {
		return fmt.Sprintf("%+.1f%s", q.now.median-q.old.median, q.unit)
	}
	return fmt.Sprintf("%+.1f %%", 100*(q.now.median/q.old.median-1))
}

// Verdicts on a quantity.
const (
	verdictSame   = "same"
	verdictNoise  = "within the noise" // a difference, but the ranges overlap
	verdictBetter = "better"
	verdictWorse  = "worse"
)

func (q quantity) verdict(threshold float64) string {
	gain := q.gain()
	if q.beyond {
		threshold = q.floor
	}
	switch {
	case math.Abs(gain) <= threshold:
		return verdictSame
	case q.overlap():
		return verdictNoise
	case gain < 0:
		return verdictWorse
	}
	return verdictBetter
}

// Differences that mean nothing: the scheduler's and the allocator's grain.
const (
	floorFirstByte = 3.0 // ms
	floorMemory    = 2.0 // MB
)

// quantities pairs the numbers of ours that both results have.
func quantities(old, now *results) []quantity {
	var all []quantity
	for _, w := range workloads() {
		all = append(
			all,
			quantity{name: w.name + ", requests", old: old.rates(w.name, ourPeer), now: now.rates(w.name, ourPeer)},
			quantity{name: w.name + ", CPU", old: old.costs(w.name, ourPeer), now: now.costs(w.name, ourPeer), less: true},
		)
	}
	for _, w := range stallWorkloads() {
		all = append(all, quantity{
			name: "first byte, " + w.name, unit: " ms", less: true, beyond: true, floor: floorFirstByte,
			old: beyond(old.Stalls[w.name], 1e6), now: beyond(now.Stalls[w.name], 1e6),
		})
	}
	for _, section := range []string{sectionMemory, sectionSlow, sectionSlowGzip} {
		all = append(all, quantity{
			name: section + ", growth", unit: " MB", less: true, beyond: true, floor: floorMemory,
			old: beyond(old.Memory[section], 1<<20), now: beyond(now.Memory[section], 1<<20),
		})
	}
	return slices.DeleteFunc(all, func(q quantity) bool { return q.old.n == 0 || q.now.n == 0 })
}

// beyond is by how much ours goes beyond plain Caddy's, round by round, in
// another unit.
func beyond[T number](byPeer map[string][]T, unit float64) spread[float64] {
	ours, base := byPeer[ourPeer], byPeer[basePeer]
	out := make([]float64, min(len(ours), len(base)))
	for i := range out {
		out[i] = float64(ours[i]-base[i]) / unit
	}
	return newSpread(out)
}

// fewRounds is below how many rounds a range is hardly one.
const fewRounds = 3

// compareResults prints what became of our proxy, and returns errWorse where
// something got worse beyond the threshold and beyond the rounds' own range.
func compareResults(stdout io.Writer, old, now *results, threshold float64) error {
	for _, line := range unlike(old, now) {
		fmt.Fprintln(stdout, "not alike:", line)
	}
	t := table{header: []string{peerTitles[ourPeer], "old", "new", "difference", "ranges overlap", "verdict"}}
	var worse []string
	for _, q := range quantities(old, now) {
		verdict := q.verdict(threshold)
		if verdict == verdictWorse {
			worse = append(worse, q.name)
		}
		overlap := "no"
		if q.overlap() {
			overlap = "yes"
		}
		t.rows = append(t.rows, []string{
			q.name, ratioText(q.old) + q.unit, ratioText(q.now) + q.unit, q.difference(), overlap, verdict,
		})
	}
	if len(t.rows) == 0 {
		return errors.New("the results have nothing in common that could be compared")
	}
	fmt.Fprintf(stdout, "\n%s\nMedians (least–most) of the ratios to plain Caddy of the same round; of the first byte and of memory, what goes beyond plain Caddy's.\n"+
		"Worse: by more than %.0f %%, %.0f ms or %.0f MB, with ranges that do not overlap.\n", t.text(), 100*threshold, floorFirstByte, floorMemory)
	if len(worse) > 0 {
		return fmt.Errorf("%d of %d %w: %q", len(worse), len(t.rows), errWorse, worse)
	}
	return nil
}

// unlike lists what makes two results hard to compare.
func unlike(old, now *results) []string {
	var lines []string
	differ := func(what string, a, b any) {
		if a != b {
			lines = append(lines, fmt.Sprintf("%s: %v, then %v", what, a, b))
		}
	}
	differ("machine", old.Machine.CPU, now.Machine.CPU)
	differ("kernel", old.Machine.Kernel, now.Machine.Kernel)
	differ("Go", old.Machine.Go, now.Machine.Go)
	differ("cores", old.Machine.Cores, now.Machine.Cores)
	differ("duration", old.Setup.Duration, now.Setup.Duration)
	differ("page of the section memory", old.Setup.Huge, now.Setup.Huge)
	for _, name := range slices.Sorted(maps.Keys(old.Machine.Versions)) {
		if a, b := old.Machine.Versions[name], now.Machine.Versions[name]; a != "" && b != "" {
			differ(name, a, b)
		}
	}
	if rounds := min(old.Setup.Rounds, now.Setup.Rounds); rounds < fewRounds {
		lines = append(lines, fmt.Sprintf("rounds: of %d, the ranges say little", rounds))
	}
	return lines
}
