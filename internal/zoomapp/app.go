package zoomapp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"
)

// DefaultSessionTTL is a session's life unless configured: a working day.
const DefaultSessionTTL = 8 * time.Hour

// Config configures an [App].
type Config struct {
	// ClientID and ClientSecret are the app's credentials in Zoom's Marketplace.
	ClientID     string
	ClientSecret string `json:"-"`
	// Agents are the Zoom users who are agents: their uid, and the name that
	// customers and colleagues read. At least one is required.
	Agents map[string]string
	// SessionTTL is how long a session lasts after the context that began it:
	// from a minute to 24 hours. Default [DefaultSessionTTL].
	SessionTTL time.Duration
	// PWA lets the session's cookie be set in a frame of Zoom's web client. Without
	// it the app is for desktop clients.
	PWA bool
	// Logger is told why somebody is refused; nil means slog.Default().
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand tells sessions apart; nil means crypto/rand.
	Rand io.Reader
}

// Format hides the secret from every verb of package fmt.
func (Config) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "zoomapp.Config(secret hidden)")
}

// LogValue hides the secret from package slog.
func (Config) LogValue() slog.Value { return slog.StringValue("zoomapp.Config(secret hidden)") }

func (c *Config) setDefaults() {
	if c.SessionTTL == 0 {
		c.SessionTTL = DefaultSessionTTL
	}
	setDefaults(&c.Logger, &c.Now, &c.Rand)
}

func (c *Config) validate() error {
	if len(c.Agents) == 0 {
		return errors.New("zoomapp has no agent: list the Zoom users who are agents, as `agent <uid> <name>`, since any Zoom user can open a published app")
	}
	for uid, name := range c.Agents {
		if strings.TrimSpace(uid) == "" || strings.TrimSpace(name) == "" {
			return fmt.Errorf("zoomapp agent %q %q: both the uid and the name are required", uid, name)
		}
	}
	if c.SessionTTL < time.Minute || c.SessionTTL > 24*time.Hour {
		return fmt.Errorf("zoomapp session_ttl %v is out of range: it is from 1m to 24h", c.SessionTTL)
	}
	return nil
}

// Agent is a Zoom user who is on the list.
type Agent struct {
	// ID is "z-" and the user's uid: 24 characters as Zoom makes them.
	ID string
	// Name is from the list.
	Name string
}

// App finds agents among the users of one Zoom App. It is safe for concurrent
// use.
type App struct {
	sealer   *Sealer
	agents   map[string]string
	sessions sessionCodec
	ttl      time.Duration
	pwa      bool
	logger   *slog.Logger
}

// New returns an App, and refuses credentials and lists that would let anybody
// or nobody in.
func New(c Config) (*App, error) {
	c.setDefaults()
	sealer, err := NewSealer(c.ClientID, c.ClientSecret, c.Now)
	if err != nil {
		return nil, err
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	sessions, err := newSessionCodec(c.ClientID, c.ClientSecret, c.Now, c.Rand)
	if err != nil {
		return nil, err
	}
	return &App{
		sealer:   sealer,
		agents:   maps.Clone(c.Agents),
		sessions: sessions,
		ttl:      c.SessionTTL,
		pwa:      c.PWA,
		logger:   c.Logger,
	}, nil
}

// Identify finds the agent behind r: by the context in the header where there is
// one, whatever is in it, else by the session's cookie. The error wraps
// [ErrUnidentified] and a [ContextError]; it is logged, and not for the client.
func (a *App) Identify(r *http.Request) (Agent, error) {
	if values, present := r.Header[HeaderName]; present {
		who, _, err := a.fromHeader(values)
		return who, err
	}
	return a.fromSession(r)
}

// HasContext reports whether r has a context, good or bad.
func HasContext(r *http.Request) bool {
	_, present := r.Header[HeaderName]
	return present
}

// Verify opens a context that did not come in the header but from
// zoomSdk.getAppContext, and finds its agent. Errors are those of [App.Identify].
func (a *App) Verify(sealed string) (Agent, Context, error) {
	context, err := a.sealer.Open(sealed)
	if err != nil {
		return Agent{}, Context{}, a.refuse(err, "")
	}
	who, err := a.agent(context.UserID)
	if err != nil {
		return Agent{}, Context{}, err
	}
	return who, context, nil
}

// SignIn identifies the agent by the header of r, and begins or continues a
// session. Where the header is missing or bad it does nothing to w.
func (a *App) SignIn(w http.ResponseWriter, r *http.Request) (Agent, Context, error) {
	who, context, err := a.fromHeader(r.Header[HeaderName])
	if err != nil {
		return Agent{}, Context{}, err
	}
	_, cookie, err := a.BeginSession(r, context.UserID)
	if err != nil {
		return Agent{}, Context{}, err
	}
	http.SetCookie(w, cookie)
	return who, context, nil
}

func (a *App) fromHeader(values []string) (Agent, Context, error) {
	switch len(values) {
	case 0:
		return Agent{}, Context{}, a.refuse(ErrMissing, "")
	case 1:
		return a.Verify(values[0])
	}
	return Agent{}, Context{}, a.refuse(ErrSeveral, "")
}

// agent looks a user up in the list. The list is asked again for every request,
// so that who is taken off it is out at once.
func (a *App) agent(uid string) (Agent, error) {
	name, ok := a.agents[uid]
	if !ok {
		return Agent{}, a.refuse(ErrNotAgent, uid)
	}
	return Agent{ID: agentID(uid), Name: name}, nil
}

func agentID(uid string) string { return "z-" + uid }

// refuse logs why. The user appears as the beginning of a digest: enough for an
// operator, who knows the uid that should be on the list, to compare.
func (a *App) refuse(reason error, uid string) error {
	attrs := []any{"reason", reason.Error()}
	if uid != "" {
		attrs = append(attrs, "uid_sha256", shortDigest(uid))
	}
	a.logger.Info("an agent of the Zoom App was refused", attrs...)
	return fmt.Errorf("%w: %w", ErrUnidentified, reason)
}

// shortDigest is what logs show of a user.
func shortDigest(uid string) string {
	sum := sha256.Sum256([]byte(uid))
	return hex.EncodeToString(sum[:6])
}
