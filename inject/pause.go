package inject

// The two methods of this file are for callers with a clock, who bound how
// long a site may pause before or within a page's head.

// PointKnown says whether the insertion point of an undecided document is
// known: only the rest of head is still waited for, and a Flush would decide.
func (r *Rewriter) PointKnown() bool {
	return r.page != nil && r.page.finder.scanner.point >= 0
}

// GiveUp ends the wait of an undecided document. Where the insertion point is
// known it does what Flush does. Elsewhere Decide is called with [Head.Skip]
// set to reason, and the held bytes go out as they came. After the decision,
// and after Close or Discard, it does nothing.
func (r *Rewriter) GiveUp(reason Reason) error {
	switch {
	case r.closed || r.decided:
		return nil
	case r.PointKnown():
		return r.Flush()
	}
	r.giveUp(reason)
	return r.err
}

func (r *Rewriter) giveUp(reason Reason) {
	r.enter()
	defer r.leave(nil)
	if r.coded != nil {
		r.coded.pass(reason)
	} else {
		r.page.finder.skip = reason
		r.commit(r.page.hold, nil)
	}
	r.inside = false
}
