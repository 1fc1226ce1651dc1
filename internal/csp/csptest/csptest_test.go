package csptest_test

import (
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp/csptest"
)

const (
	both          = "both"
	specification = "specification" // allowed there only
	chromium      = "chromium"
	neither       = "neither"
)

func TestAllows(t *testing.T) {
	script := func(url string) csptest.Request { return csptest.Request{Kind: csptest.Script, URL: url} }
	connect := func(url string) csptest.Request { return csptest.Request{Kind: csptest.Connect, URL: url} }
	markup := func(url string) csptest.Request {
		return csptest.Request{Kind: csptest.Script, URL: url, ParserInserted: true}
	}
	inline := func(kind csptest.Kind, nonce, hash string) csptest.Request {
		return csptest.Request{Kind: kind, Nonce: nonce, Hash: hash}
	}
	worker := csptest.Request{Kind: csptest.Worker, URL: "blob:https://shop.example/1"}
	const hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	tests := []struct {
		policy  string
		request csptest.Request
		want    string
	}{
		// Lists.
		{"", script("https://a.example/x"), both},
		{"script-src", script("https://a.example/x"), neither},
		{"script-src 'none'", script("https://a.example/x"), neither},
		{"script-src 'none' https://a.example", script("https://a.example/x"), both},
		{"script-src none", script("https://none/x"), both},
		{"SCRIPT-SRC\thttps://a.example", script("https://a.example/x"), both},
		{"script-src 'self'; script-src *", script("https://a.example/x"), neither},
		{"script-src *, script-src 'self'", script("https://a.example/x"), neither},
		// Fallback.
		{"default-src 'none'; script-src-elem *", script("https://a.example/x"), both},
		{"default-src *; child-src 'none'", csptest.Request{Kind: csptest.Frame, URL: "https://a.example/"}, neither},
		{"default-src 'none'; img-src *", csptest.Request{Kind: csptest.Object, URL: "https://a.example/"}, neither},
		{"script-src 'none'", worker, neither},
		{"img-src 'none'", worker, both},
		// Hosts.
		{"script-src *.a.example", script("https://x.a.example/"), both},
		{"script-src *.a.example", script("https://a.example/"), neither},
		{"script-src a.example", script("https://A.EXAMPLE/"), both},
		{"script-src a.example", script("http://a.example/"), neither},
		{"script-src http://a.example", script("https://a.example/"), both},
		{"script-src https://a.example", script("https://a.example:8443/"), neither},
		{"script-src https://a.example:*", script("https://a.example:8443/"), both},
		{"script-src https://a.example:443", script("https://a.example/"), both},
		// Paths.
		{"script-src https://a.example/dir/", script("https://a.example/dir/x.js?q"), both},
		{"script-src https://a.example/dir", script("https://a.example/dir/x.js"), neither},
		{"script-src https://a.example/x.js", script("https://a.example/x.js"), both},
		{"script-src https://a.example/x.js", script("https://a.example/x.jsx"), neither},
		{"script-src https://a.example/%78.js", script("https://a.example/x.js"), both},
		// Schemes and self.
		{"script-src *", script("data:,x"), neither},
		{"script-src data:", script("data:,x"), both},
		{"script-src https:", script("https://a.example/x"), both},
		{"script-src 'self'", script("https://shop.example/x"), both},
		{"script-src 'self'", script("http://shop.example/x"), neither},
		{"script-src 'self'", script("https://shop.example:8443/x"), neither},
		{"connect-src *", connect("wss://a.example/"), both},
		{"connect-src 'self'", connect("wss://shop.example/"), both},
		{"connect-src https:", connect("wss://a.example/"), specification},
		{"connect-src *.zoom.us", connect("wss://a.zoom.us/"), specification},
		{"connect-src https://*.zoom.us", connect("wss://a.zoom.us/"), specification},
		{"connect-src wss://*.zoom.us", connect("wss://a.zoom.us/"), both},
		{"connect-src wss://*.zoom.us", connect("https://a.zoom.us/"), specification},
		// Nonces, hashes, strict-dynamic.
		{"script-src 'nonce-a'", csptest.Request{Kind: csptest.Script, URL: "https://a.example/", Nonce: "a"}, both},
		{"script-src 'nonce-a'", csptest.Request{Kind: csptest.Script, URL: "https://a.example/", Nonce: "A"}, neither},
		{"script-src '" + hash + "'", csptest.Request{Kind: csptest.Script, URL: "https://a.example/", Hash: hash}, both},
		{"script-src '" + hash + "'", script("https://a.example/"), neither},
		{"script-src 'strict-dynamic' https:", markup("https://a.example/"), neither},
		{"script-src 'strict-dynamic'", script("https://a.example/"), both},
		{"script-src 'strict-dynamic'", worker, both},
		{"default-src 'strict-dynamic'", worker, chromium},
		// Inline.
		{"script-src 'unsafe-inline'", inline(csptest.InlineScript, "", ""), both},
		{"script-src 'unsafe-inline' 'nonce-a'", inline(csptest.InlineScript, "", ""), neither},
		{"script-src 'unsafe-inline' 'nonce-{{a}}'", inline(csptest.InlineScript, "", ""), both},
		{"script-src 'unsafe-inline' '" + hash + "'", inline(csptest.InlineScript, "", ""), neither},
		{"script-src 'unsafe-inline' 'strict-dynamic'", inline(csptest.InlineScript, "", ""), neither},
		{"style-src 'unsafe-inline' 'strict-dynamic'", inline(csptest.InlineStyle, "", ""), both},
		{"script-src '" + hash + "'", inline(csptest.InlineScript, "", hash), both},
		{"script-src '" + hash + "'", inline(csptest.InlineHandler, "", hash), neither},
		{"script-src 'unsafe-hashes' '" + hash + "'", inline(csptest.InlineHandler, "", hash), both},
		{"script-src 'nonce-a'", inline(csptest.InlineScript, "a", ""), both},
		{"style-src-attr 'unsafe-inline'; style-src 'none'", inline(csptest.InlineStyleAttr, "", ""), both},
		{"script-src-elem 'unsafe-eval'; script-src 'self'", inline(csptest.Eval, "", ""), neither},
		{"default-src 'unsafe-eval'", inline(csptest.Eval, "", ""), both},
		{"script-src 'wasm-unsafe-eval'", inline(csptest.Wasm, "", ""), both},
		{"script-src 'wasm-unsafe-eval'", inline(csptest.Eval, "", ""), neither},
	}
	for _, test := range tests {
		t.Run(test.policy+" "+string(test.request.Kind)+" "+test.request.URL, func(t *testing.T) {
			allows := func(rules csptest.Rules) bool {
				policies, err := csptest.Parse(rules, "https://shop.example", []string{test.policy})
				if err != nil {
					t.Fatal(err)
				}
				return policies.Allows(test.request)
			}
			got := map[[2]bool]string{
				{true, true}: both, {true, false}: specification, {false, true}: chromium, {false, false}: neither,
			}[[2]bool{allows(csptest.Specification), allows(csptest.Chromium)}]
			if got != test.want {
				t.Errorf("allowed by %s, want %s", got, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	if _, err := csptest.Parse(csptest.Chromium, "https://[shop.example", nil); err == nil {
		t.Error("an origin that is no URL was taken")
	}
}
