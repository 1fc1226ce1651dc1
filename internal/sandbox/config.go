package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Roles of [Claims]: Zoom's claim role_type.
const (
	RoleCustomer = 1
	RoleAgent    = 2
)

// Claims are what a verified token says.
type Claims struct {
	// Role is [RoleCustomer] or [RoleAgent].
	Role int
	// UserID tells the users of a session apart; UserName is shown to others.
	UserID, UserName string
}

// VideoClaims are what a verified signature of Zoom's Video SDK says.
type VideoClaims struct {
	// Session is the claim tpc: the one session that the signature is for.
	Session string
	// Host tells role_type 1 from 0: a host may end the session for everybody.
	Host bool
	// Identity tells users apart; "" where the signature has none.
	Identity string
}

// Config configures a [Service]. Key and Verify are required.
type Config struct {
	// Key is the SDK key, which is part of the SDK's address.
	Key string
	// Verify checks a token as Zoom would: HS256 only, app_key, the window of
	// iat and exp, and the lengths. It is called from many goroutines.
	Verify func(token string) (Claims, error)
	// VerifyVideo checks a Video SDK signature as Zoom would: HS256 only,
	// app_key, version, role_type, the lengths, and the window of iat and exp.
	// It is called from many goroutines. Nil means that nobody may join a video
	// session.
	VerifyVideo func(signature string) (VideoClaims, error)
	// AllowedOrigins are the sites, such as "https://shop.example", whose pages
	// may share themselves, frame the desk and join video sessions. The origin that the service itself
	// is served from always may; "*" means any.
	AllowedOrigins []string
	// PINField is the member of pincode_updated's payload that holds the PIN:
	// "pincode" (the default) or "pinCode". Zoom's examples disagree.
	PINField string
	// ClientIP returns the address that limits count. Nil means the TCP peer.
	ClientIP func(*http.Request) string
	// Limits bound what clients can spend; zero values mean the defaults.
	Limits Limits
	// Now is the clock; nil means time.Now. It must be safe for concurrent use.
	Now func() time.Time
	// Rand gives PINs, identifiers and secrets; nil means crypto/rand. It must
	// be safe for concurrent use.
	Rand io.Reader
	// Logger gets debug lines without tokens, PINs and page content; nil means
	// slog.Default().
	Logger *slog.Logger
}

// ErrConfig is wrapped by every error of [New] that a configuration causes.
var ErrConfig = errors.New("invalid sandbox configuration")

func (c *Config) setDefaults() {
	c.Limits.setDefaults()
	if c.PINField == "" {
		c.PINField = "pincode"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.ClientIP == nil {
		c.ClientIP = func(r *http.Request) string {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				return r.RemoteAddr
			}
			return host
		}
	}
}

func (c *Config) validate() error {
	if c.Key == "" {
		return fmt.Errorf("%w: Key is empty", ErrConfig)
	}
	if c.Verify == nil {
		return fmt.Errorf("%w: Verify is missing", ErrConfig)
	}
	if c.PINField != "pincode" && c.PINField != "pinCode" {
		return fmt.Errorf("%w: PINField %q: want pincode or pinCode", ErrConfig, c.PINField)
	}
	for _, o := range c.AllowedOrigins {
		if o == "*" {
			continue
		}
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || o != u.Scheme+"://"+u.Host {
			return fmt.Errorf("%w: AllowedOrigins %q: want an origin such as https://shop.example", ErrConfig, o)
		}
	}
	return c.Limits.validate()
}
