package proxy

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// Defaults of a [Config].
const (
	DefaultZoomHost   = "us01-zcb.zoom.us"
	DefaultSDKVersion = "3.10.x"
	DefaultPath       = "/_cobrowse"
	DefaultTokenTTL   = 30 * time.Minute
	DefaultTokenMax   = 2 * time.Hour
	DefaultRateEvents = 30
	DefaultRatePer    = time.Minute
)

// Config is everything that an operator can decide. Only SDKKey and SDKSecrets
// are required, and with a Sandbox not even these; all else has a safe default.
type Config struct {
	// SDKKey is the Zoom SDK key. It is public: the browser sees it.
	SDKKey string
	// SDKSecrets are the Zoom SDK secrets. The first one signs; later ones are
	// previous secrets that are still accepted where a token is checked.
	SDKSecrets []string
	// ZoomHost is the host that serves Zoom's SDK and desk, without scheme.
	ZoomHost string
	// Sandbox stands in for Zoom, below Path; ZoomHost is not used then, and the
	// credentials may be missing. Nil means Zoom.
	Sandbox *Sandbox
	// SDKVersion is the Cobrowse SDK version: exact (3.10.0) or a range (3.10.x).
	SDKVersion string
	// Path is the prefix under which everything of ours is served. It begins
	// with a slash, and consists of one or more segments of letters, digits,
	// '-', '_' and '.'.
	Path string
	// Origins are the public origins of the site, such as
	// "https://shop.example". With them, CSP names our files by exact URL and
	// token requests are compared with them; without them CSP says 'self' and
	// only requests that the browser marks as same-origin get a token.
	Origins []string
	// Load says when the browser fetches Zoom's SDK.
	Load LoadMode

	Inject   InjectConfig
	CSP      CSPConfig
	Button   ButtonConfig
	Session  SessionConfig
	Masks    []MaskConfig
	Customer CustomerConfig
	Limits   LimitsConfig
	Desk     DeskConfig

	// Agents says who is an agent. Nil means nobody: the desk and agent tokens
	// answer 403 and say how to open them.
	Agents AgentIdentifier
	// SignIn answers login, callback and logout, where Agents has pages of its
	// own. Nil means that these paths are not there.
	SignIn SignIn
	// Store keeps the records of sessions. Nil means the memory of this process,
	// which the middleware forgets when it is closed; whoever gives a store
	// closes it, after the middleware.
	Store SessionStore
	// Audit keeps the record of who was let in. Nil means that only the log
	// tells.
	Audit Audit
	// ZoomWebhookSecrets are the secret tokens of Zoom's webhooks: any of them
	// verifies. Empty means that the route is not there.
	ZoomWebhookSecrets []string `json:"-"`
	// Webhooks tells the operator's programs about sessions; nil means nobody.
	Webhooks WebhookSender
	// Video answers POST {base}/video/token. Nil means that the route is not there.
	Video *VideoConfig
	// OWASPHeaders adds to the site's documents what they lack of the fields that
	// the Zoom client demands of pages, and OWASP recommends. What the site sends
	// stays as it is.
	OWASPHeaders bool
	// AgentApp is Agents where it is an app whose pages are below Path. Nil means
	// that it is none.
	AgentApp AgentApp
	// RequestID returns what joins a line of the record to the access log. Nil
	// means nothing does.
	RequestID func(*http.Request) string
	// ClientIP returns the address that per-client limits count. Nil means the
	// TCP peer, which is wrong behind another proxy.
	ClientIP func(*http.Request) string
	// OverTLS reports whether the browser came over TLS, where something in front
	// ends it. It must believe no header that a client may have sent. Nil means
	// that the connection itself decides; an https origin says so, too.
	OverTLS func(*http.Request) bool
	// OriginalURL returns the URL as the client sent it, where something in
	// front of the middleware may have rewritten r.URL (try_files, for one).
	// Nil, or a nil result, means that nothing has.
	OriginalURL func(*http.Request) *url.URL
	// Observer is told of each decision; nil means nobody.
	Observer Observer
	// Trace adds a fact to the span of a request's context, where one is recorded:
	// under [TraceResult] what was done to a document, under [TraceClaim] what
	// became of an agent's wish to join. The values are those of Observer, and it
	// must be as quick. Nil means nobody traces.
	Trace func(ctx context.Context, key, value string)
	// Logger receives debug lines for each decision and warnings for faults of
	// the configuration. Nil means slog.Default(). Nothing secret is logged.
	Logger *slog.Logger
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Keys of Config.Trace, fit for attributes of a span.
const (
	TraceResult = "cobrowse.result"
	TraceClaim  = "cobrowse.claim"
)

// LoadMode says when the browser fetches Zoom's SDK.
type LoadMode string

// Load modes. The zero value means [LoadOnDemand].
const (
	// LoadOnDemand fetches the SDK on the customer's click, or on a page where
	// a live session must be resumed. Until then no request goes to Zoom.
	LoadOnDemand LoadMode = "on_demand"
	// LoadEager fetches the SDK on every page, so that the click is quicker.
	LoadEager LoadMode = "eager"
)

// Matcher decides on a request, as Caddy's request matchers do.
type Matcher func(*http.Request) bool

// InjectConfig restricts which documents are touched.
type InjectConfig struct {
	// Only: where not empty, a document is touched only if one of them matches.
	Only []Matcher
	// Except: a document is never touched if one of them matches.
	Except []Matcher
	// Private are paths that are never shared: nothing is injected there. A
	// path ends in '*' to mean all that begins with it, as in Caddy's path
	// matcher, and is compared in lower case.
	Private []string
	// Percent of the visitors who get the button, sticky for a visitor's
	// address and browser. Nil means all of them.
	Percent *float64
	// DryRun decides and counts, but changes nothing.
	DryRun bool
	// Expose adds the response header X-Cobrowse, which tells the decision.
	Expose bool
}

// CSPConfig says what may be done to the site's Content-Security-Policy.
type CSPConfig struct {
	// Off leaves every policy as it is, for sites that list Zoom's hosts
	// themselves.
	Off bool
	// Allow are the switches that go beyond what is added by default:
	// words that [CSPSwitches] lists.
	Allow []string
}

// ButtonConfig describes the help button.
type ButtonConfig struct {
	// None shows no button: the site, or its Attach element, starts the help.
	None bool
	// Label is the button's text. Empty means a label in the page's language.
	Label string
	// Position is one of bottom-right (default), bottom-left, top-right, top-left.
	Position string
	// Color is the button's background as #rrggbb. Empty means #0b5cff.
	Color string
	// Attach is a CSS selector of the site's own elements that open the panel
	// when they are clicked.
	Attach string
	// Shortcut is a key combination such as "ctrl+shift+h" that opens the panel.
	Shortcut string
}

// SessionConfig holds the settings that are passed to Zoom's SDK. Zoom's Build
// portal has a switch for most of them: where that is off, Zoom ignores these.
type SessionConfig struct {
	// AgentAnnotation and CustomerAnnotation: may they draw? Nil leaves Zoom's default.
	AgentAnnotation, CustomerAnnotation *bool
	// RemoteAssist are the kinds of remote assist, such as "scroll_page".
	// Empty means none.
	RemoteAssist []string
	// MultiTab lets a session follow the customer to other tabs. Nil leaves
	// Zoom's default, which is off.
	MultiTab *bool
}

// MaskConfig hides parts of the page from the agent.
type MaskConfig struct {
	// Paths limit the rule to pages; empty means all pages. The first rule
	// whose paths match a page is the one that counts there.
	Paths []string
	// AllInput masks every form field.
	AllInput bool
	// Selectors are CSS selectors of elements to mask.
	Selectors []string
	// Attributes are "name=value" pairs of elements to mask.
	Attributes []string
}

// CustomerConfig describes customer tokens.
type CustomerConfig struct {
	// Identify returns what the site knows of the customer; both may be empty.
	// Nil means that it knows nothing.
	Identify func(*http.Request) (id, name string)
	// TokenTTL is a token's life where the request names none: 30 minutes to
	// 48 hours. Default 30 minutes.
	TokenTTL time.Duration
	// TokenTTLMax is the longest life that a request may ask for: at least
	// TokenTTL, at most 48 hours. Default 2 hours.
	TokenTTLMax time.Duration
}

// LimitsConfig bounds what clients can spend.
type LimitsConfig struct {
	// TokensPerClient is how many token requests one client address (an IPv6
	// /64) may make in Per. Default 30 a minute, counted in this process.
	TokensPerClient int
	Per             time.Duration
}

// Agent is a person who may join customers' sessions.
type Agent = agent.Agent

// AgentIdentifier finds the agent behind a request.
type AgentIdentifier = agent.Identifier

// AgentIdentifierFunc makes a function an [AgentIdentifier].
type AgentIdentifierFunc = agent.IdentifierFunc

// Errors of an [AgentIdentifier]; both mean that no agent token is minted.
var (
	ErrUnidentified  = agent.ErrUnidentified
	ErrNotConfigured = agent.ErrNotConfigured
)

// Observer is told of decisions, for metrics. Its methods are called on the
// request's goroutine and must be quick. Results are from small fixed sets and
// never hold anything of a person.
type Observer interface {
	// Injection: result is "injected" or a skip reason.
	Injection(result string)
	// Held: how long the beginning of a document was held, from the site's
	// header to our first byte, and by which of [inject.Method] it goes out. It
	// is told of documents that were looked at, after Injection.
	Held(method string, held time.Duration)
	// Token: role is "customer" or "agent"; result is "minted" or why not.
	Token(role, result string)
	// Session: a session has come to a state: "created", "waiting", "active",
	// "ended" or "expired".
	Session(state string)
	// Sessions: how many sessions of the site wait and are active, told now and
	// then while there are any, and once when there are none.
	Sessions(waiting, active int)
	// Claim: an agent's wish to join; result is "claimed" or why not.
	Claim(result string)
	// Lockout: a claim was refused because too many wrong PINs had been tried;
	// limit says whose: "too_many_tries_agent", "too_many_tries_address" or
	// "too_many_tries_site".
	Lockout(limit string)
	// AuditFault: a line of the audit record could not be written.
	AuditFault()
	// Webhook: a request in Zoom's name; result is "accepted" or why not.
	Webhook(result string)
}
