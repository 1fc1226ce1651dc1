package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrVideoGrant is wrapped by the errors of [VideoMinter.Mint] for a grant that
// breaks the rules.
var ErrVideoGrant = errors.New("video grant breaks the rules")

// VideoMinter signs and verifies Video SDK signatures for one Video SDK key. It
// is safe for concurrent use.
type VideoMinter struct {
	key    string
	keys   [][]byte // HMAC keys; the first one signs
	now    func() time.Time
	parser *jwt.Parser
}

// NewVideo returns a VideoMinter. It takes the credentials of the Video SDK,
// which are others than those of the Cobrowse SDK, and refuses what [New]
// refuses. BYOP and Rand of the configuration mean nothing here.
func NewVideo(c Config) (*VideoMinter, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	m := &VideoMinter{key: c.Key, now: c.Now, parser: newParser(c.Now)}
	for _, secret := range c.Secrets {
		m.keys = append(m.keys, []byte(secret))
	}
	return m, nil
}

// Format hides the secrets from every verb of package fmt.
func (VideoMinter) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, hidden("VideoMinter"))
}

// LogValue hides the secrets from package slog.
func (VideoMinter) LogValue() slog.Value { return slog.StringValue(hidden("VideoMinter")) }

// videoPayload is the claims set, in the order of Zoom's sample; what the
// sample does not know comes last.
type videoPayload struct {
	AppKey                         string          `json:"app_key"`
	RoleType                       VideoRole       `json:"role_type"`
	Topic                          string          `json:"tpc"`
	Version                        int             `json:"version"`
	IssuedAt                       int64           `json:"iat"`
	ExpiresAt                      int64           `json:"exp"`
	UserIdentity                   string          `json:"user_identity,omitempty"`
	SessionKey                     string          `json:"session_key,omitempty"`
	GeoRegions                     string          `json:"geo_regions,omitempty"`
	CloudRecordingOption           *int            `json:"cloud_recording_option,omitempty"`
	CloudRecordingElection         *int            `json:"cloud_recording_election,omitempty"`
	TelemetryTrackingID            json.RawMessage `json:"telemetry_tracking_id,omitempty"`
	VideoWebRTCMode                *int            `json:"video_webrtc_mode,omitempty"`
	AudioWebRTCMode                *int            `json:"audio_webrtc_mode,omitempty"`
	UserKey                        string          `json:"user_key,omitempty"`
	CloudRecordingTranscriptOption *int            `json:"cloud_recording_transcript_option,omitempty"`
}

// videoVersion is the claim version, a constant (Zoom, Video SDK authorization).
const videoVersion = 1

// validate reports the first rule that g breaks. Which it is, only the error's
// text tells: a parsed request breaks none.
func (g *VideoGrant) validate() error {
	fault := ""
	outside := func(option *int, most int) bool { return option != nil && (*option < 0 || *option > most) }
	unknown := func(region string) bool { return !slices.Contains(geoRegions, region) }
	switch {
	case !g.Role.Valid():
		fault = "role is neither attendee (0) nor host (1)"
	case g.SessionName == "" || utf16Len(g.SessionName) > MaxSessionName:
		fault = "session name is empty or too long"
	case utf16Len(g.UserIdentity) > MaxUserIdentity:
		fault = "user identity is too long"
	case utf16Len(g.UserKey) > MaxUserKey:
		fault = "user key is too long"
	case utf16Len(g.SessionKey) > MaxSessionKey:
		fault = "session key is too long"
	case slices.ContainsFunc(g.GeoRegions, unknown):
		fault = "a geo region is unknown"
	case outside(g.CloudRecordingOption, 1), outside(g.CloudRecordingElection, 1),
		outside(g.VideoWebRTCMode, 1), outside(g.AudioWebRTCMode, 1), outside(g.CloudRecordingTranscriptOption, 2):
		fault = "an option is out of range"
	case g.Lifetime < MinLifetime || g.Lifetime > MaxLifetime || g.Lifetime%time.Second != 0:
		return fmt.Errorf("%w: %w", ErrVideoGrant, ErrLifetime)
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrVideoGrant, fault)
}

