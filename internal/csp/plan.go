package csp

// Reason says why a response must not be injected. The values are fit for a
// metric label.
type Reason string

// The reasons. Only enforced policies give one, never report-only ones.
const (
	// ReasonSandbox: a sandbox directive without both allow-scripts and
	// allow-same-origin. Scripts are dead, or have an opaque origin.
	ReasonSandbox Reason = "csp-sandbox"
	// ReasonTrustedTypes: require-trusted-types-for 'script', and the operator
	// did not switch [TrustedTypes] on.
	ReasonTrustedTypes Reason = "csp-trusted-types"
	// ReasonCharacters: a directive holds a character that a policy can't have
	// (not printable ASCII). Browsers differ in what they make of it.
	ReasonCharacters Reason = "csp-characters"
	// ReasonHashSource: a 'url-…' or 'eval-…' hash source, beside which Chromium
	// ignores hosts.
	ReasonHashSource Reason = "csp-hash-source"
	// ReasonIntegrityPolicy: an Integrity-Policy header that blocks scripts
	// without integrity metadata, which Zoom's SDK does not have.
	ReasonIntegrityPolicy Reason = "csp-integrity-policy"
)

// Plan is what to do with one response.
type Plan struct {
	// Skip is not empty where nothing may be injected. Page and headers must
	// then pass untouched; all other fields are as if nothing were to do.
	Skip Reason
	// Nonce is the value for the tag's nonce attribute, taken from the site's
	// own policies; empty where none is needed. It consists of base64
	// characters only (both alphabets), so it needs no escaping in HTML.
	Nonce string
	// Integrity is the value for the tag's integrity attribute, empty where
	// none is needed. Both may be needed.
	Integrity string
	// Enforced, ReportOnly and Metas are the edited lines: as many as were
	// given, in the same order. An untouched line is the same string; a slice
	// in which no line changed is the one that was given.
	Enforced, ReportOnly, Metas []string
	// Changed says that at least one line differs.
	Changed bool
	// Degraded names the switches that are on but can't have an effect under
	// an enforced policy of this response. Nil where all have.
	Degraded []Switch
}

// Plan decides for one response.
//
// site is the public origin of the page ("https://shop.example", with a port
// where it isn't the scheme's own), from configuration, never from a Host
// header. Our files are then named by exact URL. Where it is empty, or can't be
// written in a policy (IP addresses, see CSP3 section 6.7.2.10), 'self' is named.
//
// enforced and reportOnly are the lines of Content-Security-Policy and of
// Content-Security-Policy-Report-Only, metas the contents of the page's
// <meta http-equiv=content-security-policy> in head, character references
// decoded, and integrityPolicy the lines of Integrity-Policy. All may be nil.
// None of the slices is modified or kept, but the result may share them: its
// other slices are the caller's own.
//
// Nonce, Integrity, Enforced and ReportOnly depend on the header lines, the
// site and the configuration alone, so a 304 (without metas) gets the same
// headers as the 200 whose stored copy it refreshes. Metas can add a Skip only.
// The tag must come before every meta: its fetch is then not subject to them,
// so they are edited for what the loader does later, not for the loader.
func (e *Editor) Plan(site string, enforced, reportOnly, metas, integrityPolicy []string) Plan {
	if len(enforced)+len(reportOnly) == 0 || len(metas)+len(integrityPolicy) > 0 {
		return e.plan(site, enforced, reportOnly, metas, integrityPolicy)
	}
	plan, known := e.memory.recall(site, enforced, reportOnly)
	if !known {
		plan = e.plan(site, enforced, reportOnly, nil, nil)
		e.memory.keep(site, enforced, reportOnly, &plan)
	}
	return plan
}

func (e *Editor) plan(site string, enforced, reportOnly, metas, integrityPolicy []string) Plan {
	plan := Plan{Enforced: enforced, ReportOnly: reportOnly, Metas: metas}
	if plan.Skip = e.reason(enforced, metas, integrityPolicy); plan.Skip != "" {
		return plan
	}
	if len(enforced) == 0 && len(reportOnly) == 0 && len(metas) == 0 {
		return plan
	}
	trust := chooseTrust(enforced, reportOnly)
	plan.Nonce = trust.nonce
	ed := editing{
		origin:  parseOrigin(site),
		needs:   e.needs,
		scripts: e.scripts,
		nonce:   trust.nonce,
	}
	if trust.digest {
		plan.Integrity = e.integrity
		ed.digest = e.digest
	}
	var inHeaders, inReportOnly, inMetas bool
	plan.ReportOnly, inReportOnly = ed.lines(reportOnly)
	ed.watch = true
	plan.Enforced, inHeaders = ed.lines(enforced)
	// What the loader inserts is trusted by every strict list. The loader itself
	// is fetched before a meta element is seen.
	ed.scripts, ed.digest = e.scripts[1:], nil
	plan.Metas, inMetas = ed.lines(metas)
	plan.Degraded = ed.degraded
	plan.Changed = inHeaders || inReportOnly || inMetas
	return plan
}

// reason says why nothing may be injected, if so.
func (e *Editor) reason(enforced, metas, integrityPolicy []string) Reason {
	if blocksScripts(integrityPolicy) {
		return ReasonIntegrityPolicy
	}
	if reason := e.skip(enforced, false); reason != "" {
		return reason
	}
	return e.skip(metas, true)
}
