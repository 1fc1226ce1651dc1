package proxy

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// aBody is like those of our routes.
type aBody struct {
	PIN string `json:"pin"`
	ID  string `json:"id"`
}

// bodies are request bodies, and what they say; nil where they are refused.
var bodies = []struct {
	name, body string
	want       *aBody
}{
	{"nothing", ``, nil},
	{"empty object", `{}`, &aBody{}},
	{"both", `{"pin":"482913","id":"x"}`, &aBody{"482913", "x"}},
	{"white space", " \t\r\n{ \"id\" : \"x\" } \r\n", &aBody{ID: "x"}},
	{"escapes", `{"\u0070in":"\u0034\"\\\ud83d\ude00"}`, &aBody{PIN: "4\"\\😀"}},
	{"unknown members", `{"v":2,"more":{"deep":[{"id":"y"},null,1e999]},"id":"x"}`, &aBody{ID: "x"}},
	{"another case is another member", `{"PIN":"1","Id":"2"}`, &aBody{}},
	{"another case beside", `{"pin":"482913","PIN":"000000"}`, &aBody{PIN: "482913"}},
	{"folded to ASCII", `{"ıd":"1","pın":"2"}`, &aBody{}},

	{"null", `null`, nil},
	{"array", `[{"pin":"482913"}]`, nil},
	{"text", `"pin"`, nil},
	{"two objects", `{"pin":"1"}{"pin":"2"}`, nil},
	{"something behind", `{"pin":"1"} x`, nil},
	{"a NUL behind", "{\"pin\":\"1\"}\x00", nil},
	{"byte order mark", "\uFEFF{}", nil},
	{"cut off", `{"pin":"1"`, nil},
	{"trailing comma", `{"pin":"1",}`, nil},
	{"comment", `{/**/"pin":"1"}`, nil},
	{"single quotes", `{'pin':'1'}`, nil},
	{"number", `{"pin":482913}`, nil},
	{"boolean", `{"id":true}`, nil},
	{"null member", `{"pin":null}`, nil},
	{"object for text", `{"pin":{}}`, nil},
	{"array for text", `{"pin":["482913"]}`, nil},
	{"twice", `{"pin":"482913","pin":"000000"}`, nil},
	{"twice, the same", `{"pin":"482913","pin":"482913"}`, nil},
	{"twice, one escaped", `{"pin":"482913","\u0070in":"000000"}`, nil},
	{"twice, unknown", `{"x":1,"x":2}`, nil},
	{"twice, deep", `{"x":[{"y":{"z":1,"a":{},"z":1}}]}`, nil},
	{"the same name in several objects", `{"x":{"x":{"x":"x"}},"y":[{"x":1},{"x":1}]}`, &aBody{}},
	{"no UTF-8", "{\"pin\":\"\xff\"}", nil},
	{"no UTF-8 in an unknown name", "{\"\xc3\":1}", nil},
	{"Latin-1", "{\"id\":\"M\xfcller\"}", nil},
	{"UTF-16", "{\x00}\x00", nil},
	{"lone high surrogate", `{"id":"\ud83d"}`, nil},
	{"lone low surrogate", `{"id":"\ude00"}`, nil},
	{"halves the wrong way round", `{"id":"\ude00\ud83d"}`, nil},
	{"half before another escape", `{"id":"\ud83d\n"}`, nil},
	{"lone surrogate in an unknown name", `{"\uDfff":1}`, nil},
	{"what only looks like a surrogate", `{"id":"\\ud83d"}`, &aBody{ID: `\ud83d`}},
	{"nested as deep as may be", `{"x":` + strings.Repeat("[", maxNesting-1) + strings.Repeat("]", maxNesting-1) + `}`, &aBody{}},
	{"nested too deep", `{"x":` + strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting) + `}`, nil},
	{"nested as deep as 8 KiB allow", strings.Repeat(`{"x":`, 1300) + "1" + strings.Repeat("}", 1300), nil},
}

