package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/videoroom"
)

// VideoConfig describes Video SDK signatures. They are off unless the
// credentials and a policy are there: Customers, Agents or both. With both, a
// Cobrowse session can continue by video: an agent who has claimed it offers that
// by POST {base}/desk/video, and both sides meet in the page GET {base}/video.
type VideoConfig struct {
	// SDKKey and SDKSecrets are the credentials of Zoom's Video SDK, which are
	// others than those of the Cobrowse SDK. The first secret signs. With a
	// [Sandbox] both may be missing.
	SDKKey     string
	SDKSecrets []string `json:"-"`
	// Customers lets pages of the site ask for role 0, the attendee. Whoever
	// knows the name of a session can attend it then, so that names should not
	// be guessable, or sessions should have a password.
	Customers bool
	// CustomerSessions is a regular expression (RE2) that the whole session name
	// of a customer's request must match. Empty means any name. Zoom compares
	// names without regard to case; this does not.
	CustomerSessions string
	// Agents lets identified agents ask for role 1, the host, and for role 0,
	// whatever the session's name.
	Agents bool
	// TokenTTL is a signature's life where the request names none, TokenTTLMax
	// the longest that it may ask for; a longer one is cut. As in
	// [CustomerConfig]: 30 minutes to 48 hours, default 30 minutes and 2 hours.
	TokenTTL, TokenTTLMax time.Duration
	// ToolkitVersion is the exact version of Zoom's Video SDK UI Toolkit that is
	// loaded where a Cobrowse session continues by video: with both Customers and
	// Agents. Empty means [DefaultToolkitVersion].
	ToolkitVersion string
}

// DefaultToolkitVersion is the default of [VideoConfig].ToolkitVersion.
const DefaultToolkitVersion = videoroom.DefaultToolkit

// setDefaults fills what the operator left out.
func (c *VideoConfig) setDefaults() {
	setDefault(&c.TokenTTL, DefaultTokenTTL)
	setDefault(&c.TokenTTLMax, max(DefaultTokenMax, c.TokenTTL))
}

// validate reports everything that is wrong, but for the credentials, each
// with its cure.
func (c *VideoConfig) validate() error {
	var errs []error
	if !c.Customers && !c.Agents {
		errs = append(errs, errors.New("video_tokens has no policy: say who may ask for a signature, customers, agents or both"))
	}
	if c.CustomerSessions != "" && !c.Customers {
		errs = append(errs, errors.New("video_tokens restricts the session names of customers, but lets none ask: allow customers, or remove the pattern"))
	}
	if c.TokenTTL < token.MinLifetime || c.TokenTTLMax < c.TokenTTL || c.TokenTTLMax > token.MaxLifetime {
		errs = append(errs, fmt.Errorf("video_tokens token_ttl %v, token_ttl_max %v: they must be from %v to %v, and in this order",
			c.TokenTTL, c.TokenTTLMax, token.MinLifetime, token.MaxLifetime))
	}
	return errors.Join(errs...)
}

// videoEndpoint answers POST {base}/video/token, which is compatible with
// Zoom's Video SDK auth-endpoint sample: request, reply and error texts are its,
// for every status.
//
// A request passes the doors of [tokenEndpoint], in the same order: method,
// origin, rate, body, identity. Role 0 is for pages of the site, role 1 for an
// identified agent, each only where the operator's policy says so.
type videoEndpoint struct {
	minter    *token.VideoMinter
	origins   originPolicy
	limiter   *clientLimiter
	customers bool
	sessions  *regexp.Regexp // nil means any
	forAgents bool
	agents    agent.Identifier
	clientIP  func(*http.Request) string
	ttl, max  time.Duration
	names     []byte // keys the names of sessions that continue by video
	record    *recorder
	observer  Observer
	logger    *slog.Logger
}

