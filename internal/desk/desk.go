// Package desk makes the agents' page: who waits for help, and Zoom's own desk
// in a frame for the customer whom an agent has joined.
//
// The page has no data of its own. Its script reads the waiting list from
// {base}/desk/events, a stream that only an identified agent gets, and joins a
// customer by POST {base}/desk/join, whose answer is the one place where an
// agent's token comes from. The script puts it into the URL of Zoom's desk, which
// is where Zoom takes it. Token and PIN are in no URL of ours, in no storage and
// in no log. A token lives half an hour, Zoom's minimum; when it ends the page
// says so, and joins again when the agent asks, because that reloads Zoom's desk
// and with it a session that may be open.
//
// Where the answer to a join says that sessions may continue by video, there is a
// button for it, which opens the room (package videoroom) in a tab of its own and
// asks POST {base}/desk/video for the agent's part; the room gets it on a channel
// whose random name is in the fragment of its address. Inside the Zoom client,
// where no tab can be opened, and in its web client's frame there is no button.
//
// What customers can have written (names, ids, paths) is text, never markup,
// and keeps its writing direction to itself.
//
// Everything is precomputed: [New] makes the page, the pages that refuse it,
// their script and style sheet, and the values of the headers that must
// accompany them. Script and style are TypeScript and CSS in src/, bundled into
// dist/ by go generate and embedded from there.
package desk

//go:generate go -C ../../tools run ./bundle -dir ../internal/desk src/desk.ts src/desk.css

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
)

var (
	//go:embed dist/desk.js
	script []byte
	//go:embed dist/desk.css
	style []byte
	//go:embed page.html
	pageHTML string
	//go:embed refused.html
	refusedHTML string
)

// File is a script or style sheet of the page.
type File = asset.File

// Settings are what the page needs to know.
type Settings struct {
	// Base is the path prefix under which our endpoints are, such as "/_cobrowse".
	Base string
	// ZoomHost is the host that serves Zoom's desk, without scheme; a port may follow.
	ZoomHost string
	// ZoomPath is a path below which the site itself serves what stands in for
	// Zoom's host, such as "/_cobrowse/sandbox". Empty means that ZoomHost serves
	// the desk.
	ZoomPath string
	// FrameAncestors are the origins whose pages may show the desk in a frame,
	// such as "https://crm.example" or "https://*.crm.example" (CSP Level 3,
	// section 6.4.2.1). Empty means nobody's. See [Page.Frameable].
	FrameAncestors []string
	// Credentialless shows Zoom's desk, where the page is in a frame itself, in one
	// without cookies and storage. That is what a page with
	// Cross-Origin-Embedder-Policy may embed of a host that does not send that field
	// (HTML, "credentialless iframes"; Chromium has them, other browsers show an empty
	// frame there). Zoom's desk is opened by the token in its address, and needs
	// neither.
	Credentialless bool
	// SignOut shows a button that posts to {Base}/logout, for the sources of
	// identities that can end a sign-in.
	SignOut bool
	// Title is the page's heading, at most 80 characters: "Cobrowse desk" where
	// it is empty.
	Title string
}

const (
	defaultTitle = "Cobrowse desk"
	maxTitle     = 80 // characters: a heading, not a text
)

// Reason says why the desk is refused.
type Reason string

// Reasons of [Page.Refused].
const (
	// NotConfigured: the operator named no source of agents' identities.
	NotConfigured Reason = "not-configured"
	// NotSignedIn: the request carries no agent's identity.
	NotSignedIn Reason = "not-signed-in"
	// Unavailable: the source of agents' identities cannot tell at the moment.
	Unavailable Reason = "unavailable"
)

// Page is the agent's page for one configuration. It is immutable.
type Page struct {
	html, notConfigured, notSignedIn, unavailable []byte
	refused                                       *template.Template
	view                                          view
	script, style                                 *File
	csp, permissions                              string
	frameable                                     bool
}

var (
	basePattern = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+$`)
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
	// ancestorPattern is a scheme-source with a host-source of CSP, of which
	// it takes origins only: neither a path nor a bare "*".
	ancestorPattern = regexp.MustCompile(`^https?://(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
	// loginPattern is a path of this site, with or without a query.
	loginPattern = regexp.MustCompile(`^/[A-Za-z0-9._~-][A-Za-z0-9._~/?&=%-]*$`)
)

// New validates the settings and makes the page. Errors name the field of
// Settings and the cure.
func New(s Settings) (*Page, error) {
	if !basePattern.MatchString(s.Base) {
		return nil, fmt.Errorf("base %q must be a path such as /_cobrowse, of letters, digits, '-', '_' and '.'", s.Base)
	}
	if !hostPattern.MatchString(s.ZoomHost) {
		return nil, fmt.Errorf("zoom host %q must be a host name such as us01-zcb.zoom.us, without scheme or path", s.ZoomHost)
	}
	if s.ZoomPath != "" && !basePattern.MatchString(s.ZoomPath) {
		return nil, fmt.Errorf("zoom path %q must be a path such as /_cobrowse/sandbox, of letters, digits, '-', '_' and '.'", s.ZoomPath)
	}
	for _, origin := range s.FrameAncestors {
		if !ancestorPattern.MatchString(origin) {
			return nil, fmt.Errorf("frame ancestor %q must be an origin such as https://crm.example, without a path", origin)
		}
	}
	if utf8.RuneCountInString(s.Title) > maxTitle {
		return nil, fmt.Errorf("the title has %d characters: it may have %d at most", utf8.RuneCountInString(s.Title), maxTitle)
	}
	z := s.zoom()
	p := &Page{csp: policy(z.source, s), permissions: permissions(z.allowed), frameable: len(s.FrameAncestors) > 0}
	if err := p.makeFiles(s, z); err != nil {
		return nil, err
	}
	if err := p.makePages(s); err != nil {
		return nil, err
	}
	return p, nil
}

