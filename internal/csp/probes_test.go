package csp_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp/csptest"
)

// needs are what must be allowed under an edited policy, with the tag as the
// plan says.
func needs(plan csp.Plan) []csptest.Request {
	zoom := "https://eu.files.zoom.us/x"
	return []csptest.Request{
		{Kind: csptest.Script, URL: site + loaderPath, ParserInserted: true, Nonce: plan.Nonce, Hash: plan.Integrity},
		{Kind: csptest.Script, URL: site + widgetPath, Nonce: plan.Nonce},
		{Kind: csptest.Script, URL: sdkURL, Nonce: plan.Nonce},
		{Kind: csptest.Connect, URL: site + "/_cobrowse/token"},
		{Kind: csptest.Connect, URL: site + "/_cobrowse/sessions/1/events"},
		{Kind: csptest.Connect, URL: zoom},
		{Kind: csptest.Connect, URL: "wss://eu.files.zoom.us/x"},
		{Kind: csptest.Img, URL: zoom},
		{Kind: csptest.Font, URL: zoom},
		{Kind: csptest.Style, URL: zoom},
		{Kind: csptest.Frame, URL: zoom},
		{Kind: csptest.Media, URL: zoom},
	}
}

// metaNeeds are those of needs that a meta element decides on: all but the
// loader, which is fetched before it.
func metaNeeds(plan csp.Plan) []csptest.Request { return needs(plan)[1:] }

// fetches are the kinds that have a URL.
var fetches = []csptest.Kind{
	csptest.Script, csptest.Connect, csptest.Img, csptest.Style, csptest.Font, csptest.Frame,
	csptest.Worker, csptest.Media, csptest.Object, csptest.Manifest,
}

// probes are requests of the site's own, and of an attacker's, about which an
// edit may change nothing. The lines supply hosts, nonces and hashes.
func probes(lines []string) []csptest.Request {
	urls := []string{
		site + "/app.js", site + "/uploads/evil.js", site + "/_cobrowse-evil/x.js", site + "/_cobrowse",
		"http://shop.example/app.js", "https://shop.example:8443/app.js", "https://www.shop.example/app.js",
		"https://unlisted.example/x", "https://zoom.us/x", "https://zoom.us.evil.example/x", "https://evilzoom.us/x",
		"https://us01-zcb.zoom.us:8443/x", "http://us01-zcb.zoom.us/x", "https://other.zoom.us/x", "https://us01-zcb.zoom.us/x",
		site + loaderPath + "x", site + loaderPath, "data:,x", "blob:https://shop.example/0b1c",
		"wss://shop.example/s", "wss://unlisted.example/s", "ws://us01-zcb.zoom.us/s", "wss://us01-zcb.zoom.us/s",
	}
	all := []csptest.Request{
		{Kind: csptest.InlineScript},
		{Kind: csptest.InlineHandler},
		{Kind: csptest.InlineStyle},
		{Kind: csptest.InlineStyleAttr},
		{Kind: csptest.Eval},
		{Kind: csptest.Wasm},
		{Kind: csptest.InlineScript, Nonce: "none-of-the-site"},
	}
	for _, line := range lines {
		for token := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" \t\n\f\r;,", r) }) {
			inner := strings.Trim(token, "'")
			switch nonce, isNonce := strings.CutPrefix(strings.ToLower(inner), "nonce-"); {
			case isNonce:
				nonce = inner[len(inner)-len(nonce):]
				all = append(all,
					csptest.Request{Kind: csptest.InlineScript, Nonce: nonce},
					csptest.Request{Kind: csptest.InlineStyle, Nonce: nonce},
					csptest.Request{Kind: csptest.Script, ParserInserted: true, Nonce: nonce, URL: "https://unlisted.example/x"})
			case strings.HasPrefix(strings.ToLower(inner), "sha"):
				all = append(all,
					csptest.Request{Kind: csptest.InlineScript, Hash: inner},
					csptest.Request{Kind: csptest.InlineHandler, Hash: inner},
					csptest.Request{Kind: csptest.InlineStyle, Hash: inner},
					csptest.Request{Kind: csptest.Script, ParserInserted: true, Hash: inner, URL: "https://unlisted.example/x"})
			default:
				urls = append(urls, listedURL(token)...)
			}
		}
	}
	slices.Sort(urls)
	for _, u := range slices.Compact(urls) {
		for _, kind := range fetches {
			all = append(all, csptest.Request{Kind: kind, URL: u})
		}
		all = append(all, csptest.Request{Kind: csptest.Script, URL: u, ParserInserted: true})
	}
	return all
}

