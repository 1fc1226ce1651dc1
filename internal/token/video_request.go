package token

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// VideoRole is the claim role_type of a Video SDK signature. It is another
// thing than [Role]: 1 is the customer there, and the host here.
type VideoRole int

// The roles of Zoom's Video SDK.
const (
	// RoleAttendee takes part.
	RoleAttendee VideoRole = 0
	// RoleHost may also remove people, mute them, and record.
	RoleHost VideoRole = 1
)

// Valid reports whether Zoom knows the role.
func (r VideoRole) Valid() bool { return r == RoleAttendee || r == RoleHost }

// String returns "attendee" or "host", or the number of an unknown role.
func (r VideoRole) String() string {
	switch r {
	case RoleAttendee:
		return "attendee"
	case RoleHost:
		return "host"
	}
	return Role(r).String()
}

// Longest claims of a Video SDK signature, in UTF-16 code units.
const (
	MaxSessionName  = 200
	MaxUserIdentity = 35 // of Zoom's sample; Zoom documents none
	MaxSessionKey   = 36
	MaxUserKey      = 36
)

// geoRegions are the data centre regions that Zoom's sample knows, in its order.
var geoRegions = []string{"AU", "BR", "CA", "CN", "DE", "HK", "IN", "JP", "MX", "NL", "SG", "US"}

// VideoGrant says what a Video SDK signature allows, and to whom. Nil and empty
// members have no claim.
type VideoGrant struct {
	Role VideoRole
	// SessionName is the claim tpc: 1 to [MaxSessionName] UTF-16 code units.
	// Zoom documents visible ASCII and spaces, and compares without regard to
	// case; its sample signs anything, and so do we.
	SessionName string
	// Lifetime is whole seconds from [MinLifetime] to [MaxLifetime]. In a
	// parsed request, 0 means that it names none.
	Lifetime time.Duration
	// UserIdentity and UserKey tell users apart in Zoom's reports: at most
	// [MaxUserIdentity] and [MaxUserKey] code units. Zoom's documentation calls
	// user_key the new name of user_identity; the sample knows the old one only.
	UserIdentity, UserKey string
	// SessionKey groups sessions in Zoom's reports: at most [MaxSessionKey].
	SessionKey string
	// GeoRegions are where the session's media may go, such as US and DE.
	GeoRegions []string
	// CloudRecordingOption (one recording or one for each participant),
	// CloudRecordingElection (start the user's own), VideoWebRTCMode and
	// AudioWebRTCMode are 0 or 1.
	CloudRecordingOption, CloudRecordingElection *int
	VideoWebRTCMode, AudioWebRTCMode             *int
	// CloudRecordingTranscriptOption is 0 (none), 1 (transcript) or 2 (with a
	// summary). The sample does not know it.
	CloudRecordingTranscriptOption *int
	// TelemetryTrackingID is signed as it came: any JSON value, since the
	// sample does not look at it.
	TelemetryTrackingID json.RawMessage
}

// ParseVideoRequest parses and validates the body of a request to the endpoint
// that is compatible with Zoom's Video SDK auth-endpoint sample. What it returns
// is what the client asks for, not what it may have. The error is
// [FieldErrors], or wraps [ErrMalformed].
//
// userKey and cloudRecordingTranscriptOption are additions, and are validated
// after everything that the sample knows.
func ParseVideoRequest(body []byte) (VideoGrant, error) {
	members, err := decodeMembers(body)
	if err != nil {
		return VideoGrant{}, err
	}
	v := validator{members: members}
	// The order of these calls is the order of errors.
	grant := VideoGrant{
		Role:                   VideoRole(v.requiredChoice("role", 0, 1)),
		SessionName:            v.requiredText("sessionName", MaxSessionName),
		Lifetime:               v.seconds("expirationSeconds"),
		UserIdentity:           v.anyText("userIdentity", MaxUserIdentity),
		SessionKey:             v.anyText("sessionKey", MaxSessionKey),
		GeoRegions:             v.regions("geoRegions"),
		CloudRecordingOption:   v.optionalChoice("cloudRecordingOption", 0, 1),
		CloudRecordingElection: v.optionalChoice("cloudRecordingElection", 0, 1),
		VideoWebRTCMode:        v.optionalChoice("videoWebRtcMode", 0, 1),
		AudioWebRTCMode:        v.optionalChoice("audioCompatibleMode", 0, 1), // its deprecated name
		TelemetryTrackingID:    v.verbatim("telemetryTrackingId"),
	}
	if mode := v.optionalChoice("audioWebRtcMode", 0, 1); mode != nil {
		grant.AudioWebRTCMode = mode
	}
	grant.UserKey = v.anyText("userKey", MaxUserKey)
	grant.CloudRecordingTranscriptOption = v.optionalChoice("cloudRecordingTranscriptOption", 0, 1, 2)
	if len(v.faults) > 0 {
		return VideoGrant{}, v.faults
	}
	return grant, nil
}

// requiredChoice returns a number that must be there, and one of allowed.
func (v *validator) requiredChoice(property string, allowed ...int) int {
	n, present := v.choice(property, allowed...)
	if !present {
		v.refuse(property, reasonMissing)
	}
	return n
}

// optionalChoice returns a number that may be missing, which is nil.
func (v *validator) optionalChoice(property string, allowed ...int) *int {
	n, present := v.choice(property, allowed...)
	if !present {
		return nil
	}
	return &n
}

// requiredText returns a string that must be there.
func (v *validator) requiredText(property string, limit int) string {
	if _, present := v.members[property]; !present {
		v.refuse(property, reasonMissing)
		return ""
	}
	return v.anyText(property, limit)
}

// verbatim returns a member that nobody validates, encoded again, so that what
// is signed is plain JSON whatever the client's spelling was.
func (v *validator) verbatim(property string) json.RawMessage {
	value, present := v.value(property)
	if !present {
		return nil
	}
	encoded, err := encodeJSON(value)
	if err != nil {
		return nil // out of reach: it has just been decoded
	}
	return encoded
}

// regions returns a list of regions, which comes as a string with commas or as
// an array. As in the sample, all white space goes, also inside a word, then
// empty members go, and duplicates stay.
func (v *validator) regions(property string) []string {
	value, present := v.value(property)
	if !present {
		return nil
	}
	words, ok := regionWords(value)
	if !ok {
		v.refuse(property, reasonType, jsString(value), "string or string array")
		return nil
	}
	for i, word := range words {
		words[i] = strings.Map(func(r rune) rune {
			if isJSSpace(r) {
				return -1
			}
			return r
		}, word)
	}
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	unknown := func(word string) bool { return !slices.Contains(geoRegions, word) }
	switch {
	case len(words) == 0:
		v.refuse(property, reasonEmpty)
	case slices.ContainsFunc(words, unknown):
		v.refuse(property, reasonMembers, strings.Join(words, ","), strings.Join(geoRegions, ","))
	default:
		return words
	}
	return nil
}

// regionWords splits a string, or takes an array of strings. A word of an array
// that holds a comma stays one word, and is therefore unknown.
func regionWords(value any) (words []string, ok bool) {
	switch value := value.(type) {
	case string:
		return strings.Split(value, ","), true
	case []any:
		for _, element := range value {
			word, ok := element.(string)
			if !ok {
				return nil, false
			}
			words = append(words, word)
		}
		return words, true
	}
	return nil, false
}
