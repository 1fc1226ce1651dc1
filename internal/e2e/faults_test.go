package e2e

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// storeTimeout is what the instances of these tests have configured, and slack
// what a machine with other work to do may add to it.
const (
	storeTimeout = 500 * time.Millisecond
	slack        = 5 * time.Second
)

// fault is something that happens to Redis, and its end.
type fault struct {
	begin, end func(*redistest.Server, *relay)
	// readable: what is there can still be read, so that desks have their lists.
	readable bool
}

var faults = map[string]fault{
	"frozen": {
		begin: func(s *redistest.Server, _ *relay) { s.Freeze() },
		end:   func(s *redistest.Server, _ *relay) { s.Thaw() },
	},
	"killed": {
		begin: func(s *redistest.Server, _ *relay) { s.Kill() },
		end:   func(s *redistest.Server, _ *relay) { s.Restart() },
	},
	"slow": {
		begin: func(_ *redistest.Server, r *relay) { r.slow(4 * storeTimeout) },
		end:   func(_ *redistest.Server, r *relay) { r.slow(0); r.cut() },
	},
	"out of reach": {
		begin: func(_ *redistest.Server, r *relay) { r.turn("127.0.0.1:1") },
		end:   func(s *redistest.Server, r *relay) { r.turn(s.Addr()) },
	},
	"full": {
		begin:    func(s *redistest.Server, _ *relay) { tell(s, "CONFIG SET maxmemory 1") },
		end:      func(s *redistest.Server, _ *relay) { tell(s, "CONFIG SET maxmemory 0") },
		readable: true,
	},
	"read only": {
		begin:    func(s *redistest.Server, _ *relay) { tell(s, "REPLICAOF 127.0.0.1 1") },
		end:      func(s *redistest.Server, _ *relay) { tell(s, "REPLICAOF NO ONE") },
		readable: true,
	},
}

// tell sends Redis a command. That it was not obeyed shows in what follows.
func tell(s *redistest.Server, command string) {
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = conn.Write([]byte(command + "\r\n"))
	_, _ = conn.Read(make([]byte, 64))
}

// TestStoreFaults lets Redis freeze, die, be slow, out of reach and full. Pages are
// served as before, customers are told in time to come again, no agent gets a
// token, and afterwards all that was acknowledged is still there.
func TestStoreFaults(t *testing.T) {
	upstream := legacySite(t)
	server := redistest.Start(t, "--appendfsync", "always") // what is acknowledged is on the disk
	network := newRelay(t, server.Addr())
	plain := newInstance(t, settings{Upstream: upstream})
	i := newInstance(t, settings{Upstream: upstream, Store: fmt.Sprintf("store redis %s {\n\t\t\ttimeout %s\n\t\t}", network.addr(), storeTimeout)})
	t.Logf("documents: median %v without Redis, %v with it", documents(t, plain), documents(t, i))
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		t.Run(name, func(t *testing.T) { tryFault(t, i, server, network, faults[name]) })
	}
	i.stop()
	i.intact()
}

func tryFault(t *testing.T, i *instance, server *redistest.Server, network *relay, f fault) {
	page, first, second := i.customer(), i.agent(agent(0)), i.agent(agent(1))
	waiting, claimed := page.mustArrive(t), page.mustArrive(t)
	if got := first.join(t, "pin", claimed.pin); got.status != http.StatusOK {
		t.Fatalf("before the fault: %s", got)
	}
	desk := first.look(t, "")
	desk.await(t, "the list", named("sessions"))

	f.begin(server, network)
	t.Logf("documents: median %v during the fault", pressed(t, i))
	slowest := refused(t, i, waiting)
	t.Logf("the slowest of the refusals came after %v", slowest.Round(time.Millisecond))
	if slowest > storeTimeout+slack {
		t.Errorf("a refusal took %v, with a timeout of %v", slowest, storeTimeout)
	}
	if now := second.look(t, ""); f.readable {
		now.await(t, "a desk that is opened now", showing(func(l *list) bool { return l.has(waiting.id) }))
	} else {
		now.await(t, "a desk that is opened now", named("unavailable"))
	}

	f.end(server, network)
	recovered(t, page)
	newcomer := page.mustArrive(t)
	desk.await(t, "the desk that was open", showing(func(l *list) bool {
		return l.has(waiting.id) && l.has(claimed.id) && l.has(newcomer.id)
	}))
	if l, _ := second.desk(t, ""); !l.has(waiting.id) || l.has(claimed.id) {
		t.Errorf("a colleague's desk afterwards: %+v", l)
	}
	if got := second.join(t, "id", claimed.id); got.status != http.StatusConflict || got.fields.Token != "" {
		t.Errorf("the claim was forgotten: %s", got)
	}
	if got := first.join(t, "pin", claimed.pin); got.status != http.StatusOK || got.fields.PIN != claimed.pin {
		t.Errorf("the claimant joins again: %s", got)
	}
	if got := second.join(t, "pin", waiting.pin); got.status != http.StatusOK {
		t.Errorf("the one who waited: %s", got)
	}
	for _, v := range []visit{waiting, claimed, newcomer} {
		page.post(t, v.path(), v.event("session_ended"))
	}
}

