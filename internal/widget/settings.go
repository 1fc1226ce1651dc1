package widget

// Settings are what the browser needs to know. All of it is public.
type Settings struct {
	// Base is the path prefix under which our files and endpoints are, such as
	// "/_cobrowse". The scripts find it by their own URL; it is here because
	// the page's tag, and so [Bundle.Hash], depends on it.
	Base string
	// ZoomHost is the host that serves Zoom's SDK, without scheme.
	ZoomHost string
	// ZoomPath is a path below which the site itself serves what stands in for
	// Zoom's host, such as "/_cobrowse/sandbox". Empty means that ZoomHost serves
	// the SDK.
	ZoomPath string
	// SDKKey is the Zoom SDK key, which is part of the SDK's URL.
	SDKKey string
	// SDKVersion is the Cobrowse SDK's version: exact (3.10.0) or a range (3.10.x).
	SDKVersion string
	// Eager fetches Zoom's SDK on every page instead of on the click.
	Eager bool

	Button  Button
	Session Session
	// Masks are rules for what the agent must not see. The first rule whose
	// paths match location.pathname when Zoom's SDK is initialised counts.
	Masks []Mask
}

// Positions of the button.
const (
	BottomRight = "bottom-right"
	BottomLeft  = "bottom-left"
	TopRight    = "top-right"
	TopLeft     = "top-left"
)

// DefaultColor is the button's background where the operator names none.
const DefaultColor = "#0b5cff"

// Button describes the help button.
type Button struct {
	// None shows no button. The panel then opens by Attach, by Shortcut, or by
	// an event "cobrowse:open" that the site dispatches on document.
	None bool
	// Label is the button's text. Empty means a label in the page's language.
	Label string
	// Position is a corner of the window. Empty means [BottomRight].
	Position string
	// Color is the background as #rrggbb. Empty means [DefaultColor]. The
	// text on it is black or white, whichever contrasts more.
	Color string
	// Attach is a CSS selector of elements of the site that open the panel
	// when they are clicked.
	Attach string
	// Shortcut opens the panel: modifiers ctrl, alt, shift, meta and one key,
	// joined by '+', such as "ctrl+shift+h".
	Shortcut string
}

// Session holds settings of Zoom's SDK.
type Session struct {
	// AgentAnnotation and CustomerAnnotation: may they draw? Nil leaves Zoom's default.
	AgentAnnotation, CustomerAnnotation *bool
	// RemoteAssist are Zoom's remoteAssistTypes, such as "scroll_page". Empty
	// means that remote assist is off. The customer is always asked first.
	RemoteAssist []string
	// MultiTab is Zoom's multiTabSessionPersistence. Nil leaves Zoom's default.
	MultiTab *bool
}

// Mask hides parts of the page from the agent.
type Mask struct {
	// Paths are the pages that the rule is for, compared in lower case with
	// location.pathname; '*' at the beginning or the end stands for anything.
	// Empty means all pages.
	Paths []string
	// AllInput masks every form field.
	AllInput bool
	// Selectors are CSS selectors of elements to mask.
	Selectors []string
	// Attributes are "name=value" pairs of elements to mask.
	Attributes []string
}
