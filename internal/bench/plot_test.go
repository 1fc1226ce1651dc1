package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlot(t *testing.T) {
	got := sampleReport(t).plot().svg()
	file := filepath.Join("testdata", "plot.svg.golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it. Got:\n%s", file, got)
	}
	wellFormed(t, got)
	for _, want := range []string{"prefers-color-scheme:dark", "<title", ">html-2k<", ">Cobrowse Proxy<", ">0.98<"} {
		if !strings.Contains(got, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	if strings.Contains(got, "%!") {
		t.Error("a format went wrong")
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A plot of nothing, of one ratio of 1, and of ratios beyond all ticks is still
// a picture, and nothing is drawn outside of it.
func TestPlotOfOddRatios(t *testing.T) {
	at := func(v float64) plotMark { return plotMark{spread: newSpread([]float64{v})} }
	for name, marks := range map[string][]plotMark{
		"nothing":   nil,
		"one":       {at(1)},
		"far apart": {at(1e-9), at(1e9)},
		"no rounds": {{}},
	} {
		p := plot{title: "a < b", peers: []string{"ours", "nginx"}, rows: []plotRow{{name: "w", marks: marks}}}
		wellFormed(t, p.svg())
		x := p.axis()
		if len(x.ticks) < 2 {
			t.Errorf("%s: ticks %v", name, x.ticks)
		}
		for _, m := range marks {
			if at := x.at(m.median); m.n > 0 && (at < plotLeft-0.01 || at > plotRight+0.01 || math.IsNaN(at)) {
				t.Errorf("%s: %g is drawn at %g", name, m.median, at)
			}
		}
	}
}
