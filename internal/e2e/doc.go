// Package e2e holds the tests of the whole: the real binary with the Caddyfile
// that an operator would write, the legacy site behind it, a stand-in for Zoom
// under Zoom's own host name, and a real Chromium in front.
//
// It has no code of its own, and proves what no other package can: that button,
// token, policies and desk work together on pages that know nothing of them.
package e2e
