package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// guessing are limits on wrong PINs that a test reaches, and roomy ones on the
// rest.
func guessing(agent, address, site int) string {
	return strings.Join([]string{
		"tokens 1000000 per 1m", "sessions_per_address 1000000 per 10m", "sessions_per_site 1000000 per 10m",
		fmt.Sprintf("pin_tries_per_agent %d per 10m", agent),
		fmt.Sprintf("pin_tries_per_address %d per 10m", address),
		fmt.Sprintf("pin_tries_per_site %d per 10m", site),
	}, "\n\t\t\t")
}

// refuseAfter is what a refusal takes at least (session.Config).
const refuseAfter = 250 * time.Millisecond

// refusals compares refusals: nobody may learn from their words, their header or
// their time why a PIN was refused.
type refusals struct {
	t     *testing.T
	mu    sync.Mutex
	first *answer
	times []time.Duration
}

func (r *refusals) add(what string, a *answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.header.Del("Date")
	if r.first == nil {
		r.first = a
	}
	switch {
	case a.status != http.StatusForbidden || a.fields.Code != "pin-refused" || a.fields.Token != "":
		r.t.Errorf("%s: %s", what, a)
	case !bytes.Equal(a.body, r.first.body) || !maps.EqualFunc(a.header, r.first.header, slices.Equal[[]string]):
		r.t.Errorf("%s is told otherwise than others:\n%v %s\n%v %s", what, a.header, a, r.first.header, r.first)
	case a.took < refuseAfter:
		r.t.Errorf("%s was refused after %v, before %v", what, a.took, refuseAfter)
	}
	r.times = append(r.times, a.took)
}

// TestGuessing guesses PINs on two instances that share a Redis.
func TestGuessing(t *testing.T) {
	redis := redistest.Start(t)
	upstream := legacySite(t)
	start := func(site, limits string) []*instance {
		set := settings{Site: site, Upstream: upstream, Store: onRedis(redis.Addr()), Limits: limits}
		return []*instance{newInstance(t, set), newInstance(t, set)}
	}
	all := &refusals{t: t}
	t.Run("one agent", func(t *testing.T) { guessAlone(t, start("one", guessing(10, 1000, 1000)), all) })
	t.Run("one address", func(t *testing.T) {
		guessTogether(t, start("address", guessing(1000, 30, 1000)), 30, "too_many_tries_address", all)
	})
	t.Run("one site", func(t *testing.T) {
		guessTogether(t, start("site", guessing(1000, 1000, 40)), 40, "too_many_tries_site", all)
	})
	slices.Sort(all.times)
	t.Logf("%d refusals, all in the same words, after %v to %v, median %v", len(all.times),
		all.times[0], all.times[len(all.times)-1], all.times[len(all.times)/2])
}

// guessAlone is an agent who tries one PIN after the other, on both instances.
func guessAlone(t *testing.T, both []*instance, all *refusals) {
	waiting, taken := both[0].customer().mustArrive(t), both[1].customer().mustArrive(t)
	if got := both[0].agent(agent(1)).join(t, "pin", taken.pin); got.status != http.StatusOK {
		t.Fatal(got)
	}
	over := both[0].customer().mustArrive(t)
	both[0].customer().post(t, over.path(), over.event("session_ended"))
	eve := func(n int) client { return both[n%2].agent(agent(0)) }
	wrong := []string{"000000", taken.pin, over.pin, "abcdef", "12345", strings.Repeat("9", 30), "000001", "000002", "000003", "000004"}
	for n, pin := range wrong {
		all.add("a guess within the limit", eve(n).join(t, "pin", pin))
	}
	// Now she knows the right one, and it does not help her, on either instance.
	for n := range 4 {
		all.add("the right PIN over the limit", eve(n).join(t, "pin", waiting.pin))
	}
	if got := both[1].agent(agent(2)).join(t, "pin", waiting.pin); got.status != http.StatusOK {
		t.Errorf("an agent who guesses nothing is locked out: %s", got)
	}
	reasons := reasons(both)
	if reasons["too_many_tries_agent"] != 4 || reasons["malformed"] != 3 || reasons["claimed"] != 1 {
		t.Errorf("the record has %v", reasons)
	}
}

// guessTogether are many agents, who each stay within their limits, at once.
func guessTogether(t *testing.T, both []*instance, limit int, reason string, all *refusals) {
	waiting := both[0].customer().mustArrive(t)
	guesses := 100
	if long() {
		guesses = 2000
	}
	var group sync.WaitGroup
	for n := range agents {
		group.Go(func() {
			for g := n; g < guesses; g += agents {
				a, err := both[g%2].agent(agent(n)).try("desk/join", map[string]string{"pin": fmt.Sprintf("%06d", g)})
				if err != nil {
					t.Error(err)
					return
				}
				all.add("a guess", a)
			}
		})
	}
	group.Wait()
	for n, i := range both {
		all.add("the right PIN", i.agent(agent(n)).join(t, "pin", waiting.pin))
	}
	reasons := reasons(both)
	if reasons["unknown"] != limit || reasons[reason] != guesses-limit+2 {
		t.Errorf("of %d guesses the record has %v; %d should have been looked up", guesses, reasons, limit)
	}
}

// reasons counts why PINs were refused, as the records of instances tell.
func reasons(of []*instance) map[string]int {
	count := make(map[string]int)
	for _, i := range of {
		for _, l := range i.lines() {
			if l.Outcome == "refused" {
				count[l.Reason]++
			}
		}
	}
	return count
}
