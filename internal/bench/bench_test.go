package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary stand in for the program where that starts
// itself as a server. Any other word is refused: a test binary that ignores its
// arguments runs all tests, and so would start itself without end.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "serve-") {
		if err := dispatch(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		fmt.Fprintf(os.Stderr, "%q is no command of the test binary\n", os.Args[1])
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// goOnly is a plan of peers that need nothing but this program. The first is
// the base of the ratios, as plain Caddy is outside of tests.
func goOnly(t *testing.T, o options) *plan {
	t.Helper()
	stand, err := exec.LookPath("true") // only ever asked for its version
	if err != nil {
		t.Fatal(err)
	}
	o.binary = stand
	p, err := newPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	p.peers = []peer{
		{name: basePeer, command: goCommand(kindPlain)},
		{name: "go-readall", edits: true, command: goCommand(kindReadAll)},
	}
	return p
}

func startBench(t *testing.T, p *plan) *bench {
	t.Helper()
	b, err := newBench(t.Context(), p, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b
}

func TestStallsAndMemoryEndToEnd(t *testing.T) {
	p := goOnly(t, options{only: "stall,memory", rounds: 1})
	p.huge = 16 << 20
	b := startBench(t, p)
	r, err := b.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{basePeer, "go-readall"} {
		if len(r.Stalls["identity"][name]) != 1 || len(r.Stalls["gzip"][name]) != 1 || len(r.Memory[sectionMemory][name]) != 1 {
			t.Errorf("%s: stalls %v, memory %v", name, r.Stalls, r.Memory)
		}
	}
	// Reading the whole body takes at least the body, and at least the stall:
	// the one bound of time here is the origin's own pause.
	if took := r.Stalls["identity"]["go-readall"][0]; took < stallTime {
		t.Errorf("the first byte of a buffering proxy came after %v, before the page's end", took)
	}
	if growth := r.Memory[sectionMemory]["go-readall"][0]; growth < p.huge {
		t.Errorf("a proxy that holds %d bytes grew by %d", p.huge, growth)
	}
	if len(r.Faults) != 0 {
		t.Errorf("faults: %v", r.Faults)
	}
	text := (report{r}).text()
	for _, want := range []string{"TIME TO THE FIRST BYTE", "PEAK MEMORY", "one page of 16 MB"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

func TestLoadsEndToEnd(t *testing.T) {
	wrk, err := lookPath("wrk")
	if err != nil {
		t.Skip("wrk is not installed")
	}
	p := goOnly(t, options{only: "json", rounds: 2, duration: time.Second})
	p.load = wrk
	r, err := startBench(t, p).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{basePeer, "go-readall"} {
		if s := r.Loads["json-2k"][name]; s == nil || len(s.PerSecond) != 2 || len(counted(s.PerSecond)) == 0 || len(counted(s.P99)) == 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if r.Direct["json-2k"] <= 0 {
		t.Error("the origin by itself was not measured")
	}
}

func TestPeerThatDoesNotStartIsLeftOut(t *testing.T) {
	p := goOnly(t, options{only: "stall", rounds: 1})
	p.peers = append(p.peers, peer{name: "go-plain", command: goCommand("no such kind")})
	r, err := startBench(t, p).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if why := r.Faults[sectionStall]["go-plain"]; !strings.Contains(why, "the kind is plain or readall") {
		t.Errorf("fault %q, want the program's own message", why)
	}
	if len(r.Stalls["identity"][basePeer]) != 1 {
		t.Error("the others were not measured")
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	p := goOnly(t, options{only: "stall", rounds: 1})
	b, err := newBench(t.Context(), p, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	one, err := b.startPeer(t.Context(), p.peers[0])
	if err != nil {
		b.close()
		t.Fatal(err)
	}
	one.stop()
	b.close()
	for _, pid := range []int{one.pid(), b.origin.pid()} {
		if _, err := readStat(pid); err == nil {
			t.Errorf("process %d is still there", pid)
		}
	}
	if _, err := os.Stat(b.folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}
