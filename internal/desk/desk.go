// Package desk makes the agent's page: a frame around Zoom's own desk.
//
// The page has no data of its own. Its script asks {base}/desk/token for an
// agent token, which only an identified agent gets, and puts it into the URL of
// Zoom's desk, which is the one place where Zoom takes it. The token is in no
// URL of ours, in no storage and in no log.
//
// Everything is precomputed: [New] makes the page, the page that refuses it,
// their script and style sheet, and the values of the headers that must
// accompany them.
package desk

import (
	_ "embed"
	"fmt"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
)

var (
	//go:embed dist/desk.js
	script []byte
	//go:embed dist/desk.css
	style []byte
)

// File is a script or style sheet of the page.
type File = asset.File

// Settings are what the page needs to know.
type Settings struct {
	// Base is the path prefix under which our endpoints are, such as "/_cobrowse".
	Base string
	// ZoomHost is the host that serves Zoom's desk, without scheme; a port may follow.
	ZoomHost string
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

// New validates the settings and makes the page.
func New(s Settings) (*Page, error) {
	body, err := asset.Fill(script, "__COBROWSE_DESK__", s)
	if err != nil {
		return nil, fmt.Errorf("making the desk: %w", err)
	}
	p := &Page{}
	if p.script, err = asset.New("desk.js", asset.JavaScript, body); err != nil {
		return nil, err
	}
	if p.style, err = asset.New("desk.css", asset.CSS, style); err != nil {
		return nil, err
	}
	return p, nil
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

// Style returns the style sheet of both pages, to be served as {Base}/Name.
func (p *Page) Style() *File { return p.style }

// CSP returns the value of Content-Security-Policy.
func (p *Page) CSP() string { return p.csp }

// PermissionsPolicy returns the value of Permissions-Policy.
func (p *Page) PermissionsPolicy() string { return p.permissions }
