package main

import "time"

// results are all numbers, as measured. Slices have one element a round; 0
// stands for a round that failed.
type results struct {
	plan *plan
	// loads is by workload and peer.
	loads map[string]map[string]*samples
	// direct is the rate without any proxy, by workload.
	direct map[string]float64
	// stalls is the time to the first byte of the body, by encoding and peer.
	stalls map[string]map[string][]time.Duration
	// memory is the growth of memory in bytes, by section and peer.
	memory map[string]map[string][]int64
	// faults says why a peer has no numbers, by workload or section and peer.
	faults map[string]map[string]string
}

// sample is what was measured of one peer in one round.
type sample struct {
	load
	used   time.Duration // CPU time of the peer
	others float64       // part of the machine's time that went to others
}

// samples are what was measured of one peer under one workload.
type samples struct {
	perSecond []float64
	cpu       []float64 // microseconds a request
	p50, p99  []time.Duration
	others    []float64
	failed    int
}

func newResults(p *plan) *results {
	return &results{
		plan:   p,
		loads:  map[string]map[string]*samples{},
		direct: map[string]float64{},
		stalls: map[string]map[string][]time.Duration{},
		memory: map[string]map[string][]int64{},
		faults: map[string]map[string]string{},
	}
}

// fault notes that a peer cannot take part.
func (r *results) fault(section, peer string, err error) {
	put(r.faults, section, peer, err.Error())
}

// put writes to a map of maps.
func put[T any](m map[string]map[string]T, a, b string, value T) {
	if m[a] == nil {
		m[a] = map[string]T{}
	}
	m[a][b] = value
}

// add appends one round. One in which nothing was answered is all zeros.
func (s *samples) add(one sample) {
	s.failed += one.failed
	s.p50 = append(s.p50, one.p50)
	s.p99 = append(s.p99, one.p99)
	s.others = append(s.others, one.others)
	if one.requests == 0 {
		s.perSecond, s.cpu = append(s.perSecond, 0), append(s.cpu, 0)
		return
	}
	s.perSecond = append(s.perSecond, one.perSecond())
	s.cpu = append(s.cpu, float64(one.used.Nanoseconds())/1e3/float64(one.requests))
}