// TestStoreForgets empties Redis, as a failover to an empty replica would. The
// pages of customers put their records back by their tickets, and an agent who
// was in is not thrown out.
func TestStoreForgets(t *testing.T) {
	server := redistest.Start(t)
	i := newInstance(t, settings{Store: onRedis(server.Addr())})
	page, who := i.customer(), i.agent(agent(0))
	waiting, joined := page.mustArrive(t), page.mustArrive(t)
	if got := who.join(t, "pin", joined.pin); got.status != http.StatusOK {
		t.Fatal(got)
	}
	page.post(t, joined.path(), joined.event("agent_joined"))
	tell(server, "FLUSHALL")
	if got := who.join(t, "pin", waiting.pin); got.status != http.StatusForbidden || got.fields.Token != "" {
		t.Errorf("a PIN that is forgotten: %s", got)
	}
	register(t, i, []visit{waiting, joined})
	if got := page.post(t, joined.path(), joined.event("agent_joined")); got.fields.State != "active" {
		t.Errorf("the session with its agent: %s", got)
	}
	if got := who.join(t, "pin", waiting.pin); got.status != http.StatusOK {
		t.Errorf("the one who waits: %s", got)
	}
	told := slices.ContainsFunc(i.lines(), func(l line) bool { return l.Event == "session.joined_unclaimed" && l.Session == joined.id })
	if !told {
		t.Error("the record does not tell of the claim that was forgotten")
	}
}

// refused asks for everything that needs the store, at once, and returns how
// long the slowest refusal took.
func refused(t *testing.T, i *instance, v visit) time.Duration {
	t.Helper()
	asked := map[string]func() (*answer, error){
		"a session": func() (*answer, error) { return i.customer().try("sessions", map[string]string{"page": "/"}) },
		"a token":   func() (*answer, error) { return i.customer().try("token", map[string]int{"role": 1}) },
		"an event":  func() (*answer, error) { return i.customer().try(v.path(), v.event("heartbeat")) },
		"a join by id": func() (*answer, error) {
			return i.agent(agent(1)).try("desk/join", map[string]string{"id": v.id})
		},
		"a join by PIN": func() (*answer, error) {
			return i.agent(agent(1)).try("desk/join", map[string]string{"pin": v.pin})
		},
		"a wrong PIN": func() (*answer, error) {
			return i.agent(agent(2)).try("desk/join", map[string]string{"pin": "000000"})
		},
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	var slowest time.Duration
	for what, ask := range asked {
		group.Go(func() {
			a, err := ask()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%s: %v", what, err)
				return
			}
			unavailable(t, what, a)
			slowest = max(slowest, a.took)
		})
	}
	group.Wait()
	return slowest
}

// pressed is documents while 32 customers click again and again.
func pressed(t *testing.T, i *instance) time.Duration {
	t.Helper()
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 32 {
		group.Go(func() {
			for {
				a, err := i.customer().try("sessions", map[string]string{"page": "/"})
				if err != nil {
					t.Error(err)
					return
				}
				unavailable(t, "one of many sessions", a)
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
		})
	}
	median := documents(t, i)
	close(stop)
	group.Wait()
	return median
}

// recovered waits until customers are helped again: by itself, with nothing
// done to the proxy.
func recovered(t *testing.T, page client) {
	t.Helper()
	var last *answer
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		last = page.post(t, "sessions", map[string]string{"page": "/"})
		if last.status == http.StatusCreated {
			return
		}
		unavailable(t, "a session", last)
	}
	t.Fatalf("no session after the fault: %s", last)
}

// documents asks for pages and fails the test unless each is served with our
// tag. It returns the median of how long they took, which is no verdict.
func documents(t *testing.T, i *instance) time.Duration {
	t.Helper()
	count := 100
	if long() {
		count = 2000
	}
	var took []time.Duration
	for range count {
		begun := time.Now()
		status, _, body, err := i.document("/")
		if err != nil || status != http.StatusOK || !strings.Contains(body, `<script src="/_cobrowse/loader-`) {
			t.Fatalf("a page: %d %v %.300s", status, err, body)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)/2].Round(time.Microsecond)
}
