package inject

// runMarkup handles what begins with "<!", and bogus comments.
func (s *scanner) runMarkup(b []byte) {
	const doctype = "doctype"
	c := b[s.pos]
	switch s.state {
	case markupDeclarationOpenState:
		switch {
		case s.matched == 0 && c == '-':
			s.next(markupDeclarationDashState)
		case lower(c) != doctype[s.matched]:
			s.state = bogusCommentState
		default:
			s.matched++
			s.pos++
			if s.matched == len(doctype) {
				s.state = doctypeState
			}
		}
	case markupDeclarationDashState:
		if c == '-' {
			s.next(commentStartState)
		} else {
			s.state = bogusCommentState
		}
	case bogusCommentState, doctypeState:
		s.skipTo(b, '>')
		if s.pos < len(b) {
			s.next(dataState)
		}
	default:
		s.runComment(b)
	}
}

// runComment handles comments that began with "<!--". They end at "-->" or
// "--!>", and also at ">" or "->" right at the start.
func (s *scanner) runComment(b []byte) {
	c := b[s.pos]
	dash, bang := commentEndState, commentState
	switch s.state {
	case commentState:
		s.skipTo(b, '-')
		if s.pos < len(b) {
			s.next(commentEndDashState)
		}
		return
	case commentStartState:
		dash = commentStartDashState
	case commentEndBangState:
		dash = commentEndDashState
	case commentEndState:
		bang = commentEndBangState
	}
	switch {
	case c == '-':
		s.next(dash)
	case c == '>' && s.state != commentEndDashState:
		s.next(dataState)
	case c == '!':
		s.next(bang)
	default:
		s.next(commentState)
	}
}
