package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

var (
	pathPattern    = regexp.MustCompile(`^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$`)
	hostPattern    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
	versionPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+\.([0-9]+|x)$`)
	keyPattern     = regexp.MustCompile(`^[A-Za-z0-9_.~-]+$`)
)

// setDefaults fills what the operator left out.
func (c *Config) setDefaults() {
	setDefault(&c.ZoomHost, DefaultZoomHost)
	setDefault(&c.SDKVersion, DefaultSDKVersion)
	setDefault(&c.Path, DefaultPath)
	setDefault(&c.Load, LoadOnDemand)
	setDefault(&c.Customer.TokenTTL, DefaultTokenTTL)
	setDefault(&c.Customer.TokenTTLMax, max(DefaultTokenMax, c.Customer.TokenTTL))
	setDefault(&c.Limits.TokensPerClient, DefaultRateEvents)
	setDefault(&c.Limits.Per, DefaultRatePer)
	setDefault(&c.Desk.Site, c.Site())
	setDefault(&c.Desk.PINs, string(session.PINZoom))
	if c.RequestID == nil {
		c.RequestID = func(*http.Request) string { return "" }
	}
	if c.Agents == nil {
		c.Agents = agent.None{}
	}
	if c.ClientIP == nil {
		c.ClientIP = peerIP
	}
	if c.OverTLS == nil {
		c.OverTLS = func(r *http.Request) bool { return r.TLS != nil }
	}
	if c.Observer == nil {
		c.Observer = noObserver{}
	}
	if c.Trace == nil {
		c.Trace = func(context.Context, string, string) {}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate reports everything that is wrong with c, each with its cure. It
// never repeats a secret.
func (c *Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.validateCredentials(bad)
	c.validatePlaces(bad)
	c.validateChoices(bad)
	c.validateLimits(bad)
	return errors.Join(errs...)
}

func (c *Config) validateCredentials(bad func(string, ...any)) {
	switch {
	case c.SDKKey == "":
		bad("sdk_key is empty: set it to the SDK key that Zoom's Build portal shows, or set ZOOM_SDK_KEY")
	case !keyPattern.MatchString(c.SDKKey):
		bad("sdk_key holds characters that no Zoom SDK key has: is it the SDK key, not its secret or a whole URL?")
	}
	if len(c.SDKSecrets) == 0 {
		bad("sdk_secret is missing: set it to the SDK secret (not the API secret) of Zoom's Build portal, or set ZOOM_SDK_SECRET")
	}
	for i, s := range c.SDKSecrets {
		if strings.TrimSpace(s) == "" {
			bad("sdk_secret number %d is empty: an empty secret would let anybody sign tokens", i+1)
		} else if s == c.SDKKey {
			bad("sdk_secret number %d equals sdk_key: the key is public, the secret is the other value", i+1)
		}
	}
}

// validatePlaces is about where things are.
func (c *Config) validatePlaces(bad func(string, ...any)) {
	if !hostPattern.MatchString(c.ZoomHost) {
		bad("zoom_host %q is not a host name: write it like %s, without https:// and path", c.ZoomHost, DefaultZoomHost)
	}
	if !versionPattern.MatchString(c.SDKVersion) {
		bad("sdk_version %q is not a version: write 3.10.0 or a range such as %s", c.SDKVersion, DefaultSDKVersion)
	}
	if !pathPattern.MatchString(c.Path) {
		bad("path %q cannot be used: write it like %s, segments of letters, digits, '-', '_' and '.', no slash at the end", c.Path, DefaultPath)
	}
	for _, o := range c.Origins {
		if err := checkOrigin(o); err != nil {
			bad("%w", err)
		}
	}
	for _, o := range c.Desk.FrameAncestors {
		if err := checkOrigin(o); err != nil {
			bad("desk frame_ancestors: %w", err)
		}
	}
	for _, p := range c.Inject.Private {
		if !strings.HasPrefix(p, "/") {
			bad("private path %q does not begin with a slash", p)
		}
	}
}

func (c *Config) validateChoices(bad func(string, ...any)) {
	if c.Load != LoadOnDemand && c.Load != LoadEager {
		bad("load %q is unknown: it is on_demand or eager", c.Load)
	}
	if p := c.Inject.Percent; p != nil && !(*p >= 0 && *p <= 100) {
		bad("inject percent %v is out of range: it is between 0 and 100", *p)
	}
	if p := session.PINMode(c.Desk.PINs); !p.Valid() {
		bad("session pin %q is unknown: it is %s or %s", c.Desk.PINs, session.PINZoom, session.PINBYOP)
	}
	if n := c.Desk.MaxAgents; n < 0 || n > session.MaxAgents {
		bad("session agents %d is out of range: it is 1 to %d", n, session.MaxAgents)
	}
}

func (c *Config) validateLimits(bad func(string, ...any)) {
	ttl, top := c.Customer.TokenTTL, c.Customer.TokenTTLMax
	if ttl < token.MinLifetime || ttl > token.MaxLifetime {
		bad("customer token_ttl %v is out of range: Zoom accepts 30m to 48h", ttl)
	}
	if top < ttl || top > token.MaxLifetime {
		bad("customer token_ttl_max %v is out of range: it is at least token_ttl (%v) and at most 48h", top, ttl)
	}
	if c.Limits.TokensPerClient < 1 {
		bad("limits tokens %d is out of range: it is at least 1", c.Limits.TokensPerClient)
	}
	if c.Limits.Per < time.Second {
		bad("limits period %v is out of range: it is at least 1s", c.Limits.Per)
	}
}

// checkOrigin accepts what RFC 6454 serialises for http and https: scheme,
// host and optional port, nothing else.
func checkOrigin(o string) error {
	u, err := url.Parse(o)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || !hostPattern.MatchString(u.Host) ||
		u.Scheme+"://"+u.Host != o {
		return fmt.Errorf("origin %q is not an origin: write it like https://shop.example, without path", o)
	}
	return nil
}

// noObserver is told of decisions and forgets them.
type noObserver struct{}

func (noObserver) Injection(string)           {}
func (noObserver) Held(string, time.Duration) {}
func (noObserver) Token(string, string)       {}
func (noObserver) Session(string)             {}
func (noObserver) Sessions(int, int)          {}
func (noObserver) Claim(string)               {}
func (noObserver) Lockout(string)             {}
func (noObserver) AuditFault()                {}
func (noObserver) Webhook(string)             {}
