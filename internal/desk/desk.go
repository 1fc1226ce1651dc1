// Package desk makes the agent's page: a frame around Zoom's own desk.
//
// The page has no data of its own. Its script asks {base}/desk/token for an
// agent token, which only an identified agent gets, and puts it into the URL of
// Zoom's desk, which is the one place where Zoom takes it. The token is in no
// URL of ours, in no storage and in no log. The agent's name on the page is the
// one in the token. A token lives half an hour, Zoom's minimum; when it ends the page says
// so, and fetches another when the agent asks, because that reloads Zoom's desk and
// with it a session that may be open.
//
// Everything is precomputed: [New] makes the page, the pages that refuse it,
// their script and style sheet, and the values of the headers that must
// accompany them. Script and style are TypeScript and CSS in src/, bundled into
// dist/ by go generate and embedded from there.
package desk

//go:generate go -C ../../tools run ./bundle -dir ../internal/desk src/desk.ts src/desk.css

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"regexp"
	"strings"

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
}

// Reason says why the desk is refused.
type Reason string

// Reasons of [Page.Refused].
const (
	// NotConfigured: the operator named no source of agents' identities.
	NotConfigured Reason = "not-configured"
	// NotSignedIn: the request carries no agent's identity.
	NotSignedIn Reason = "not-signed-in"
)

// Page is the agent's page for one configuration. It is immutable.
type Page struct {
	html, notConfigured, notSignedIn []byte
	script, style                    *File
	csp, permissions                 string
}

var (
	basePattern = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+$`)
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
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
	z := s.zoom()
	p := &Page{csp: policy(z.source), permissions: permissions(z.allowed)}
	if err := p.makeFiles(s.Base, z); err != nil {
		return nil, err
	}
	if err := p.makePages(s.Base); err != nil {
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

func (p *Page) makeFiles(base string, z zoom) error {
	body, err := asset.Fill(script, "__COBROWSE_DESK__", map[string]string{"token": base + "/desk/token", "zoom": z.url, "origin": z.source})
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
	Base, Script, Style string
	// Configured tells the refusal for want of a sign-in from the one for
	// want of a configuration.
	Configured bool
}

func (p *Page) makePages(base string) error {
	v := view{Base: base, Script: base + "/" + p.script.Name, Style: base + "/" + p.style.Name}
	signIn := v
	signIn.Configured = true
	for _, page := range []struct {
		to   *[]byte
		text string
		data view
	}{
		{&p.html, pageHTML, v},
		{&p.notConfigured, refusedHTML, v},
		{&p.notSignedIn, refusedHTML, signIn},
	} {
		t, err := template.New("desk").Parse(page.text)
		if err != nil {
			return fmt.Errorf("parsing the desk's page: %w", err)
		}
		var out bytes.Buffer
		if err := t.Execute(&out, page.data); err != nil {
			return fmt.Errorf("making the desk's page: %w", err)
		}
		*page.to = out.Bytes()
	}
	return nil
}

// policy is the page's Content-Security-Policy: nothing but our script and
// style, our endpoints, and Zoom's frame. There is no reporting, because the
// report of a blocked frame would carry the token in its URL.
func policy(source string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-src " + source +
		"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// features are what Zoom's documentation lets the desk's frame use; src/desk.ts
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
// headers, where the request comes from no agent. It says how to become one.
// An unknown reason counts as [NotSignedIn].
func (p *Page) Refused(why Reason) []byte {
	if why == NotConfigured {
		return p.notConfigured
	}
	return p.notSignedIn
}

// Script returns the page's script, to be served as {Base}/Name.
func (p *Page) Script() *File { return p.script }

// Style returns the style sheet of all pages, to be served as {Base}/Name. The
// refusing pages need it too, so it must not ask who is there.
func (p *Page) Style() *File { return p.style }

// CSP returns the value of Content-Security-Policy.
func (p *Page) CSP() string { return p.csp }

// PermissionsPolicy returns the value of Permissions-Policy.
func (p *Page) PermissionsPolicy() string { return p.permissions }
