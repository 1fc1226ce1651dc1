package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// TestOffice is an office of agents behind one address, each of whom types the
// right PIN of a customer of their own at the same moment, with the limits on
// wrong PINs that operators get and a Redis that is a few milliseconds away.
// Nobody has guessed, and so nobody is refused.
func TestOffice(t *testing.T) {
	redis := redistest.Start(t)
	away := newRelay(t, redis.Addr())
	limits, _, _ := strings.Cut(roomy, "pin_tries_per_agent")
	i := newInstance(t, settings{Store: onRedis(away.addr()), Limits: limits})
	visits := crowd(t, i, agents)
	away.slow(5 * time.Millisecond)
	var group sync.WaitGroup
	for k, v := range visits {
		group.Go(func() {
			a, err := i.agent(agent(k)).try("desk/join", map[string]string{"pin": v.pin})
			if err != nil {
				t.Error(err)
			} else if a.status != http.StatusOK {
				t.Errorf("%s with the right PIN: %s", agent(k), a)
			}
		})
	}
	group.Wait()
	if refused := reasons([]*instance{i}); len(refused) > 0 {
		t.Errorf("the record has %v", refused)
	}
}
