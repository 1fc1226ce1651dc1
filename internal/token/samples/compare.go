package samples

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Answer is what the code under test answered to a case.
type Answer struct {
	Status int
	Errors []FieldError
	// Signed is the token or signature, "" where there is none.
	Signed string
	// Secret is what it must be signed with.
	Secret string
}

// Compare returns what is wrong with an answer: whatever differs from the
// sample's but is not in [Differences]. Where the sample answers with HTML, only
// the status counts. A user_id that the sample invents is compared by shape.
func (s *Suite) Compare(c *Case, got Answer) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	status, wantErrors, decoded := c.Response.Status, []FieldError(nil), c.Decoded
	compareBody := c.Response.JSON != nil
	if compareBody {
		wantErrors = c.Response.JSON.Errors
	}
	if d := find(s.Name, c.ID); d != nil {
		if d.Status == status && slices.Equal(d.Errors, wantErrors) {
			fault("is in the list of differences, but makes none")
		}
		status, wantErrors, decoded = d.Status, d.Errors, nil
		compareBody = d.Errors != nil
	}
	if got.Status != status {
		fault("status %d, want %d", got.Status, status)
	}
	if (got.Status == 200) != (got.Signed != "") {
		fault("status %d with the token %q", got.Status, got.Signed)
	}
	if !compareBody {
		return faults
	}
	if !slices.Equal(got.Errors, wantErrors) {
		fault("errors %+v\n  want %+v", got.Errors, wantErrors)
	}
	if decoded != nil && got.Signed != "" {
		faults = append(faults, compareToken(c, got)...)
	}
	return faults
}

// compareToken compares header, claims and HMAC, without the code under test.
func compareToken(c *Case, got Answer) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	parts := strings.Split(got.Signed, ".")
	if len(parts) != 3 {
		return []string{"not a JWT: " + got.Signed}
	}
	mac := hmac.New(sha256.New, []byte(got.Secret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)); parts[2] != want {
		fault("signature %s, want %s", parts[2], want)
	}
	var header, payload map[string]any
	for i, into := range []*map[string]any{&header, &payload} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			fault("part %d: %v", i+1, err)
		}
	}
	if !reflect.DeepEqual(header, c.Decoded.Header) {
		fault("header %v, want %v", header, c.Decoded.Header)
	}
	if want := expectedPayload(c, payload); !reflect.DeepEqual(payload, want) {
		fault("claims %v\n  want %v", payload, want)
	}
	return faults
}

// expectedPayload returns the sample's claims, with a random user_id of ours
// where the sample had its own: 128 bits in hexadecimal.
func expectedPayload(c *Case, got map[string]any) map[string]any {
	want := maps.Clone(c.Decoded.Payload)
	id, invented := want["user_id"]
	if !invented || c.Request.Body != nil && strings.Contains(*c.Request.Body, `"userId"`) {
		return want
	}
	ours, _ := got["user_id"].(string)
	if len(ours) != 32 || strings.Trim(ours, "0123456789abcdef") != "" {
		return want
	}
	if want["user_name"] == id {
		want["user_name"] = ours
	}
	want["user_id"] = ours
	return want
}
