package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"
)

// attack is one kind of rubbish.
type attack struct {
	name string
	// pace is how many are tried a second, and workers how many at once.
	pace, workers int
	// run tries one, from an address. It returns what the service made of it.
	run func(ctx context.Context, m *maker, n int, address string) error
	// repelled are the outcomes that mean that it did no harm.
	repelled []string
}

const blocked = "refused with status 429"

var attacks = []attack{
	{"bad PINs", 100, 8, badPIN, []string{"refused with code 1006", "refused with code 1011", blocked}},
	{"bad tokens", 100, 8, badToken, []string{"refused with code 2001", blocked}},
	{"bad secrets", 50, 4, badSecret, []string{"refused with code 1011", blocked}},
	{"malformed frames", 100, 8, malformed, []string{"refused with code 9999", "refused with code 2001", "cut", blocked}},
	{"huge frames of strangers", 50, 4, hugeStranger, []string{"cut", blocked}},
	{"huge frames of customers", 2, 2, hugeCustomer, []string{"cut"}},
	{"floods of customers", 2, 2, flood, []string{"refused with code 9999", "cut"}},
	{"connections that say nothing", 300, 60, silence, []string{"silent", "refused with status 503"}},
}

// outcomes counts how attacks of each kind ended.
type outcomes struct {
	mu     sync.Mutex
	counts map[string]map[string]int
}

func (o *outcomes) add(kind, how string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.counts[kind] == nil {
		o.counts[kind] = make(map[string]int)
	}
	o.counts[kind][how]++
}

// complete reports whether every kind was tried.
func (o *outcomes) complete() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.counts) == len(attacks)
}

// runAttacks runs all kinds at once until ctx is done.
func runAttacks(ctx context.Context, m *maker, o *outcomes) {
	m = &maker{url: m.url, minter: m.minter, plain: true}
	var all sync.WaitGroup
	for _, a := range attacks {
		pace := rate.NewLimiter(rate.Limit(a.pace), 1)
		for w := range a.workers {
			all.Go(func() {
				for n := w; pace.Wait(ctx) == nil; n += a.workers {
					// 50 addresses: some are blocked after a while, others are new.
					err := a.run(ctx, m, n, fmt.Sprintf("198.51.100.%d", n%50))
					if ctx.Err() != nil {
						return // how this one ended is our own doing
					}
					o.add(a.name, outcome(err))
				}
			})
		}
	}
	all.Wait()
}

// badPIN guesses with a token that is good: an agent's.
func badPIN(ctx context.Context, m *maker, n int, address string) error {
	c, err := m.agent(ctx, fmt.Sprint("guesser-", n%20), address, fmt.Sprint("X", n))
	if err == nil {
		c.close()
	}
	return err
}

// tell sends what no session comes of, and returns the refusal.
func tell(ctx context.Context, m *maker, address string, kind websocket.MessageType, data []byte) error {
	c, err := m.dial(ctx, address)
	if err != nil {
		return err
	}
	defer c.close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.c.Write(ctx, kind, data); err != nil {
		return err
	}
	_, err = c.until(ctx, "joined")
	return err
}

func badToken(ctx context.Context, m *maker, n int, address string) error {
	token := strings.Repeat("e30.", n%3) + strings.Repeat("x", n%3000)
	return tell(ctx, m, address, websocket.MessageText, fmt.Appendf(nil, `{"t":"join","token":%q,"pin":"123456"}`, token))
}

func badSecret(ctx context.Context, m *maker, n int, address string) error {
	return tell(ctx, m, address, websocket.MessageText, fmt.Appendf(nil, `{"t":"resume","id":"%d","secret":"%d","settings":{}}`, n, n))
}

// malformed sends what is no frame.
func malformed(ctx context.Context, m *maker, n int, address string) error {
	frames := []string{
		"", "{", "null", "[]", `{"t":"pong"}`, `{"t":"events","e":[]}`, `{"t":"fly","wings":2}`, `{"t":"start"}`, `{"t":"join"} {}`,
		strings.Repeat("[", 20_000), `{"t":"draw","s":{"points":[1e999]}}`, "\x00\xff\xfe", `{"t":"join","token":` + strings.Repeat(`"`, 99),
	}
	kind := websocket.MessageText
	if n%5 == 0 {
		kind = websocket.MessageBinary
	}
	return tell(ctx, m, address, kind, []byte(frames[n%len(frames)]))
}

func hugeStranger(ctx context.Context, m *maker, _ int, address string) error {
	return tell(ctx, m, address, websocket.MessageText, noise()[:200<<10])
}

// hugeCustomer sends more than a customer may, after a start that is right.
func hugeCustomer(ctx context.Context, m *maker, n int, _ string) error {
	c, _, err := m.customer(ctx, fmt.Sprint("huge-", n), fmt.Sprintf("203.0.113.%d", n%250))
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.write(ctx, noise()[:9<<20]); err != nil {
		return err
	}
	_, err = c.until(ctx, "never")
	return err
}

// flood sends good frames faster than a customer may.
func flood(ctx context.Context, m *maker, n int, _ string) error {
	c, _, err := m.customer(ctx, fmt.Sprint("flood-", n), fmt.Sprintf("203.0.113.%d", n%250))
	if err != nil {
		return err
	}
	defer c.close()
	for range 5000 {
		if c.write(ctx, []byte(`{"t":"events","e":[{"type":3}]}`)) != nil {
			break // told why below, if the answer has arrived
		}
	}
	_, err = c.until(ctx, "never")
	return err
}

// errSilent is the outcome of a connection that was let in and said nothing.
var errSilent = silent{}

type silent struct{}

func (silent) Error() string { return "silent" }

// silence holds a connection for a while without a word. All are of one
// address, which may have only so many.
func silence(ctx context.Context, m *maker, _ int, _ string) error {
	c, err := m.dial(ctx, "198.51.100.250")
	if err != nil {
		return err
	}
	defer c.close()
	select {
	case <-time.After(250 * time.Millisecond):
	case <-ctx.Done():
	}
	return errSilent
}

// noise is text that does not compress well, made when it is first needed: the
// service's process does not need it.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, 9<<20)
	for i := range b {
		b[i] = 'a' + byte(rand.Uint32()%26) //nolint:gosec // nothing secret
	}
	return b
})
