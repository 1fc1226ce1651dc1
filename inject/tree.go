package inject

// mode is an insertion mode of the standard's tree construction (HTML,
// 13.2.6.4), as far as the end of head.
type mode uint8

const (
	// beforeHead is also "initial" and "before html": until head is opened
	// they differ in what they do with a doctype, not in what they skip.
	beforeHead mode = iota
	inHead
	afterHead
	inBody // also "in frameset": nothing that follows can become part of head
)

// character handles text at the current token: a character that is not white
// space, or a '<' or '&' that turned out to be one.
func (s *scanner) character() {
	s.state = dataState
	if s.depth > 0 {
		return
	}
	if s.mode == beforeHead {
		s.point = s.token
	}
	s.mode = inBody
}

// tagNamed handles a tag as soon as its name is known: whether head is opened
// implicitly before it, and whether it ends head.
func (s *scanner) tagNamed() {
	if s.depth > 0 {
		return
	}
	name := string(s.tagName[:s.nameLen]) // does not escape, so no allocation
	if s.mode == beforeHead {
		ignored := s.endTag && !endsHead(name) // the parser drops the tag
		opener := !s.endTag && (name == "html" || name == "head")
		if ignored || opener {
			return
		}
		s.point = s.token
		s.mode = inHead
	}
	switch {
	case s.endTag && name == "head":
		s.mode = afterHead
	case s.endTag && endsHead(name), !s.endTag && !s.belongsInHead(name):
		s.mode = inBody
	}
}

// endsHead says whether an end tag of that name counts before, in and after
// head; all others are ignored there.
func endsHead(name string) bool {
	return name == "head" || name == "body" || name == "html" || name == "br"
}

// belongsInHead says whether a start tag of that name leaves head open or, in
// [afterHead], opens it once more for this one element.
func (s *scanner) belongsInHead(name string) bool {
	switch name {
	case "base", "basefont", "bgsound", "link", "meta", "noframes", "script", "style", "template", "title",
		"html", "head":
		return true
	}
	return name == "noscript" && s.mode == inHead
}

// tagEnded handles a tag's '>', which stands before s.pos.
func (s *scanner) tagEnded(b []byte) {
	s.state = dataState
	name := string(s.tagName[:s.nameLen])
	switch {
	case s.endTag:
		if name == "template" && s.depth > 0 {
			s.depth--
		}
		return
	case s.mode == beforeHead:
		if name == "head" {
			s.point = s.pos
			s.mode = inHead
		}
		return
	}
	switch name {
	case "template":
		s.depth++
	case "meta":
		if s.depth == 0 {
			s.metas = append(s.metas, span{s.token, s.pos})
		}
	case "script":
		if s.depth == 0 && len(s.marker) > 0 && hasSource(b[s.token:s.pos], s.marker) {
			s.marked = true
		}
		s.state = scriptDataState
	case "title", "style", "noframes", "noscript", // noscript: scripting is on, or our script would not run
		"textarea", "xmp", "iframe", "noembed": // within template only
		s.state = rawTextState
	case "plaintext":
		s.state = plaintextState
	}
}
