package inject

import "errors"

// Reason says why a document passes untouched. Reasons are stable words in
// kebab case, fit for a metric's label and a response header; "" means that
// nothing stands in the way.
type Reason string

// Why a document passes untouched.
const (
	// ReasonContentEncoding: the content coding is unknown, or there are several.
	ReasonContentEncoding Reason = "content-encoding"
	// ReasonCorrupt: the compressed body does not decode, or has data after its end.
	ReasonCorrupt Reason = "corrupt-encoding"
	// ReasonTruncated: the compressed body ended too early.
	ReasonTruncated Reason = "truncated-encoding"
	// ReasonPending: too much compressed input without an insertion point.
	ReasonPending Reason = "encoding-pending"
	// ReasonInflation: the body inflates beyond [Limits.Ratio].
	ReasonInflation Reason = "inflation"
	// ReasonHold: no insertion point within [Limits.Hold].
	ReasonHold Reason = "hold-exceeded"
	// ReasonNoPoint: the document ends inside a comment or a doctype, of which
	// anything that is put in would become a part.
	ReasonNoPoint Reason = "no-insertion-point"
	// ReasonNoMarkup: [Options.RequireMarkup], and the body does not start with '<'.
	ReasonNoMarkup Reason = "no-markup"
	// ReasonAlreadyInjected: a script of the head has [Options.Marker] in its src.
	ReasonAlreadyInjected Reason = "already-injected"
	// ReasonCharset: the charset is no label of the Encoding standard.
	ReasonCharset Reason = "unknown-charset"
	// ReasonReplacement: the label stands for the "replacement" encoding
	// (ISO-2022-KR, HZ and others), of which browsers show nothing.
	ReasonReplacement Reason = "replacement-charset"
	// ReasonUTF7: the charset is UTF-7, which browsers refuse.
	ReasonUTF7 Reason = "utf-7"
	// ReasonUTF32: the charset or the byte order mark is UTF-32, which browsers refuse.
	ReasonUTF32 Reason = "utf-32"
	// ReasonEscape: an escape sequence of ISO-2022-JP stands before the
	// insertion point, so that bytes there need not be ASCII.
	ReasonEscape Reason = "iso-2022-jp-escape"
)

// ReasonInternal: a fault of this package, which [Head.Fault] tells of.
const ReasonInternal Reason = "internal-error"

// Errors that Write, Flush and Close return besides those of dst.
var (
	// ErrInflation: after the decision the body turned out to inflate beyond
	// [Limits.Ratio] or [Limits.Size]. The response must be aborted.
	ErrInflation = errors.New("compressed document inflates beyond the limit")
	// ErrEncoding: after the decision the compressed body turned out to be
	// corrupt or truncated. The response must be aborted.
	ErrEncoding = errors.New("compressed document is corrupt or truncated")
	// ErrClosed: Write or Flush after Close or Discard.
	ErrClosed = errors.New("rewriter is closed")
)
