package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// changed returns the sample report's results with our requests a second and our
// CPU time changed by a factor.
func changed(t *testing.T, factor float64) *results {
	t.Helper()
	r := sampleReport(t).results
	for _, byPeer := range r.Loads {
		for i := range byPeer[ourPeer].PerSecond {
			byPeer[ourPeer].PerSecond[i] *= factor
			byPeer[ourPeer].CPU[i] /= factor
		}
	}
	return r
}

func TestCompareResults(t *testing.T) {
	tests := []struct {
		name     string
		now      func(t *testing.T) *results
		worse    bool
		contains []string
		lacks    []string
	}{
		{name: "nothing changed", now: sampleResults, contains: []string{"same"}, lacks: []string{"worse  ", "better", "not alike"}},
		{name: "better", now: func(t *testing.T) *results { return changed(t, 1.5) }, contains: []string{"+50.0 %", "better"}},
		{name: "worse", now: func(t *testing.T) *results { return changed(t, 0.8) }, worse: true, contains: []string{"-20.0 %", "+25.0 %", "worse"}},
		{
			name: "within the noise", contains: []string{verdictNoise}, lacks: []string{"not alike"},
			now: func(t *testing.T) *results {
				r := sampleResults(t)
				r.Loads["html-2k"][ourPeer].PerSecond = []float64{9_800, 4_000, 6_000}
				return r
			},
		},
		{
			name: "a late first byte", worse: true, contains: []string{"first byte, identity"},
			now: func(t *testing.T) *results {
				r := sampleResults(t)
				put(r.Stalls, "identity", ourPeer, []time.Duration{stallTime, stallTime})
				return r
			},
		},
		{
			name: "grains of the timer and the allocator", lacks: []string{verdictWorse + "\n"},
			now: func(t *testing.T) *results {
				r := sampleResults(t)
				put(r.Stalls, "identity", ourPeer, []time.Duration{3 * time.Millisecond})
				put(r.Memory, sectionMemory, ourPeer, []int64{3 << 20})
				return r
			},
		},
		{
			name: "another machine", contains: []string{"not alike: machine: 4 × Example CPU, then 8 × Other CPU", "not alike: nginx"},
			now: func(t *testing.T) *results {
				r := sampleResults(t)
				r.Machine.CPU, r.Machine.Versions = "8 × Other CPU", map[string]string{"nginx": "1.30"}
				return r
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := compareResults(&out, sampleResults(t), tt.now(t), 0.05)
			if errors.Is(err, errWorse) != tt.worse || err != nil && !tt.worse {
				t.Errorf("error %v, worse: %v", err, tt.worse)
			}
			for _, want := range tt.contains {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the comparison lacks %q:\n%s", want, out.String())
				}
			}
			for _, not := range tt.lacks {
				if strings.Contains(out.String(), not) {
					t.Errorf("the comparison has %q:\n%s", not, out.String())
				}
			}
		})
	}
}

func sampleResults(t *testing.T) *results { return sampleReport(t).results }

func TestCompareRefusesResultsWithoutCommonNumbers(t *testing.T) {
	r := sampleResults(t)
	r.Loads, r.Stalls, r.Memory = nil, nil, nil
	if err := compareResults(&bytes.Buffer{}, sampleResults(t), r, 0.05); err == nil || errors.Is(err, errWorse) {
		t.Errorf("error %v", err)
	}
}

// Saved results give the same report and compare as equal.
func TestSaveAndRestore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "saved.json")
	before := sampleReport(t)
	if err := save(file, before.results); err != nil {
		t.Fatal(err)
	}
	restored, err := restore(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := (report{restored}).markdown(""), before.markdown(""); got != want {
		t.Errorf("the report of restored results differs:\n%s\nwant:\n%s", got, want)
	}
	var out bytes.Buffer
	if err := compareFiles([]string{file, file}, &out, &out); err != nil {
		t.Errorf("compared with itself: %v\n%s", err, out.String())
	}
	if err := compareFiles([]string{file}, &out, &out); err == nil {
		t.Error("one file was compared with nothing")
	}
	document := filepath.Join(t.TempDir(), "report.md")
	if err := reportFile([]string{"-out", document, file}, &out, &out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(document)
	if err != nil || !strings.Contains(string(text), "](report.svg)") {
		t.Errorf("%v: the document does not show its plot:\n%s", err, text)
	}
	if _, err := os.Stat(strings.TrimSuffix(document, ".md") + ".svg"); err != nil {
		t.Error(err)
	}
}

func TestRestoreRefusesOtherFiles(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":       "requests: 1",
		"another format": `{"format": 99, "setup": {"peers": ["caddy"]}}`,
		"no base":        `{"format": 1, "setup": {"peers": ["ours"]}}`,
		"nothing":        `{}`,
	} {
		file := filepath.Join(t.TempDir(), "saved.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := restore(file); !errors.Is(err, errFormat) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := restore(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: error %v", err)
	}
}
