package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// onRedis is the line of a store that instances share.
func onRedis(addr string) string { return "store redis " + addr }

// TestTwoInstances is a customer on one instance and an agent on the other. The
// first one is killed, and the customer's page goes on through the second.
func TestTwoInstances(t *testing.T) {
	redis := redistest.Start(t)
	set := settings{Store: onRedis(redis.Addr())}
	a, b := newInstance(t, set), newInstance(t, set)
	balancer := newRelay(t, strings.TrimPrefix(a.base, "http://"))
	page := client{base: "http://" + balancer.addr()}

	desk := b.agent(agent(0)).look(t, "")
	colleague := b.agent(agent(1)).look(t, "")
	v := page.mustArrive(t)
	desk.await(t, "A's customer at B's desk", showing(func(l *list) bool { return l.has(v.id) }))
	colleague.await(t, "A's customer at a colleague's", showing(func(l *list) bool { return l.has(v.id) }))

	joined := b.agent(agent(0)).join(t, "id", v.id)
	if joined.status != http.StatusOK || joined.fields.PIN != v.pin || joined.fields.Token == "" {
		t.Fatalf("the agent joins: %d", joined.status)
	}
	desk.await(t, "the claim", showing(func(l *list) bool {
		return len(l.Sessions) == 1 && l.Sessions[0].Mine && l.Sessions[0].Claims[0].ID == agent(0)
	}))
	colleague.await(t, "what a colleague has", showing(func(l *list) bool { return !l.has(v.id) }))
	if got := a.agent(agent(1)).join(t, "id", v.id); got.status != http.StatusConflict || got.fields.Token != "" {
		t.Errorf("a colleague joins on A: %s", got)
	}
	if got := page.post(t, v.path(), v.event("agent_joined")); got.fields.State != "active" {
		t.Errorf("the page tells A of the agent: %s", got)
	}

	a.kill()
	balancer.turn(strings.TrimPrefix(b.base, "http://"))
	if got := page.post(t, v.path(), v.event("heartbeat")); got.status != http.StatusOK || got.fields.State != "active" || got.fields.Agents != 1 {
		t.Errorf("the page's heartbeat through B: %s", got)
	}
	if again := b.agent(agent(0)).join(t, "id", v.id); again.status != http.StatusOK || again.fields.PIN != v.pin {
		t.Errorf("the agent joins again: %d", again.status)
	}
	if got := page.post(t, v.path(), v.event("session_ended")); got.fields.State != "ended" {
		t.Errorf("the end through B: %s", got)
	}
	desk.await(t, "the end", showing(func(l *list) bool { return !l.has(v.id) }))
	b.stop()
	b.intact()
}