// newVideoEndpoint takes who asks and how often from the site's Config, which
// has its defaults set, and everything else from video.
func newVideoEndpoint(video VideoConfig, cfg *Config, record *recorder) (*videoEndpoint, error) {
	video.setDefaults()
	if err := video.validate(); err != nil {
		return nil, err
	}
	minter, err := token.NewVideo(token.Config{Key: video.SDKKey, Secrets: video.SDKSecrets, Now: cfg.Now})
	if err != nil {
		return nil, fmt.Errorf("video_tokens sdk_key, sdk_secret: %w", err)
	}
	limiter, err := newClientLimiter(cfg.Limits.TokensPerClient, cfg.Limits.Per, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	names, err := videoNamesKey(video.SDKSecrets[0])
	if err != nil {
		return nil, err
	}
	e := &videoEndpoint{
		names:     names,
		record:    record,
		minter:    minter,
		origins:   newOriginPolicy(cfg.Origins),
		limiter:   limiter,
		customers: video.Customers,
		forAgents: video.Agents,
		agents:    cfg.Agents,
		clientIP:  cfg.ClientIP,
		ttl:       video.TokenTTL.Truncate(time.Second),
		max:       video.TokenTTLMax.Truncate(time.Second),
		observer:  cfg.Observer,
		logger:    cfg.Logger,
	}
	if video.CustomerSessions != "" {
		if e.sessions, err = regexp.Compile(`\A(?:` + video.CustomerSessions + `)\z`); err != nil {
			return nil, fmt.Errorf("video_tokens pattern of session names: %w", err)
		}
	}
	return e, nil
}

// newVideo is newVideoEndpoint where it is configured, else nil.
func newVideo(cfg *Config, record *recorder) (*videoEndpoint, error) {
	if cfg.Video == nil {
		return nil, nil
	}
	return newVideoEndpoint(*cfg.Video, cfg, record)
}

// serveVideo answers {base}/video/token.
func (rt *routes) serveVideo(w http.ResponseWriter, r *http.Request) {
	if rt.video == nil {
		rt.notFound(w)
		return
	}
	rt.video.ServeHTTP(w, r)
}

// videoReply is the sample's reply.
type videoReply struct {
	Signature string `json:"signature"`
}

// ServeHTTP answers the route, whatever the method.
func (e *videoEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Origin")
	if isPreflight(r) {
		answerPreflight(w, r, e.origins)
		return
	}
	event := videoEvent{role: token.RoleAttendee}
	signature, refused := e.mint(w, r, &event)
	if refused != nil {
		event.result = refused.result
		e.report(r.Context(), &event)
		if event.role == token.RoleHost {
			e.record.refused(r, videoRole(event.role), event.result, event.client)
		}
		refused.write(w)
		return
	}
	event.result = resultMinted
	e.report(r.Context(), &event)
	writeJSON(w, http.StatusOK, jsonContentType, videoReply{signature})
}

// mint lets a request pass the doors and signs; a host's signature leaves once the
// audit record has a line of it. It fills event with what becomes known on the way.
func (e *videoEndpoint) mint(w http.ResponseWriter, r *http.Request, event *videoEvent) (string, *refusal) {
	var refused *refusal
	if event.client, refused = admitTokenRequest(w, r, e.origins, e.limiter, e.clientIP); refused != nil {
		return "", refused
	}
	grant, refused := readTokenRequest(w, r, token.ParseVideoRequest)
	if refused != nil {
		return "", refused
	}
	event.role = grant.Role
	if refused := e.authorize(r, &grant, event); refused != nil {
		return "", refused
	}
	if grant.Lifetime == 0 {
		grant.Lifetime = e.ttl
	}
	grant.Lifetime = min(grant.Lifetime, e.max)
	signature, err := e.minter.Mint(grant)
	if err != nil {
		e.logger.Error("minting a video signature failed", "error", err)
		return "", refuseInternal()
	}
	if grant.Role == token.RoleHost {
		if refused := e.record.issued(r, videoRole(grant.Role), signature, &event.agent, event.client); refused != nil {
			return "", refused
		}
	}
	return signature, nil
}

// videoEvent is what a request for a signature comes to.
type videoEvent struct {
	result string
	role   token.VideoRole
	client string
	agent  agent.Agent
}

// videoRole is the role's name in metrics and in the audit record: video-attendee
// or video-host.
func videoRole(role token.VideoRole) string { return "video-" + role.String() }

// report counts and logs an event. Names of sessions and people's keys stay out of
// the log.
func (e *videoEndpoint) report(ctx context.Context, event *videoEvent) {
	e.observer.Token(videoRole(event.role), event.result)
	if !e.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.String("role", event.role.String()), slog.String("result", event.result)}
	if event.client != "" {
		attrs = append(attrs, slog.String("client", event.client))
	}
	if event.agent.ID != "" {
		attrs = append(attrs, slog.String("agent", event.agent.ID))
	}
	e.logger.LogAttrs(ctx, slog.LevelDebug, "video signature request", attrs...)
}
