package main

import (
	"strings"
	"testing"
	"time"
)

func TestSelection(t *testing.T) {
	names := []string{"html-2k", "html-20k", "gzip-2k", "stall"}
	tests := []struct {
		words   string
		want    string
		wantErr string
	}{
		{words: "", want: "html-2k html-20k gzip-2k stall"},
		{words: "html", want: "html-2k html-20k"},
		{words: " gzip-2k , stall ", want: "gzip-2k stall"},
		{words: "html-20k,", want: "html-20k"},
		{words: "html,pdf", wantErr: `-only: "pdf" is none of html-2k`},
	}
	for _, tt := range tests {
		t.Run(tt.words, func(t *testing.T) {
			s, err := newSelection("-only", tt.words, names)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error %v, want %q", err, tt.wantErr)
				}
				return
			}
			var got []string
			for _, name := range names {
				if s.has(name) {
					got = append(got, name)
				}
			}
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestWorkloadHeaders(t *testing.T) {
	for _, w := range workloads() {
		h := w.header()
		wantDest, wantCoding := "empty", "identity"
		if w.document {
			wantDest = "document"
		}
		if w.gzip {
			wantCoding = "gzip"
		}
		if h.Get("Sec-Fetch-Dest") != wantDest || h.Get("Accept-Encoding") != wantCoding {
			t.Errorf("%s: %v", w.name, h)
		}
	}
}

func TestNewPlan(t *testing.T) {
	p, err := newPlan(options{only: "json,stall", peers: "go"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, candidate := range p.peers {
		names = append(names, candidate.name)
	}
	if got := strings.Join(names, " "); got != "caddy go-plain go-readall" {
		t.Errorf("peers %q", got)
	}
	if len(p.workloads) != 1 || p.workloads[0].name != "json-2k" || !p.sections.has(sectionStall) || p.sections.has(sectionMemory) {
		t.Errorf("workloads %v", p.workloads)
	}
	p.peers[1].program = "missing"
	p.leaveOut("missing")
	if len(p.peers) != 2 || p.peers[1].name != "go-readall" {
		t.Errorf("after leaving one out: %d peers", len(p.peers))
	}
	for _, o := range []options{{only: "nothing"}, {peers: "caddy9"}} {
		if _, err := newPlan(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// All that is measured by default is for a break, not for a night.
func TestDefaultRunIsShort(t *testing.T) {
	o, err := parseOptions(nil, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	if all := p.estimate() + time.Duration(p.repeats())*p.duration; all > 15*time.Minute {
		t.Errorf("%v, with repeats", all)
	}
	one, err := newPlan(options{only: "json", peers: "ours", rounds: 3, duration: time.Second, warmUp: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	// Two proxies, each warmed up once and loaded three times, and the origin.
	if got, want := one.estimate(), 9*time.Second+8*startCost; got != want {
		t.Errorf("an estimate of %v, want %v", got, want)
	}
	if got := one.repeats(); got != 1 {
		t.Errorf("%d repeats of 6 measurements, want 1", got)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		args    string
		wantErr string
	}{
		{"", ""},
		{"-duration 3s -rounds 7 -only html", ""},
		{"-warmup 0", ""},
		{"-rounds 0", "-rounds"},
		{"-duration 1ms", "-duration"},
		{"-warmup 2m", "-warmup"},
		{"html", "not a flag"},
		{"-nonsense", "nonsense"},
	}
	for _, tt := range tests {
		_, err := parseOptions(strings.Fields(tt.args), &strings.Builder{})
		if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
			t.Errorf("%q: error %v, want %q", tt.args, err, tt.wantErr)
		}
	}
}
