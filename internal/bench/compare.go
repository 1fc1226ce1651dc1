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
	// floor is a difference that means nothing, however large a part it is.
	floor float64
}

// overlap says that the ranges of the rounds have a value in common.
func (q quantity) overlap() bool { return q.old.least <= q.now.most && q.now.least <= q.old.most }

// gain is by which part of the old median the new one is better; negative where
// it is worse. Of nothing, everything is an infinite part.
func (q quantity) gain() float64 {
	better := q.now.median - q.old.median
	if q.less {
		better = -better
	}
	if better == 0 {
		return 0
	}
	return better / math.Abs(q.old.median)
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
	switch {
	case math.Abs(gain) <= threshold || math.Abs(q.now.median-q.old.median) <= q.floor:
		return verdictSame
	case q.overlap():
		return verdictNoise
	case gain < 0:
		return verdictWorse
	}
	return verdictBetter
}

// Differences that mean nothing: the timer's and the allocator's grain.
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
			name: "first byte, " + w.name, unit: " ms", less: true, floor: floorFirstByte,
			old: scaled(old.Stalls[w.name][ourPeer], 1e6), now: scaled(now.Stalls[w.name][ourPeer], 1e6),
		})
	}
	for _, section := range []string{sectionMemory, sectionSlow, sectionSlowGzip} {
		all = append(all, quantity{
			name: section + ", growth", unit: " MB", less: true, floor: floorMemory,
			old: scaled(old.Memory[section][ourPeer], 1<<20), now: scaled(now.Memory[section][ourPeer], 1<<20),
		})
	}
	return slices.DeleteFunc(all, func(q quantity) bool { return q.old.n == 0 || q.now.n == 0 })
}

// scaled is a spread in another unit.
func scaled[T number](values []T, unit float64) spread[float64] {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v) / unit
	}
	return newSpread(out)
}

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
			q.name, ratioText(q.old) + q.unit, ratioText(q.now) + q.unit, fmt.Sprintf("%+.1f %%", 100*(q.now.median/q.old.median-1)), overlap, verdict,
		})
	}
	if len(t.rows) == 0 {
		return errors.New("the results have nothing in common that could be compared")
	}
	fmt.Fprintf(stdout, "\n%s\nRatios to plain Caddy of the same round, medians (least–most). Worse: by more than %.0f %%, with ranges that do not overlap.\n", t.text(), 100*threshold)
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
		differ(name, old.Machine.Versions[name], now.Machine.Versions[name])
	}
	return lines
}
