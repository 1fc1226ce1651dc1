package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// pair is one session: a customer's connection and an agent's.
type pair struct {
	name            string
	customer, agent *client
	rate            int

	// changes are the customer's, strokes the agent's.
	changes, strokes *tally
	arrived          []change
	// err is the first thing that went wrong.
	once sync.Once
	err  error
}

// change is one that has arrived: when it was sent, and how long it took.
type change struct{ at, took time.Duration }

func openPair(ctx context.Context, m *maker, n, rate int) (*pair, error) {
	p := &pair{name: fmt.Sprint("session-", n), rate: rate, changes: newTally(), strokes: newTally()}
	address := fmt.Sprintf("192.0.2.%d", n%250)
	var pin string
	var err error
	if p.customer, pin, err = m.customer(ctx, "customer-"+p.name, address); err != nil {
		return nil, fmt.Errorf("%s: starting: %w", p.name, err)
	}
	if p.agent, err = m.agent(ctx, "agent-"+p.name, address, pin); err != nil {
		p.close()
		return nil, fmt.Errorf("%s: joining: %w", p.name, err)
	}
	if _, err := p.customer.until(ctx, "record"); err != nil {
		p.close()
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	if err := p.customer.write(ctx, wholePage); err != nil {
		p.close()
		return nil, fmt.Errorf("%s: sending the page: %w", p.name, err)
	}
	if _, err := p.agent.until(ctx, "events"); err != nil {
		p.close()
		return nil, fmt.Errorf("%s: seeing the page: %w", p.name, err)
	}
	return p, nil
}

func (p *pair) close() {
	if p.customer != nil {
		p.customer.close()
	}
	if p.agent != nil {
		p.agent.close()
	}
}

func (p *pair) fail(doing string, err error) {
	if err != nil {
		p.once.Do(func() { p.err = fmt.Errorf("%s: %s: %w", p.name, doing, err) })
	}
}

// run sends changes and strokes until stop is done, and returns when all that
// was sent has arrived, when something went wrong, or when ctx is done.
func (p *pair) run(ctx, stop context.Context, began time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var readers, senders sync.WaitGroup
	read := func(who string, c *client, t *tally, take func(*frame, int) error) {
		readers.Go(func() {
			if err := receive(ctx, c, t, take); ctx.Err() == nil {
				p.fail(who, err)
				cancel()
			}
		})
	}
	read("the agent", p.agent, p.changes, p.takeChange(began))
	read("the customer", p.customer, p.strokes, takeStroke)
	senders.Go(func() { p.changes.total(p.every(ctx, stop, time.Second/time.Duration(p.rate), p.change(ctx, began))) })
	senders.Go(func() { p.strokes.total(p.every(ctx, stop, time.Second, p.stroke(ctx))) })
	senders.Wait()
	for _, t := range []*tally{p.changes, p.strokes} {
		select {
		case <-t.complete:
		case <-ctx.Done():
		}
	}
	cancel() // ends the readers, with their connections
	readers.Wait()
}

// tally counts what was sent and what of it has arrived.
type tally struct {
	complete chan struct{} // closed when all has arrived

	mu        sync.Mutex
	got, want int
}

func newTally() *tally { return &tally{complete: make(chan struct{}), want: -1} }

// total says how many there are in all. It is called once, when the last one
// has been sent.
func (t *tally) total(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.want = n
	if t.got == n {
		close(t.complete)
	}
}

func (t *tally) arrived() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.got++
	if t.got == t.want {
		close(t.complete)
	}
}

// count returns how many were sent, and how many of them are missing.
func (t *tally) count() (sent, missing int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.want, t.want - t.got
}

// every calls send again and again, with numbers from 0, and returns how many
// were sent.
func (p *pair) every(ctx, stop context.Context, d time.Duration, send func(n int) error) int {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for n := 0; ; n++ {
		if err := send(n); err != nil {
			p.fail("sending", err)
			return n
		}
		select {
		case <-tick.C:
		case <-stop.Done():
			return n + 1
		case <-ctx.Done():
			return n + 1
		}
	}
}

