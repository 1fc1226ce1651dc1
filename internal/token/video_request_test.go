package token

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestParseVideoRequestFaults holds rules that the recorded cases leave out.
func TestParseVideoRequestFaults(t *testing.T) {
	const regions = "AU,BR,CA,CN,DE,HK,IN,JP,MX,NL,SG,US"
	long := strings.Repeat("x", 37)
	tests := []struct {
		name, members    string
		property, reason string
	}{
		{"name missing", `"role":1`, "sessionName", reasonMissing},
		{"name null", `"role":1,"sessionName":null`, "sessionName", "Value null not allowed, must be of type string"},
		{"101 emoji", `"role":1,"sessionName":"` + strings.Repeat("😀", 101) + `"`, "sessionName", "Value exceed max length. Got 202, expected less than or equal to 200"},
		{"no regions", `"role":1,"sessionName":"a","geoRegions":[]`, "geoRegions", reasonEmpty},
		{"empty regions", `"role":1,"sessionName":"a","geoRegions":""`, "geoRegions", reasonEmpty},
		{"regions of white space", `"role":1,"sessionName":"a","geoRegions":" \n, "`, "geoRegions", reasonEmpty},
		{"a number among regions", `"role":1,"sessionName":"a","geoRegions":["US",5]`, "geoRegions", "Value US,5 not allowed, must be of type string or string array"},
		{"regions are a number", `"role":1,"sessionName":"a","geoRegions":1`, "geoRegions", "Value 1 not allowed, must be of type string or string array"},
		{"one region unknown", `"role":1,"sessionName":"a","geoRegions":"US, XX"`, "geoRegions", "One or more value(s) not allowed. Got (US,XX), expected (" + regions + ")"},
		{"role 1.5", `"role":1.5,"sessionName":"a"`, "role", "Value is not valid. Got 1.5, expected 0,1"},
		{"mode true", `"role":1,"sessionName":"a","videoWebRtcMode":true`, "videoWebRtcMode", "Value true not allowed, must be of type number"},
		{"deprecated mode faulty, though replaced", `"role":1,"sessionName":"a","audioCompatibleMode":2,"audioWebRtcMode":1`, "audioCompatibleMode", "Value is not valid. Got 2, expected 0,1"},
		{"member in another case", `"Role":1,"role":0,"SessionName":"a"`, "sessionName", reasonMissing},
		{"userKey too long", `"role":1,"sessionName":"a","userKey":"` + long + `"`, "userKey", "Value exceed max length. Got 37, expected less than or equal to 36"},
		{"userKey empty", `"role":1,"sessionName":"a","userKey":""`, "userKey", reasonEmpty},
		{"transcript 3", `"role":1,"sessionName":"a","cloudRecordingTranscriptOption":3`, "cloudRecordingTranscriptOption", "Value is not valid. Got 3, expected 0,1,2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			grant, err := ParseVideoRequest([]byte("{" + test.members + "}"))
			want := FieldErrors{{test.property, test.reason}}
			var faults FieldErrors
			if !errors.As(err, &faults) || !reflect.DeepEqual(faults, want) {
				t.Errorf("grant %+v, faults %v\nwant %v", grant, faults, want)
			}
		})
	}
}

func TestParseVideoRequestAccepts(t *testing.T) {
	one, zero, two := 1, 0, 2
	tests := []struct {
		name, members string
		want          VideoGrant
	}{
		{"region with white space inside", `"geoRegions":"U\nS"`, VideoGrant{GeoRegions: []string{"US"}}},
		{"deprecated audio mode", `"audioCompatibleMode":1`, VideoGrant{AudioWebRTCMode: &one}},
		{"both audio modes", `"audioCompatibleMode":1,"audioWebRtcMode":0`, VideoGrant{AudioWebRTCMode: &zero}},
		{"additions", `"userKey":"` + strings.Repeat("x", 36) + `","cloudRecordingTranscriptOption":"2"`, VideoGrant{UserKey: strings.Repeat("x", 36), CloudRecordingTranscriptOption: &two}},
		{"tracking id null", `"telemetryTrackingId":null`, VideoGrant{TelemetryTrackingID: json.RawMessage("null")}},
		{"tracking id spelt oddly", `"telemetryTrackingId": {"b":"\u003c", "b":1, "a":1E2}`, VideoGrant{TelemetryTrackingID: json.RawMessage(`{"a":1E2,"b":1}`)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.want.SessionName = "a"
			got, err := ParseVideoRequest([]byte(`{"role":0,"sessionName":"a",` + test.members + `}`))
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

// FuzzParseVideoRequest: no body panics; an accepted request can be minted, and
// its signature says what was asked for; a refused one lists each property once.
func FuzzParseVideoRequest(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `null`, `{"role":1,"sessionName":"a"}`, `{"role":"0x1","sessionName":"é会😀","geoRegions":["US"," DE "]}`,
		`{"role":1,"sessionName":"a","geoRegions":"US,,US","cloudRecordingOption":"1","telemetryTrackingId":[1e999,{"a":"\ud83d"}]}`,
		`{"role":0,"sessionName":"a","userKey":"k","cloudRecordingTranscriptOption":2,"expirationSeconds":"3600.9"}`,
		`{"role":{},"sessionName":[],"geoRegions":{},"videoWebRtcMode":null}`,
	} {
		f.Add([]byte(seed))
	}
	minter := newTestVideoMinter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		grant, err := ParseVideoRequest(body)
		if err != nil {
			var faults FieldErrors
			if !errors.As(err, &faults) {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("unknown error %v", err)
				}
				return
			}
			seen := map[string]bool{}
			for _, fault := range faults {
				if seen[fault.Property] || fault.Reason == "" {
					t.Fatalf("faults %+v", faults)
				}
				seen[fault.Property] = true
			}
			return
		}
		if grant.Lifetime == 0 {
			grant.Lifetime = time.Hour
		}
		signature, err := minter.Mint(grant)
		if err != nil {
			t.Fatalf("accepted %+v cannot be minted: %v", grant, err)
		}
		claims, err := minter.Verify(signature)
		if err != nil || !reflect.DeepEqual(claims.VideoGrant, grant) {
			t.Fatalf("signed %+v\nread   %+v (%v)", grant, claims.VideoGrant, err)
		}
	})
}
