package sandbox

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseFrame(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for name, tc := range map[string]struct {
		in   string
		good bool
	}{
		"start":            {`{"t":"start","token":"x","settings":{"multiTab":true}}`, true},
		"events":           {`{"t":"events","e":[{"type":2}]}`, true},
		"stroke":           {`{"t":"draw","s":{"id":"1","tool":"rect","color":"#0b5cff","points":[1,2,3,4]}}`, true},
		"unknown type":     {`{"t":"fly"}`, true}, // the hub refuses it, knowing who sent it
		"no settings":      {`{"t":"start","token":"x"}`, false},
		"not JSON":         {`hello`, false},
		"empty":            {``, false},
		"null":             {`null {}`, false},
		"array":            {`[]`, false},
		"two values":       {`{"t":"ping"}{"t":"ping"}`, false},
		"unknown member":   {`{"t":"ping","admin":true}`, false},
		"wrong type":       {`{"t":"ping","token":1}`, false},
		"long token":       {`{"t":"join","token":"` + long + `"}`, false},
		"long id":          {`{"t":"undo","id":"` + long + `"}`, false},
		"long page":        {`{"t":"start","settings":{},"page":"` + long + `"}`, false},
		"far":              {`{"t":"scroll","y":1e300}`, false},
		"events, object":   {`{"t":"events","e":{}}`, false},
		"events, missing":  {`{"t":"events"}`, false},
		"stroke, missing":  {`{"t":"draw"}`, false},
		"stroke, no id":    {`{"t":"draw","s":{"tool":"pen","color":"#000000"}}`, false},
		"stroke, tool":     {`{"t":"draw","s":{"id":"1","tool":"axe","color":"#000000"}}`, false},
		"stroke, colour":   {`{"t":"draw","s":{"id":"1","tool":"pen","color":"url(x);"}}`, false},
		"stroke, odd":      {`{"t":"draw","s":{"id":"1","tool":"pen","color":"#000000","points":[1]}}`, false},
		"stroke, far":      {`{"t":"draw","s":{"id":"1","tool":"pen","color":"#000000","points":[1,1e9]}}`, false},
		"stroke, too many": {`{"t":"draw","s":{"id":"1","tool":"pen","color":"#000000","points":[` + strings.Repeat("1,2,", 600) + `1,2]}}`, false},
		"not UTF-8":        {"{\"t\":\"\xff\"}", false},
		"deep":             {`{"t":"events","e":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseFrame([]byte(tc.in))
			if (err == nil) != tc.good {
				t.Errorf("error %v", err)
			}
			if err != nil && (!errors.Is(err, errFrame) || len(err.Error()) > 120) {
				t.Errorf("error %q", err)
			}
		})
	}
}

// FuzzParseFrame: a frame that is taken is within its bounds, can be written,
// and is the same when it is read again.
func FuzzParseFrame(f *testing.F) {
	for _, s := range []string{
		`{"t":"start","token":"x","browser":"b","pin":"1","page":"https://x/","settings":{"agentDraw":true}}`,
		`{"t":"events","e":[{"type":3,"data":{"source":0}}]}`,
		`{"t":"draw","s":{"id":"1","tool":"pen","color":"#00ff00","points":[1.5,-2]}}`,
		`{"t":"scroll","x":1,"y":-3e2}`, `{"t":"assist","on":true}`, `{"T":"ping"}`, `null`, "{\"t\":\"\\ud800\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseFrame(data)
		if err != nil {
			if !errors.Is(err, errFrame) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if len(m.ID) > maxID || len(m.Token) > maxToken || m.Stroke != nil && m.Type == typeDraw && len(m.Stroke.Points) > maxPoints {
			t.Fatal("a member is out of bounds")
		}
		if m.Type == typeEvents && !json.Valid(eventsFrame(m.Events)) {
			t.Fatalf("events would leave as %q", eventsFrame(m.Events))
		}
		out, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseFrame(out)
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		// White space within what is not looked at may change.
		again.Events, m.Events = nil, nil
		if a, b := normal(again), normal(m); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v became %+v", b, a)
		}
	})
}

// normal makes an empty list the same as none.
func normal(m *message) message {
	c := *m
	if c.Stroke != nil && len(c.Stroke.Points) == 0 {
		s := *c.Stroke
		s.Points = nil
		c.Stroke = &s
	}
	return c
}
