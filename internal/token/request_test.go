package token

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseRequest(t *testing.T) {
	const (
		missing = "Property required, but not present in request body"
		outside = "Value must in between 1800 and 172800"
		empty   = "Property defined, but not value(s) were present"
		unsafe  = "Value not allowed, holds a control or bidirectional formatting character"
	)
	faults := func(pairs ...string) FieldErrors {
		var list FieldErrors
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, FieldError{pairs[i], pairs[i+1]})
		}
		return list
	}
	tests := []struct {
		name, body string
		want       Request
		err        error // FieldErrors, or matched with errors.Is
	}{
		{"customer", `{"role":1}`, Request{Role: 1}, nil},
		{"agent", `{"role":2,"userId":"a","userName":"b","expirationSeconds":1800}`, Request{2, "a", "b", 30 * time.Minute}, nil},
		{"longest life", `{"role":1,"expirationSeconds":172800}`, Request{Role: 1, Lifetime: 48 * time.Hour}, nil},
		{"role 1e0", `{"role":1e0}`, Request{Role: 1}, nil},
		{"role 1.0", `{"role":1.0}`, Request{Role: 1}, nil},
		{"escaped member name", `{"\u0072ole":1}`, Request{Role: 1}, nil},
		{"last duplicate wins", `{"role":9,"role":1,"role":2}`, Request{Role: 2}, nil},
		{"last duplicate fails", `{"role":1,"role":9}`, Request{}, faults("role", "Value is not valid. Got 9, expected 1,2")},
		{"members are case-sensitive", `{"Role":2,"ROLE":2,"role":1,"USERID":"x"}`, Request{Role: 1}, nil},
		{"only the wrong case", `{"Role":1}`, Request{}, faults("role", missing)},
		{"unknown members", `{"role":1,"enable_byop":1,"exp":1,"app_key":"evil"}`, Request{Role: 1}, nil},
		{"prototype", `{"__proto__":{"role":2},"role":1}`, Request{Role: 1}, nil},
		{"byte order mark", "\uFEFF{\"role\":1}", Request{Role: 1}, nil},
		{"white space around", " \r\n\t{ \"role\" : 1 } \n", Request{Role: 1}, nil},

		{"empty body", "", Request{}, faults("role", missing)},
		{"only a byte order mark", "\uFEFF", Request{}, faults("role", missing)},
		{"empty object", "{}", Request{}, faults("role", missing)},
		{"array", "[]", Request{}, faults("role", missing)},
		{"array with an object", `[{"role":1}]`, Request{}, faults("role", missing)},

		{"white space", "  ", Request{}, ErrMalformed},
		{"cut", `{"role":`, Request{}, ErrMalformed},
		{"cut array", `[`, Request{}, ErrMalformed},
		{"two objects", `{"role":1}{"role":2}`, Request{}, ErrMalformed},
		{"string", `"abc"`, Request{}, ErrMalformed},
		{"number", `12`, Request{}, ErrMalformed},
		{"null", `null`, Request{}, ErrMalformed},
		{"two byte order marks", "\uFEFF\uFEFF{\"role\":1}", Request{}, ErrMalformed},
		{"NUL", "{\"role\":1}\x00", Request{}, ErrMalformed},
		{"single quotes", `{'role':1}`, Request{}, ErrMalformed},
		{"deep", strings.Repeat("[", 20000), Request{}, ErrMalformed},

		{"role null", `{"role":null}`, Request{}, faults("role", "Value null not allowed, must be of type number")},
		{"role true", `{"role":true}`, Request{}, faults("role", "Value true not allowed, must be of type number")},
		{"role object", `{"role":{"a":1}}`, Request{}, faults("role", "Value [object Object] not allowed, must be of type number")},
		{"role array", `{"role":[1]}`, Request{}, faults("role", "Value 1 not allowed, must be of type number")},
		{"role -1", `{"role":-1}`, Request{}, faults("role", "Value is not valid. Got -1, expected 1,2")},
		{"role -0", `{"role":-0}`, Request{}, faults("role", "Value is not valid. Got 0, expected 1,2")},
		{"role 1e999", `{"role":1e999}`, Request{}, faults("role", "Value is not valid. Got Infinity, expected 1,2")},
		{"role 1e21", `{"role":1e21}`, Request{}, faults("role", "Value is not valid. Got 1e+21, expected 1,2")},
		{"role nearly 2", `{"role":1.9999999999999998}`, Request{}, faults("role", "Value is not valid. Got 1.9999999999999998, expected 1,2")},
		{"role rounds to 2", `{"role":1.99999999999999999999}`, Request{Role: 2}, nil},
		{"role text", `{"role":"agent"}`, Request{}, faults("role", "Value NaN not allowed, must be of type number")},
		{"role text 2abc", `{"role":"2abc"}`, Request{Role: 2}, nil},

		{"id null", `{"role":1,"userId":null}`, Request{}, faults("userId", "Value null not allowed, must be of type string")},
		{"id number", `{"role":1,"userId":7.50}`, Request{}, faults("userId", "Value 7.5 not allowed, must be of type string")},
		{"id array", `{"role":1,"userId":["a",["b",null,{}],true]}`, Request{}, faults("userId", "Value a,b,,[object Object],true not allowed, must be of type string")},
		{"id empty", `{"role":1,"userId":""}`, Request{}, faults("userId", empty)},
		{"name empty", `{"role":1,"userName":""}`, Request{}, faults("userName", empty)},
		{"name of spaces", `{"role":1,"userName":" "}`, Request{Role: 1, UserName: " "}, nil},
		{"name 35 units", `{"role":1,"userName":"` + strings.Repeat("😀", 17) + `x"}`, Request{Role: 1, UserName: strings.Repeat("😀", 17) + "x"}, nil},
		{"name 36 units", `{"role":1,"userName":"` + strings.Repeat("😀", 18) + `"}`, Request{}, faults("userName", "Value exceed max length. Got 36, expected less than or equal to 35")},
		{"35 letters of two bytes", `{"role":1,"userId":"` + strings.Repeat("é", 35) + `"}`, Request{Role: 1, UserID: strings.Repeat("é", 35)}, nil},
		{"lone surrogate", `{"role":1,"userName":"a\ud83d"}`, Request{Role: 1, UserName: "a\uFFFD"}, nil},
		{"joiner in an emoji", `{"role":1,"userName":"👩‍🚒"}`, Request{Role: 1, UserName: "👩‍🚒"}, nil},
		{"name with override", `{"role":1,"userName":"a\u202Eb"}`, Request{}, faults("userName", unsafe)},
		{"name with isolate", `{"role":1,"userName":"\u2066b"}`, Request{}, faults("userName", unsafe)},
		{"name with line break", `{"role":1,"userName":"a\r\nX: y"}`, Request{}, faults("userName", unsafe)},
		{"name with line separator", `{"role":1,"userName":"a\u2028"}`, Request{}, faults("userName", unsafe)},
		{"id with NUL", `{"role":1,"userId":"a\u0000"}`, Request{}, faults("userId", unsafe)},
		{"id with C1 control", `{"role":1,"userId":"a\u0085"}`, Request{}, faults("userId", unsafe)},

		{"life 1799", `{"role":1,"expirationSeconds":1799}`, Request{}, faults("expirationSeconds", outside)},
		{"life 172801", `{"role":1,"expirationSeconds":172801}`, Request{}, faults("expirationSeconds", outside)},
		{"life 172800.5", `{"role":1,"expirationSeconds":172800.5}`, Request{}, faults("expirationSeconds", outside)},
		{"life 1800.5", `{"role":1,"expirationSeconds":1800.5}`, Request{}, faults("expirationSeconds", "Value 1800.5 not allowed, must be a whole number")},
		{"life 1e999", `{"role":1,"expirationSeconds":1e999}`, Request{}, faults("expirationSeconds", outside)},
		{"life text", `{"role":1,"expirationSeconds":"3600.9"}`, Request{Role: 1, Lifetime: time.Hour}, nil},
		{"life hex", `{"role":1,"expirationSeconds":"0xE10"}`, Request{Role: 1, Lifetime: time.Hour}, nil},
		{"life array", `{"role":1,"expirationSeconds":[3600]}`, Request{}, faults("expirationSeconds", "Value 3600 not allowed, must be of type number")},
		{"life null", `{"role":1,"expirationSeconds":null}`, Request{}, faults("expirationSeconds", "Value null not allowed, must be of type number")},

		{
			"every property, in the validator's order", `{"expirationSeconds":"","userName":[],"userId":{},"role":"0"}`,
			Request{},
			faults(
				"role", "Value is not valid. Got 0, expected 1,2",
				"userId", "Value [object Object] not allowed, must be of type string",
				"userName", "Value  not allowed, must be of type string",
				"expirationSeconds", "Value NaN not allowed, must be of type number",
			),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseRequest([]byte(test.body))
			checkParse(t, got, err, test.want, test.err)
		})
	}
}

func checkParse(t *testing.T, got Request, err error, want Request, wantErr error) {
	t.Helper()
	if got != want {
		t.Errorf("request %+v, want %+v", got, want)
	}
	if _, ok := errors.AsType[FieldErrors](wantErr); ok {
		if !reflect.DeepEqual(err, wantErr) {
			t.Errorf("error %#v\n want %#v", err, wantErr)
		}
		return
	}
	if !errors.Is(err, wantErr) {
		t.Errorf("error %v, want %v", err, wantErr)
	}
}

func TestFieldErrorsDoNotQuoteTheClient(t *testing.T) {
	_, err := ParseRequest([]byte(`{"role":1,"userId":["hunter2"],"userName":7}`))
	if got, want := err.Error(), "invalid token request: userId, userName"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
