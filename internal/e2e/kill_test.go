package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// claims is how many sessions TestKill has.
const claims = 1000

// TestKill ends the proxy again and again, with SIGKILL and with SIGTERM, while
// 64 agents claim 1,000 sessions. Whatever token has reached an agent has its
// line in the record, which is whole, and no session has tokens of two agents.
func TestKill(t *testing.T) {
	kills := 4
	if long() {
		kills = 40
	}
	redis := redistest.Start(t)
	upstream := legacySite(t)
	for name, end := range map[string]func(*instance){"SIGKILL": (*instance).kill, "SIGTERM": (*instance).stop} {
		t.Run(name, func(t *testing.T) {
			// Small files, so that kills hit their rotation as well.
			i := newInstance(t, settings{Site: name, Upstream: upstream, Store: onRedis(redis.Addr()), MaxSize: "128KiB"})
			run := &run{i: i, visits: crowd(t, i, claims), end: end}
			for n := range kills {
				run.until((n + 1) * claims / (kills + 1))
				i.intact()
				i.start()
			}
			run.until(claims)
			i.stop()
			last := i.intact()
			run.check(t)
			t.Logf("ended %d times: %d tokens returned, %d requests cut off, %d files, %d lines", kills, len(run.tokens), run.cut.Load(), len(i.record()), len(i.lines()))
			tamper(t, i, last)
		})
	}
}

