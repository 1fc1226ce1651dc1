package token

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestParseInt(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	// The values are those that Node's parseInt returns.
	tests := []struct {
		text string
		want float64
	}{
		{"1", 1},
		{" 1", 1},
		{"\u00a0\ufeff\u2028\n1", 1},
		{"1abc", 1},
		{"1.9", 1},
		{"0x1", 1},
		{"0X2g", 2},
		{"+1", 1},
		{"-1", -1},
		{"1e1", 1},
		{"010", 10},
		{"1_0", 1},
		{"-0x10", -16},
		{"0xE10", 3600},
		{"9007199254740993", 9007199254740992},
		{"0xfffffffffffff8", 0xfffffffffffff8},
		{strings.Repeat("9", 400), inf},
		{"0x" + strings.Repeat("f", 400), inf},
		{"", nan},
		{" ", nan},
		{"abc", nan},
		{"+", nan},
		{"- 1", nan},
		{"--1", nan},
		{"0x", nan},
		{"x1", nan},
		{"Infinity", nan},
		{".5", nan},
		{"\u200b1", nan},
		{"١", nan},
	}
	for _, test := range tests {
		got := parseInt(test.text)
		if got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("parseInt(%.20q) = %v, want %v", test.text, got, test.want)
		}
	}
	if got := parseInt("-0"); got != 0 || !math.Signbit(got) {
		t.Errorf("parseInt(\"-0\") = %v, want -0", got)
	}
}

func TestJSString(t *testing.T) {
	// The texts are those of String(JSON.parse(…)) in Node.
	tests := []struct{ json, want string }{
		{`null`, "null"},
		{`true`, "true"},
		{`"a\u0000<b>"`, "a\x00<b>"},
		{`-0`, "0"},
		{`1.50`, "1.5"},
		{`100000000000000000000`, "100000000000000000000"},
		{`1e21`, "1e+21"},
		{`1.5e300`, "1.5e+300"},
		{`0.000001`, "0.000001"},
		{`0.0000001`, "1e-7"},
		{`-1.25e-10`, "-1.25e-10"},
		{`1e-400`, "0"},
		{`-1e999`, "-Infinity"},
		{`12345678901234567890`, "12345678901234567000"},
		{`[]`, ""},
		{`[null]`, ""},
		{`[1,[2,[3,null]],{"a":1},"x"]`, "1,2,3,,[object Object],x"},
		{`{}`, "[object Object]"},
	}
	for _, test := range tests {
		decoder := json.NewDecoder(strings.NewReader(test.json))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if got := jsString(value); got != test.want {
			t.Errorf("String(%s) = %q, want %q", test.json, got, test.want)
		}
	}
}
