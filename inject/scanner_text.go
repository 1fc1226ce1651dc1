package inject

import "bytes"

// runRawText handles the content of elements in which only their own end tag
// counts: title, style, noscript and so on.
func (s *scanner) runRawText(b []byte) {
	c := b[s.pos]
	switch s.state {
	case rawTextState:
		s.skipTo(b, '<')
		if s.pos < len(b) {
			s.next(rawTextLessThanSignState)
		}
	case rawTextLessThanSignState:
		if c == '/' {
			s.endTagMaybe(rawTextState)
		} else {
			s.state = rawTextState
		}
	case rawTextEndTagNameState:
		s.runRawTextEndTag(c)
	case plaintextState:
		s.pos = len(b)
	}
}

// endTagMaybe takes the slash of what may be the end tag of the element whose
// text is being read; back is the state for when it is not.
func (s *scanner) endTagMaybe(back state) {
	s.text = back
	s.matched = 0
	s.next(rawTextEndTagNameState)
}

// runRawTextEndTag compares the name with that of the open element.
func (s *scanner) runRawTextEndTag(c byte) {
	if s.matched < s.nameLen {
		if lower(c) == s.tagName[s.matched] {
			s.matched++
			s.pos++
		} else {
			s.state = s.text
		}
		return
	}
	if isSpace(c) || c == '/' || c == '>' {
		s.endTag = true
		s.state = beforeAttributeNameState
	} else {
		s.state = s.text
	}
}

// runScript handles the content of script, in which "<!--" hides end tags
// from "<script" on: <script><!--<script></script>--></script> is one element.
func (s *scanner) runScript(b []byte) {
	c := b[s.pos]
	switch s.state {
	case scriptDataState:
		s.skipTo(b, '<')
		if s.pos < len(b) {
			s.next(scriptDataLessThanSignState)
		}
	case scriptDataLessThanSignState:
		switch c {
		case '/':
			s.endTagMaybe(scriptDataState)
		case '!':
			s.next(scriptDataEscapeStartState)
		default:
			s.state = scriptDataState
		}
	case scriptDataEscapeStartState, scriptDataEscapeStartDashState:
		switch {
		case c != '-':
			s.state = scriptDataState
		case s.state == scriptDataEscapeStartState:
			s.next(scriptDataEscapeStartDashState)
		default:
			s.next(scriptDataEscapedDashDashState)
		}
	case scriptDataEscapedLessThanSignState:
		switch {
		case c == '/':
			s.endTagMaybe(scriptDataEscapedState)
		case isLetter(c):
			s.matched, s.state = 0, scriptDataDoubleEscapeStartState
		default:
			s.state = scriptDataEscapedState
		}
	case scriptDataDoubleEscapedLessThanSignState:
		if c == '/' {
			s.matched = 0
			s.next(scriptDataDoubleEscapeEndState)
		} else {
			s.state = scriptDataDoubleEscapedState
		}
	case scriptDataDoubleEscapeStartState:
		s.runDoubleEscape(c, scriptDataEscapedState, scriptDataDoubleEscapedState)
	case scriptDataDoubleEscapeEndState:
		s.runDoubleEscape(c, scriptDataDoubleEscapedState, scriptDataEscapedState)
	default:
		s.runEscaped(b)
	}
}

// runEscaped handles script data after "<!--", up to "-->" or the next tag.
func (s *scanner) runEscaped(b []byte) {
	text, dash, dashDash, lessThan := scriptDataEscapedState, scriptDataEscapedDashState,
		scriptDataEscapedDashDashState, scriptDataEscapedLessThanSignState
	if s.state >= scriptDataDoubleEscapedState {
		text, dash, dashDash, lessThan = scriptDataDoubleEscapedState, scriptDataDoubleEscapedDashState,
			scriptDataDoubleEscapedDashDashState, scriptDataDoubleEscapedLessThanSignState
	}
	if s.state == text {
		i := bytes.IndexAny(b[s.pos:], "-<")
		if i < 0 {
			s.pos = len(b)
			return
		}
		s.pos += i
	}
	switch c := b[s.pos]; {
	case c == '<':
		s.next(lessThan)
	case c == '-' && s.state == text:
		s.next(dash)
	case c == '-':
		s.next(dashDash)
	case c == '>' && s.state == dashDash:
		s.next(scriptDataState)
	default:
		s.next(text)
	}
}

// runDoubleEscape compares a tag's name within escaped script data with
// "script": if it is that, the state becomes yes, otherwise no.
func (s *scanner) runDoubleEscape(c byte, no, yes state) {
	const script = "script"
	switch {
	case s.matched < len(script) && lower(c) == script[s.matched]:
		s.matched++
		s.pos++
	case s.matched == len(script) && (isSpace(c) || c == '/' || c == '>'):
		s.next(yes)
	default:
		s.state = no
	}
}
