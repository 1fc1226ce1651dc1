package audit

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// childVariable makes the test binary the child process of a test: a writer
// that can be killed. Its value is the path of the file.
const childVariable = "COBROWSE_AUDIT_TEST_CHILD"

const (
	childClaims  = 1000
	childWriters = 8
)

// limitPrefix before the path makes the child limitedChild.
const limitPrefix = "limit:"

// child appends claims from several goroutines and names each on standard
// output after Append has returned nil, as a proxy would hand out a token.
func child(path string) {
	if limited, ok := strings.CutPrefix(path, limitPrefix); ok {
		limitedChild(limited)
		return
	}
	w, err := Open(Config{Path: path, Key: testKey, MaxSize: 6 * maxLine})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var next atomic.Int64
	var out sync.Mutex
	var group sync.WaitGroup
	for range childWriters {
		group.Go(func() {
			for {
				n := int(next.Add(1))
				if n > childClaims {
					return
				}
				record := claim(n)
				record.RequestID = strconv.Itoa(os.Getpid()) + "/" + strconv.Itoa(n)
				if err := w.Append(context.Background(), record); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(record.RequestID)
				out.Unlock()
			}
		})
	}
	group.Wait()
	if err := w.Close(); err != nil {
		os.Exit(1)
	}
}

// TestKill kills a writer with SIGKILL while it works, again and again on the
// same chain: each claim that was acknowledged is in the record, once, and the
// chain verifies.
func TestKill(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	acknowledged := map[string]bool{}
	killed := 0
	for round := range rounds {
		stopAfter := rand.IntN(childClaims) //nolint:gosec // where a crash comes is no secret
		if round == rounds-1 {
			stopAfter = childClaims + 1 // the last one may finish
		}
		names := killChild(t, program, path, stopAfter)
		if len(names) < childClaims {
			killed++
		}
		for _, name := range names {
			acknowledged[name] = true
		}
	}
	report := verified(t, keys, path)
	times := map[string]int{}
	for _, file := range logFiles(t, path) {
		for _, l := range parsed(t, file) {
			times[l.RequestID]++
		}
	}
	for name := range acknowledged {
		if times[name] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", name, times[name])
		}
	}
	if killed == 0 {
		t.Error("no child was killed while it worked")
	}
	t.Logf("%d children killed at work, %d acknowledged, %d lines in %d files, %d torn",
		killed, len(acknowledged), report.Chains[0].Lines, report.Chains[0].Files, len(report.Notices))
}

// killChild runs a child, kills it after so many acknowledgements, and returns
// all that it has given.
func killChild(t *testing.T, program, path string, stopAfter int) []string {
	t.Helper()
	command := exec.Command(program) //nolint:gosec // this test's own program
	command.Env = append(os.Environ(), childVariable+"="+path)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var names []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		// The scanner gives half a line at the end, too: an acknowledgement that
		// nobody could read.
		if strings.Contains(lines.Text(), "/") {
			names = append(names, lines.Text())
		}
		if len(names) == stopAfter {
			if err := command.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = command.Wait()
	if stopAfter > childClaims && err != nil {
		t.Fatalf("the child failed: %v", err)
	}
	return names
}
