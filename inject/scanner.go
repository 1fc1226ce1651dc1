package inject

import "bytes"

// state is a state of the standard's tokenizer (HTML, 13.2.5), less those
// that make no difference to where a token ends.
type state uint8

const (
	dataState state = iota
	tagOpenState
	endTagOpenState
	tagNameState
	beforeAttributeNameState // also after a quoted value and after a slash
	attributeNameState
	afterAttributeNameState
	beforeAttributeValueState
	attributeValueDoubleQuotedState
	attributeValueSingleQuotedState
	attributeValueUnquotedState
	markupDeclarationOpenState // also: so much of "doctype" matched
	markupDeclarationDashState
	bogusCommentState
	doctypeState
	commentStartState
	commentStartDashState
	commentState
	commentEndDashState
	commentEndState
	commentEndBangState
	characterReferenceState
	namedCharacterReferenceState
	numericCharacterReferenceState
	hexadecimalCharacterReferenceState
	decimalCharacterReferenceState
	rawTextState // from here on: scanner_text.go
	rawTextLessThanSignState
	rawTextEndTagNameState
	plaintextState
	scriptDataState
	scriptDataLessThanSignState
	scriptDataEscapeStartState
	scriptDataEscapeStartDashState
	scriptDataEscapedState
	scriptDataEscapedDashState
	scriptDataEscapedDashDashState
	scriptDataEscapedLessThanSignState
	scriptDataDoubleEscapeStartState
	scriptDataDoubleEscapedState
	scriptDataDoubleEscapedDashState
	scriptDataDoubleEscapedDashDashState
	scriptDataDoubleEscapedLessThanSignState
	scriptDataDoubleEscapeEndState
)

// span is a part of the text, from start up to end.
type span struct{ start, end int }

// scanner reads a document only as far as the end of its head: it finds where
// the parser opens head, which meta elements are children of it, and where it
// ends. It can stop after any byte and go on later, and allocates nothing but
// the list of metas, which is used again.
//
// The text is bytes of an ASCII-compatible encoding. None of those has '<',
// '>', '"', '=', '/', '&', '-', white space or digits that matter as a
// trail byte of a longer character, so that the bytes need no decoding.
type scanner struct {
	state   state
	mode    mode
	pos     int // the next byte to read
	token   int // where the current token starts
	point   int // where the tag goes, -1 while unknown
	depth   int // how many template elements are open
	matched int // how much of an expected word has been read

	endTag  bool
	tagName [maxTagName]byte // in lower case; complete only if it fits
	nameLen int
	text    state  // the raw text state to go back to where no end tag came
	word    string // what matched counts in: a character reference's rest
	code    uint32 // a numeric character reference's value
	digits  bool   // it has at least one digit

	marker []byte // what the src of our own script contains, nil = do not look
	marked bool   // such a script was found
	metas  []span // the meta elements that are children of head
}

// maxTagName is one more than the longest name that matters ("plaintext").
const maxTagName = 10

func (s *scanner) reset(marker string) {
	*s = scanner{point: -1, marker: append(s.marker[:0], marker...), metas: s.metas[:0]}
}

// whiteSpace is that of the HTML standard (Infra, "ASCII whitespace"), a bit a
// character.
const whiteSpace uint64 = 1<<' ' | 1<<'\t' | 1<<'\n' | 1<<'\f' | 1<<'\r'

func isSpace(c byte) bool { return c <= ' ' && whiteSpace>>c&1 != 0 }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// run reads on to the end of b, which is the text from its very beginning, or
// to the end of head.
func (s *scanner) run(b []byte) {
	for s.pos < len(b) && s.mode != inBody {
		switch {
		case s.state <= tagNameState:
			s.runData(b)
		case s.state <= attributeValueUnquotedState:
			s.runAttributes(b)
		case s.state <= commentEndBangState:
			s.runMarkup(b)
		case s.state <= decimalCharacterReferenceState:
			s.runCharacterReference(b)
		case s.state <= plaintextState:
			s.runRawText(b)
		default:
			s.runScript(b)
		}
	}
}

// finish says that the text of n bytes is complete. Where the insertion point
// is still unknown it is here: at the end, or before a token that the end cuts
// off and that the parser turns into text or drops. Inside a comment or a
// doctype, whatever follows would become part of it, so there is no point.
func (s *scanner) finish(n int) {
	if s.point >= 0 {
		return
	}
	switch {
	case s.state == dataState:
		s.point = n
	case s.state <= attributeValueUnquotedState:
		s.point = s.token
	case s.state <= commentEndBangState:
	case s.isSpaceReference():
		s.point = n
	default:
		s.point = s.token
	}
}

// runData handles text between tags and the beginnings of tags.
func (s *scanner) runData(b []byte) {
	c := b[s.pos]
	switch s.state {
	case dataState:
		for isSpace(c) {
			if s.pos++; s.pos == len(b) {
				return
			}
			c = b[s.pos]
		}
		switch {
		case c == '<':
			s.begin(tagOpenState)
		case s.depth > 0:
			s.skipTo(b, '<')
		case c == '&':
			s.begin(characterReferenceState)
		default:
			s.token = s.pos
			s.character()
		}
	case tagOpenState:
		switch {
		case isLetter(c):
			s.endTag, s.nameLen, s.state = false, 0, tagNameState
		case c == '/':
			s.next(endTagOpenState)
		case c == '!':
			s.matched = 0
			s.next(markupDeclarationOpenState)
		case c == '?':
			s.next(bogusCommentState)
		default:
			s.character()
		}
	case endTagOpenState:
		switch {
		case isLetter(c):
			s.endTag, s.nameLen, s.state = true, 0, tagNameState
		case c == '>':
			s.next(dataState)
		default:
			s.state = bogusCommentState
		}
	case tagNameState:
		s.runTagName(b)
	}
}

// begin starts a token at the current byte and takes that byte.
func (s *scanner) begin(st state) {
	s.token = s.pos
	s.next(st)
}

// next takes the current byte.
func (s *scanner) next(st state) {
	s.pos++
	s.state = st
}

// skipTo moves to the next c, or to the end of b.
func (s *scanner) skipTo(b []byte, c byte) {
	if i := bytes.IndexByte(b[s.pos:], c); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(b)
	}
}
