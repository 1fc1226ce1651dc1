package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// running is a peer and its process.
type running struct {
	peer
	*process
	// counters is where it tells its decisions, if it counts them.
	counters string
}

// startAll starts every peer. One that does not start is left out, unless all
// others are compared with it.
func (b *bench) startAll(ctx context.Context, r *results, section string) ([]running, error) {
	var all []running
	for _, p := range b.peers {
		one, err := b.startPeer(ctx, p)
		if err != nil {
			if p.name == basePeer || ctx.Err() != nil {
				stopAll(all)
				return nil, err
			}
			b.say("%s is left out: %v", p.name, err)
			r.fault(section, p.name, err)
			continue
		}
		all = append(all, one)
	}
	return all, nil
}

func stopAll(all []running) {
	for _, r := range all {
		r.stop()
	}
}

// measureLoads measures all workloads: round by round, each peer in turn, the
// order rotated by one each round.
func (b *bench) measureLoads(ctx context.Context, r *results) error {
	if len(b.workloads) == 0 {
		return nil
	}
	all, err := b.startAll(ctx, r, "start")
	if err != nil {
		return err
	}
	defer stopAll(all)
	for i, w := range b.workloads {
		b.say("%s, workload %d of %d", w.name, i+1, len(b.workloads))
		if err := b.measureWorkload(ctx, r, w, all); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) measureWorkload(ctx context.Context, r *results, w workload, all []running) error {
	able, err := b.prepare(ctx, r, w, all)
	if err != nil {
		return err
	}
	for round := range b.rounds {
		for i := range able {
			one := able[(i+round)%len(able)]
			counts, err := one.counting(ctx, func() error { return b.measureLoad(ctx, r, w, one) })
			if err != nil {
				return fmt.Errorf("%s, %s: %w", w.name, one.peer.name, err)
			}
			r.decided(w.name, counts)
		}
		b.say("%s, round %d of %d: %s", w.name, round+1, b.rounds, r.glance(w.name))
	}
	return nil
}

// prepare finds the peers that do their work under a workload, warms them up,
// and takes the rate of the origin by itself.
func (b *bench) prepare(ctx context.Context, r *results, w workload, all []running) ([]running, error) {
	var able []running
	for _, one := range all {
		if err := verify(ctx, w, one.peer, one.address, b.origin.address); err != nil {
			if one.peer.name == basePeer || ctx.Err() != nil {
				return nil, fmt.Errorf("%s, %s: %w", w.name, one.peer.name, err)
			}
			b.say("%s: %s is left out: %v", w.name, one.peer.name, err)
			r.fault(w.name, one.peer.name, err)
			continue
		}
		able = append(able, one)
		put(r.Loads, w.name, one.peer.name, new(samples))
		if b.warmUp > 0 {
			if _, err := b.load(ctx, w, one.address, b.warmUp); err != nil && !errors.Is(err, errNoAnswer) {
				return nil, fmt.Errorf("%s, %s: %w", w.name, one.peer.name, err)
			}
		}
	}
	direct, err := b.load(ctx, w, b.origin.address, b.duration)
	if err == nil {
		r.Direct[w.name] = direct.perSecond()
	} else if !errors.Is(err, errNoAnswer) {
		return nil, err
	}
	return able, nil
}

func (b *bench) load(ctx context.Context, w workload, address string, d time.Duration) (load, error) {
	return runLoad(ctx, b.plan.load, b.script, b.cores, w, address, d)
}

// measureLoad is one round of one peer. Where others disturb it, it is repeated
// as long as the plan allows, and the least disturbed measurement counts.
func (b *bench) measureLoad(ctx context.Context, r *results, w workload, one running) error {
	var best sample
	for attempt := range 1 + retries {
		s, err := b.sample(ctx, w, one)
		if errors.Is(err, errNoAnswer) {
			b.say("%s: %s answered nothing", w.name, one.peer.name)
			continue
		}
		if err != nil {
			return err
		}
		if attempt == 0 || best.requests == 0 || s.others < best.others {
			best = s
		}
		if best.others < disturbed || b.repeats == 0 {
			break
		}
		b.repeats--
	}
	r.Loads[w.name][one.peer.name].add(best)
	return nil
}

// sample loads one peer for the duration and reads what it used.
func (b *bench) sample(ctx context.Context, w workload, one running) (sample, error) {
	machine, err := readUsage()
	if err != nil {
		return sample{}, err
	}
	before, err := cpuTime(one.pid())
	if err != nil {
		return sample{}, err
	}
	l, err := b.load(ctx, w, one.address, b.duration)
	if err != nil {
		return sample{}, err
	}
	after, err := cpuTime(one.pid())
	if err != nil {
		return sample{}, err
	}
	now, err := readUsage()
	return sample{load: l, used: after - before, others: others(machine, now, l.cpu)}, err
}
