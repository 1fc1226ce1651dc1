package proxy

import (
	"runtime/debug"
	"slices"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// decide settles a document: the element, the policies and the header fields
// together, or nothing at all. The rewriter calls it once, before the first
// byte leaves. A fault in here leaves the page as it is.
func (w *documentWriter) decide(head *inject.Head) (edit inject.Edit) {
	defer func() {
		if v := recover(); v != nil {
			w.m.logger.Error("deciding on a document failed; it goes out as it is", "panic", v, "stack", string(debug.Stack()))
			edit = w.leave(ReasonInternal)
		}
	}()
	if head.Fault != nil {
		w.m.logger.Error("reading a document failed; it goes out as it is", "panic", head.Fault)
	}
	if head.Skip != "" {
		return w.leave(head.Skip)
	}
	h := w.server
	plan := w.m.plan(h, w.site, head.Policies)
	if plan.Skip != "" && !w.m.cspOff {
		return w.leave(inject.Reason(plan.Skip))
	}
	if w.m.dryRun {
		return w.leave(ReasonDryRun)
	}
	edit = inject.Edit{Tag: w.m.tag.with(plan.Nonce, plan.Integrity)}
	if !w.m.cspOff {
		edit.Policies = plan.Metas
		applyPolicies(h, &plan)
	}
	if head.Charset != "" {
		h.Header["Content-Type"] = []string{withCharset(first(h.lines(fieldContentType)), head.Charset)}
	}
	w.m.markRewritten(h, w.guessed)
	w.result = Injected
	w.m.note(h.Header, Injected)
	return edit
}

// leave records why a document goes out as it came.
func (w *documentWriter) leave(reason inject.Reason) inject.Edit {
	w.result = reason
	w.m.note(w.server.Header, reason)
	return inject.Edit{}
}

// plan asks package csp what the policies of a response need.
func (m *Middleware) plan(h siteHeader, site string, metas []string) csp.Plan {
	if !h.hasAny(policyFields) && len(metas) == 0 {
		return csp.Plan{} // most sites have none
	}
	return m.policies.Plan(site, h.lines(fieldPolicy), h.lines(fieldReportOnly), metas, h.lines(fieldIntegrityPolicy))
}

// applyPolicies puts the edited lines in place; their number and order are the
// site's.
func applyPolicies(h siteHeader, plan *csp.Plan) {
	if len(plan.Enforced) > 0 {
		h.Header[fieldNames[fieldPolicy]] = plan.Enforced
	}
	if len(plan.ReportOnly) > 0 {
		h.Header[fieldNames[fieldReportOnly]] = plan.ReportOnly
	}
}

// markRewritten makes the header fit a body that is not the site's any more
// (RFC 9110, section 8).
func (m *Middleware) markRewritten(h siteHeader, guessed bool) {
	if !m.markETag(h) {
		delete(h.Header, "Etag")
		delete(h.Header, "Last-Modified") // alone it would bring old copies back
	}
	dropDigests(h)
	dropAnnounced(h)
	addVary(h, guessed)
}

// markETag gives the site's entity tag our suffix, and reports whether there is
// one that can have it.
func (m *Middleware) markETag(h siteHeader) bool {
	tags := h.lines(fieldETag)
	if len(tags) != 1 {
		return false
	}
	marked := m.etags.mark(tags[0])
	if marked == tags[0] {
		return false
	}
	h.Header["Etag"] = []string{marked}
	return true
}

// headerLikeGet gives the answer to a HEAD the header that GET would have, as
// far as that can be known without a body.
func (m *Middleware) headerLikeGet(h siteHeader, site string, guessed bool) {
	plan := m.plan(h, site, nil)
	if plan.Skip != "" && !m.cspOff {
		return
	}
	if !m.cspOff {
		applyPolicies(h, &plan)
	}
	m.markRewritten(h, guessed)
	delete(h.Header, "Content-Length")
}

// confirmCopy prepares a 304 for a copy of ours: browsers update the stored
// header from it, so the policies are edited as on the 200.
func (m *Middleware) confirmCopy(h siteHeader, site string, guessed bool) {
	if plan := m.plan(h, site, nil); plan.Skip == "" && !m.cspOff {
		applyPolicies(h, &plan)
	}
	m.markETag(h)
	dropDigests(h)
	addVary(h, guessed) // caches replace the stored one (RFC 9111, section 3.2)
}

// addVary names what the decision depended on.
func addVary(h siteHeader, guessed bool) {
	added := varyOn[:]
	if !guessed {
		added = added[:1]
	}
	lines := h.lines(fieldVary)
	if listHas(lines, "*") {
		return
	}
	for _, name := range added {
		if !listHas(lines, name) {
			lines = append(slices.Clip(lines), name)
		}
	}
	h.Header["Vary"] = lines
}

// varyOn are the request's fields that say what it is for, the first one where
// browsers send it.
var varyOn = [...]string{"Sec-Fetch-Dest", "Accept", "X-Requested-With"}

// withCharset adds a charset to a Content-Type that has none.
func withCharset(contentType, charset string) string {
	return strings.TrimRight(contentType, "; \t") + "; charset=" + charset
}
