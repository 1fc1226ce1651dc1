package csp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

func TestSwitches(t *testing.T) {
	one := func(name, line string) response { return response{name: name, enforced: []string{line}} }
	responses := []response{
		one("by default-src", "default-src 'self'"),
		one("directives of their own", "script-src 'self'; style-src 'self'; style-src-attr 'none'; img-src 'self'; font-src 'self'; worker-src 'none'"),
		one("style-src-elem", "default-src 'self'; style-src-elem 'self'; script-src-elem 'self'"),
		one("child-src governs workers", "child-src 'self'; script-src 'self' 'unsafe-inline'"),
		one("script-src governs workers", "script-src 'self' 'unsafe-inline' 'nonce-YQ=='"),
		one("workers are allowed under strict", "script-src 'strict-dynamic' 'nonce-YQ=='"),
		one("inline styles with nonces", "style-src 'self' 'unsafe-inline' 'nonce-YQ=='"),
		one("already there", "default-src 'self' 'UNSAFE-INLINE' 'unsafe-eval' DATA: blob: https: wss:"),
		one("not covered by a star", "default-src *"),
		one("trusted types", "require-trusted-types-for 'script'; trusted-types 'none'"),
		one("trusted types, names", "trusted-types a 'allow-duplicates'"),
		one("trusted types, no name", "trusted-types"),
		one("trusted types, any name", "trusted-types *"),
		one("trusted types, our name", "trusted-types cobrowse-loader"),
		one("trusted types, name in another case", "trusted-types Cobrowse-Loader"),
		{name: "report-only and meta", reportOnly: []string{"trusted-types a"}, metas: []string{"require-trusted-types-for 'script'; trusted-types 'none'"}},
	}
	e := newEditor(t, csp.Switches()...)
	var got strings.Builder
	for _, r := range responses {
		t.Run(r.name, func(t *testing.T) {
			writePlan(&got, r, checkForm(t, e, site, r))
		})
	}
	checkGolden(t, "switches.golden", got.String())
}

// TestSwitchAlone asserts that no switch adds what another one stands for.
func TestSwitchAlone(t *testing.T) {
	tests := map[csp.Switch][]string{
		csp.UnsafeInlineStyle: {"style-src 'self' https://*.zoom.us 'unsafe-inline'"},
		csp.DataImg:           {"img-src 'self' https://*.zoom.us data:"},
		csp.BlobImg:           {"img-src 'self' https://*.zoom.us blob:"},
		csp.DataFont:          {"font-src 'self' https://*.zoom.us data:"},
		csp.BlobWorker:        {"worker-src 'self' blob:"},
		csp.UnsafeEval:        {"script-src 'self' https://us01-zcb.zoom.us 'unsafe-eval'"},
		csp.TrustedTypes:      nil, // it decides on injecting, and adds nothing
	}
	lines := []string{"default-src 'self'; trusted-types a"}
	split := func(e *csp.Editor) []string {
		return strings.Split(e.Plan(site, lines, nil, nil, nil).Enforced[0], "; ")
	}
	without := split(newEditor(t))
	for _, s := range csp.Switches() {
		t.Run(string(s), func(t *testing.T) {
			var extra []string
			for _, d := range split(newEditor(t, s)) {
				if !slices.Contains(without, d) {
					extra = append(extra, d)
				}
			}
			if !slices.Equal(extra, tests[s]) {
				t.Errorf("got %q, want %q", extra, tests[s])
			}
		})
	}
}
