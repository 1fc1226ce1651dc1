package oidc

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/backchannel"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/claims"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwks"
)

// Timeouts by default: a working day, and a lunch break. OWASP's Session
// Management Cheat Sheet gives 4 to 8 hours for an office worker's day, and 15
// to 30 minutes of idle time for applications without high value.
const (
	// DefaultLifetime is how long a sign-in lasts at most.
	DefaultLifetime = 8 * time.Hour
	// DefaultIdle is how long a sign-in lasts without a request.
	DefaultIdle = 30 * time.Minute
)

// Config describes the provider, this server as its client, and who is let in.
type Config struct {
	// Issuer is the provider's issuer identifier, exactly as it writes it, such
	// as "https://login.example.com/realms/staff": https, or on loopback.
	Issuer string
	// ClientID and ClientSecret are what the provider knows this server by. A
	// client without a secret is a public one (RFC 6749, section 2.1).
	ClientID, ClientSecret string
	// Origin is where agents' browsers find this server, such as
	// "https://shop.example": it makes the redirect URI {Origin}{Base}/callback,
	// which must be registered with the provider. It is never taken from a
	// request.
	Origin string
	// Base is the path under which the routes are mounted. The default is
	// "/_cobrowse". The desk, to which agents return, is {Base}/desk.
	Base string
	// Scopes are asked for beside "openid". The default is profile and email;
	// providers may want another for groups.
	Scopes []string
	// Algorithms are the only ones (RFC 7518, section 3.1) with which the
	// provider may sign. The default is every asymmetric one; others are refused.
	Algorithms []string
	// Claims names the claims that describe the agent, in the ID token or at
	// the UserInfo endpoint. The defaults are sub, name, email and groups.
	Claims claims.Names

	// AllowGroups are the groups whose members may sign in. They must be named
	// unless AllowAnyUser says that whoever has an account with the provider is
	// an agent.
	AllowGroups  []string
	AllowAnyUser bool

	// Lifetime and Idle end a sign-in: so long after the login, and so long
	// after its last use. The defaults are [DefaultLifetime] and [DefaultIdle].
	Lifetime, Idle time.Duration
	// Store keeps sign-ins. The default is a [Sessions] of its own, which is
	// forgotten with the Provider.
	Store Store
	// StateKeys seal what is kept between login and callback: 32 random bytes
	// or more each. The first one seals, all of them open. The default is the
	// key of Store, where it has one as [Sessions] does; instances of a server
	// that share their Store need the same keys.
	StateKeys [][]byte

	// PostLogoutRedirectURI is where the provider sends an agent who has signed
	// out there, too. It must begin with Origin, and be registered with the
	// provider. Empty means that the provider's own page ends it.
	PostLogoutRedirectURI string
	// PlainLoopback admits an Origin such as "http://localhost:8080", for
	// development and tests: cookies then go without Secure and the prefix
	// __Host-, which browsers refuse over plain HTTP. It admits no other host.
	PlainLoopback bool

	// Notice shows a page. The default is a plain one.
	Notice func(w http.ResponseWriter, r *http.Request, n Notice)
	// Logger is told who signed in, and why others could not. The default
	// discards.
	Logger *slog.Logger
	// Transport carries requests to the provider. The default is
	// [backchannel.NewTransport]'s; another is for private authorities.
	Transport http.RoundTripper
	// Now is the clock, [time.Now] by default, and Rand the source of random
	// bytes, that of crypto/rand by default.
	Now  func() time.Time
	Rand io.Reader
}

// Errors of [New].
var (
	errClientID = errors.New("the client ID is missing: register this server with the provider, which then names it")
	errNoGroups = errors.New("name the groups whose members are agents, or allow any user: otherwise everybody with an account at the provider would be an agent")
	errBothWays = errors.New("groups are named, and any user is allowed: decide for one")
	errTimes    = errors.New("a sign-in's lifetime must be positive and at least as long as its idle time, which must be positive")
	errKeys     = errors.New("the store of sign-ins has no key for logins under way: set state keys of 32 random bytes or more")
	errOrigin   = errors.New("the origin must be one such as https://shop.example, without a path: it is what the provider sends agents back to")
	errPlain    = errors.New("the origin is plain HTTP: over it a sign-in could be overheard. write an https origin or, only for http://localhost and its like, plain_loopback")
	errReturn   = errors.New("the post-logout redirect URI must be a URL at the origin")
)

var basePattern = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+$`)

func (c *Config) setDefaults() {
	if c.Base == "" {
		c.Base = "/_cobrowse"
	}
	if c.Scopes == nil {
		c.Scopes = []string{"profile", "email"}
	}
	c.Scopes = append([]string{"openid"}, slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return s == "openid" })...)
	for _, d := range []struct {
		name     *string
		standard string
	}{{&c.Claims.ID, "sub"}, {&c.Claims.Name, "name"}, {&c.Claims.Email, "email"}, {&c.Claims.Groups, "groups"}} {
		if *d.name == "" {
			*d.name = d.standard
		}
	}
	if c.Lifetime == 0 {
		c.Lifetime = DefaultLifetime
	}
	if c.Idle == 0 {
		c.Idle = min(DefaultIdle, c.Lifetime)
	}
	if c.Notice == nil {
		c.Notice = writeNotice
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
}

func (c *Config) validate() error {
	if err := backchannel.CheckURL(c.Issuer); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	switch {
	case c.ClientID == "":
		return errClientID
	case !basePattern.MatchString(c.Base):
		return fmt.Errorf("base %q must be a path such as /_cobrowse", c.Base)
	case len(c.AllowGroups) == 0 && !c.AllowAnyUser:
		return errNoGroups
	case len(c.AllowGroups) > 0 && c.AllowAnyUser:
		return errBothWays
	case c.Lifetime < c.Idle || c.Idle <= 0:
		return errTimes
	case c.PostLogoutRedirectURI != "" && !strings.HasPrefix(c.PostLogoutRedirectURI, c.Origin+"/"):
		return errReturn
	}
	if err := (agent.Agent{ID: Name, Groups: c.AllowGroups}).Check(); err != nil {
		return fmt.Errorf("allowed groups: %w", err)
	}
	for _, a := range c.Algorithms {
		if !slices.Contains(jwks.Asymmetric(), jose.SignatureAlgorithm(a)) {
			return fmt.Errorf("algorithm %q is not one with which a provider signs: use RS256, PS256, ES256, EdDSA or their like", a)
		}
	}
	return c.checkOrigin()
}

func (c *Config) checkOrigin() error {
	u, err := url.Parse(c.Origin)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme+"://"+u.Host != c.Origin {
		return errOrigin
	}
	switch {
	case u.Scheme == "https":
		c.PlainLoopback = false
		return nil
	case u.Scheme == "http" && c.PlainLoopback && backchannel.IsLoopback(u.Hostname()):
		return nil
	}
	return errPlain
}