// change sends a mutation as rrweb records it: a text, a class, and a new row.
func (p *pair) change(ctx context.Context, began time.Time) func(int) error {
	const format = `{"t":"events","e":[{"type":3,"data":{"source":0,"texts":[{"id":17,"value":"%d %d"}],` +
		`"attributes":[{"id":18,"attributes":{"class":"row highlighted r%d"}}],"removes":[],` +
		`"adds":[{"parentId":9,"nextId":null,"node":{"type":2,"tagName":"li","attributes":{"class":"item"},"id":%d,"childNodes":[` +
		`{"type":3,"textContent":"Row %d was added to the list of what has happened","id":%d}]}}]},"timestamp":%d}]}`
	return func(n int) error {
		at := time.Since(began)
		return p.customer.write(ctx, fmt.Appendf(nil, format, n, int64(at), n%7, 1000+2*n, n, 1001+2*n, at.Milliseconds()))
	}
}

func (p *pair) stroke(ctx context.Context) func(int) error {
	return func(n int) error {
		return p.agent.send(ctx, map[string]any{"t": "draw", "s": map[string]any{
			"id": fmt.Sprint("n", n), "tool": "pen", "color": "#e02d3c", "points": []int{n, n, n + 10, n + 20, n + 30, n},
		}})
	}
}

// receive hands frames to take, with the number that is due, until the
// connection or ctx ends.
func receive(ctx context.Context, c *client, t *tally, take func(f *frame, due int) error) error {
	for due := 0; ; {
		f, err := c.next(ctx)
		if err != nil {
			return err
		}
		if f.Type != "events" && f.Type != "draw" {
			if err := disturbance(f); err != nil {
				return err
			}
			continue
		}
		if err := take(f, due); err != nil {
			return err
		}
		due++
		t.arrived()
	}
}

// takeChange checks that changes arrive one after the other, none missing.
func (p *pair) takeChange(began time.Time) func(*frame, int) error {
	return func(f *frame, due int) error {
		now := time.Since(began)
		var events []struct {
			Data struct {
				Texts []struct {
					Value string `json:"value"`
				} `json:"texts"`
			} `json:"data"`
		}
		if err := json.Unmarshal(f.Events, &events); err != nil {
			return fmt.Errorf("a change is not as it was sent: %w", err)
		}
		if len(events) != 1 || len(events[0].Data.Texts) != 1 {
			return errors.New("a change is not as it was sent")
		}
		var n int
		var at int64
		if _, err := fmt.Sscan(events[0].Data.Texts[0].Value, &n, &at); err != nil {
			return fmt.Errorf("a change without its number: %w", err)
		}
		if n != due {
			return fmt.Errorf("change %d arrived where %d was due", n, due)
		}
		p.arrived = append(p.arrived, change{time.Duration(at), now - time.Duration(at)})
		return nil
	}
}

func takeStroke(f *frame, due int) error {
	if f.Stroke.ID != fmt.Sprint("n", due) {
		return fmt.Errorf("stroke %s arrived where %d was due", f.Stroke.ID, due)
	}
	return nil
}

// disturbance is the error of a frame that says that a session is disturbed.
func disturbance(f *frame) error {
	switch f.Type {
	case "error":
		return refusal(f.Code)
	case "ended", "moved", "left":
		return fmt.Errorf("the session was told %q", f.Type)
	}
	return nil
}

// wholePage is a page of some 30 KiB as rrweb records it.
var wholePage = func() []byte {
	var b strings.Builder
	b.WriteString(`{"t":"events","e":[{"type":4,"data":{"href":"https://shop.example/","width":1280,"height":800},"timestamp":1},` +
		`{"type":2,"data":{"node":{"type":0,"id":1,"childNodes":[{"type":2,"tagName":"html","attributes":{},"id":2,"childNodes":[`)
	for i := range 200 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":2,"tagName":"p","attributes":{"class":"line n%d"},"id":%d,"childNodes":[{"type":3,"textContent":"Line %d of a page that somebody looks at","id":%d}]}`,
			i, 100+2*i, i, 101+2*i)
	}
	b.WriteString(`]}]},"initialOffset":{"left":0,"top":0}},"timestamp":2}]}`)
	return []byte(b.String())
}()
