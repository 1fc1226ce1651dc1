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
//	go run ./internal/bench -duration 2s -rounds 5 -out docs/benchmarks.md
//
// It needs Linux, and of Debian's packages wrk, nginx and apache2-bin; -install
// fetches those that are missing. A proxy that isn't there is left out.
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
	out              string
	binary           string
	install, pin     bool
	limit            time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := dispatch(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch runs the comparison, or one of the servers that it starts: those are
// the same program, so that nothing else must be built.
func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "serve-origin":
			return serveOrigin(ctx, args[1:])
		case "serve-proxy":
			return serveGoProxy(ctx, args[1:])
		}
	}
	o, err := parseOptions(args, os.Stderr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	return compare(ctx, o, os.Stdout, os.Stderr)
}

func parseOptions(args []string, output io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.DurationVar(&o.duration, "duration", 2*time.Second, "how long each proxy is loaded in each round; whole seconds")
	flags.DurationVar(&o.warmUp, "warmup", time.Second, "load before the first round of each workload, not counted; whole seconds, 0 for none")
	flags.IntVar(&o.rounds, "rounds", 5, "how many `times` each workload is measured")
	flags.StringVar(&o.only, "only", "", "workloads and sections to measure, comma-separated; a name's beginning is enough: "+strings.Join(sectionNames(), " "))
	flags.StringVar(&o.peers, "peers", "", "proxies to compare with plain Caddy, comma-separated: "+strings.Join(peerNames(), " "))
	flags.StringVar(&o.out, "out", "", "`file` to write the report to, as Markdown")
	flags.StringVar(&o.binary, "binary", "", "`path` of a built cobrowse-proxy; without it, one is built from this source")
	flags.BoolVar(&o.install, "install", false, "install missing Debian packages with apt-get")
	flags.BoolVar(&o.pin, "pin", true, "give origin, proxies and load generator cores of their own, where there are four or more")
	flags.DurationVar(&o.limit, "limit", time.Hour, "time after which everything is stopped")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(output, "usage: go run ./internal/bench [flags]")
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

// compare starts everything, measures, and reports.
func compare(ctx context.Context, o options, stdout, progress io.Writer) error {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(progress, format+"\n", args...) }
	plan, err := newPlan(o)
	if err != nil {
		return err
	}
	if err := plan.checkTools(ctx, o.install, say); err != nil {
		return err
	}
	bench, err := newBench(ctx, plan, say)
	if err != nil {
		return err
	}
	defer bench.close()
	results, err := bench.run(ctx)
	if err != nil {
		return err
	}
	report := newReport(results, bench.machine(ctx))
	if _, err := io.WriteString(stdout, report.text()); err != nil || o.out == "" {
		return err
	}
	return os.WriteFile(o.out, []byte(report.markdown()), 0o644) // #nosec G306 -- a document
}
