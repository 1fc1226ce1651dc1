// Package csp edits Content-Security-Policy: the least that lets our scripts
// and Zoom's SDK run, and nothing else changed.
//
// Naive edits break sites or fail. A second, more permissive header only
// narrows (policies intersect); a new directive such as connect-src switches
// off what default-src granted before; a nonce or a hash beside
// 'unsafe-inline' kills every inline script of the site. So this package asks
// of each policy, as a browser does, which directive governs a need, and
// either appends the missing sources to that directive or, where only a
// fallback governs, adds the more specific directive with a copy of what the
// fallback granted. All other bytes stay as they came: order, case, unknown
// directives, report addresses, duplicates, white space.
//
// An [Editor] is made once from a [Config]; [Editor.Plan] takes all policies of
// one response and answers with a [Plan]: either a reason why nothing may be
// injected, or the edited lines together with the nonce or the integrity that
// our script tag must carry. The package is pure: strings in, strings out.
//
// The rules are those of Content Security Policy Level 3 (W3C,
// https://www.w3.org/TR/CSP3/), narrowed where Chromium was measured to be
// stricter: there https://*.zoom.us does not cover wss://x.zoom.us.
package csp