func TestDecodeStrict(t *testing.T) {
	for _, test := range bodies {
		t.Run(test.name, func(t *testing.T) {
			var got aBody
			err := decodeStrict([]byte(test.body), &got)
			switch {
			case test.want == nil && !errors.Is(err, errNotStrict):
				t.Errorf("%q is accepted as %+v (%v)", test.body, got, err)
			case test.want != nil && (err != nil || got != *test.want):
				t.Errorf("%q: %+v, %v; want %+v", test.body, got, err, *test.want)
			}
		})
	}
}

// TestBodiesAreStrict: the routes that agents and customers use read no body that
// another reader would understand otherwise. The first member of two has the
// right PIN, so that whoever takes the first or the last is found.
func TestBodiesAreStrict(t *testing.T) {
	o := newOffice(t, nil)
	id, ticket := o.waiting("482913")
	for _, body := range []string{
		`{"pin":"482913","pin":"482913"}`,
		`{"PIN":"482913"}`,
		`{"pin":"482913","id":null}`,
		`{"pin":"482913"}{}`,
		"{\"pin\":\"482913\",\"x\":\"\xff\"}",
		`{"pin":"482913","x":{"y":1,"y":1}}`,
	} {
		if w := o.send(http.MethodPost, "desk/join", body, "Agent", "Ann"); w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "token") {
			t.Errorf("join %q: %d %s", body, w.Code, w.Body)
		}
	}
	for route, body := range map[string]string{
		"sessions":                   `{"page":"/","page":"/"}`,
		"sessions/" + id + "/events": `{"ticket":"` + ticket + `","event":"heartbeat","Event":"session_ended","event":"heartbeat"}`,
		"desk/release":               `{"id":"` + id + `","id":"` + id + `"}`,
		"desk/end":                   `{"id":"` + id + `","id":"` + id + `"}`,
	} {
		if w := o.send(http.MethodPost, route, body, "Agent", "Ann"); w.Code != http.StatusBadRequest {
			t.Errorf("%s %s: %d %s", route, body, w.Code, w.Body)
		}
	}
	// What pages of a later version may say beside is no fault.
	if w := o.send(http.MethodPost, "desk/join", `{"pin":"482913","v":2,"PIN":"000000"}`, "Agent", "Ann"); w.Code != http.StatusOK {
		t.Errorf("with unknown members: %d %s", w.Code, w.Body)
	}
}

// FuzzDecodeStrict: what is accepted is one object, of which any reader of JSON
// understands the same as we do.
func FuzzDecodeStrict(f *testing.F) {
	for _, seed := range bodies {
		f.Add([]byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > maxTokenBody {
			t.Skip()
		}
		var got aBody
		if err := decodeStrict(body, &got); err != nil {
			if !errors.Is(err, errNotStrict) {
				t.Fatal(err)
			}
			return
		}
		var generic map[string]any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&generic); err != nil || generic == nil || !utf8.Valid(body) {
			t.Fatalf("%q is accepted, and is no object in UTF-8: %v", body, err)
		}
		if rest := bytes.TrimSpace(body[decoder.InputOffset():]); len(rest) > 0 {
			t.Fatalf("%q stands behind", rest)
		}
		// Exact names, text and nothing else.
		want := aBody{}
		want.PIN, _ = generic["pin"].(string)
		want.ID, _ = generic["id"].(string)
		if got != want {
			t.Fatalf("%q: %+v, want %+v", body, got, want)
		}
		for _, known := range []string{"pin", "id"} {
			if value, there := generic[known]; there {
				if _, text := value.(string); !text {
					t.Fatalf("%q: %s is %v", body, known, value)
				}
			}
		}
		// Written again, it is as strict as before: nothing was mended or dropped.
		written, err := json.Marshal(generic)
		if err != nil {
			t.Fatal(err)
		}
		var again aBody
		if err := decodeStrict(written, &again); err != nil || again != got {
			t.Fatalf("%q, written again as %q: %+v, %v", body, written, again, err)
		}
		// One of its members once more, and it is refused.
		for name := range generic {
			quoted, _ := json.Marshal(name)
			twice := slices.Concat(written[:len(written)-1], []byte(","), quoted, []byte(`:""}`))
			if decodeStrict(twice, &again) == nil {
				t.Fatalf("%q is accepted", twice)
			}
			break
		}
	})
}
