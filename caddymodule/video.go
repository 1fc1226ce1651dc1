package caddymodule

import (
	"errors"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// VideoTokens describes signatures of Zoom's Video SDK: POST `/_cobrowse/video/token`
// answers the requests of Zoom's videosdk-auth-endpoint-sample. Somebody must be
// allowed to ask: Customers, Agents, or both. With both, an agent who has joined a
// customer can offer to continue by video, in a tab of its own.
type VideoTokens struct {
	// SDKKey is the SDK key of the Video SDK, which is another one than that of
	// the Cobrowse SDK. Placeholders are expanded when the configuration is
	// loaded. The default is `{env.ZOOM_VIDEO_SDK_KEY}`, or with the provider
	// `sandbox` and neither that nor the secret in the environment, a key for
	// the run.
	SDKKey string `json:"sdk_key,omitempty"`

	// SDKSecrets are the SDK secret of the Video SDK; the first signs.
	// Placeholders are expanded when the configuration is loaded, and should be
	// used. The default is `{env.ZOOM_VIDEO_SDK_SECRET}`, or with the provider
	// `sandbox` one that is made for the run, as the key is.
	SDKSecrets []string `json:"sdk_secrets,omitempty"`

	// Customers lets pages of the site ask for role 0, the attendee. Whoever
	// knows a session's name can attend it then. The default is false.
	Customers bool `json:"customers,omitempty"`

	// CustomerSessions is a regular expression (RE2) that the whole session name
	// of a customer's request must match. The default is any name.
	CustomerSessions string `json:"customer_sessions,omitempty"`

	// Agents lets identified agents ask for role 1, the host, and for role 0. The
	// default is false.
	Agents bool `json:"agents,omitempty"`

	// TokenTTL is a signature's life where the request names none, from `30m` to
	// `48h`. The default is `30m`.
	TokenTTL caddy.Duration `json:"token_ttl,omitempty"`

	// TokenTTLMax is the longest life that a request may ask for: at least
	// TokenTTL, at most `48h`. The default is `2h`, or TokenTTL where that is
	// longer.
	TokenTTLMax caddy.Duration `json:"token_ttl_max,omitempty"`

	// ToolkitVersion is the exact version of Zoom's Video SDK UI Toolkit, such as
	// `2.5.0-1`. It is loaded from Zoom where a Cobrowse session continues by
	// video, for which both Customers and Agents must be true. The default is the
	// newest version at the time of this release.
	ToolkitVersion string `json:"toolkit_version,omitempty"`
}

// Where the credentials of the Video SDK come from unless the operator says
// otherwise. The names are those of Zoom's sample.
const (
	defaultVideoKey    = "{env.ZOOM_VIDEO_SDK_KEY}"
	defaultVideoSecret = "{env.ZOOM_VIDEO_SDK_SECRET}" //nolint:gosec // a placeholder, not a secret
)

// parseVideoTokens reads the video_tokens block.
func parseVideoTokens(p *parser) error {
	video := new(VideoTokens)
	p.handler.Video = video
	return p.blockOnly(map[string]word{
		"sdk_key":    {usage: "sdk_key <key>", parse: func(p *parser) error { return p.one(&video.SDKKey) }},
		"sdk_secret": {usage: "sdk_secret <secret>...", parse: func(p *parser) error { return p.many(&video.SDKSecrets) }},
		"customers": {usage: `customers ["<pattern>"]`, parse: func(p *parser) error {
			video.Customers = true
			if p.CountRemainingArgs() == 0 {
				return nil
			}
			return p.one(&video.CustomerSessions)
		}},
		"agents":        {usage: "agents", parse: func(p *parser) error { return p.flag(&video.Agents) }},
		"token_ttl":     {usage: "token_ttl <duration>", parse: func(p *parser) error { return p.duration(&video.TokenTTL) }},
		"token_ttl_max": {usage: "token_ttl_max <duration>", parse: func(p *parser) error { return p.duration(&video.TokenTTLMax) }},
		"toolkit_version": {usage: "toolkit_version <version>", parse: func(p *parser) error {
			return p.one(&video.ToolkitVersion)
		}},
	})
}

func (v *VideoTokens) validate() error {
	switch {
	case v == nil:
		return nil
	case !v.Customers && !v.Agents:
		return errors.New("video_tokens lets nobody ask: add customers, agents or both")
	case v.ToolkitVersion != "" && (!v.Customers || !v.Agents):
		return errors.New("video_tokens toolkit_version is for sessions that continue by video: add customers and agents, or remove it")
	}
	return noDuplicates("video_tokens sdk_secret", v.SDKSecrets, false)
}

// config expands what the operator wrote. All that is missing is reported at once,
// but for the sandbox, which makes credentials of its own.
func (v *VideoTokens) config(repl *caddy.Replacer, logger *slog.Logger, provider string) (*proxy.VideoConfig, error) {
	if v == nil {
		return nil, nil
	}
	cfg := &proxy.VideoConfig{
		Customers: v.Customers, CustomerSessions: v.CustomerSessions, Agents: v.Agents,
		TokenTTL: time.Duration(v.TokenTTL), TokenTTLMax: time.Duration(v.TokenTTLMax),
		ToolkitVersion: v.ToolkitVersion,
	}
	if provider == providerSandbox && v.sandboxCredentials(repl) {
		return cfg, nil
	}
	rawKey, rawSecrets := v.SDKKey, v.SDKSecrets
	if rawKey == "" {
		rawKey = defaultVideoKey
	}
	if len(rawSecrets) == 0 {
		rawSecrets = []string{defaultVideoSecret}
	}
	const cure = "set it as Zoom's page of your Video SDK app shows it, which is another app than that of the Cobrowse SDK"
	key, errKey := expandSecret(repl, rawKey, "video_tokens sdk_key", cure)
	secrets, errSecret := expandSecrets(repl, logger, rawSecrets, "video_tokens sdk_secret", cure)
	cfg.SDKKey, cfg.SDKSecrets = key, secrets
	return cfg, joinFaults([]error{errKey, errSecret})
}

// sandboxCredentials is [Handler.sandboxCredentials] for the Video SDK.
func (v *VideoTokens) sandboxCredentials(repl *caddy.Replacer) bool {
	return v.SDKKey == "" && len(v.SDKSecrets) == 0 &&
		repl.ReplaceAll(defaultVideoKey, "") == "" && repl.ReplaceAll(defaultVideoSecret, "") == ""
}
