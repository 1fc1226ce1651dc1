package main

import (
	"slices"
	"time"
)

// results are all numbers, as measured, with what is needed to read them: they
// are what -save writes. Slices have one element a round; 0 stands for a round
// that failed.
type results struct {
	// Format is [resultsFormat].
	Format  int     `json:"format"`
	Machine machine `json:"machine"`
	Setup   setup   `json:"setup"`
	// Direct is the rate without any proxy, in requests a second, by workload.
	Direct map[string]float64 `json:"direct"`
	// Loads is by workload and peer.
	Loads map[string]map[string]*samples `json:"loads"`
	// Stalls is the time to the first byte of the body in nanoseconds, by
	// encoding and peer.
	Stalls map[string]map[string][]time.Duration `json:"stalls"`
	// Memory is the growth of memory in bytes, by section and peer.
	Memory map[string]map[string][]int64 `json:"memory"`
	// Decisions is what this project's proxy counted for itself, by workload or
	// section and by the word that X-Cobrowse has.
	Decisions map[string]map[string]int64 `json:"decisions"`
	// Faults says why a peer has no numbers, by workload or section and peer.
	Faults map[string]map[string]string `json:"faults"`
}

// setup is what was measured, and how.
type setup struct {
	Rounds   int           `json:"rounds"`
	Duration time.Duration `json:"duration_ns"`
	WarmUp   time.Duration `json:"warm_up_ns"`
	// Huge is the length of the page of the section memory, in bytes.
	Huge int64 `json:"huge_bytes"`
	// Workloads and Peers are in the order of the tables; the first peer is the
	// base of the ratios.
	Workloads []string `json:"workloads"`
	Peers     []string `json:"peers"`
}

// sample is what was measured of one peer in one round.
type sample struct {
	load
	used   time.Duration // CPU time of the peer
	others float64       // part of the machine's time that went to others
}

// samples are what was measured of one peer under one workload.
type samples struct {
	PerSecond []float64       `json:"requests_per_second"`
	CPU       []float64       `json:"cpu_us"` // microseconds a request
	P50       []time.Duration `json:"p50_ns"`
	P99       []time.Duration `json:"p99_ns"`
	// Others is the part of the machine's time that other programs took, 0 to 1.
	Others []float64 `json:"others"`
	// Failed are answers of 400 and more, time-outs and broken connections.
	Failed int `json:"failed"`
}

func newResults(p *plan) *results {
	r := &results{
		Format:    resultsFormat,
		Setup:     setup{Rounds: p.rounds, Duration: p.duration, WarmUp: p.warmUp, Huge: p.huge},
		Direct:    map[string]float64{},
		Loads:     map[string]map[string]*samples{},
		Stalls:    map[string]map[string][]time.Duration{},
		Memory:    map[string]map[string][]int64{},
		Decisions: map[string]map[string]int64{},
		Faults:    map[string]map[string]string{},
	}
	for _, w := range p.workloads {
		r.Setup.Workloads = append(r.Setup.Workloads, w.name)
	}
	for _, one := range p.peers {
		r.Setup.Peers = append(r.Setup.Peers, one.name)
	}
	return r
}

// loads returns the workloads that were measured, in the order of the tables.
// One that this program no longer knows is left out.
func (r *results) workloads() []workload {
	return slices.DeleteFunc(workloads(), func(w workload) bool { return !slices.Contains(r.Setup.Workloads, w.name) })
}

// fault notes that a peer cannot take part.
func (r *results) fault(section, peer string, err error) {
	put(r.Faults, section, peer, err.Error())
}

// decided adds counts of decisions.
func (r *results) decided(section string, counts map[string]int64) {
	for word, n := range counts {
		if n != 0 {
			put(r.Decisions, section, word, r.Decisions[section][word]+n)
		}
	}
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
	s.Failed += one.failed
	s.P50 = append(s.P50, one.p50)
	s.P99 = append(s.P99, one.p99)
	s.Others = append(s.Others, one.others)
	if one.requests == 0 {
		s.PerSecond, s.CPU = append(s.PerSecond, 0), append(s.CPU, 0)
		return
	}
	s.PerSecond = append(s.PerSecond, one.perSecond())
	s.CPU = append(s.CPU, float64(one.used.Nanoseconds())/1e3/float64(one.requests))
}
