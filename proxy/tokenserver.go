package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// DefaultTokenServerPort is that of Zoom's sample.
const DefaultTokenServerPort = 4000

// TokenServerConfig configures [NewTokenServer].
type TokenServerConfig struct {
	// SDKKey and SDKSecrets are the credentials of the Cobrowse SDK.
	SDKKey     string
	SDKSecrets []string `json:"-"`
	// Origins are the sites whose pages may ask, as in [Config]. Without them no
	// page of another origin may; programs may.
	Origins []string
	// BYOP adds enable_byop to every token, as branch byop of the sample does.
	BYOP bool
	// Agents says who is an agent; nil means nobody, so that role 2 is refused.
	Agents AgentIdentifier
	// TokenTTL is a token's life where the request names none, TokenTTLMax the
	// longest. Default 2 and 48 hours, as in the sample.
	TokenTTL, TokenTTLMax time.Duration
	// Limits bounds what clients can spend.
	Limits LimitsConfig
	// ClientIP, Logger and Now are as in [Config].
	ClientIP func(*http.Request) string
	Logger   *slog.Logger
	Now      func() time.Time
}

// NewTokenServer returns a handler that stands in for Zoom's
// cobrowsesdk-auth-endpoint-sample: POST / answers {"token"}, in the sample's words
// where it refuses. docs/compatibility.md lists the differences; the chief ones are
// that nobody gets role 2 who is no identified agent, and that pages of other
// origins must be configured.
//
// Unlike the token route of a site, it answers programs too, such as curl and a
// site's own server: requests without Origin and without Sec-Fetch-Site, which
// every browser sends one of with a POST.
func NewTokenServer(c TokenServerConfig) (http.Handler, error) {
	for _, origin := range c.Origins {
		if err := checkOrigin(origin); err != nil {
			return nil, err
		}
	}
	setDefault(&c.TokenTTLMax, token.MaxLifetime)
	setDefault(&c.TokenTTL, min(2*time.Hour, c.TokenTTLMax))
	cfg := Config{
		SDKKey: c.SDKKey, SDKSecrets: c.SDKSecrets, Origins: c.Origins, Agents: c.Agents,
		Customer: CustomerConfig{TokenTTL: c.TokenTTL, TokenTTLMax: c.TokenTTLMax},
		Limits:   c.Limits, ClientIP: c.ClientIP, Logger: c.Logger, Now: c.Now,
	}
	cfg.setDefaults()
	// BYOP is a matter of the token alone: there are no sessions here whose PINs it
	// would have to agree with.
	minter, err := token.New(token.Config{Key: c.SDKKey, Secrets: c.SDKSecrets, BYOP: c.BYOP, Now: cfg.Now})
	if err != nil {
		return nil, fmt.Errorf("sdk_key, sdk_secret: %w", err)
	}
	endpoint, err := newTokenEndpoint(&cfg, minter, newRecorder(&cfg))
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			refuse(http.StatusNotFound, "not-found", "path", "Tokens are at /").write(w)
			return
		}
		endpoint.ServeHTTP(w, asPage(r))
	}), nil
}

// asPage marks a program's request as one of a page of this server, which is what
// the origin policy admits.
func asPage(r *http.Request) *http.Request {
	_, origin := r.Header["Origin"]
	_, site := r.Header["Sec-Fetch-Site"]
	if origin || site {
		return r
	}
	marked := *r
	marked.Header = r.Header.Clone()
	marked.Header.Set("Sec-Fetch-Site", "same-origin")
	return &marked
}

// TokenServerFromEnv reads the environment of Zoom's sample: the credentials, of the
// names that [SDKVariables] gives, and PORT, which may be missing. The errors name the
// variable.
func TokenServerFromEnv(getenv func(string) string) (c TokenServerConfig, port int, err error) {
	key, secret, err := SDKVariables(getenv)
	if err != nil {
		return TokenServerConfig{}, 0, err
	}
	var errs []error
	required := func(name string) string {
		value := getenv(name)
		if strings.TrimSpace(value) == "" {
			errs = append(errs, fmt.Errorf("%s is empty: set it in the environment or in .env, as Zoom's Build portal shows it", name))
		}
		return value
	}
	c.SDKKey = required(key)
	c.SDKSecrets = []string{required(secret)}
	port = DefaultTokenServerPort
	if text := getenv("PORT"); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			errs = append(errs, fmt.Errorf("PORT %q is not a port: it is a number from 1 to 65535", text))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return TokenServerConfig{}, 0, err
	}
	return c, port, nil
}

// ReadEnvFile reads a .env file as the sample's does: lines of NAME=value, where
// the value may be in quotes, and comments. It does not expand variables, and a
// value ends with its line. The errors name the line, and never its value.
func ReadEnvFile(r io.Reader) (map[string]string, error) {
	variables := map[string]string{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\uFEFF"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, " \t\"'#") {
			return nil, fmt.Errorf(".env line %d is not of the form NAME=value", n)
		}
		if value, ok = envValue(strings.TrimSpace(value)); !ok {
			return nil, fmt.Errorf(".env line %d: the value of %s has no closing quote", n, name)
		}
		variables[name] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading .env: %w", err)
	}
	return variables, nil
}

// envValue takes quotes or a comment off a value.
func envValue(value string) (string, bool) {
	if value != "" && strings.ContainsRune("\"'`", rune(value[0])) {
		inside, rest, closed := strings.Cut(value[1:], value[:1])
		rest = strings.TrimSpace(rest)
		return inside, closed && (rest == "" || rest[0] == '#')
	}
	before, _, _ := strings.Cut(value, "#")
	return strings.TrimSpace(before), true
}
