package token

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// This file holds the three pieces of JavaScript that show in the sample's
// replies: parseInt, String(), and how a number is written (ECMA-262,
// sections 19.2.5, 22.1.1 and 6.1.6.1.20).

// parseInt reads a leading integer as JavaScript's parseInt does, and returns
// NaN where there is none.
func parseInt(s string) float64 {
	s = strings.TrimLeftFunc(s, isJSSpace)
	sign := 1.0
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	digits := "0123456789"
	prefix, exponent := "", ""
	if len(s) >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		digits = "0123456789abcdefABCDEF"
		prefix, exponent, s = "0x", "p0", s[2:] // as strconv wants a hexadecimal float
	}
	s = s[:len(s)-len(strings.TrimLeft(s, digits))]
	if s == "" {
		return math.NaN()
	}
	n, _ := strconv.ParseFloat(prefix+s+exponent, 64) // out of range gives Inf, as wanted
	return sign * n
}

// isJSSpace reports whether JavaScript trims r: its WhiteSpace and
// LineTerminator.
func isJSSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\uFEFF', '\u2028', '\u2029':
		return true
	}
	return unicode.Is(unicode.Zs, r)
}

// jsString writes a decoded JSON value as JavaScript's String() does. Numbers
// are json.Number or float64.
func jsString(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return jsNumber(v)
	case json.Number:
		return jsNumber(toFloat(v))
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, element := range v {
			if element != nil { // null is an empty string inside an array
				parts[i] = jsString(element)
			}
		}
		return strings.Join(parts, ",")
	}
	return "[object Object]"
}

// jsNumber writes a number as JavaScript does: the shortest digits that read
// back as the same number, an exponent below 1e-6 and from 1e21 on.
func jsNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0" // also -0
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	// Go pads the exponent to two digits.
	return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
}

// toFloat reads a JSON number as JavaScript does: what is too large is
// infinite.
func toFloat(n json.Number) float64 {
	f, _ := strconv.ParseFloat(n.String(), 64) // out of range gives ±Inf, as wanted
	return f
}
