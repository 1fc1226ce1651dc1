package e2e

import (
	"net/http"
	"sync"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// TestRace lets 64 agents, half of them on each instance, type the same PIN at
// the same time. One of them gets a token, all others the same refusal.
func TestRace(t *testing.T) {
	rounds := 5
	if long() {
		rounds = 100
	}
	redis := redistest.Start(t)
	set := settings{Store: onRedis(redis.Addr()), Upstream: legacySite(t)}
	both := []*instance{newInstance(t, set), newInstance(t, set)}
	for n := range rounds {
		v := both[n%2].customer().mustArrive(t)
		losers := &refusals{t: t}
		var winners []string
		var mu sync.Mutex
		var group sync.WaitGroup
		for k := range agents {
			group.Go(func() {
				a, err := both[k%2].agent(agent(k)).try("desk/join", map[string]string{"pin": v.pin})
				switch {
				case err != nil:
					t.Error(err)
				case a.status != http.StatusOK:
					losers.add("a loser", a)
				default:
					mu.Lock()
					winners = append(winners, agent(k))
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if len(winners) != 1 {
			t.Fatalf("round %d has the winners %v", n, winners)
		}
		both[n%2].customer().post(t, v.path(), v.event("session_ended"))
	}
	for _, i := range both {
		i.intact()
	}
}
