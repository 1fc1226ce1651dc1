package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const testVideoKey = "VIDEO_SDK_KEY"

func newTestVideoMinter(t testing.TB) *VideoMinter {
	t.Helper()
	m, err := NewVideo(Config{
		Key:     testVideoKey,
		Secrets: []string{"VIDEO_SDK_SECRET_dummy_zZ9", "PREVIOUS_secret_zZ9"},
		Now:     func() time.Time { return testNow },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestVideoMintMatchesSample compares a whole signature with the one that Zoom's
// sample signed (case v001), and the order of claims with case v006's.
func TestVideoMintMatchesSample(t *testing.T) {
	m := newTestVideoMinter(t)
	got, err := m.Mint(VideoGrant{Role: RoleHost, SessionName: "Cool Cars", SessionKey: "session123", UserIdentity: "user123", Lifetime: 2 * time.Hour})
	const want = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBfa2V5IjoiVklERU9fU0RLX0tFWSIsInJvbGVfdHlwZSI6MSwidHBjIjoiQ29vbCBDYXJzIiwidmVyc2lvbiI6MSwiaWF0IjoxNzYwMDAwMDAwLCJleHAiOjE3NjAwMDcyMDAsInVzZXJfaWRlbnRpdHkiOiJ1c2VyMTIzIiwic2Vzc2lvbl9rZXkiOiJzZXNzaW9uMTIzIn0.09QMkxhHn80PodAQO5N67LvHTHASzk7j5CP9zfPaT30"
	if err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	zero, one, two := 0, 1, 2
	got, err = m.Mint(VideoGrant{
		SessionName: "<a>", Lifetime: MinLifetime, GeoRegions: []string{"US", "DE"},
		CloudRecordingOption: &one, CloudRecordingElection: &zero, TelemetryTrackingID: json.RawMessage(`"t"`),
		VideoWebRTCMode: &one, AudioWebRTCMode: &zero, UserKey: "k", CloudRecordingTranscriptOption: &two,
	})
	const payload = `{"app_key":"VIDEO_SDK_KEY","role_type":0,"tpc":"<a>","version":1,"iat":1760000000,"exp":1760001800,"geo_regions":"US,DE","cloud_recording_option":1,"cloud_recording_election":0,"telemetry_tracking_id":"t","video_webrtc_mode":1,"audio_webrtc_mode":0,"user_key":"k","cloud_recording_transcript_option":2}`
	if err != nil || decodeSegment(t, got, 1) != payload {
		t.Errorf("payload %s, %v\nwant    %s", decodeSegment(t, got, 1), err, payload)
	}
}

func TestVideoMintRefuses(t *testing.T) {
	minus, two, three := -1, 2, 3
	tests := []struct {
		name   string
		change func(*VideoGrant)
	}{
		{"role 2", func(g *VideoGrant) { g.Role = 2 }},
		{"no name", func(g *VideoGrant) { g.SessionName = "" }},
		{"long name", func(g *VideoGrant) { g.SessionName = strings.Repeat("x", 201) }},
		{"long identity", func(g *VideoGrant) { g.UserIdentity = strings.Repeat("x", 36) }},
		{"long key", func(g *VideoGrant) { g.UserKey = strings.Repeat("x", 37) }},
		{"long session key", func(g *VideoGrant) { g.SessionKey = strings.Repeat("x", 37) }},
		{"region", func(g *VideoGrant) { g.GeoRegions = []string{"US,DE"} }},
		{"option", func(g *VideoGrant) { g.CloudRecordingOption = &two }},
		{"negative option", func(g *VideoGrant) { g.AudioWebRTCMode = &minus }},
		{"transcript", func(g *VideoGrant) { g.CloudRecordingTranscriptOption = &three }},
		{"no life", func(g *VideoGrant) { g.Lifetime = 0 }},
		{"fractional life", func(g *VideoGrant) { g.Lifetime += time.Millisecond }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			grant := VideoGrant{Role: RoleHost, SessionName: "a", Lifetime: MinLifetime}
			test.change(&grant)
			if signature, err := newTestVideoMinter(t).Mint(grant); !errors.Is(err, ErrVideoGrant) || signature != "" {
				t.Errorf("%q, %v", signature, err)
			}
		})
	}
}

func TestVideoVerifyRefuses(t *testing.T) {
	m := newTestVideoMinter(t)
	claims := func(change func(map[string]any)) string {
		set := map[string]any{
			"app_key": testVideoKey, "role_type": 1, "tpc": "a", "version": 1,
			"iat": testNow.Unix(), "exp": testNow.Unix() + 1800,
		}
		change(set)
		signature, err := sign(m.keys[1], set)
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	tests := []struct {
		name   string
		change func(map[string]any)
		want   error
	}{
		{"nothing wrong, previous secret", func(map[string]any) {}, nil},
		{"another key", func(c map[string]any) { c["app_key"] = "k" }, ErrTokenKey},
		{"no version", func(c map[string]any) { delete(c, "version") }, ErrTokenMalformed},
		{"version 2", func(c map[string]any) { c["version"] = 2 }, ErrTokenMalformed},
		{"no name", func(c map[string]any) { delete(c, "tpc") }, ErrTokenMalformed},
		{"name null", func(c map[string]any) { c["tpc"] = nil }, ErrTokenMalformed},
		{"role a string", func(c map[string]any) { c["role_type"] = "1" }, ErrTokenMalformed},
		{"role 2", func(c map[string]any) { c["role_type"] = 2 }, ErrTokenClaims},
		{"region", func(c map[string]any) { c["geo_regions"] = "us" }, ErrTokenClaims},
		{"life of a second", func(c map[string]any) { c["exp"] = testNow.Unix() + 1 }, ErrTokenClaims},
		{"expired", func(c map[string]any) { c["exp"] = testNow.Unix() - 1 }, ErrTokenExpired},
		{"from the future", func(c map[string]any) { c["iat"] = testNow.Unix() + 60 }, ErrTokenEarly},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := m.Verify(claims(test.change)); !errors.Is(err, test.want) || err != nil && test.want == nil {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
	cobrowse := mustMint(t, newTestMinter(t), Grant{Role: RoleAgent, UserID: "u", Lifetime: MinLifetime})
	if _, err := m.Verify(cobrowse); !errors.Is(err, ErrTokenSignature) {
		t.Errorf("a Cobrowse token: %v", err)
	}
}

func TestNewVideoRefusesAndHides(t *testing.T) {
	for name, c := range map[string]Config{
		"no key": {Secrets: []string{"s"}}, "no secret": {Key: "k"}, "empty secret": {Key: "k", Secrets: []string{""}},
	} {
		if m, err := NewVideo(c); m != nil || err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	m := newTestVideoMinter(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if out := fmt.Sprintf(verb, *m) + fmt.Sprintf(verb, m) + m.LogValue().String(); strings.Contains(out, "dummy") || !strings.Contains(out, "hidden") {
			t.Errorf("%s prints %s", verb, out)
		}
	}
}

// TestBYOP: enable_byop stands where branch byop of the sample has it, whether the
// minter or the grant says so.
func TestBYOP(t *testing.T) {
	for name, byop := range map[string]struct{ minter, grant bool }{"minter": {true, false}, "grant": {false, true}, "both": {true, true}} {
		m, err := New(Config{Key: testKey, Secrets: []string{testSecret}, BYOP: byop.minter, Now: func() time.Time { return testNow }})
		if err != nil {
			t.Fatal(err)
		}
		signed := mustMint(t, m, Grant{Role: RoleCustomer, UserID: "u", Lifetime: MinLifetime, BYOP: byop.grant})
		const want = `{"app_key":"COBROWSE_SDK_KEY","role_type":1,"enable_byop":1,"user_id":"u","user_name":"u","iat":1760000000,"exp":1760001800}`
		if got := decodeSegment(t, signed, 1); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
		if _, err := m.Verify(signed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
