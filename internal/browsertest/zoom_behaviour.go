package browsertest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Behaviour is how the stand-in behaves. The zero value works.
type Behaviour struct {
	// Status is what the SDK's URL answers; 0 means 200.
	Status int
	// Cut ends the connection of the SDK's or the desk's request without an
	// answer; Hang never answers.
	Cut, Hang bool
	// InitError and StartError are codes with which init and start fail.
	InitError, StartError int
	// StartEvent reports StartError by the event session_error alone, not by
	// the callback of start.
	StartEvent bool
	// Silent makes start never report a PIN.
	Silent bool
	// PIN is what pincode_updated reports; "" means 482913. PINField is the
	// payload's member; "" means pincode.
	PIN, PINField string
	// Needs makes init try what Zoom's real SDK may need of a page's policy,
	// and report each as a Call "need" with arguments {"name","ok"}: connect,
	// websocket, image, font, style, frame. With Inline also inline-style;
	// with Worker also blob-worker.
	Needs, Inline, Worker bool
	// Verify checks a token of start (role 1) or of the desk (role 2). Nil
	// takes any that isn't empty.
	Verify func(token string, role int) error
}

// String describes the behaviour, for the names of tests.
func (b Behaviour) String() string {
	switch {
	case b.Cut:
		return "connection cut"
	case b.Hang:
		return "no answer"
	case b.Status != 0:
		return "status " + strconv.Itoa(b.Status)
	case b.InitError != 0:
		return "init error " + strconv.Itoa(b.InitError)
	case b.StartError != 0:
		return "start error " + strconv.Itoa(b.StartError)
	case b.Silent:
		return "no PIN"
	}
	return "works"
}

// obstruct does not return where the connection is to be cut or to hang.
func (b Behaviour) obstruct(r *http.Request, hang <-chan struct{}) {
	if b.Hang {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}
	if b.Hang || b.Cut {
		panic(http.ErrAbortHandler)
	}
}

// start is the answer to a call of start.
func (b Behaviour) start(c Call) map[string]any {
	var args struct{ SDKToken string }
	if err := json.Unmarshal(c.Args, &args); err != nil || !b.accepts(args.SDKToken, 1) {
		return map[string]any{"code": 2001}
	}
	if b.StartError != 0 {
		return map[string]any{"code": b.StartError, "event": b.StartEvent}
	}
	if b.Silent {
		return map[string]any{}
	}
	pin, field := b.PIN, b.PINField
	if pin == "" {
		pin = "482913"
	}
	if field == "" {
		field = "pincode"
	}
	return map[string]any{"pin": pin, "field": field}
}

// accepts judges a token as Verify does.
func (b Behaviour) accepts(token string, role int) bool {
	if b.Verify != nil {
		return b.Verify(token, role) == nil
	}
	return token != ""
}
