package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// browserStub answers commands in the manner of a browser: "echo" with its
// parameters, after an event and noise; "fail" with an error; "die" with the end
// of the connection.
func browserStub(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	for {
		var m bidiMessage
		if wsjson.Read(r.Context(), ws, &m) != nil || m.Method == "die" {
			return
		}
		var out []any
		switch m.Method {
		case "echo":
			out = append(out, "noise", map[string]any{"type": "success", "id": 4711, "result": "nobody asked"},
				map[string]any{"type": "event", "method": "happened", "params": m.Params},
				map[string]any{"type": "success", "id": m.ID, "result": m.Params})
		case "fail":
			out = append(out, map[string]any{"type": "error", "id": m.ID, "error": "no such frame", "message": "it is gone"})
		}
		for _, o := range out {
			if wsjson.Write(r.Context(), ws, o) != nil {
				return
			}
		}
	}
}

func TestBidi(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(browserStub))
	defer srv.Close()
	events := make(chan string, 9)
	c, err := dialBidi(context.Background(), "ws"+strings.TrimPrefix(srv.URL, "http"), func(method string, params json.RawMessage) {
		events <- method + string(params)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, want := range []string{"a", "b"} {
		var got []string
		if err := c.call("echo", []string{want}, &got); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("echo %s: %q, %v", want, got, err)
		}
		if e := <-events; e != `happened["`+want+`"]` {
			t.Errorf("event %s", e)
		}
	}
	if err := c.call("fail", nil, nil); err == nil || err.Error() != "fail: no such frame: it is gone" {
		t.Errorf("fail: %v", err)
	}
	if err := c.call("die", nil, nil); !errors.Is(err, errBidiLost) {
		t.Errorf("while the connection is lost: %v", err)
	}
	if err := c.call("echo", nil, nil); !errors.Is(err, errBidiLost) {
		t.Errorf("after the connection is lost: %v", err)
	}
	if len(c.waiting) > 0 {
		t.Errorf("%d commands are kept", len(c.waiting))
	}
}
