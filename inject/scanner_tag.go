package inject

import "bytes"

// runTagName collects a tag's name and acts on it as soon as it is complete.
func (s *scanner) runTagName(b []byte) {
	pos, n := s.pos, s.nameLen
	for ; pos < len(b); pos++ {
		c := b[pos]
		if isSpace(c) || c == '/' || c == '>' {
			s.state = beforeAttributeNameState
			break
		}
		if n < maxTagName {
			s.tagName[n] = lower(c)
			n++
		}
	}
	s.pos, s.nameLen = pos, n
	if s.state != tagNameState {
		s.tagNamed()
	}
}

// runAttributes finds the end of a tag: '>' inside quotes does not close it.
func (s *scanner) runAttributes(b []byte) {
	state, pos := s.state, s.pos // in registers: much of head is attributes
	for pos < len(b) {
		c := b[pos]
		switch state {
		case attributeValueDoubleQuotedState, attributeValueSingleQuotedState:
			quote := byte('"')
			if state == attributeValueSingleQuotedState {
				quote = '\''
			}
			i := bytes.IndexByte(b[pos:], quote)
			if i < 0 {
				s.state, s.pos = state, len(b)
				return
			}
			pos += i
			c = quote
			state = beforeAttributeNameState
		case attributeValueUnquotedState:
			if isSpace(c) {
				state = beforeAttributeNameState
			}
		case beforeAttributeValueState:
			switch {
			case isSpace(c), c == '>':
			case c == '"':
				state = attributeValueDoubleQuotedState
			case c == '\'':
				state = attributeValueSingleQuotedState
			default:
				state = attributeValueUnquotedState
			}
		default: // in a name, before or after one
			switch {
			case c == '>':
			case c == '=' && state != beforeAttributeNameState:
				state = beforeAttributeValueState
			case c == '/':
				state = beforeAttributeNameState
			case !isSpace(c):
				state = attributeNameState
				for pos+1 < len(b) && b[pos+1] > '>' { // letters above all
					pos++
				}
			case state == attributeNameState:
				state = afterAttributeNameState
			}
		}
		pos++
		if c == '>' {
			s.pos = pos
			s.tagEnded(b)
			return
		}
	}
	s.state, s.pos = state, pos
}
