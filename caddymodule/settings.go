package caddymodule

import (
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// Inject restricts the pages that are touched. A page is touched if one of the
// Only sets matches its request (or there is none), none of the Except sets
// matches, and its visitor is within Percent.
type Inject struct {
	// OnlyRaw are matcher sets of which at least one must match the request. A
	// set matches where all of its matchers do. Where a matcher fails, the page
	// is not touched. The default is an empty list: every page.
	OnlyRaw caddyhttp.RawMatcherSets `json:"only,omitempty" caddy:"namespace=http.matchers"`

	// ExceptRaw are matcher sets of which none may match the request. Where a
	// matcher fails, the page is not touched. The default is an empty list.
	ExceptRaw caddyhttp.RawMatcherSets `json:"except,omitempty" caddy:"namespace=http.matchers"`

	// Percent is the share of visitors, from 0 to 100, who get the button. A
	// visitor is an address and a browser, and stays in or out. The default is
	// everybody.
	Percent *float64 `json:"percent,omitempty"`

	// DryRun decides and counts as usual, but changes no page. The default is
	// false.
	DryRun bool `json:"dry_run,omitempty"`

	// Expose adds the response header `X-Cobrowse`, which says `injected` or why
	// not. The default is false.
	Expose bool `json:"expose,omitempty"`
}

// CSP says what may be done to the site's Content-Security-Policy.
type CSP struct {
	// Mode is `adjust`, which adds the least that lets the button and Zoom's SDK
	// run to every policy of a page, or `off`, which leaves policies as they are
	// for sites that list Zoom's hosts themselves. The default is `adjust`.
	Mode string `json:"mode,omitempty"`

	// Allow are sources beyond the least, which weaken a policy and are
	// therefore never added by themselves: `unsafe_inline_style`, `data_img`,
	// `blob_img`, `data_font`, `blob_worker`, `unsafe_eval` and `trusted_types`.
	// The default is an empty list.
	Allow []string `json:"allow,omitempty"`
}

// Button describes the help button.
type Button struct {
	// None shows no button: elements of the site (see Attach) or the shortcut
	// open the panel. The default is false.
	None bool `json:"none,omitempty"`

	// Label is the button's text. Placeholders are not supported. The default is
	// a label in the page's language.
	Label string `json:"label,omitempty"`

	// Position is the corner of the window: `bottom-right`, `bottom-left`,
	// `top-right` or `top-left`. The default is `bottom-right`.
	Position string `json:"position,omitempty"`

	// Color is the button's background as `#rrggbb`. The default is `#0b5cff`.
	Color string `json:"color,omitempty"`

	// Attach is a CSS selector of elements of the site that open the panel when
	// they are clicked. The default is none.
	Attach string `json:"attach,omitempty"`

	// Shortcut is a key combination that opens the panel, such as
	// `ctrl+shift+h`. The default is none.
	Shortcut string `json:"shortcut,omitempty"`
}

// Session holds settings that are passed to Zoom's SDK. Zoom's Build portal has
// a switch for most of them: where that is off, Zoom ignores what is set here.
type Session struct {
	// AgentAnnotation says whether the agent may draw on the page. The default
	// is Zoom's.
	AgentAnnotation *bool `json:"agent_annotation,omitempty"`

	// CustomerAnnotation says whether the customer may draw on the page. The
	// default is Zoom's.
	CustomerAnnotation *bool `json:"customer_annotation,omitempty"`

	// RemoteAssist are the kinds of remote assist that an agent may ask for,
	// such as `scroll_page`. The default is none.
	RemoteAssist []string `json:"remote_assist,omitempty"`

	// MultiTab lets a session follow the customer to other tabs. The default is
	// Zoom's, which is false.
	MultiTab *bool `json:"multi_tab,omitempty"`

	// PIN says who makes PINs: `zoom`, or `byop` (bring your own PIN), where this
	// handler does, and Zoom's portal allows it. The default is `zoom`.
	PIN string `json:"pin,omitempty"`

	// Agents is how many agents may join one session, from 1 to 5. The default
	// is 1: the first who claims a customer has them.
	Agents int `json:"agents,omitempty"`
}

// Desk describes the agents' page.
type Desk struct {
	// Site names the desk: it shows the customers of all handlers that have the
	// same name and store. Instances that share a store must agree on it.
	// Placeholders are expanded when the configuration is loaded. The default is
	// the host of the first of Origins, or `site`.
	Site string `json:"site,omitempty"`

	// FrameAncestors are the origins, such as a CRM's, whose pages may show the
	// desk in a frame. The default is nobody's.
	FrameAncestors []string `json:"frame_ancestors,omitempty"`
}

// Mask is a rule that hides parts of some pages from the agent.
type Mask struct {
	// Paths are the pages that the rule is for, compared in lower case; a `*` at
	// the beginning or the end of one stands for anything. The default, an empty
	// list, means all pages.
	Paths []string `json:"paths,omitempty"`

	// AllInput masks every form field. The default is false.
	AllInput bool `json:"all_input,omitempty"`

	// Selectors are CSS selectors of elements to mask. The default is an empty
	// list.
	Selectors []string `json:"selectors,omitempty"`

	// Attributes are `name=value` pairs; elements with such an attribute are
	// masked. The default is an empty list.
	Attributes []string `json:"attributes,omitempty"`
}

// Customer describes the tokens of customers.
type Customer struct {
	// ID is what the site knows the customer by, as placeholders that are
	// evaluated for each token request, such as `{http.auth.user.id}`. Unknown
	// placeholders are empty, and an empty ID means an anonymous customer with a
	// random one. What comes from a header or a cookie is the client's word
	// only. The default is empty.
	ID string `json:"id,omitempty"`

	// Name is the name that the agent reads, as placeholders like ID. The
	// default is empty.
	Name string `json:"name,omitempty"`

	// TokenTTL is a token's life where the request names none, from `30m` to
	// `48h`. The default is `30m`.
	TokenTTL caddy.Duration `json:"token_ttl,omitempty"`

	// TokenTTLMax is the longest life that a request may ask for: at least
	// TokenTTL, at most `48h`. The default is `2h`, or TokenTTL where that is
	// longer.
	TokenTTLMax caddy.Duration `json:"token_ttl_max,omitempty"`
}

// Rate is a number of things in a period, which begins with the first of them.
type Rate struct {
	// Max is how many; -1 means no limit. The default is that of the limit.
	Max int64 `json:"max,omitempty"`
	// Per is the period, at least `1s`. The default is that of the limit.
	Per caddy.Duration `json:"per,omitempty"`
}

// Limits bounds what clients can spend. Tokens is counted by each process on its
// own and starts anew when the configuration is reloaded; all others are
// counted in the store, for all instances that share it.
type Limits struct {
	// Tokens is how many token requests one client address (an IPv6 /64) may
	// make within Per. The address is the one that Caddy's `trusted_proxies`
	// yields. The default is 30.
	Tokens int `json:"tokens,omitempty"`

	// Per is the period of Tokens, at least `1s`. The default is `1m`.
	Per caddy.Duration `json:"per,omitempty"`

	// SessionsPerAddress bounds the sessions that one client address (an IPv6
	// /64) begins. The default is 20 in 10 minutes.
	SessionsPerAddress *Rate `json:"sessions_per_address,omitempty"`

	// SessionsPerSite bounds those of the whole site. The default is 1000 a
	// minute.
	SessionsPerSite *Rate `json:"sessions_per_site,omitempty"`

	// CustomerTokens is the site's budget of customer tokens, each of which can
	// cost money at Zoom's. The default is 20000 in 24 hours.
	CustomerTokens *Rate `json:"customer_tokens,omitempty"`

	// PINTriesPerAgent bounds the wrong PINs of one agent. The default is 10 in
	// 10 minutes.
	PINTriesPerAgent *Rate `json:"pin_tries_per_agent,omitempty"`

	// PINTriesPerAddress bounds those from one address. The default is 30 in 10
	// minutes.
	PINTriesPerAddress *Rate `json:"pin_tries_per_address,omitempty"`

	// PINTriesPerSite bounds those at one desk. The default is 100 in 10 minutes.
	PINTriesPerSite *Rate `json:"pin_tries_per_site,omitempty"`
}
