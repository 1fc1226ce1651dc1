package browsertest

import (
	"encoding/json"
	"fmt"
)

// remoteValue is a value of a script as WebDriver BiDi writes it
// ("script.RemoteValue"): every value with its type.
type remoteValue struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// plain returns the value as JSON, in the way of JSON.stringify.
func (v remoteValue) plain() (json.RawMessage, error) {
	switch v.Type {
	case "undefined", "null", "function", "symbol":
		return json.RawMessage("null"), nil
	case "string", "boolean":
		if len(v.Value) == 0 {
			break
		}
		return v.Value, nil
	case "number":
		return v.number()
	case "array":
		return v.array()
	case "object":
		return v.object()
	}
	return nil, fmt.Errorf("a value of type %s cannot be had from the page", v.Type)
}

// number knows that those which JSON has not are written as strings.
func (v remoteValue) number() (json.RawMessage, error) {
	switch string(v.Value) {
	case `"-0"`:
		return json.RawMessage("0"), nil
	case `"NaN"`, `"Infinity"`, `"-Infinity"`:
		return json.RawMessage("null"), nil
	}
	var n float64
	return v.Value, json.Unmarshal(v.Value, &n)
}

func (v remoteValue) array() (json.RawMessage, error) {
	var items []remoteValue
	if err := json.Unmarshal(v.Value, &items); err != nil {
		return nil, err
	}
	list := make([]json.RawMessage, len(items))
	for i, item := range items {
		var err error
		if list[i], err = item.plain(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(list)
}

// object reads pairs of name and value.
func (v remoteValue) object() (json.RawMessage, error) {
	var pairs [][2]json.RawMessage
	if err := json.Unmarshal(v.Value, &pairs); err != nil {
		return nil, err
	}
	members := make(map[string]json.RawMessage, len(pairs))
	for _, pair := range pairs {
		var name string
		var value remoteValue
		if err := json.Unmarshal(pair[0], &name); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(pair[1], &value); err != nil {
			return nil, err
		}
		if value.Type == "undefined" || value.Type == "function" {
			continue
		}
		var err error
		if members[name], err = value.plain(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return json.Marshal(members)
}
