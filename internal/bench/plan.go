package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"time"
)

// plan is what will be measured.
type plan struct {
	options
	workloads []workload
	sections  selection
	// peers begins with the base.
	peers []peer
	// load is the path of wrk.
	load string
	// huge is the length of the page of the section memory, in bytes.
	huge int64
}

func newPlan(o options) (*plan, error) {
	sections, err := newSelection("-only", o.only, sectionNames())
	if err != nil {
		return nil, err
	}
	chosen, err := newSelection("-peers", o.peers, peerNames())
	if err != nil {
		return nil, err
	}
	p := &plan{options: o, sections: sections, huge: hugeSize}
	for _, w := range workloads() {
		if sections.has(w.name) {
			p.workloads = append(p.workloads, w)
		}
	}
	for _, candidate := range peers() {
		if candidate.name == basePeer || chosen.has(candidate.name) {
			p.peers = append(p.peers, candidate)
		}
	}
	return p, nil
}

// repeats is how many measurements may be repeated in all.
func (p *plan) repeats() int {
	return int(math.Ceil(repeatable * float64(len(p.workloads)*len(p.peers)*p.rounds)))
}

// What each part takes besides what was asked for, as seen.
const (
	startCost    = 150 * time.Millisecond // of a load generator
	memoryCost   = time.Second            // of a page of the section memory, with a fresh process
	slowCost     = 5 * time.Second
	slowGzipCost = time.Second
)

// estimate is how long the plan takes, without repeats.
func (p *plan) estimate() time.Duration {
	peers, rounds := time.Duration(len(p.peers)), time.Duration(p.rounds)
	total := time.Duration(len(p.workloads)) * (peers*(p.warmUp+startCost+rounds*(p.duration+startCost)) + p.duration)
	for _, section := range []struct {
		name string
		cost time.Duration
	}{
		{sectionStall, time.Duration(len(stallWorkloads())) * rounds * stallTime},
		{sectionMemory, min(rounds, memoryRounds) * memoryCost},
		{sectionSlow, min(rounds, memoryRounds) * slowCost},
		{sectionSlowGzip, min(rounds, memoryRounds) * slowGzipCost},
	} {
		if p.sections.has(section.name) {
			total += peers * section.cost
		}
	}
	return total
}

// errMissing is wrapped where a program is missing that nothing can replace.
var errMissing = errors.New("run with -install, or as root: apt-get install")

// tool is a program of a Debian package.
type tool struct{ program, pkg string }

// checkTools finds the programs of other projects, and installs those that are
// missing where it may. Without wrk or taskset there is no measurement; a proxy
// that is missing is left out.
func (p *plan) checkTools(ctx context.Context, install bool, say func(string, ...any)) error {
	needed := []tool{{"wrk", "wrk"}, {"taskset", "util-linux"}}
	for _, candidate := range p.peers {
		if candidate.program != "" {
			needed = append(needed, tool{candidate.program, candidate.pkg})
		}
	}
	missing := missingTools(needed)
	if len(missing) > 0 && install {
		if err := installPackages(ctx, missing, say); err != nil {
			return err
		}
		missing = missingTools(needed)
	}
	for _, t := range missing {
		if t.program == "wrk" || t.program == "taskset" {
			return fmt.Errorf("%s is missing: %w %s", t.program, errMissing, t.pkg)
		}
		say("%s is missing and left out; -install or apt-get install %s adds it", t.program, t.pkg)
		p.leaveOut(t.program)
	}
	path, err := lookPath("wrk")
	p.load = path
	return err
}

func (p *plan) leaveOut(program string) {
	kept := p.peers[:0]
	for _, candidate := range p.peers {
		if candidate.program != program {
			kept = append(kept, candidate)
		}
	}
	p.peers = kept
}

func missingTools(tools []tool) []tool {
	var missing []tool
	for _, t := range tools {
		if _, err := lookPath(t.program); err != nil {
			missing = append(missing, t)
		}
	}
	return missing
}

// installPackages runs apt-get. RUNLEVEL=1 keeps Debian's packages from
// starting the servers that they bring.
func installPackages(ctx context.Context, tools []tool, say func(string, ...any)) error {
	packages := []string{"install", "-y", "-qq", "--no-install-recommends"}
	for _, t := range tools {
		packages = append(packages, t.pkg)
	}
	say("installing %s", strings.Join(packages[4:], " "))
	for _, args := range [][]string{{"update", "-qq"}, packages} {
		command := exec.CommandContext(ctx, "apt-get", args...) // #nosec G204 -- names of this program
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w: %s", args[0], err, out)
		}
	}
	return nil
}
