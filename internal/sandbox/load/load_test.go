package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestLoad is the load in small: nothing is lost, and every attack is repelled.
// Times are not looked at.
func TestLoad(t *testing.T) {
	before := goleak.IgnoreCurrent()
	const secret = "for tests"
	target, err := newTarget(secret)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(target)
	r, err := measure(t.Context(), options{sessions: 10, rate: 20, duration: 2 * time.Second}, srv.URL, secret, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.verdict(); err != nil {
		t.Error(err)
	}
	var text strings.Builder
	r.write(&text)
	for _, want := range []string{"10 sessions", "lost 0", "under attack", "bad PINs"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, text.String())
		}
	}
	if testing.Verbose() {
		t.Log(text.String())
	}
	target.close()
	srv.Close()
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

// TestVerdict: what is lost or let in is found, or the load would prove nothing.
func TestVerdict(t *testing.T) {
	good := func() *report {
		r := &report{outcomes: outcomes{counts: map[string]map[string]int{}}}
		p := &pair{name: "p", changes: newTally(), strokes: newTally()}
		for _, tally := range []*tally{p.changes, p.strokes} {
			tally.arrived()
			tally.total(1)
		}
		r.pairs = append(r.pairs, p)
		for _, a := range attacks {
			r.outcomes.add(a.name, a.repelled[0])
		}
		return r
	}
	if err := good().verdict(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*report){
		"a change is missing":  func(r *report) { r.pairs[0].changes.want++ },
		"nothing was drawn":    func(r *report) { r.pairs[0].strokes = newTally() },
		"a connection was cut": func(r *report) { r.pairs[0].fail("x", io.EOF) },
		"a PIN was guessed":    func(r *report) { r.outcomes.add("bad PINs", outcome(nil)) },
		"no attack":            func(r *report) { r.outcomes.counts["bad tokens"] = nil },
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			spoil(r)
			if r.verdict() == nil {
				t.Error("passes")
			}
		})
	}
}

// TestOrder: what comes twice, too late or changed is found.
func TestOrder(t *testing.T) {
	p := &pair{}
	take := p.takeChange(time.Now())
	for _, tc := range []struct {
		events string
		due    int
		ok     bool
	}{
		{`[{"data":{"texts":[{"value":"0 1"}]}}]`, 0, true},
		{`[{"data":{"texts":[{"value":"0 1"}]}}]`, 1, false},
		{`[{"data":{"texts":[{"value":"2 1"}]}}]`, 1, false},
		{`[{"data":{"texts":[]}}]`, 1, false},
		{`[]`, 1, false},
		{`{}`, 1, false},
	} {
		if err := take(&frame{Events: []byte(tc.events)}, tc.due); (err == nil) != tc.ok {
			t.Errorf("%s where %d is due: %v", tc.events, tc.due, err)
		}
	}
	for _, kind := range []string{"ended", "moved", "left", "error"} {
		if disturbance(&frame{Type: kind}) == nil {
			t.Errorf("%q is no disturbance", kind)
		}
	}
}
