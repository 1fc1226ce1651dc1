package e2e

import (
	"net/http"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// TestRotation gives the site another SDK secret by a reload. Sessions go on
// for as long as the former secret stands beside it, and end with it.
func TestRotation(t *testing.T) {
	const next = "E2E_NEXT_SECRET_yY8_nobody_may_see_either"
	for name, store := range map[string]string{"memory": "", "Redis": onRedis(redistest.Start(t).Addr())} {
		t.Run(name, func(t *testing.T) {
			i := newInstance(t, settings{Store: store})
			page, who := i.customer(), i.agent(agent(0))
			waiting, claimed, left := page.mustArrive(t), page.mustArrive(t), page.mustArrive(t)
			if got := who.join(t, "id", claimed.id); got.status != http.StatusOK {
				t.Fatal(got)
			}

			i.set.Secrets = "sdk_secret " + next + " " + sdkSecret
			i.reload()
			if got := page.post(t, claimed.path(), claimed.event("agent_joined")); got.fields.State != "active" {
				t.Errorf("a session of the former secret: %s", got)
			}
			joined := who.join(t, "pin", waiting.pin)
			if joined.status != http.StatusOK || joined.fields.PIN != waiting.pin {
				t.Errorf("a PIN of the former secret: %s", joined)
			}
			m, err := token.New(token.Config{Key: sdkKey, Secrets: []string{next}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Verify(joined.fields.Token); err != nil {
				t.Errorf("a token after the rotation: %v", err)
			}
			if got := page.post(t, left.path(), visit{left.id, left.ticket, left.token, newPIN()}.event("pincode_updated")); got.status != http.StatusOK {
				t.Errorf("another PIN for an old session: %s", got)
			}

			i.set.Secrets = "sdk_secret " + next
			i.reload()
			if got := page.post(t, left.path(), left.event("heartbeat")); got.status != http.StatusUnauthorized {
				t.Errorf("a ticket of a secret that is gone: %s", got)
			}
			if got := page.mustArrive(t); got.id == "" {
				t.Error("no session under the new secret")
			}
			i.stop()
			i.intact()
		})
	}
}

// TestFullMemory has more customers than it may remember: newcomers are told to
// come again, and those who are there lose nothing.
func TestFullMemory(t *testing.T) {
	i := newInstance(t, settings{Store: "store memory {\n\t\t\tmax_sessions 3\n\t\t}"})
	var there []visit
	for range 3 {
		there = append(there, i.customer().mustArrive(t))
	}
	for range 3 {
		unavailable(t, "a customer too many", i.customer().post(t, "sessions", map[string]string{"page": "/"}))
	}
	keeps(t, i, there)
}
