package main

import (
	"slices"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   spread[float64]
	}{
		{"none", nil, spread[float64]{}},
		{"one", []float64{3}, spread[float64]{3, 3, 3, 1}},
		{"odd, out of order", []float64{5, 1, 4}, spread[float64]{4, 1, 5, 3}},
		{"even", []float64{1, 2, 4, 100}, spread[float64]{3, 1, 100, 4}},
	}
	for _, tt := range tests {
		if got := newSpread(tt.values); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	if got := newSpread([]time.Duration{3 * time.Second, time.Second}); got.median != 2*time.Second {
		t.Errorf("median of durations %v, want 2s", got.median)
	}
}

func TestSpreadLeavesItsArgument(t *testing.T) {
	values := []float64{3, 1, 2}
	newSpread(values)
	if !slices.Equal(values, []float64{3, 1, 2}) {
		t.Errorf("values are now %v", values)
	}
}

func TestCountedLeavesLostRoundsOut(t *testing.T) {
	values := []float64{0, 3, 0, 1}
	if got := counted(values); !slices.Equal(got, []float64{3, 1}) || values[0] != 0 {
		t.Errorf("got %v of %v", got, values)
	}
}

func TestRatiosGoRoundByRound(t *testing.T) {
	tests := []struct {
		name                string
		values, base, wants []float64
	}{
		{"each by its own", []float64{10, 30}, []float64{20, 30}, []float64{0.5, 1}},
		{"a round failed", []float64{10, 0, 30}, []float64{20, 20, 30}, []float64{0.5, 1}},
		{"the base failed", []float64{10, 10}, []float64{0, 20}, []float64{0.5}},
		{"fewer rounds", []float64{10}, []float64{20, 20}, []float64{0.5}},
		{"nothing", nil, []float64{20}, nil},
	}
	for _, tt := range tests {
		if got := ratios(tt.values, tt.base); !slices.Equal(got, tt.wants) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.wants)
		}
	}
}
