package inject

// runCharacterReference tells references to white space, which the parser
// skips before and keeps within head, from all others, which are text.
func (s *scanner) runCharacterReference(b []byte) {
	c := b[s.pos]
	switch s.state {
	case characterReferenceState:
		s.code, s.digits, s.matched = 0, false, 0
		switch c {
		case '#':
			s.next(numericCharacterReferenceState)
		case 'T':
			s.word = "Tab;"
			s.state = namedCharacterReferenceState
		case 'N':
			s.word = "NewLine;"
			s.state = namedCharacterReferenceState
		default:
			s.character()
		}
	case namedCharacterReferenceState:
		if c != s.word[s.matched] {
			s.character()
			return
		}
		s.matched++
		s.pos++
		if s.matched == len(s.word) {
			s.state = dataState
		}
	case numericCharacterReferenceState:
		if c|0x20 == 'x' {
			s.next(hexadecimalCharacterReferenceState)
		} else {
			s.state = decimalCharacterReferenceState
		}
	default:
		if v, ok := digit(c, s.state == hexadecimalCharacterReferenceState); ok {
			s.addDigit(v)
			return
		}
		if !s.isSpaceReference() {
			s.character()
			return
		}
		s.state = dataState
		if c == ';' {
			s.pos++
		}
	}
}

// addDigit takes one more digit of a numeric character reference. Values that
// are too large to be white space stay so, however many digits follow.
func (s *scanner) addDigit(v uint32) {
	base := uint32(10)
	if s.state == hexadecimalCharacterReferenceState {
		base = 16
	}
	s.code = min(s.code*base+v, 0x10000)
	s.digits = true
	s.pos++
}

// isSpaceReference says whether the numeric character reference, as far as it
// has been read, stands for white space.
func (s *scanner) isSpaceReference() bool {
	return s.digits && s.code <= ' ' && whiteSpace>>s.code&1 != 0 &&
		(s.state == decimalCharacterReferenceState || s.state == hexadecimalCharacterReferenceState)
}

func digit(c byte, hexadecimal bool) (uint32, bool) {
	switch {
	case '0' <= c && c <= '9':
		return uint32(c - '0'), true
	case hexadecimal && 'a' <= c|0x20 && c|0x20 <= 'f':
		return uint32(c|0x20-'a') + 10, true
	}
	return 0, false
}
