package sandbox

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseVideoFrame(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for name, tc := range map[string]struct {
		in   string
		good bool
	}{
		"join":                {`{"t":"join","signature":"x","session":"s","name":"Mia","passcode":"1234567890","audio":true}`, true},
		"passcode, runes":     {`{"t":"join","passcode":"ääääääääää"}`, true},
		"offer":               {`{"t":"signal","to":"u1","description":{"type":"offer","sdp":"v=0"}}`, true},
		"answer":              {`{"t":"signal","to":"u1","description":{"type":"answer","sdp":"v=0"}}`, true},
		"candidate":           {`{"t":"signal","to":"u1","candidate":{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"ab"}}`, true},
		"candidates' end":     {`{"t":"signal","to":"u1","candidate":{"candidate":"","sdpMid":null,"sdpMLineIndex":null,"usernameFragment":null}}`, true},
		"state":               {`{"t":"state","audio":true,"video":true}`, true},
		"leave":               {`{"t":"leave"}`, true},
		"unknown type":        {`{"t":"fly"}`, false},
		"of the other socket": {`{"t":"start","token":"x","settings":{}}`, false},
		"not JSON":            {`hello`, false},
		"empty":               {``, false},
		"array":               {`[]`, false},
		"two values":          {`{"t":"ping"}{"t":"ping"}`, false},
		"unknown member":      {`{"t":"ping","host":true}`, false},
		"from, which is ours": {`{"t":"signal","from":"u2","to":"u1","candidate":{"candidate":"x"}}`, false},
		"wrong type":          {`{"t":"join","signature":1}`, false},
		"long signature":      {`{"t":"join","signature":"` + long[:5000] + `"}`, false},
		"long session":        {`{"t":"join","session":"` + long[:1025] + `"}`, false},
		"long name":           {`{"t":"join","name":"` + long[:1025] + `"}`, false},
		"long passcode":       {`{"t":"join","passcode":"12345678901"}`, false},
		"long to":             {`{"t":"signal","to":"` + long[:65] + `","candidate":{"candidate":"x"}}`, false},
		"signal of nothing":   {`{"t":"signal","to":"u1"}`, false},
		"signal of both":      {`{"t":"signal","to":"u1","candidate":{"candidate":"x"},"description":{"type":"offer","sdp":"v=0"}}`, false},
		"rollback":            {`{"t":"signal","to":"u1","description":{"type":"rollback","sdp":""}}`, false},
		"no SDP":              {`{"t":"signal","to":"u1","description":{"type":"offer","sdp":""}}`, false},
		"long SDP":            {`{"t":"signal","to":"u1","description":{"type":"offer","sdp":"` + long + `"}}`, false},
		"long candidate":      {`{"t":"signal","to":"u1","candidate":{"candidate":"` + long[:1025] + `"}}`, false},
		"long mid":            {`{"t":"signal","to":"u1","candidate":{"candidate":"x","sdpMid":"` + long[:65] + `"}}`, false},
		"long fragment":       {`{"t":"signal","to":"u1","candidate":{"candidate":"x","usernameFragment":"` + long[:257] + `"}}`, false},
		"negative line":       {`{"t":"signal","to":"u1","candidate":{"candidate":"x","sdpMLineIndex":-1}}`, false},
		"SDP in a state":      {`{"t":"state","description":{"type":"offer","sdp":"v=0"}}`, false},
		"more in candidate":   {`{"t":"signal","to":"u1","candidate":{"candidate":"x","url":"stun:evil.example"}}`, false},
		"not UTF-8":           {"{\"t\":\"\xff\"}", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseVideoFrame([]byte(tc.in))
			if (err == nil) != tc.good {
				t.Errorf("error %v", err)
			}
			if err != nil && (!errors.Is(err, errFrame) || len(err.Error()) > 120) {
				t.Errorf("error %q", err)
			}
		})
	}
}

func TestShownName(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "null", // what Zoom shows
		"Mia":                    "Mia",
		strings.Repeat("ä", 200): strings.Repeat("ä", 200),
		strings.Repeat("ä", 201): strings.Repeat("ä", 200),
	} {
		if got := shown(in); got != want {
			t.Errorf("%.20q is shown as %.20q", in, got)
		}
	}
}

// FuzzParseVideoFrame: a frame that is taken is within its bounds, is the same
// when it is read again, and what is handed on of it says whom it is from and
// nothing else that its sender chose.
func FuzzParseVideoFrame(f *testing.F) {
	for _, s := range []string{
		`{"t":"join","signature":"a.b.c","session":"s","name":"Mia","passcode":"1","audio":true,"video":true}`,
		`{"t":"signal","to":"u1","description":{"type":"offer","sdp":"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"}}`,
		`{"t":"signal","to":"u1","candidate":{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"ab"}}`,
		`{"t":"state","audio":true}`, `{"t":"ping"}`, `{"t":"end"}`, `{"T":"leave"}`, `null`, "{\"t\":\"\\ud800\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseVideoFrame(data)
		if err != nil {
			if !errors.Is(err, errFrame) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if len(m.Signature) > maxToken || len(m.Name) > maxVideoText || len(m.Session) > maxVideoText || len(m.To) > maxID ||
			utf8.RuneCountInString(m.Passcode) > maxVideoPasscode || m.Description != nil && len(m.Description.SDP) > maxSDP {
			t.Fatal("a member is out of bounds")
		}
		out, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseVideoFrame(out)
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v became %+v", m, again)
		}
		if m.Type == typeSignal {
			checkHandedOn(t, m)
		}
	})
}

func checkHandedOn(t *testing.T, m *videoMessage) {
	t.Helper()
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(signalFrame("u7", &m.signal), &sent); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 3 || string(sent["t"]) != `"signal"` || string(sent["from"]) != `"u7"` || (sent["description"] == nil) == (sent["candidate"] == nil) {
		t.Fatalf("handed on: %s", sent)
	}
}