// zoom is where the desk's frame comes from.
type zoom struct {
	url     string // what the desk's path is appended to
	source  string // its origin, as policies and the frame's allow attribute name it
	allowed string // the allowlist of a Permissions-Policy
}

func (s Settings) zoom() zoom {
	if s.ZoomPath != "" {
		return zoom{url: s.ZoomPath, source: "'self'", allowed: "self"}
	}
	origin := "https://" + s.ZoomHost
	return zoom{url: origin, source: origin, allowed: `self "` + origin + `"`}
}

func (p *Page) makeFiles(s Settings, z zoom) error {
	frame := ""
	if s.Credentialless {
		frame = "credentialless"
	}
	body, err := asset.Fill(script, "__COBROWSE_DESK__", map[string]any{
		"desk": s.Base + "/desk", "video": s.Base + "/video", "zoom": z.url, "origin": z.source, "frame": frame,
		"framed": p.frameable,
	})
	if err != nil {
		return fmt.Errorf("making the desk's script: %w", err)
	}
	if p.script, err = asset.New("desk.js", asset.JavaScript, body); err != nil {
		return err
	}
	p.style, err = asset.New("desk.css", asset.CSS, style)
	return err
}

// view is what the templates are given.
type view struct {
	Base, Script, Style, Title string
	SignOut                    bool
	// Configured tells the refusal for want of a sign-in from the one for
	// want of a configuration.
	Configured bool
	// Unavailable says that nobody can tell who is signed in.
	Unavailable bool
	// Login is where one can sign in, if anywhere.
	Login string
}

func (p *Page) makePages(s Settings) error {
	p.view = view{
		Base: s.Base, Script: s.Base + "/" + p.script.Name, Style: s.Base + "/" + p.style.Name,
		Title: cmp.Or(s.Title, defaultTitle), SignOut: s.SignOut,
	}
	page, err := template.New("desk").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("parsing the desk's page: %w", err)
	}
	if p.refused, err = template.New("refused").Parse(refusedHTML); err != nil {
		return fmt.Errorf("parsing the page that refuses the desk: %w", err)
	}
	if p.html, err = execute(page, p.view); err != nil {
		return err
	}
	if p.notConfigured, err = execute(p.refused, p.view); err != nil {
		return err
	}
	p.view.Configured = true
	if p.notSignedIn, err = execute(p.refused, p.view); err != nil {
		return err
	}
	away := p.view
	away.Unavailable = true
	p.unavailable, err = execute(p.refused, away)
	return err
}

func execute(t *template.Template, v view) ([]byte, error) {
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("making the desk's page: %w", err)
	}
	return out.Bytes(), nil
}

// policy is the page's Content-Security-Policy: nothing but our script and
// style, our endpoints, and Zoom's frame. There is no reporting, because the
// report of a blocked frame would carry the token in its URL.
func policy(source string, s Settings) string {
	forms, ancestors := "'self'", "'none'"
	if s.SignOut {
		// Browsers apply form-action to redirects too, and a logout may go on to
		// the identity provider, whose address is known only by its discovery.
		forms += " https:"
	}
	if len(s.FrameAncestors) > 0 {
		ancestors = strings.Join(s.FrameAncestors, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-src " + source +
		"; base-uri 'none'; form-action " + forms + "; frame-ancestors " + ancestors
}

// features are what Zoom's documentation lets the desk's frame use; src/frame.ts
// delegates the same.
var features = []string{"autoplay", "camera", "display-capture", "geolocation", "microphone"}

// permissions is the page's Permissions-Policy: a frame can be delegated only
// what the page around it has.
func permissions(allowed string) string {
	parts := make([]string, 0, len(features))
	for _, f := range features {
		parts = append(parts, f+`=(`+allowed+`)`)
	}
	return strings.Join(parts, ", ")
}

// HTML returns the page, to be served as "text/html; charset=utf-8" with
// [Page.CSP], [Page.PermissionsPolicy] and Cache-Control: no-store.
func (p *Page) HTML() []byte { return p.html }

// Refused returns the page to be served with status 403, and with the same
// headers, where the request comes from no agent. It says how to become one. For
// [Unavailable] the status is 503, and the page says that it passes. An unknown
// reason counts as [NotSignedIn].
func (p *Page) Refused(why Reason) []byte {
	switch why {
	case NotConfigured:
		return p.notConfigured
	case Unavailable:
		return p.unavailable
	}
	return p.notSignedIn
}

// RefusedWithLogin is Refused([NotSignedIn]) with a link to the page where the
// agent can sign in: a path of this site, such as "/_cobrowse/login". Any other
// address is left out.
func (p *Page) RefusedWithLogin(path string) []byte {
	if !loginPattern.MatchString(path) {
		return p.notSignedIn
	}
	v := p.view
	v.Login = path
	page, err := execute(p.refused, v)
	if err != nil {
		return p.notSignedIn // it was made of the same template
	}
	return page
}

// Frameable reports whether pages of other origins may show this one. If so,
// X-Frame-Options must be left out: it knows no list, and CSP has it.
func (p *Page) Frameable() bool { return p.frameable }

// Script returns the page's script, to be served as {Base}/Name.
func (p *Page) Script() *File { return p.script }

// Style returns the style sheet of all pages, to be served as {Base}/Name. The
// refusing pages need it too, so it must not ask who is there.
func (p *Page) Style() *File { return p.style }

// CSP returns the value of Content-Security-Policy.
func (p *Page) CSP() string { return p.csp }

// PermissionsPolicy returns the value of Permissions-Policy.
func (p *Page) PermissionsPolicy() string { return p.permissions }
