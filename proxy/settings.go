package proxy

import (
	"fmt"
	"slices"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/widget"
)

// widgetSettings picks from the configuration what the customer's browser
// needs to know. All of it is public.
func widgetSettings(cfg *Config) widget.Settings {
	s := widget.Settings{
		Base:       cfg.Path,
		ZoomHost:   cfg.ZoomHost,
		ZoomPath:   cfg.zoomPath(),
		SDKKey:     cfg.SDKKey,
		SDKVersion: cfg.SDKVersion,
		Eager:      cfg.Load == LoadEager,
		Button:     widget.Button(cfg.Button),
		Session:    widget.Session(cfg.Session),
	}
	for _, m := range cfg.Masks {
		s.Masks = append(s.Masks, widget.Mask(m))
	}
	return s
}

// pageHash names everything that a rewritten page's bytes and header depend
// on, so that a copy made under another configuration is never confirmed.
func pageHash(cfg *Config, bundle *widget.Bundle) string {
	allow := slices.Clone(cfg.CSP.Allow)
	slices.Sort(allow)
	return asset.Hash([]byte(fmt.Sprintf("%q %q %q %q %t %q %q",
		bundle.Hash(), cfg.Path, cfg.ZoomHost, cfg.sdkPath(), cfg.CSP.Off, allow, cfg.Origins)))
}

// CSPSwitches returns the words that [CSPConfig].Allow knows. Each adds a
// source that weakens the site's policy, except trusted_types, which touches
// pages that require Trusted Types as well.
func CSPSwitches() []string {
	var words []string
	for _, s := range csp.Switches() {
		words = append(words, string(s))
	}
	return words
}