// Mint signs a signature for g that begins now. The error wraps [ErrVideoGrant].
func (m *VideoMinter) Mint(g VideoGrant) (string, error) {
	if err := g.validate(); err != nil {
		return "", err
	}
	issued := m.now().Unix() // no skew, as in Zoom's sample since February 2024
	return sign(m.keys[0], videoPayload{
		AppKey:                         m.key,
		RoleType:                       g.Role,
		Topic:                          g.SessionName,
		Version:                        videoVersion,
		IssuedAt:                       issued,
		ExpiresAt:                      issued + int64(g.Lifetime/time.Second),
		UserIdentity:                   g.UserIdentity,
		SessionKey:                     g.SessionKey,
		GeoRegions:                     strings.Join(g.GeoRegions, ","),
		CloudRecordingOption:           g.CloudRecordingOption,
		CloudRecordingElection:         g.CloudRecordingElection,
		TelemetryTrackingID:            g.TelemetryTrackingID,
		VideoWebRTCMode:                g.VideoWebRTCMode,
		AudioWebRTCMode:                g.AudioWebRTCMode,
		UserKey:                        g.UserKey,
		CloudRecordingTranscriptOption: g.CloudRecordingTranscriptOption,
	})
}

// VideoClaims are the claims of a verified signature.
type VideoClaims struct {
	VideoGrant
	// IssuedAt and ExpiresAt are whole seconds.
	IssuedAt, ExpiresAt time.Time
}

// Verify checks a signature as [Minter.Verify] checks a Cobrowse token. The
// error wraps one of the ErrToken errors and never shows the signature.
func (m *VideoMinter) Verify(signature string) (VideoClaims, error) {
	claims, err := verify(m.parser, m.keys, m.key, signature)
	if err != nil {
		return VideoClaims{}, err
	}
	grant, err := readVideoGrant(claims)
	if err != nil {
		return VideoClaims{}, fmt.Errorf("%w: %w", ErrTokenMalformed, err)
	}
	if err := grant.validate(); err != nil {
		return VideoClaims{}, fmt.Errorf("%w: %w", ErrTokenClaims, err)
	}
	return VideoClaims{grant, time.Unix(claims.issued, 0), time.Unix(claims.expires, 0)}, nil
}

// readVideoGrant reads the claims that say what a signature allows.
func readVideoGrant(claims *claimSet) (VideoGrant, error) {
	var role, version int32
	var regions string
	g := VideoGrant{Lifetime: claims.lifetime(), TelemetryTrackingID: claims.members["telemetry_tracking_id"]}
	if err := errors.Join(
		claims.read("role_type", &role),
		claims.read("tpc", &g.SessionName),
		claims.read("version", &version),
		claims.readOptional("user_identity", &g.UserIdentity),
		claims.readOptional("session_key", &g.SessionKey),
		claims.readOptional("geo_regions", &regions),
		claims.readOptional("cloud_recording_option", &g.CloudRecordingOption),
		claims.readOptional("cloud_recording_election", &g.CloudRecordingElection),
		claims.readOptional("video_webrtc_mode", &g.VideoWebRTCMode),
		claims.readOptional("audio_webrtc_mode", &g.AudioWebRTCMode),
		claims.readOptional("user_key", &g.UserKey),
		claims.readOptional("cloud_recording_transcript_option", &g.CloudRecordingTranscriptOption),
	); err != nil {
		return VideoGrant{}, err
	}
	if version != videoVersion {
		return VideoGrant{}, fmt.Errorf("claim version is %d, not %d", version, videoVersion)
	}
	g.Role = VideoRole(role)
	if regions != "" {
		g.GeoRegions = strings.Split(regions, ",")
	}
	return g, nil
}
