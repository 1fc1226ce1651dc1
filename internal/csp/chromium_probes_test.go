package csp_test

import (
	"fmt"
	"net/url"
	"strings"
)

// probe is one thing that a page asks the browser for.
type probe struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	// URL has a query that tells the server whose it is. It is empty for inline
	// content, and "data:" or "blob:" for what the page makes itself.
	URL    string `json:"url"`
	parser bool   // a script element in the page's markup
	need   bool   // ours: it must be allowed under the edited policy
}

func (p probe) isRequest() bool { return strings.Contains(p.URL, "://") }

// query is what the server remembers of a request.
func (p probe) query() string {
	_, id, _ := strings.Cut(p.URL, "?p=")
	return id
}

// Addresses about which an edit may change nothing.
const (
	ownPath    = site + "/app.js"
	uploadPath = site + "/uploads/evil.js"
	unlisted   = "https://unlisted.example/x"
	lookalike  = "https://evilzoom.us/x"
	prefixed   = "https://zoom.us.evil.example/x"
	otherPort  = "https://us01-zcb.zoom.us:8443/x"
	apex       = "https://zoom.us/x"
	otherZoom  = "https://other.zoom.us/x" // where Zoom's hosts aren't needed
	zoomHost   = "https://eu.files.zoom.us/x"
)

// hostsOfProbes are the names that the browser must resolve, besides those that
// policies list.
var hostsOfProbes = []string{"*.example", "zoom.us", "*.zoom.us", "evilzoom.us"}

// siteURLs are what the site's own probes ask for, by kind.
var siteURLs = map[string][]string{
	"script":  {ownPath, uploadPath, unlisted, lookalike, prefixed, otherPort, otherZoom, "data:", "blob:"},
	"connect": {ownPath, unlisted, lookalike, otherPort, apex, "wss://shop.example/s", "wss://unlisted.example/s", "data:", "blob:"},
	"img":     {ownPath, unlisted, prefixed, apex, "data:", "blob:"},
	"style":   {unlisted, "data:"},
	"font":    {unlisted, "data:"},
	"frame":   {unlisted, "data:"},
	"media":   {unlisted, "data:", "blob:"},
	"worker":  {ownPath, "data:", "blob:"},
	"object":  {unlisted, otherZoom, "data:"},
	// A browser fetches one manifest a page.
	"manifest": {otherZoom},
}

// markupURLs are what script elements in the page's markup ask for.
var markupURLs = []string{ownPath, uploadPath, unlisted, lookalike, otherZoom}

// inlineKinds have no URL.
var inlineKinds = []string{
	"inline script", "inline script with nonce", "inline script with hash", "inline handler",
	"inline style", "inline style with nonce", "inline style attribute", "eval",
}

// needURLs are the needs beside our scripts, which the tag loads.
var needURLs = map[string][]string{
	"connect": {site + "/_cobrowse/token", zoomHost, "wss://eu.files.zoom.us/x"},
	"img":     {zoomHost}, "font": {zoomHost}, "style": {zoomHost}, "frame": {zoomHost}, "media": {zoomHost},
}

// pageProbes are the probes of a response's page, the same for the original and
// the edited policy, in any order.
func pageProbes(r response) []probe {
	var all []probe
	add := func(prefix, kind, u string, parser, need bool) {
		all = append(all, probe{ID: prefix + kind + " " + u, Kind: kind, URL: u, parser: parser, need: need})
	}
	listed := listedHosts(r)
	for kind, urls := range siteURLs {
		for _, u := range urls {
			add("", kind, u, false, false)
		}
		if kind == "worker" || kind == "manifest" {
			continue
		}
		for _, u := range listed {
			add("", kind, u, false, false)
		}
	}
	for _, u := range append(listed, markupURLs...) {
		add("in markup, ", "script", u, true, false)
	}
	add("with nonce, ", "script", unlisted, true, false)
	for _, kind := range inlineKinds {
		add("", kind, "", false, false)
	}
	for kind, urls := range needURLs {
		for _, u := range urls {
			add("need ", kind, u, false, true)
		}
	}
	return all
}

// listedHosts are addresses at up to two hosts that a response's policies name.
func listedHosts(r response) []string {
	var found []string
	for _, line := range append(append([]string{}, r.enforced...), r.metas...) {
		for token := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" \t\n;,", r) }) {
			for _, listed := range listedURL(token) {
				u, err := url.Parse(listed)
				if err == nil && u.Scheme == "https" && u.Host != "" && !strings.HasSuffix(u.Host, "zoom.us") {
					found = append(found, "https://"+u.Host+"/"+strings.TrimPrefix(u.Path, "/"))
					break
				}
			}
			if len(found) == 2 {
				return found
			}
		}
	}
	return found
}

// numbered gives each probe's URL the query by which the server knows it.
func numbered(probes []probe, page int) []probe {
	out := make([]probe, len(probes))
	for i, p := range probes {
		if p.isRequest() {
			p.URL += fmt.Sprintf("?p=%d.%d", page, i)
		}
		out[i] = p
	}
	return out
}

// siteNonce is a nonce of the response's own, or empty.
func siteNonce(r response) string {
	for _, line := range append(append([]string{}, r.enforced...), r.metas...) {
		if _, after, found := strings.Cut(strings.ToLower(line), "'nonce-"); found {
			nonce, _, _ := strings.Cut(line[len(line)-len(after):], "'")
			return nonce
		}
	}
	return ""
}
