// Package widget makes the two scripts that a customer's browser loads.
//
// The loader is what the tag in every page names: small, asynchronous, and
// silent until it knows that this window is one where help can be asked for.
// It then loads the widget: the help button and its panel, which makes a record
// at the proxy and fetches Zoom's SDK when the customer starts a session, and
// reports to the proxy what becomes of it.
//
// Both are TypeScript in src/, bundled into dist/ by go generate and embedded
// from there. [New] puts the operator's settings into them and precomputes
// everything that serving them needs.
//
// # What a page sees of them
//
// No global name, but for Zoom's own from the moment its SDK is fetched; one
// element, cobrowse-help, with a closed shadow root and a constructable style
// sheet, so that the page's style and policy do not matter; one script element
// in head; one Trusted Types policy, cobrowse-loader, that lets through the
// widget's and the SDK's URL only. No request leaves the site before the
// customer asks for help, unless a session of less than two minutes ago may
// have to be resumed (its mark in sessionStorage or, with MultiTab, localStorage
// tells), or Settings.Eager says so. The mark holds the record's ID, its ticket
// and its PIN, never a token, and is removed when the session is over. The site may open the panel with
// document.dispatchEvent(new Event('cobrowse:open')).
//
// # Which window shows the button
//
// The top one. Nested documents (iframe, object, a page framed by a foreign
// site) show none: the page around them does. A page made of frames has no body
// on top that could show anything, so the largest frame of the same origin does,
// and is what a session shares; it is asked again whenever frames are resized,
// but a session stays in its frame. Where the largest frame is a page without
// the loader there is no button. Zoom's SDK has not been tried on such pages.
//
// # Limits
//
// An open modal dialog makes the rest of the page inert, the button too. A
// transform on body moves it, as everything with a fixed position. Zoom takes
// masks when its SDK is initialised: an application that changes its path
// without loading a page keeps the mask of the page it began on, so masks that
// matter there should name no paths. Browsers before Chrome 91, Firefox 101 and
// Safari 16.4 show no button.
package widget

//go:generate go -C ../../tools run ./bundle -dir ../internal/widget src/loader.ts src/widget.ts

import (
	_ "embed"
	"fmt"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
)

var (
	//go:embed dist/loader.js
	loaderJS []byte
	//go:embed dist/widget.js
	widgetJS []byte
)

// File is one of our scripts.
type File = asset.File

// Bundle is the scripts of one configuration. It is immutable.
type Bundle struct {
	loader, widget *File
	hash           string
}

// New validates the settings and makes the scripts. Errors name the field of
// Settings and the cure.
func New(s Settings) (*Bundle, error) {
	loaded, shown, err := s.browser()
	if err != nil {
		return nil, err
	}
	body, err := asset.Fill(widgetJS, "__COBROWSE_WIDGET__", shown)
	if err != nil {
		return nil, fmt.Errorf("making the widget: %w", err)
	}
	widget, err := asset.New("widget.js", asset.JavaScript, body)
	if err != nil {
		return nil, err
	}
	loaded.Widget = widget.Name
	if body, err = asset.Fill(loaderJS, "__COBROWSE_LOADER__", loaded); err != nil {
		return nil, fmt.Errorf("making the loader: %w", err)
	}
	loader, err := asset.New("loader.js", asset.JavaScript, body)
	if err != nil {
		return nil, err
	}
	return &Bundle{loader: loader, widget: widget, hash: asset.Hash([]byte(s.Base+"/"), loader.Body)}, nil
}

// Loader returns the script that the page's tag names. Its name changes
// whenever the widget's or any setting changes.
func (b *Bundle) Loader() *File { return b.loader }

// Widget returns the script that the loader loads.
func (b *Bundle) Widget() *File { return b.widget }

// Hash returns a short hash over everything that the copy of a page depends on
// as far as this package knows: the tag's URL, its integrity value, and what
// the loader does.
func (b *Bundle) Hash() string { return b.hash }
