package proxy

import "github.com/cobrowse-proxy/cobrowse-proxy/inject"

// Injected is the result of a document that got our element. Every other
// result is the reason why a response was left alone: one of these, one of
// package inject's, or one of package csp's with the prefix "csp-". The set is
// small and fixed, so that a result is fit for a metric label.
const Injected = "injected"

// Reasons that are known before the site answers.
const (
	ReasonNotDocument inject.Reason = "not-a-document" // the browser asked for something else
	ReasonMethod      inject.Reason = "method"         // PUT, CONNECT and the like
	ReasonPrivate     inject.Reason = "private-path"
	ReasonRules       inject.Reason = "rules"   // the operator's only and except
	ReasonPercent     inject.Reason = "percent" // the visitor is not in the share
	// ReasonZoomClient: the page is shown inside the agents' Zoom client.
	ReasonZoomClient inject.Reason = "zoom-client"
)

// Reasons that the response's header gives.
const (
	ReasonStatus      inject.Reason = "status"       // 1xx, 204, redirects
	ReasonNotModified inject.Reason = "not-modified" // 304 for a copy that is injected already: no body
	ReasonHead        inject.Reason = "head"         // HEAD: no body
	ReasonPartial     inject.Reason = "partial-content"
	ReasonMediaType   inject.Reason = "media-type"
	ReasonAttachment  inject.Reason = "attachment"
	ReasonNoTransform inject.Reason = "no-transform"
	ReasonIncremental inject.Reason = "incremental"
	ReasonUpgrade     inject.Reason = "upgrade"
	ReasonEmpty       inject.Reason = "empty"
	ReasonDryRun      inject.Reason = "dry-run"
	ReasonHoldTimeout inject.Reason = "hold-timeout"        // the head did not arrive in time
	ReasonSiteError   inject.Reason = "site-error"          // the site failed before the head arrived
	ReasonInternal                  = inject.ReasonInternal // a fault of ours
)
