package main

import (
	"cmp"
	"slices"
)

// spread is a median with the least and the greatest of the values.
type spread[T cmp.Ordered] struct {
	median, least, most T
	// n is how many values there were; the rest means nothing where it is 0.
	n int
}

// number is what can be averaged: for an even count, the median is the mean of
// the middle two.
type number interface {
	~int64 | ~float64
}

// newSpread leaves its argument as it is.
func newSpread[T number](values []T) spread[T] {
	n := len(values)
	if n == 0 {
		return spread[T]{}
	}
	sorted := slices.Sorted(slices.Values(values))
	return spread[T]{
		median: (sorted[(n-1)/2] + sorted[n/2]) / 2,
		least:  sorted[0], most: sorted[n-1], n: n,
	}
}

// counted leaves out the rounds that were lost, which are 0.
func counted[T number](values []T) []T {
	return slices.DeleteFunc(slices.Clone(values), func(v T) bool { return v == 0 })
}

// ratios divides round by round: what slowed the machine down in one round
// slowed both. Rounds that lack a value on either side do not count.
func ratios(values, base []float64) []float64 {
	var out []float64
	for i := range min(len(values), len(base)) {
		if values[i] > 0 && base[i] > 0 {
			out = append(out, values[i]/base[i])
		}
	}
	return out
}
