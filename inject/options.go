package inject

// Options describe one document and what is to happen to it.
type Options struct {
	// Charset is the charset parameter of the document's Content-Type, as it
	// stood there; "" when there was none. Case and surrounding white space do
	// not matter.
	Charset string
	// ContentEncoding is the body's one coding: "" or "identity", "gzip",
	// "x-gzip", "deflate", "br" or "zstd", in any case. Anything else, a list
	// included, passes untouched with [ReasonContentEncoding].
	ContentEncoding string
	// RequireMarkup passes the document untouched, with [ReasonNoMarkup],
	// unless its first byte that is neither byte order mark nor white space is
	// '<'. It is for requests that did not say whether they want a document.
	RequireMarkup bool
	// Marker is an ASCII string that the URL of our own script contains. Where
	// a script element of the head already has it in its src attribute, the
	// document passes untouched with [ReasonAlreadyInjected]. "" looks for
	// nothing.
	Marker string
	// Decide is called exactly once for each document that is not discarded,
	// before the first byte goes to dst, from within Write, Flush, Close or
	// GiveUp. It must not call the Rewriter, and the Head is valid during the
	// call only. It is where the caller prepares its response header; when the
	// first byte comes, [Rewriter.Growth] is known too. Nil means that every
	// document passes untouched.
	Decide func(*Head) Edit
	// Length is the body's length in bytes as it comes, in its coding, where
	// that is known (Content-Length); otherwise 0. Then the decision about a gzip
	// body waits, as it waits for the end of head, until [Rewriter.Growth] is
	// exact: until 32 KiB of text behind the insertion point have come, or the
	// end. A flush ends this wait too. The bytes must be as many: a gzip body
	// that ends earlier makes Close return [ErrEncoding].
	Length int64
	// Limits bound memory and work. Zero fields mean defaults.
	Limits Limits
}

// Head is what is known of a document when its first bytes must go out.
type Head struct {
	// Skip is "" where the tag can be injected. Otherwise it says why not, and
	// the original bytes are written whatever Decide returns.
	Skip Reason
	// Charset is the encoding label that Content-Type has to name so that the
	// insertion cannot change how browsers decode the page: the document
	// declares it in a meta element that starts within the first 1,024 bytes,
	// and neither a byte order mark nor [Options.Charset] says it already. It
	// is a label of the Encoding standard in lower case, of letters, digits,
	// '-', '_', ':', '.' and '+' only. Otherwise it is "", and Content-Type
	// must stay as it is.
	Charset string
	// Complete says that the end of head was seen, so that Policies has all
	// there are. It is false where a flush or the hold's limit ended the wait.
	Complete bool
	// Policies are the policies of the meta elements with
	// http-equiv=content-security-policy that are children of head, in order,
	// with character references decoded. Those without content are left out,
	// since browsers ignore them.
	Policies []string
	// Fault is the panic behind [ReasonInternal], with its stack and nothing of the
	// document; otherwise nil.
	Fault error
}

// Edit is what Decide wants done.
type Edit struct {
	// Tag goes in where head has just been opened, in the document's encoding.
	// It must be ASCII. "" passes the document untouched.
	Tag string
	// Policies are the new contents for [Head.Policies], in the same order and
	// of the same number; an equal string leaves its element byte for byte.
	// Nil leaves all of them, and so does a slice of another length.
	Policies []string
}

// Limits bound what one document may cost. Zero fields mean the default.
type Limits struct {
	// Hold is how many bytes of decoded text may be held, in bytes; default
	// [DefaultHold]. Where no insertion point is known by then, the document
	// passes untouched with [ReasonHold].
	Hold int
	// Pending is how many bytes of a compressed body may be taken without a
	// decision; default [DefaultPending]. Empty blocks decode to nothing, so
	// that Hold alone would not bound them. Beyond it the document passes
	// untouched with [ReasonPending].
	Pending int
	// Ratio is how many times its compressed size a body may inflate to;
	// default [DefaultRatio]. It counts from 64 KiB of decoded text on.
	// Found before the decision, the document passes untouched with
	// [ReasonInflation]; after it, Write returns [ErrInflation].
	Ratio int
	// Probe is how many decoded bytes of what has already arrived are looked
	// at for Ratio before the decision; default [DefaultProbe]. They are held
	// meanwhile.
	Probe int
	// Size is how many decoded bytes a compressed body may have in all;
	// default [DefaultSize]. Beyond it, Write returns [ErrInflation].
	Size int64
}

// Defaults of [Limits].
const (
	DefaultHold    = 64 << 10
	DefaultPending = 128 << 10
	DefaultRatio   = 200
	DefaultProbe   = 1 << 20
	DefaultSize    = 256 << 20
)

// setDefaults fills in what the caller left open.
func (l *Limits) setDefaults() {
	if l.Hold <= 0 {
		l.Hold = DefaultHold
	}
	if l.Pending <= 0 {
		l.Pending = DefaultPending
	}
	if l.Ratio <= 0 {
		l.Ratio = DefaultRatio
	}
	if l.Probe <= 0 {
		l.Probe = DefaultProbe
	}
	if l.Size <= 0 {
		l.Size = DefaultSize
	}
}
