package proxy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// errNotStrict means that a body is not the one JSON object that it should be.
var errNotStrict = errors.New("not a strict JSON object")

// maxNesting bounds how deep a body's objects and arrays stand in each other.
// Those of our own pages hold strings only; the rest is for what they may say
// one day, and which is ignored today.
const maxNesting = 8

// decodeStrict decodes a body into the struct that into points to.
//
// encoding/json is lenient: it takes the last of two members of a name, names
// without regard to case, null for anything, and mends text that is no UTF-8. So
// two readers of one body, such as a firewall in front and this proxy, can come
// to different ends. Here a body is one JSON object and nothing behind it, in
// I-JSON (RFC 7493): UTF-8 without lone surrogates, no name twice in an object,
// however deep; a known member has the type of its field, and null is no value of
// any. A member whose name is not that of a field, letter by letter, is ignored.
//
// The fields must have tags. encoding/json/v2 will do most of this, once it is
// part of Go.
func decodeStrict(body []byte, into any) error {
	if !utf8.Valid(body) || !json.Valid(body) || !surrogatesPaired(body) {
		return errNotStrict
	}
	if err := checkMembers(body); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return fmt.Errorf("%w: %w", errNotStrict, err)
	}
	for field, value := range reflect.ValueOf(into).Elem().Fields() {
		raw, there := members[field.Tag.Get("json")]
		if !there {
			continue
		}
		if bytes.Equal(raw, []byte("null")) {
			return fmt.Errorf("%w: %s is null", errNotStrict, field.Name)
		}
		if err := json.Unmarshal(raw, value.Addr().Interface()); err != nil {
			return fmt.Errorf("%w: %w", errNotStrict, err)
		}
	}
	return nil
}

// checkMembers wants valid JSON, and reports whether it is an object in which no
// name comes twice, and nothing stands deeper than maxNesting.
func checkMembers(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // 1e999 is no float64, and nobody's business
	// open has the names so far of each open object, nil for an array.
	var open []map[string]bool
	isName := false // the next string is a member's name
	for first := true; first || len(open) > 0; first = false {
		token, err := decoder.Token()
		if err != nil || first && token != json.Delim('{') {
			return errNotStrict
		}
		name, text := token.(string)
		if isName && text {
			names := open[len(open)-1]
			if names[name] {
				return fmt.Errorf("%w: a member comes twice", errNotStrict)
			}
			names[name], isName = true, false
			continue
		}
		switch token {
		case json.Delim('{'):
			open = append(open, make(map[string]bool))
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if len(open) > maxNesting {
			return fmt.Errorf("%w: nested deeper than %d", errNotStrict, maxNesting)
		}
		isName = len(open) > 0 && open[len(open)-1] != nil
	}
	return nil
}

// surrogatesPaired wants valid JSON, and reports whether each escaped surrogate
// is one half of a pair: encoding/json would make U+FFFD of a lone one, so that
// two different texts became the same.
func surrogatesPaired(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++ // at what is escaped
		unit, escaped := codeUnit(body[i-1:])
		if !escaped {
			continue
		}
		i += len(`uXXXX`) - 1
		if !utf16.IsSurrogate(unit) {
			continue
		}
		second, escaped := codeUnit(body[i+1:])
		if !escaped || utf16.DecodeRune(unit, second) == unicode.ReplacementChar {
			return false
		}
		i += len(`\uXXXX`)
	}
	return true
}

// codeUnit reads \uXXXX at the beginning of text.
func codeUnit(text []byte) (unit rune, ok bool) {
	const length = len(`\uXXXX`)
	if len(text) < length || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:length]), 16, 16)
	return rune(n), err == nil
}
