package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// patience bounds every wait for the service. It decides only how soon a
// failure is told.
const patience = 60 * time.Second

// maker makes clients of one service.
type maker struct {
	url    string
	minter *token.Minter
	// plain makes clients that do not compress. The attackers' do not: it would
	// be their work that is measured, since they share this machine.
	plain bool
}

// client is one WebSocket.
type client struct{ c *websocket.Conn }

// frame is what the service sends, as far as anybody here reads it.
type frame struct {
	Type   string          `json:"t"`
	Code   int             `json:"code"`
	PIN    string          `json:"pin"`
	On     bool            `json:"on"`
	Events json.RawMessage `json:"e"`
	Stroke struct {
		ID string `json:"id"`
	} `json:"s"`
}

// statusError is an HTTP answer to a handshake.
type statusError int

func (e statusError) Error() string { return "status " + strconv.Itoa(int(e)) }

// dial connects as a browser does. The address is whom the
// connection stands for.
func (m *maker) dial(ctx context.Context, address string) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	mode := websocket.CompressionNoContextTakeover
	if m.plain {
		mode = websocket.CompressionDisabled
	}
	options := &websocket.DialOptions{HTTPHeader: http.Header{addressHeader: {address}}, CompressionMode: mode}
	c, resp, err := websocket.Dial(ctx, m.url+"/sdkapi/zcb/sandbox/socket", options) //nolint:bodyclose // Dial closes it
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return nil, statusError(resp.StatusCode)
		}
		return nil, fmt.Errorf("connecting: %w", err)
	}
	c.SetReadLimit(64 << 20)
	return &client{c}, nil
}

func (c *client) close() { _ = c.c.CloseNow() }

func (c *client) write(ctx context.Context, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.c.Write(ctx, websocket.MessageText, data)
}

func (c *client) send(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.write(ctx, b)
}

func (c *client) next(ctx context.Context) (*frame, error) {
	_, data, err := c.c.Read(ctx)
	if err != nil {
		return nil, err
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("reading a frame: %w", err)
	}
	return &f, nil
}

// refusal is an error frame.
type refusal int

func (e refusal) Error() string { return "code " + strconv.Itoa(int(e)) }

// until reads up to a frame of a type.
func (c *client) until(ctx context.Context, kind string) (*frame, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		f, err := c.next(ctx)
		switch {
		case err != nil:
			return nil, fmt.Errorf("waiting for %q: %w", kind, err)
		case f.Type == kind:
			return f, nil
		case f.Type == "error":
			return nil, refusal(f.Code)
		}
	}
}

var allSettings = map[string]any{"agentDraw": true, "customerDraw": true, "assist": true, "consent": true, "multiTab": true}

// customer starts a session.
func (m *maker) customer(ctx context.Context, name, address string) (c *client, pin string, err error) {
	signed, err := m.minter.Mint(token.Grant{Role: token.RoleCustomer, UserID: name, UserName: name, Lifetime: token.MinLifetime})
	if err != nil {
		return nil, "", err
	}
	if c, err = m.dial(ctx, address); err != nil {
		return nil, "", err
	}
	f, err := c.ask(ctx, map[string]any{
		"t": "start", "token": signed, "browser": name, "tab": name, "page": "https://shop.example/", "settings": allSettings,
	}, "started")
	if err != nil {
		c.close()
		return nil, "", err
	}
	return c, f.PIN, nil
}

// agent joins one.
func (m *maker) agent(ctx context.Context, name, address, pin string) (*client, error) {
	signed, err := m.minter.Mint(token.Grant{Role: token.RoleAgent, UserID: name, UserName: name, Lifetime: token.MinLifetime})
	if err != nil {
		return nil, err
	}
	c, err := m.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	if _, err := c.ask(ctx, map[string]any{"t": "join", "token": signed, "pin": pin}, "joined"); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *client) ask(ctx context.Context, what any, answer string) (*frame, error) {
	if err := c.send(ctx, what); err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	return c.until(ctx, answer)
}

// outcome names how an attack ended: the code or status of its refusal, or the
// end of its connection.
func outcome(err error) string {
	var code refusal
	var status statusError
	var nothing silent
	switch {
	case err == nil:
		return "let in"
	case errors.As(err, &code):
		return "refused with " + code.Error()
	case errors.As(err, &status):
		return "refused with " + status.Error()
	case errors.As(err, &nothing):
		return "silent"
	default:
		return "cut"
	}
}
