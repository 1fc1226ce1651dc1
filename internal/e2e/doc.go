// Package e2e holds the tests of the whole: the real binary with the Caddyfile
// that an operator would write, the legacy site behind it, a stand-in for Zoom
// under Zoom's own host name, and a real Chromium in front.
//
// Sessions are tested as operators run them: several instances on one Redis,
// which freezes, fills up and dies; instances that are killed, stopped and
// reloaded at work; and strangers who try every door. COBROWSE_LONG=1 does more
// of the same.
//
// It has no code of its own, and proves what no other package can: that button,
// token, policies and desk work together on pages that know nothing of them.
package e2e
