package inject

// Method says how a document went through a [Rewriter]. The words are fit for
// a metric's label.
type Method string

// How a document went through.
const (
	// MethodUntouched: it passed as it came.
	MethodUntouched Method = "untouched"
	// MethodInserted: an identity body, with the tag between its bytes.
	MethodInserted Method = "inserted"
	// MethodSpliced: a gzip body, of which only the beginning was decoded.
	MethodSpliced Method = "spliced"
	// MethodRecoded: a compressed body that is decoded and encoded anew: one
	// that is not gzip, or has policies to edit.
	MethodRecoded Method = "recoded"
)

// Method returns how the document goes through. It is "" until the decision.
func (r *Rewriter) Method() Method { return r.method }
