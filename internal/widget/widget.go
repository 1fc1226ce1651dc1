// Package widget makes the two scripts that a customer's browser loads.
//
// The loader is what the tag in every page names: small, asynchronous, and
// silent until it knows that this window is one where help can be asked for.
// It then loads the widget: the help button and its panel, which fetches a
// customer token and Zoom's SDK when the customer starts a session.
//
// Both are TypeScript in src/, bundled into dist/ by go generate and embedded
// from there. [New] puts the operator's settings into them and precomputes
// everything that serving them needs.
package widget

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
	body, err := asset.Fill(widgetJS, "__COBROWSE_WIDGET__", s)
	if err != nil {
		return nil, fmt.Errorf("making the widget: %w", err)
	}
	widget, err := asset.New("widget.js", asset.JavaScript, body)
	if err != nil {
		return nil, err
	}
	if body, err = asset.Fill(loaderJS, "__COBROWSE_LOADER__", widget.Name); err != nil {
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
