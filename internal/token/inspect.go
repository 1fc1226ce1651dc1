package token

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Kind is what a token is for.
type Kind string

// The kinds of tokens that Zoom's SDKs take, and any other.
const (
	KindCobrowse Kind = "Cobrowse SDK token"
	KindVideo    Kind = "Video SDK signature"
	KindUnknown  Kind = "token of another kind"
)

// Inspection is what a token says. Nobody has checked that it is true.
type Inspection struct {
	// Header and Claims are JSON objects, as they were signed.
	Header, Claims json.RawMessage
	// Kind follows from the claims that only one kind has.
	Kind Kind
}

// Inspect reads a token without verifying it, so that a person can see why it is
// refused. The error wraps [ErrTokenMalformed].
func Inspect(token string) (Inspection, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Inspection{}, fmt.Errorf("%w: it has %d parts with dots between them, not 3", ErrTokenMalformed, len(parts))
	}
	var in Inspection
	var claims map[string]json.RawMessage
	for i, part := range []struct {
		name   string
		raw    *json.RawMessage
		object *map[string]json.RawMessage
	}{{"header", &in.Header, new(map[string]json.RawMessage)}, {"claims", &in.Claims, &claims}} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return Inspection{}, fmt.Errorf("%w: the %s are not base64url", ErrTokenMalformed, part.name)
		}
		if err := json.Unmarshal(raw, part.object); err != nil || *part.object == nil {
			return Inspection{}, fmt.Errorf("%w: the %s are not a JSON object", ErrTokenMalformed, part.name)
		}
		*part.raw = raw
	}
	_, topic := claims["tpc"]
	_, user := claims["user_id"]
	switch {
	case topic && !user:
		in.Kind = KindVideo
	case user && !topic:
		in.Kind = KindCobrowse
	default:
		in.Kind = KindUnknown
	}
	return in, nil
}
