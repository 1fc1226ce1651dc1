package main

import (
	"errors"
	"testing"
	"time"
)

func TestParseLoad(t *testing.T) {
	const output = "Running 2s test @ http://127.0.0.1:1/html/2k\n  1 threads and 32 connections\n" +
		"Requests/sec:  13180.15\nbench: requests=26400 elapsed_us=2003000 p50_us=2012 p99_us=10140 failed=3\n"
	got, err := parseLoad(output)
	want := load{requests: 26400, elapsed: 2003 * time.Millisecond, p50: 2012 * time.Microsecond, p99: 10140 * time.Microsecond, failed: 3}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if rate := got.perSecond(); rate < 13180 || rate > 13181 {
		t.Errorf("rate %v, want 13180.2", rate)
	}
}

func TestParseLoadRefuses(t *testing.T) {
	tests := map[string]string{
		"nothing":      "",
		"no line":      "Requests/sec:  13180.15\n",
		"no answers":   "bench: requests=0 elapsed_us=2003000 p50_us=0 p99_us=0 failed=9\n",
		"not a number": "bench: requests=many elapsed_us=1\n",
	}
	for name, output := range tests {
		_, err := parseLoad(output)
		if !errors.Is(err, errLoad) || errors.Is(err, errNoAnswer) != (name == "no answers") {
			t.Errorf("%s: error %v, want %v", name, err, errLoad)
		}
	}
}
