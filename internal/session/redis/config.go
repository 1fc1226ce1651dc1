package redis

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Config configures a [Store]. The zero value of each field means its default.
type Config struct {
	// Addresses are host:port of the server, of some nodes of a Cluster, or of
	// the Sentinels: 127.0.0.1:6379.
	Addresses []string
	// Cluster says that Addresses are nodes of a Redis Cluster.
	Cluster bool
	// SentinelMaster is the name of the master, and says that Addresses are
	// Sentinels.
	SentinelMaster string
	// DB is the database's number. A Cluster has none but 0.
	DB int

	// Username and Password are those of an ACL user; a password alone is
	// requirepass's.
	Username string
	Password string `json:"-"`
	// SentinelUsername and SentinelPassword are those for the Sentinels.
	SentinelUsername string
	SentinelPassword string `json:"-"`
	// TLS encrypts connections, also those to Sentinels; nil means plain TCP.
	// Its ServerName may be empty: it then is the address's host.
	TLS *tls.Config

	// Prefix begins every key and channel: "cobrowse:". With braces in it, as
	// in "{cobrowse}:", a Cluster keeps everything on one node.
	Prefix string
	// MaxSessions bounds the sessions of a site that are not over: 200,000.
	MaxSessions int

	// PoolSize bounds the connections to one server: 32.
	PoolSize int
	// DialTimeout bounds making a connection: 300 ms.
	DialTimeout time.Duration
	// IOTimeout bounds a read, a write, and the wait for a connection of the
	// pool: 250 ms.
	IOTimeout time.Duration
	// StepTimeout bounds a whole step: 500 ms.
	StepTimeout time.Duration
	// PollEvery is how often watchers are woken even if nothing was announced:
	// 5 s. It is how late a desk is when an announcement was lost.
	PollEvery time.Duration
}

func (c *Config) setDefaults() {
	if len(c.Addresses) == 0 {
		c.Addresses = []string{"127.0.0.1:6379"}
	}
	c.Prefix = cmp.Or(c.Prefix, "cobrowse:")
	c.MaxSessions = cmp.Or(c.MaxSessions, 200_000)
	c.PoolSize = cmp.Or(c.PoolSize, 32)
	c.DialTimeout = cmp.Or(c.DialTimeout, 300*time.Millisecond)
	c.IOTimeout = cmp.Or(c.IOTimeout, 250*time.Millisecond)
	c.StepTimeout = cmp.Or(c.StepTimeout, 500*time.Millisecond)
	c.PollEvery = cmp.Or(c.PollEvery, 5*time.Second)
}

func (c *Config) validate() error {
	for _, address := range c.Addresses {
		// A URL can hold a password, so it is not shown.
		if strings.Contains(address, "://") || strings.Contains(address, "@") || !strings.Contains(address, ":") {
			return errors.New("redis store: an address is not host:port; credentials have fields of their own")
		}
	}
	switch {
	case c.Cluster && c.SentinelMaster != "":
		return errors.New("redis store: a cluster has no sentinels; give one of the two")
	case c.Cluster && c.DB != 0:
		return fmt.Errorf("redis store: a cluster has no database %d", c.DB)
	case c.DB < 0:
		return fmt.Errorf("redis store: there is no database %d", c.DB)
	case !c.Cluster && c.SentinelMaster == "" && len(c.Addresses) > 1:
		return fmt.Errorf("redis store: %d addresses; say whether they are a cluster's or sentinels'", len(c.Addresses))
	case c.Username != "" && c.Password == "":
		return errors.New("redis store: a username without password")
	case c.MaxSessions < 0 || c.PoolSize < 0:
		return errors.New("redis store: limits cannot be negative")
	case min(c.DialTimeout, c.IOTimeout, c.StepTimeout, c.PollEvery) < time.Millisecond:
		return errors.New("redis store: a timeout is shorter than 1ms")
	}
	return nil
}

// options returns the client's options. What is switched off in them is what
// would take longer than the proxy can wait, or would ask a server or an ACL
// user for more than the package's doc says.
func (c *Config) options() *goredis.UniversalOptions {
	return &goredis.UniversalOptions{
		// The client of a cluster appends what it finds, in place where it can.
		Addrs:            slices.Clone(c.Addresses),
		IsClusterMode:    c.Cluster,
		MasterName:       c.SentinelMaster,
		DB:               c.DB,
		Username:         c.Username,
		Password:         c.Password,
		SentinelUsername: c.SentinelUsername,
		SentinelPassword: c.SentinelPassword,
		TLSConfig:        c.TLS.Clone(),

		PoolSize:         c.PoolSize,
		PipelinePoolSize: -1, // lists are pipelines; they may share the pool
		DialTimeout:      c.DialTimeout,
		// Without it the client dials five times.
		DialerRetries: 1,
		ReadTimeout:   c.IOTimeout,
		WriteTimeout:  c.IOTimeout,
		PoolTimeout:   c.IOTimeout,
		// Without it a frozen server blocks for seconds, whatever the context.
		ContextTimeoutEnabled: true,
		MaxRetries:            -1,

		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// Format hides the passwords from every verb of package fmt.
func (Config) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// LogValue hides the passwords from package slog.
func (Config) LogValue() slog.Value { return slog.StringValue(hidden) }

const hidden = "redis.Config(passwords hidden)"
