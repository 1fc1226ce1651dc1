// Command bench compares what it costs to edit pages on their way through a
// proxy: this project's Caddy module, nginx sub_filter, Apache mod_substitute,
// and two Go reverse proxies, each as a ratio to plain Caddy passing the same
// bytes.
//
// # Why ratios
//
// Requests a second tell more of the machine, and of who else uses it, than of
// the program. So every proxy is measured in every round, in another order each
// time, and is divided by plain Caddy of the same round; the report gives the
// median of the rounds with the least and the greatest. Differences that are
// smaller than that range are noise. What other programs take meanwhile is
// measured too: a round that they disturb is repeated, and the report tells how
// much was left of it.
//
// # How
//
// Each proxy is a process of its own, with a configuration in a folder that is
// removed afterwards, on a free port of the loopback interface, without
// privileges, and stopped by its process id. With four cores or more, the
// origin, the load generator and the proxies have cores of their own. The load
// comes from wrk, which takes little CPU and keeps its connections full: its
// latencies are those of a busy proxy, not of an idle one. CPU time is read from
// /proc for the proxy's process and its children. Before anything is measured, a
// page is fetched through each proxy and compared with the original, so that no
// proxy is quick because it did nothing.
//
// Our own proxy counts its decisions while it is measured, and the report has
// the counts: so many documents, so many of them injected.
//
//	go run ./internal/bench -out docs/benchmarks.md -save docs/benchmarks.json
//	go run ./internal/bench -only gzip,stall -peers ours -rounds 9 -duration 2s
//
// All of it, as it is by default, takes some 12 minutes; what is chosen tells
// its time when it begins. The report comes with a plot, beside it. It needs
// Linux, and of Debian's packages wrk, nginx and apache2-bin; -install fetches
// those that are missing. A proxy that isn't there is left out.
//
// # Before and after a change
//
// Saved results can be compared, and shown again:
//
//	go run ./internal/bench -peers ours -save old.json     # before
//	go run ./internal/bench -peers ours -save new.json     # after
//	go run ./internal/bench compare old.json new.json
//	go run ./internal/bench report -out docs/benchmarks.md docs/benchmarks.json
//
// compare sets our proxy's ratios to plain Caddy of both side by side. It
// ends with status 3, or "exit status 3" from go run, where one has become
// worse by more than -threshold and the ranges of the rounds do not overlap.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	duration, warmUp time.Duration
	rounds           int
	only, peers      string
	out, save        string
	against          string
	threshold        float64
	binary           string
	install, pin     bool
	limit            time.Duration
}

// statusWorse is the program's exit status where a comparison found it worse.
const statusWorse = 3

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := dispatch(ctx, os.Args[1:]); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errWorse):
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(statusWorse)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch runs a command, or one of the servers that a measurement starts:
// those are the same program, so that nothing else must be built.
func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "serve-origin":
			return serveOrigin(ctx, args[1:])
		case "serve-proxy":
			return serveGoProxy(ctx, args[1:])
		case "compare":
			return compareFiles(args[1:], os.Stdout, os.Stderr)
		case "report":
			return reportFile(args[1:], os.Stdout, os.Stderr)
		}
	}
	o, err := parseOptions(args, os.Stderr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	return measure(ctx, o, os.Stdout, os.Stderr)
}

func parseOptions(args []string, output io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.DurationVar(&o.duration, "duration", time.Second, "how long each proxy is loaded in each round; whole seconds")
	flags.DurationVar(&o.warmUp, "warmup", time.Second, "load before the first round of each workload, not counted; whole seconds, 0 for none")
	flags.IntVar(&o.rounds, "rounds", 5, "how many `times` each workload is measured")
	flags.StringVar(&o.only, "only", "", "workloads and sections to measure, comma-separated; a name's beginning is enough: "+strings.Join(sectionNames(), " "))
	flags.StringVar(&o.peers, "peers", "", "proxies to compare with plain Caddy, comma-separated: "+strings.Join(peerNames(), " "))
	flags.StringVar(&o.out, "out", "", "`file` to write the report to, as Markdown, and its plot beside it, as SVG")
	flags.StringVar(&o.save, "save", "", "`file` to save all rounds to, as JSON")
	flags.StringVar(&o.against, "against", "", "`file` of saved results to compare with in the end")
	thresholdVar(flags, &o.threshold)
	flags.StringVar(&o.binary, "binary", "", "`path` of a built cobrowse-proxy; without it, one is built from this source")
	flags.BoolVar(&o.install, "install", false, "install missing Debian packages with apt-get")
	flags.BoolVar(&o.pin, "pin", true, "give origin, proxies and load generator cores of their own, where there are four or more")
	flags.DurationVar(&o.limit, "limit", time.Hour, "time after which everything is stopped")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(output, "usage: go run ./internal/bench [flags]\n"+
			"       go run ./internal/bench compare [-threshold 0.05] old.json new.json\n"+
			"       go run ./internal/bench report [-out file.md] saved.json")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is not a flag; -help lists them", flags.Arg(0))
	case o.rounds < 1 || o.rounds > 100:
		return o, errors.New("-rounds is between 1 and 100")
	case o.duration < time.Second || o.duration > time.Minute:
		return o, errors.New("-duration is between 1s and 1m")
	case o.warmUp < 0 || o.warmUp > time.Minute:
		return o, errors.New("-warmup is between 0 and 1m")
	}
	return o, nil
}

// measure starts everything, measures, and reports.
func measure(ctx context.Context, o options, stdout, progress io.Writer) error {
	began := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(progress, "%6s  %s\n", time.Since(began).Round(time.Second), fmt.Sprintf(format, args...))
	}
	var old *results
	if o.against != "" { // before the minutes that it would else take to find out
		var err error
		if old, err = restore(o.against); err != nil {
			return err
		}
	}
	plan, err := newPlan(o)
	if err != nil {
		return err
	}
	if err := plan.checkTools(ctx, o.install, say); err != nil {
		return err
	}
	say("%d workloads, %d proxies, %d rounds: about %s", len(plan.workloads), len(plan.peers), plan.rounds, plan.estimate().Round(time.Second))
	bench, err := newBench(ctx, plan, say)
	if err != nil {
		return err
	}
	defer bench.close()
	r, err := bench.run(ctx)
	if err != nil {
		return err
	}
	if o.save != "" {
		if err := save(o.save, r); err != nil {
			return err
		}
	}
	if err := (report{r}).write(stdout, o.out); err != nil || old == nil {
		return err
	}
	return compareResults(stdout, old, r, o.threshold)
}

// reportFile shows saved results again.
func reportFile(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench report", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "", "`file` to write the report to, as Markdown, and its plot beside it, as SVG")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("report wants one file of saved results")
	}
	r, err := restore(flags.Arg(0))
	if err != nil {
		return err
	}
	return report{r}.write(stdout, *out)
}
