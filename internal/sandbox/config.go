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

// Config configures a [Service]. Key and Verify are required.
type Config struct {
	// Key is the SDK key, which is part of the SDK's address.
	Key string
	// Verify checks a token as Zoom would: HS256 only, app_key, the window of
	// iat and exp, and the lengths. It is called from many goroutines.
	Verify func(token string) (Claims, error)
	// AllowedOrigins are the sites, such as "https://shop.example", whose pages
	// may share themselves and frame the desk. The origin that the service itself
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

// Limits bound sessions and connections. Those from Zoom's documentation
// ("Limitations and support") are marked so.
type Limits struct {
	// Sessions and Sockets are how many there may be at once. Default 1000
	// and 5000.
	Sessions, Sockets int
	// Agents is how many agents a session may have. Default 5 (Zoom).
	Agents int
	// Unjoined ends a session without an agent. Default 3 minutes (Zoom).
	Unjoined time.Duration
	// Reconnect is how long either side may be away. Default 2 minutes (Zoom).
	Reconnect time.Duration
	// Life ends every session. Default 12 hours.
	Life time.Duration
	// PINAttempts is how many wrong PINs a token may try in PINWindow, and
	// AddressAttempts how many wrong PINs, tokens and secrets an address (an
	// IPv6 /64) may. Default 10 and 50 in 10 minutes.
	PINAttempts, AddressAttempts int
	PINWindow                    time.Duration
	// PageFrame is the longest frame of a customer, and AgentFrame that of an
	// agent and of whoever has not said who it is, in bytes. Default 8 MiB and 64 KiB.
	PageFrame, AgentFrame int64
	// Rate is how many frames a second a connection may send on average, with a
	// burst of twice as many. Default 100.
	Rate float64
	// Backlog is how many bytes may wait for one slow reader before it is
	// disconnected, to reconnect and begin with a new snapshot. Default 32 MiB.
	Backlog int
	// Hello is how long a connection may take to say who it is. Default 10 s.
	Hello time.Duration
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

func (l *Limits) setDefaults() {
	def(&l.Sessions, 1000)
	def(&l.Sockets, 5000)
	def(&l.Agents, 5)
	def(&l.Unjoined, 3*time.Minute)
	def(&l.Reconnect, 2*time.Minute)
	def(&l.Life, 12*time.Hour)
	def(&l.PINAttempts, 10)
	def(&l.AddressAttempts, 50)
	def(&l.PINWindow, 10*time.Minute)
	def(&l.PageFrame, 8<<20)
	def(&l.AgentFrame, 64<<10)
	def(&l.Rate, 100)
	def(&l.Backlog, 32<<20)
	def(&l.Hello, 10*time.Second)
}

// def sets a zero value.
func def[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
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
	l := c.Limits
	if l.Sessions < 0 || l.Sockets < 0 || l.Agents < 0 || l.Unjoined < 0 || l.Reconnect < 0 || l.Life < 0 ||
		l.PINAttempts < 0 || l.AddressAttempts < 0 || l.PINWindow < 0 || l.PageFrame < 0 || l.AgentFrame < 0 ||
		l.Rate < 0 || l.Backlog < 0 || l.Hello < 0 {
		return fmt.Errorf("%w: Limits: a limit is negative", ErrConfig)
	}
	return nil
}