// crowd are customers who wait, of whom some come at once.
func crowd(t *testing.T, i *instance, n int) []visit {
	t.Helper()
	visits := make([]visit, n)
	const atOnce = 16
	var group sync.WaitGroup
	for worker := range atOnce {
		group.Go(func() {
			for k := worker; k < n; k += atOnce {
				var err error
				if visits[k], err = i.customer().arrive(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return visits
}

// returned is a token that an agent got.
type returned struct{ token, agent, session string }

// run are agents who claim one session after the other.
type run struct {
	i      *instance
	visits []visit
	end    func(*instance)
	next   atomic.Int64 // the first that nobody has begun with
	cut    atomic.Int64 // requests without answer

	mu     sync.Mutex
	tokens []returned
	open   []int // visits whose claim was cut off
}

// until lets all agents work until so many tokens were returned, and ends the
// proxy in the middle of their requests; after all of them, it does not.
func (r *run) until(tokens int) {
	ended := make(chan struct{})
	var group sync.WaitGroup
	for range agents {
		group.Go(func() {
			for k, ok := r.take(); ok && r.claim(k); k, ok = r.take() {
			}
		})
	}
	go func() { group.Wait(); close(ended) }()
	for {
		select {
		case <-ended:
			if tokens < claims { // agents were faster than this loop
				r.end(r.i)
			}
			return
		case <-time.After(time.Millisecond):
		}
		r.mu.Lock()
		enough := tokens < claims && len(r.tokens) >= tokens
		r.mu.Unlock()
		if enough {
			r.end(r.i)
			<-ended
			return
		}
	}
}

// take returns a visit to claim: first those that were cut off.
func (r *run) take() (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.open) > 0 {
		k := r.open[0]
		r.open = r.open[1:]
		return k, true
	}
	k := int(r.next.Add(1)) - 1
	return k, k < len(r.visits)
}

// claim joins a visit as its agent, by PIN or by ID, and reports whether the
// proxy answers.
func (r *run) claim(k int) bool {
	v, body := r.visits[k], map[string]string{}
	if k%2 == 0 {
		body["pin"] = v.pin
	} else {
		body["id"] = v.id
	}
	who := agent(k)
	a, err := r.i.agent(who).try("desk/join", body)
	if err != nil {
		r.cut.Add(1)
		r.mu.Lock()
		r.open = append(r.open, k)
		r.mu.Unlock()
		return false
	}
	if a.status != http.StatusOK || a.fields.Token == "" {
		r.i.t.Errorf("%s claims: %s", who, a)
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens = append(r.tokens, returned{a.fields.Token, who, v.id})
	return true
}

// check compares the tokens with the record.
func (r *run) check(t *testing.T) {
	t.Helper()
	if len(r.tokens) != len(r.visits) {
		t.Errorf("%d tokens were returned for %d sessions", len(r.tokens), len(r.visits))
	}
	// An agent who joins two sessions within a second has one token for both,
	// with a line for each.
	type key struct{ hash, agent, session string }
	written := make(map[key]bool)
	holder := make(map[string]string)
	for _, l := range r.i.lines() {
		if l.Event != audit.EventSessionClaimed && l.Event != audit.EventTokenIssued || l.Outcome != "success" {
			continue
		}
		written[key{l.TokenHash, l.AgentID, l.Session}] = true
		if was, ok := holder[l.Session]; ok && was != l.AgentID {
			t.Errorf("session %s has tokens of %s and %s", l.Session, was, l.AgentID)
		}
		holder[l.Session] = l.AgentID
	}
	for _, token := range r.tokens {
		if !written[key{audit.TokenHash(token.token), token.agent, token.session}] {
			t.Errorf("a token of %s for session %s has no line", token.agent, token.session)
		}
	}
}

// tamper changes copies of a record's file, each in another way, which the
// verification must find. End was noted elsewhere.
func tamper(t *testing.T, i *instance, end string) {
	t.Helper()
	files := i.record()
	claimed := []byte(`"agent_id":"agent-`)
	var whole []byte
	var err error
	for n, path := range files { // one that tells of an agent
		if whole, err = os.ReadFile(path); err != nil { // #nosec G304 -- below the test's folder
			t.Fatal(err)
		}
		if bytes.Contains(whole, claimed) {
			files = slices.Delete(files, n, n+1)
			break
		}
	}
	lines := slices.Collect(bytes.Lines(whole))
	middle := len(lines) / 2
	for name, change := range map[string]func([][]byte) [][]byte{
		"edited": func(l [][]byte) [][]byte {
			l[middle] = bytes.Replace(l[middle], []byte(`"outcome":"success"`), []byte(`"outcome":"refused"`), 1)
			return l
		},
		"another agent": func(l [][]byte) [][]byte {
			n := slices.IndexFunc(l, func(line []byte) bool { return bytes.Contains(line, claimed) })
			l[n] = bytes.Replace(l[n], claimed, []byte(`"agent_id":"nobody-`), 1)
			return l
		},
		"dropped":    func(l [][]byte) [][]byte { return append(l[:middle], l[middle+1:]...) },
		"reordered":  func(l [][]byte) [][]byte { l[middle], l[middle+1] = l[middle+1], l[middle]; return l },
		"duplicated": func(l [][]byte) [][]byte { return append(l[:middle+1], l[middle:]...) },
	} {
		t.Run("record "+name, func(t *testing.T) {
			forged := bytes.Join(change(slices.Clone(lines)), nil)
			if bytes.Equal(forged, whole) {
				t.Fatal("nothing was changed")
			}
			path := filepath.Join(t.TempDir(), "audit.jsonl")
			if err := os.WriteFile(path, forged, 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := i.verify("", append([]string{path}, files...)...)
			if err == nil || !strings.Contains(report, path) {
				t.Errorf("not found: %v\n%s", err, report)
			}
		})
	}
	t.Run("record cut off", func(t *testing.T) {
		all := i.record()
		last := slices.Index(all, i.set.Audit)
		content, err := os.ReadFile(all[last])
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.Collect(bytes.Lines(content))
		all[last] = filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(all[last], bytes.Join(lines[:len(lines)-1], nil), 0o600); err != nil {
			t.Fatal(err)
		}
		if report, err := i.verify("", all...); err != nil {
			t.Errorf("without the noted end nobody can know: %v\n%s", err, report)
		}
		if report, err := i.verify(end, all...); err == nil {
			t.Errorf("the missing end was not found:\n%s", report)
		}
	})
}
