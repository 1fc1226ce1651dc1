package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// openDesks is how many desks are open while the proxy reloads and stops.
const openDesks = 100

// TestReloadWithDesks reloads a changed configuration while 100 desks are open
// and customers come. The reload waits for nobody, every desk is told and comes
// back, and nothing that was acknowledged is lost.
func TestReloadWithDesks(t *testing.T) {
	for name, store := range map[string]string{"memory": "", "Redis": onRedis(redistest.Start(t).Addr())} {
		t.Run(name, func(t *testing.T) {
			i := newInstance(t, settings{Store: store})
			before := tag(t, i)
			desks, flow := openAll(t, i), comeAll(t, i)
			rounds := 2
			if long() {
				rounds = 20
			}
			for n := range rounds {
				i.set.Label = "Help " + strings.Repeat("!", n)
				begun := time.Now()
				i.reload()
				t.Logf("a reload took %v", time.Since(begun).Round(time.Millisecond))
				desks.await(t, "told of the restart", func(d *desk) bool { return d.restarts > n })
			}
			visits := flow.stop()
			if after := tag(t, i); after == before {
				t.Error("the reload changed nothing")
			}
			newcomer := i.customer().mustArrive(t)
			desks.await(t, "back, with the newcomer", func(d *desk) bool { return d.list.Waiting == len(visits)+1 })
			v := append(visits, newcomer)
			keeps(t, i, v)
			i.stop()
			i.intact()
		})
	}
}

// TestStopWithDesks is the same with SIGTERM, after which the proxy is started
// again. What memory held is gone then, and pages put it back by their tickets.
func TestStopWithDesks(t *testing.T) {
	for name, store := range map[string]string{"memory": "", "Redis": onRedis(redistest.Start(t).Addr())} {
		t.Run(name, func(t *testing.T) {
			i := newInstance(t, settings{Store: store})
			desks, flow := openAll(t, i), comeAll(t, i)
			begun := time.Now()
			i.stop()
			t.Logf("stopping took %v", time.Since(begun).Round(time.Millisecond))
			visits := flow.stop()
			desks.await(t, "told of the restart", func(d *desk) bool { return d.restarts > 0 })
			i.start()
			if store == "" {
				register(t, i, visits)
			}
			newcomer := i.customer().mustArrive(t)
			desks.await(t, "back, with the newcomer", func(d *desk) bool { return d.list.Waiting == len(visits)+1 })
			keeps(t, i, append(visits, newcomer))
			i.stop()
			i.intact()
		})
	}
}

// register is what the pages of customers do when the proxy has forgotten them.
func register(t *testing.T, i *instance, visits []visit) {
	t.Helper()
	for _, v := range visits {
		if got := i.customer().post(t, v.path(), v.event("heartbeat")); got.fields.State != "created" {
			t.Fatalf("the heartbeat of a forgotten session: %s", got)
		}
		if got := i.customer().post(t, v.path(), v.event("pincode_updated")); got.fields.State != "waiting" {
			t.Fatalf("the PIN of a forgotten session: %s", got)
		}
	}
}

// tag returns the name of the loader in a page.
func tag(t *testing.T, i *instance) string {
	t.Helper()
	_, _, body, err := i.document("/")
	_, rest, ok := strings.Cut(body, `<script src="/_cobrowse/`)
	name, _, _ := strings.Cut(rest, `"`)
	if err != nil || !ok {
		t.Fatalf("a page without our tag: %v %.300s", err, body)
	}
	return name
}

// keeps joins every session.
func keeps(t *testing.T, i *instance, visits []visit) {
	t.Helper()
	for n, v := range visits {
		if got := i.agent(agent(n)).join(t, "id", v.id); got.status != http.StatusOK || got.fields.PIN != v.pin {
			t.Errorf("session %d of %d, which was acknowledged: %s", n, len(visits), got)
		}
	}
}

// flow are customers who come one after the other, until it is stopped.
type flow struct {
	cancel context.CancelFunc
	group  sync.WaitGroup
	mu     sync.Mutex
	visits []visit
}

// comeAll returns once some have come.
func comeAll(t *testing.T, i *instance) *flow {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f := &flow{cancel: cancel}
	t.Cleanup(func() { f.stop() })
	first := make(chan struct{})
	var once sync.Once
	for range 4 {
		f.group.Go(func() {
			for ctx.Err() == nil {
				v, err := i.customer().arrive()
				if broken := new(url.Error); errors.As(err, &broken) {
					// The connection ended with the server that it was to: nothing was
					// acknowledged, and the page would try again.
					time.Sleep(10 * time.Millisecond)
					continue
				} else if err != nil {
					t.Error(err)
					return
				}
				f.mu.Lock()
				f.visits = append(f.visits, v)
				f.mu.Unlock()
				once.Do(func() { close(first) })
				time.Sleep(20 * time.Millisecond) // so that joining them all takes no minute
			}
		})
	}
	select {
	case <-first:
	case <-time.After(patience):
		t.Fatal("no customer comes")
	}
	return f
}

// stop returns those who have come.
func (f *flow) stop() []visit {
	f.cancel()
	f.group.Wait()
	wires.CloseIdleConnections() // which a server may have ended meanwhile
	return f.visits
}

// desk is an open desk, which connects again as a browser's EventSource does.
type desk struct {
	restarts int // how often it was told
	list     list
}

type desks struct {
	mu      sync.Mutex
	all     [openDesks]desk
	changed chan struct{} // one change waits for whoever looks
}

// openAll opens desks that are closed with the test, and returns when all have
// their list.
func openAll(t *testing.T, i *instance) *desks {
	t.Helper()
	d := &desks{changed: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	t.Cleanup(func() { cancel(); group.Wait() })
	seen := make([]chan struct{}, openDesks)
	for n := range openDesks {
		seen[n] = make(chan struct{})
		group.Go(func() { d.follow(ctx, i.agent(agent(n)), n, sync.OnceFunc(func() { close(seen[n]) })) })
	}
	timeout := time.After(patience)
	for n := range openDesks {
		select {
		case <-seen[n]:
		case <-timeout:
			t.Fatalf("desk %d shows nothing", n)
		}
	}
	return d
}

// follow is one desk.
func (d *desks) follow(ctx context.Context, who client, n int, seen func()) {
	for ctx.Err() == nil {
		s, err := who.open("")
		if err != nil {
			time.Sleep(50 * time.Millisecond) // EventSource waits a second
			continue
		}
		stop := context.AfterFunc(ctx, s.cancel)
		for e := range s.events {
			d.mu.Lock()
			switch e.name {
			case "restart":
				d.all[n].restarts++
			case "sessions":
				d.all[n].list = list{}
				_ = json.Unmarshal([]byte(e.data), &d.all[n].list)
				seen()
			}
			d.mu.Unlock()
			select {
			case d.changed <- struct{}{}:
			default:
			}
		}
		stop()
		s.cancel()
	}
}

// await fails the test unless all desks come to be so.
func (d *desks) await(t *testing.T, what string, is func(*desk) bool) {
	t.Helper()
	timeout := time.After(patience)
	for {
		not := -1
		d.mu.Lock()
		for n := range d.all {
			if !is(&d.all[n]) {
				not = n
				break
			}
		}
		d.mu.Unlock()
		if not < 0 {
			return
		}
		select {
		case <-d.changed:
		case <-timeout:
			d.mu.Lock()
			defer d.mu.Unlock()
			l := d.all[not].list
			t.Fatalf("desk %d was not %s: told %d times, %d waiting, %d found", not, what, d.all[not].restarts, l.Waiting, l.Found)
		}
	}
}
