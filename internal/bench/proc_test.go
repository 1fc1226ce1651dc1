package main

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	tests := []struct {
		name, line string
		want       procStat
		wantErr    bool
	}{
		{
			name: "nginx", line: "4321 (nginx) S 4300 4321 4300 0 -1 4194624 311 0 0 0 150 75 0 0 20 0 1 0 1 2 3",
			want: procStat{parent: 4300, cpu: 2250 * time.Millisecond},
		},
		{
			name: "brackets and spaces in the name", line: "7 (a) b (c) R 1 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 1 2 3",
			want: procStat{parent: 1, cpu: 30 * time.Millisecond},
		},
		{name: "cut off", line: "7 (a) R 1 7", wantErr: true},
		{name: "no name", line: "7 a R 1 7 7 0 -1", wantErr: true},
		{name: "not a number", line: "7 (a) R 1 7 7 0 -1 0 0 0 0 0 x 2 0 0 20", wantErr: true},
		{name: "empty", line: "", wantErr: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseStat(tt.line)
			if (err != nil) != tt.wantErr || got != tt.want {
				t.Errorf("got %+v, %v, want %+v, error %v", got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestParseStatusKB(t *testing.T) {
	const status = "Name:\tnginx\nVmHWM:\t    9152 kB\nVmRSS:\t    8764 kB\nThreads:\t1\n"
	tests := []struct {
		field   string
		want    int64
		wantErr bool
	}{
		{"VmHWM", 9152 << 10, false},
		{"VmRSS", 8764 << 10, false},
		{"VmSwap", 0, true},
		{"Name", 0, true},
	}
	for _, tt := range tests {
		got, err := parseStatusKB(status, tt.field)
		if (err != nil) != tt.wantErr || got != tt.want {
			t.Errorf("%s: got %d, %v, want %d, error %v", tt.field, got, err, tt.want, tt.wantErr)
		}
	}
}

// A child of this process is in its tree, and both are counted.
func TestTreeHoldsChildren(t *testing.T) {
	child := exec.CommandContext(t.Context(), "sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	pids, err := tree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if pids[0] != os.Getpid() || !slices.Contains(pids, child.Process.Pid) {
		t.Errorf("tree %v, want %d first and %d in it", pids, os.Getpid(), child.Process.Pid)
	}
	alone, err := memory(child.Process.Pid, "VmRSS")
	if err != nil {
		t.Fatal(err)
	}
	both, err := memory(os.Getpid(), "VmRSS")
	if err != nil {
		t.Fatal(err)
	}
	if alone <= 0 || both <= alone {
		t.Errorf("memory of the child %d, of both %d", alone, both)
	}
	if _, err := cpuTime(os.Getpid()); err != nil {
		t.Error(err)
	}
}
