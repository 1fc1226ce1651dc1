package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"
)

// bidi is a client of WebDriver BiDi (W3C): commands and events as JSON over
// one WebSocket. It knows the protocol's envelope only.
type bidi struct {
	ws *websocket.Conn
	// event is called with each event, one after the other.
	event func(method string, params json.RawMessage)
	// done is closed when no more can be read.
	done chan struct{}

	mu      sync.Mutex
	last    int
	waiting map[int]chan bidiMessage
}

// bidiMessage is what the browser sends: a command's result or error (which
// have an ID), or an event.
type bidiMessage struct {
	Type    string          `json:"type"`
	ID      int             `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
}

var errBidiLost = errors.New("the connection to the browser is lost")

func dialBidi(ctx context.Context, url string, event func(string, json.RawMessage)) (*bidi, error) {
	ws, _, err := websocket.Dial(ctx, url, nil) //nolint:bodyclose // the library closes it, as it says
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1) // screenshots
	c := &bidi{ws: ws, event: event, done: make(chan struct{}), waiting: make(map[int]chan bidiMessage)}
	go c.read()
	return c, nil
}

// read hands out what arrives, until the connection ends.
func (c *bidi) read() {
	defer close(c.done)
	for {
		_, raw, err := c.ws.Read(context.Background())
		if err != nil {
			return
		}
		var m bidiMessage
		if json.Unmarshal(raw, &m) != nil {
			continue // not of this protocol
		}
		if m.Type == "event" {
			c.event(m.Method, m.Params)
			continue
		}
		c.mu.Lock()
		if reply := c.waiting[m.ID]; reply != nil {
			reply <- m
			delete(c.waiting, m.ID)
		}
		c.mu.Unlock()
	}
}

// call sends a command and waits for its result, which it decodes into result
// unless that is nil.
func (c *bidi) call(method string, params, result any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	reply := make(chan bidiMessage, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.waiting[id] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, id) // nobody waits any more, even where no reply came
		c.mu.Unlock()
	}()
	raw, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := c.ws.Write(ctx, websocket.MessageText, raw); err != nil {
		return fmt.Errorf("%s: %w", method, errors.Join(errBidiLost, err))
	}
	select {
	case m := <-reply:
		if m.Type != "success" {
			return fmt.Errorf("%s: %s: %s", method, m.Error, m.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-c.done:
		return fmt.Errorf("%s: %w", method, errBidiLost)
	case <-ctx.Done():
		return fmt.Errorf("%s: no answer within %v", method, patience)
	}
}

// close ends the connection and waits for the reader.
func (c *bidi) close() {
	_ = c.ws.CloseNow()
	<-c.done
}