// listedURL is a URL that a source of a list may match, and one below it.
func listedURL(token string) []string {
	if !strings.Contains(token, ".") || strings.HasPrefix(token, "'") {
		return nil
	}
	if !strings.Contains(token, "://") {
		token = "https://" + token
	}
	token = strings.ReplaceAll(strings.ReplaceAll(token, "//*", "//any"), ":*", "")
	if _, err := url.Parse(token); err != nil {
		return nil
	}
	return []string{token, strings.TrimSuffix(token, "/") + "/below.js"}
}

// granted says whether a probe is one of the things that we ask for, so that
// its decision may change. With 'self' in place of exact URLs, all scripts and
// connections on the page's own origin are.
func granted(r csptest.Request, self bool) bool {
	u, err := url.Parse(r.URL)
	if err != nil || r.URL == "" {
		return false
	}
	usualPort := u.Port() == "" || u.Port() == "443"
	zoom := strings.HasSuffix(strings.ToLower(u.Hostname()), ".zoom.us") && usualPort
	own := strings.EqualFold(u.Hostname(), "shop.example") && usualPort
	switch r.Kind {
	case csptest.Script, csptest.Worker: // worker-src falls back to script-src
		if own && (u.Scheme == "https" || u.Scheme == "wss") && (self || u.Path == loaderPath || u.Path == widgetPath) {
			return true
		}
		return (u.Scheme == "https" || u.Scheme == "wss") && strings.EqualFold(u.Hostname(), "us01-zcb.zoom.us") && zoom
	case csptest.Connect:
		if own && (u.Scheme == "https" || u.Scheme == "wss") && (self || strings.HasPrefix(u.Path, "/_cobrowse/")) {
			return true
		}
		return (u.Scheme == "https" || u.Scheme == "wss") && zoom
	case csptest.Img, csptest.Font, csptest.Style, csptest.Frame, csptest.Media:
		return (u.Scheme == "https" || u.Scheme == "wss") && zoom
	default:
		return false
	}
}

// bothRules are the readings under which every edit must be right.
var bothRules = map[string]csptest.Rules{"specification": csptest.Specification, "chromium": csptest.Chromium}

// checkNeeds reports needs that the lines do not allow.
func checkNeeds(t testing.TB, lines []string, requests []csptest.Request) {
	t.Helper()
	for name, rules := range bothRules {
		policies := parse(t, rules, lines)
		for _, r := range requests {
			if !policies.Allows(r) {
				t.Errorf("by %s: need %+v isn't allowed by %q", name, r, lines)
			}
		}
	}
}

// checkDecisions reports decisions on the site's own requests that an edit
// changed.
func checkDecisions(t testing.TB, before, after []string, self bool) {
	t.Helper()
	requests := probes(before)
	for name, rules := range bothRules {
		original, edited := parse(t, rules, before), parse(t, rules, after)
		for _, r := range requests {
			if was, is := original.Allows(r), edited.Allows(r); was != is && !granted(r, self) {
				t.Errorf("by %s: %+v was allowed: %v, is: %v\nbefore %q\nafter  %q", name, r, was, is, before, after)
			}
		}
	}
}

func parse(t testing.TB, rules csptest.Rules, lines []string) *csptest.Policies {
	t.Helper()
	policies, err := csptest.Parse(rules, site, lines)
	if err != nil {
		t.Fatal(err)
	}
	return policies
}
