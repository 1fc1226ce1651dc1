package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// openers is how many sessions are begun at once.
const openers = 8

// measure runs the load against a service and returns what came of it.
func measure(ctx context.Context, o options, url, secret string, progress io.Writer) (*report, error) {
	minter, err := newMinter(secret)
	if err != nil {
		return nil, err
	}
	m := &maker{url: url, minter: minter}
	r := &report{options: o, outcomes: outcomes{counts: map[string]map[string]int{}}}
	if r.empty, err = fetchStats(ctx, url); err != nil {
		return nil, err
	}
	fmt.Fprintf(progress, "beginning %d sessions\n", o.sessions)
	if err := r.open(ctx, m); err != nil {
		return nil, err
	}
	defer r.close()
	if r.idle, err = fetchStats(ctx, url); err != nil {
		return nil, err
	}
	r.busy = r.idle
	if err := r.run(ctx, m, progress); err != nil {
		return nil, err
	}
	return r, nil
}

// open begins all sessions.
func (r *report) open(ctx context.Context, m *maker) error {
	r.pairs = make([]*pair, r.sessions)
	errs := make([]error, r.sessions)
	var all sync.WaitGroup
	for w := range openers {
		all.Go(func() {
			for i := w; i < r.sessions; i += openers {
				if r.pairs[i], errs[i] = openPair(ctx, m, i, r.rate); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			r.close()
			return err
		}
	}
	return nil
}

func (r *report) close() {
	for _, p := range r.pairs {
		if p != nil {
			p.close()
		}
	}
}

// run lets all sessions send, and attacks the service in the second half.
func (r *report) run(ctx context.Context, m *maker, progress io.Writer) error {
	began := time.Now()
	stop, end := context.WithCancel(ctx)
	defer end()
	limit, cancel := context.WithTimeout(ctx, r.duration+patience)
	defer cancel()

	var sessions, others sync.WaitGroup
	for i, p := range r.pairs {
		sessions.Go(func() {
			// Not all at once, as no customers are.
			time.Sleep(time.Second / time.Duration(r.rate) * time.Duration(i) / time.Duration(r.sessions))
			p.run(limit, stop, began)
		})
	}
	r.attacked = r.duration / 2
	others.Go(func() {
		select {
		case <-time.After(r.attacked):
			fmt.Fprintf(progress, "attacking beside them\n")
			runAttacks(stop, m, &r.outcomes)
		case <-stop.Done():
		}
	})
	others.Go(func() { r.watch(stop, m.url, began, progress) })
	others.Go(func() {
		defer end()
		wait(stop, r.duration)
		for !r.outcomes.complete() && limit.Err() == nil {
			wait(stop, 10*time.Millisecond) // a slow machine has not come to all of them
		}
	})
	sessions.Wait()
	end() // where a session failed before the time was over
	others.Wait()
	return ctx.Err()
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// watch tells how it goes every two seconds, and keeps the most that was used.
func (r *report) watch(ctx context.Context, url string, began time.Time, progress io.Writer) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s, err := fetchStats(ctx, url)
		if err != nil {
			continue // the end, or the verdict will tell
		}
		r.busy.Heap, r.busy.Stacks = max(r.busy.Heap, s.Heap), max(r.busy.Stacks, s.Stacks)
		r.busy.Resident, r.busy.Goroutines = max(r.busy.Resident, s.Resident), max(r.busy.Goroutines, s.Goroutines)
		fmt.Fprintf(progress, "%3.0f s: %d sessions, %s resident, %d goroutines\n",
			time.Since(began).Seconds(), s.Sessions, size(s.Resident), s.Goroutines)
	}
}

func fetchStats(ctx context.Context, url string) (stats, error) {
	var s stats
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+statsPath, nil)
	if err != nil {
		return s, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, fmt.Errorf("asking the service how it fares: %w", err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		return s, fmt.Errorf("asking the service how it fares: %w", err)
	}
	return s, nil
}
