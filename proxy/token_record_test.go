package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
)

// TestHostSignatureOnRecord: who gets a host's signature is on record before it
// leaves, as with agents' tokens; attendees are customers.
func TestHostSignatureOnRecord(t *testing.T) {
	o := videoOffice(t, nil)
	const session = "Mia's appointment"
	host := map[string]any{"role": 1, "sessionName": session}
	answer := o.must(http.StatusOK, "video/token", host, "Agent", "Ann")
	o.must(http.StatusOK, "video/token", map[string]any{"role": 0, "sessionName": session})
	if len(o.lines) != 1 {
		t.Fatalf("%d lines, want 1: %+v", len(o.lines), o.lines)
	}
	want := AuditRecord{
		Event: audit.EventTokenIssued, Outcome: audit.Success, Site: "site", Role: "video-host",
		AgentID: "ann", AgentSource: "test", AgentIP: "192.0.2.1", TokenHash: audit.TokenHash(answer["signature"].(string)),
	}
	if o.lines[0] != want {
		t.Errorf("line %+v\nwant %+v", o.lines[0], want)
	}

	o.fail = errors.New("disk full")
	w := o.send(http.MethodPost, "video/token", `{"role":1,"sessionName":"x"}`, "Agent", "Ann")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "eyJ") {
		t.Errorf("without a record: %d %v %s", w.Code, w.Header(), w.Body)
	}
	o.must(http.StatusOK, "video/token", map[string]any{"role": 0, "sessionName": session}) // customers are helped nevertheless
}

// refusedLines are the lines about refused tokens, and how many each stands for.
func (o *office) refusedLines() (lines []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.lines {
		lines = append(lines, fmt.Sprintf("%s %s %s %s from %s ×%d", l.Event, l.Outcome, l.Role, l.Reason, l.AgentIP, l.Count))
	}
	return lines
}

// TestRefusedTokensOnRecord floods the routes with requests for what only agents
// get: each kind of refusal is on record, in two lines however many came.
func TestRefusedTokensOnRecord(t *testing.T) {
	o := videoOffice(t, nil)
	for i := range 300 {
		o.client = fmt.Sprintf("203.0.113.%d", i%200+1)
		if status, _ := o.post("token", map[string]int{"role": 2}); status != http.StatusForbidden {
			t.Fatal(status)
		}
		if status, _ := o.post("video/token", map[string]any{"role": 1, "sessionName": fmt.Sprint(i)}); status != http.StatusForbidden {
			t.Fatal(status)
		}
	}
	for range 2 {
		if status, _ := o.post("token", map[string]int{"role": 2}, "Agent", "down"); status != http.StatusServiceUnavailable {
			t.Fatal(status)
		}
	}
	// None of these says that somebody wants to be an agent.
	o.post("token", map[string]int{"role": 3})
	o.post("token", map[string]int{"role": 2}, "Sec-Fetch-Site", "cross-site")
	o.send(http.MethodGet, "token", "")
	want := []string{
		"token.refused refused agent unidentified from 203.0.113.1 ×0",
		"token.refused refused video-host unidentified from 203.0.113.1 ×0",
		"token.refused failure agent identity-fault from 203.0.113.100 ×0",
	}
	if got := o.refusedLines(); !slices.Equal(got, want) {
		t.Fatalf("at once %q\nwant %q", got, want)
	}
	refusals := o.m.routes.help.record.refusals
	refusals.flush()
	want = append(want,
		"token.refused refused agent unidentified from 203.0.113.100 ×299",
		"token.refused refused video-host unidentified from 203.0.113.100 ×299",
		"token.refused failure agent identity-fault from 203.0.113.100 ×1",
	)
	if got := o.refusedLines(); !slices.Equal(got, want) {
		t.Fatalf("a minute later %q\nwant %q", got, want)
	}
	o.post("token", map[string]int{"role": 2}) // within a minute of the last line
	refusals.flush()
	refusals.flush()
	o.post("token", map[string]int{"role": 2}) // a new one, long after
	want = append(want,
		"token.refused refused agent unidentified from 203.0.113.100 ×1",
		"token.refused refused agent unidentified from 203.0.113.100 ×0",
	)
	if got := o.refusedLines(); !slices.Equal(got, want) {
		t.Fatalf("later %q\nwant %q", got, want)
	}
	o.post("token", map[string]int{"role": 2})
	if err := o.m.Close(); err != nil {
		t.Fatal(err)
	}
	if got := o.refusedLines(); got[len(got)-1] != "token.refused refused agent unidentified from 203.0.113.100 ×1" || len(got) != len(want)+1 {
		t.Errorf("a server that stops keeps back what it counted: %q", got)
	}
}

// TestRefusalsTimer: a flood of a day is a line a minute, and the timer ends with
// the flood.
func TestRefusalsTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines, total atomic.Int64
		l := &refusals{every: refusalsEvery, write: func(_ context.Context, line audit.Record) error {
			lines.Add(1)
			total.Add(max(line.Count, 1))
			return nil
		}}
		const day = 24 * 60 * 60
		for range day {
			l.add(audit.Record{Role: "agent", Reason: resultUnidentified})
			time.Sleep(time.Second)
		}
		time.Sleep(2 * refusalsEvery)
		synctest.Wait()
		if lines.Load() > day/60+2 || total.Load() != day {
			t.Errorf("%d lines of %d refusals, for %d", lines.Load(), total.Load(), day)
		}
		l.mu.Lock()
		if l.timer != nil || len(l.kinds) != 0 {
			t.Errorf("after the flood: timer %v, kinds %v", l.timer, l.kinds)
		}
		l.mu.Unlock()
		l.close()
		l.add(audit.Record{})
	})
}
