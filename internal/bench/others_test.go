package main

import (
	"testing"
	"time"
)

func TestParseBusy(t *testing.T) {
	const stat = "cpu  100 10 50 9000 5 3 7 20 0 0\ncpu0 60 5 25 4500 5 3 7 10 0 0\ncpu1 40 5 25 4500 0 0 0 10 0 0\nintr 12345 0\nbtime 1\n"
	busy, cpus, err := parseBusy(stat)
	if err != nil || busy != 1800*time.Millisecond || cpus != 2 {
		t.Errorf("%v on %d cores, %v, want 1.8s on 2", busy, cpus, err)
	}
	for name, text := range map[string]string{"empty": "", "no cores": "cpu  1 2 3 4 5 6 7 8\n", "not a number": "cpu x 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\n"} {
		if _, _, err := parseBusy(text); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestOthers(t *testing.T) {
	start := time.Unix(1000, 0)
	from := usage{all: 100 * time.Second, own: 10 * time.Second, cpus: 4, at: start}
	tests := []struct {
		name            string
		all, own, ended time.Duration
		elapsed         time.Duration
		want            float64
	}{
		{"alone", 4 * time.Second, 3 * time.Second, time.Second, 2 * time.Second, 0},
		{"a quarter", 6 * time.Second, 3 * time.Second, time.Second, 2 * time.Second, 0.25},
		{"rounding below nothing", time.Second, 2 * time.Second, 0, 2 * time.Second, 0},
		{"no time has passed", 0, 0, 0, 0, 0},
	}
	for _, tt := range tests {
		to := usage{all: from.all + tt.all, own: from.own + tt.own, cpus: 4, at: start.Add(tt.elapsed)}
		if got := others(from, to, tt.ended); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestReadUsage(t *testing.T) {
	u, err := readUsage()
	if err != nil || u.cpus < 1 || u.all <= 0 {
		t.Errorf("usage %+v, %v", u, err)
	}
}
