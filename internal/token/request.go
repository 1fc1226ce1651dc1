package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Limits of a token's life (Zoom: iat+1800 <= exp <= iat+172800).
const (
	MinLifetime = 1800 * time.Second
	MaxLifetime = 172800 * time.Second
)

// Request is a valid request to a token endpoint. A zero member was not in the
// request, since empty values are refused.
type Request struct {
	// Role is what the client asks for, not what it may have.
	Role Role
	// UserID and UserName are at most [MaxUserID] and [MaxRequestName] UTF-16
	// code units long, and hold nothing that [Minter.Mint] refuses.
	UserID, UserName string
	// Lifetime is 0, or whole seconds from [MinLifetime] to [MaxLifetime].
	Lifetime time.Duration
}

// FieldError is one faulty property of a request, as Zoom's sample reports it.
type FieldError struct {
	Property string `json:"property"`
	Reason   string `json:"reason"`
}

// FieldErrors are the faults of a request in the order of the sample's
// validator (role, userId, userName, expirationSeconds), one a property.
type FieldErrors []FieldError

// Error lists the faulty properties without their reasons, which quote the
// client.
func (e FieldErrors) Error() string {
	names := make([]string, len(e))
	for i, fault := range e {
		names[i] = fault.Property
	}
	return "invalid token request: " + strings.Join(names, ", ")
}

// ErrMalformed means that a request's body is neither a JSON object nor a JSON
// array.
var ErrMalformed = errors.New("malformed JSON in token request")

// ParseRequest parses and validates the body of a request to the endpoint that
// is compatible with Zoom's auth-endpoint sample. The error is [FieldErrors],
// or wraps [ErrMalformed]. An empty body is an object without members; one
// byte order mark before the body is ignored. Bodies should be bounded by the
// caller.
func ParseRequest(body []byte) (Request, error) {
	members, err := decodeMembers(body)
	if err != nil {
		return Request{}, err
	}
	v := validator{members: members}
	request := Request{
		Role:     v.role(RoleCustomer, RoleAgent),
		UserID:   v.text("userId", MaxUserID),
		UserName: v.text("userName", MaxRequestName),
		Lifetime: v.seconds("expirationSeconds"),
	}
	if len(v.faults) > 0 {
		return Request{}, v.faults
	}
	return request, nil
}

// decodeMembers returns the members of a JSON object. It decodes to raw
// messages rather than to a struct, because encoding/json matches the fields
// of a struct without regard to case.
func decodeMembers(body []byte) (map[string]json.RawMessage, error) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	if len(body) == 0 {
		return nil, nil
	}
	switch first := bytes.TrimLeft(body, " \t\r\n"); {
	case bytes.HasPrefix(first, []byte("{")):
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return members, nil
	case bytes.HasPrefix(first, []byte("[")) && json.Valid(body):
		return nil, nil // the sample finds no member in an array either
	}
	return nil, ErrMalformed
}

// Reasons. Those of the first group are Zoom's, verbatim; the second group is
// for what we refuse and the sample does not.
const (
	reasonMissing = "Property required, but not present in request body"
	reasonType    = "Value %s not allowed, must be of type %s"
	reasonChoice  = "Value is not valid. Got %s, expected %s"
	reasonRange   = "Value must in between 1800 and 172800"
	reasonLength  = "Value exceed max length. Got %d, expected less than or equal to %d"
	reasonEmpty   = "Property defined, but not value(s) were present"
	reasonMembers = "One or more value(s) not allowed. Got (%s), expected (%s)"

	reasonFraction = "Value %s not allowed, must be a whole number"
	reasonUnsafe   = "Value not allowed, holds a control or bidirectional formatting character"
)

// validator reads the members of a request and collects the faults, one a
// property. Its methods are called in the order of the sample's validator,
// which is the order of the faults.
type validator struct {
	members map[string]json.RawMessage
	faults  FieldErrors
}

func (v *validator) refuse(property, reason string, args ...any) {
	v.faults = append(v.faults, FieldError{property, fmt.Sprintf(reason, args...)})
}

// value decodes a member.
func (v *validator) value(property string) (value any, present bool) {
	raw, present := v.members[property]
	if !present {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // 1e999 is a number that the sample calls Infinity
	if err := decoder.Decode(&value); err != nil {
		// Out of reach: the body has been decoded as a whole.
		return "[undecodable]", true
	}
	return value, true
}

// number returns a numeric member. Strings are coerced, as in the sample.
func (v *validator) number(property string, value any) (n float64, ok bool) {
	switch x := value.(type) {
	case json.Number:
		n = toFloat(x)
	case string:
		n = parseInt(x)
		value = n
	default:
		n = math.NaN()
	}
	if math.IsNaN(n) {
		v.refuse(property, reasonType, jsString(value), "number")
		return 0, false
	}
	return n, true
}

// role returns the role, which is required.
func (v *validator) role(allowed ...Role) Role {
	numbers := make([]int, len(allowed))
	for i, role := range allowed {
		numbers[i] = int(role)
	}
	role, present := v.choice("role", numbers...)
	if !present {
		v.refuse("role", reasonMissing)
	}
	return Role(role)
}

// choice returns an optional number, which must be one of allowed. A refused
// one is present, and 0.
func (v *validator) choice(property string, allowed ...int) (n int, present bool) {
	value, present := v.value(property)
	if !present {
		return 0, false
	}
	number, ok := v.number(property, value)
	if !ok {
		return 0, true
	}
	expected := make([]string, len(allowed))
	for i, n := range allowed {
		if number == float64(n) {
			return n, true
		}
		expected[i] = jsNumber(float64(n))
	}
	v.refuse(property, reasonChoice, jsNumber(number), strings.Join(expected, ","))
	return 0, true
}

// text returns an optional string that people read. It must not be empty, and
// must not change how the text around it looks.
func (v *validator) text(property string, limit int) string {
	s := v.anyText(property, limit)
	if hasUnsafe(s) {
		v.refuse(property, reasonUnsafe)
		return ""
	}
	return s
}

// anyText returns an optional string, which must not be empty.
func (v *validator) anyText(property string, limit int) string {
	value, present := v.value(property)
	if !present {
		return ""
	}
	s, ok := value.(string)
	switch n := utf16Len(s); {
	case !ok:
		v.refuse(property, reasonType, jsString(value), "string")
	case n > limit:
		v.refuse(property, reasonLength, n, limit)
	case s == "":
		v.refuse(property, reasonEmpty)
	default:
		return s
	}
	return ""
}

// seconds returns an optional lifetime.
func (v *validator) seconds(property string) time.Duration {
	value, present := v.value(property)
	if !present {
		return 0
	}
	n, ok := v.number(property, value)
	switch {
	case !ok: // refused already
	case n < MinLifetime.Seconds() || n > MaxLifetime.Seconds():
		v.refuse(property, reasonRange)
	case n != math.Trunc(n):
		v.refuse(property, reasonFraction, jsNumber(n))
	default:
		return time.Duration(n) * time.Second
	}
	return 0
}
