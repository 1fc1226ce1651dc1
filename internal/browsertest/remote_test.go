package browsertest

import (
	"encoding/json"
	"testing"
)

func TestRemoteValue(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"string", `{"type":"string","value":"a\"b"}`, `"a\"b"`},
		{"number", `{"type":"number","value":1.5}`, `1.5`},
		{"not a number", `{"type":"number","value":"NaN"}`, `null`},
		{"no number", `{"type":"number","value":"1"}`, `error`},
		{"number without value", `{"type":"number"}`, `error`},
		{"string without value", `{"type":"string"}`, `error`},
		{"array of nothing", `{"type":"array"}`, `error`},
		{"minus zero", `{"type":"number","value":"-0"}`, `0`},
		{"truth", `{"type":"boolean","value":true}`, `true`},
		{"undefined", `{"type":"undefined"}`, `null`},
		{"empty array", `{"type":"array","value":[]}`, `[]`},
		{"array", `{"type":"array","value":[{"type":"null"},{"type":"string","value":"x"}]}`, `[null,"x"]`},
		{
			"object", `{"type":"object","value":[["b",{"type":"array","value":[{"type":"number","value":1}]}],["a",{"type":"undefined"}],["c",{"type":"object","value":[]}]]}`,
			`{"b":[1],"c":{}}`,
		},
		{"node", `{"type":"node","value":{"nodeType":1}}`, `error`},
		{"node in array", `{"type":"array","value":[{"type":"node","value":{}}]}`, `error`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var v remoteValue
			if err := json.Unmarshal([]byte(tc.in), &v); err != nil {
				t.Fatal(err)
			}
			got, err := v.plain()
			if err != nil {
				got = json.RawMessage("error")
			}
			if string(got) != tc.want {
				t.Errorf("%s gives %s (%v), not %s", tc.in, got, err, tc.want)
			}
		})
	}
}

// FuzzRemoteValue: whatever a browser sends, the answer is JSON or an error.
func FuzzRemoteValue(f *testing.F) {
	f.Add(`{"type":"object","value":[["a",{"type":"array","value":[{"type":"number","value":"NaN"}]}]]}`)
	f.Add(`{"type":"number"}`)
	f.Add(`{"type":"string","value":"x"}`)
	f.Fuzz(func(t *testing.T, in string) {
		var v remoteValue
		if json.Unmarshal([]byte(in), &v) != nil {
			return
		}
		if got, err := v.plain(); err == nil && !json.Valid(got) {
			t.Errorf("%s gives %s", in, got)
		}
	})
}
