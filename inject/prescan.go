package inject

import "bytes"

// window is how many bytes browsers search for a declaration of the encoding
// before they start to parse (HTML, 13.2.3.2).
const window = 1024

// declaration is what a prescan found.
type declaration struct {
	encoding string // "" for none
	more     bool   // nothing can be said yet: more bytes are needed
}

// declared returns the encoding that the text declares in a meta element that
// starts within the window. It may end beyond it: browsers that gave up at
// byte 1,024 meet it again as they parse, and change the encoding then.
//
// Browsers disagree in one respect: the standard's prescan, and Firefox, also
// find what looks like a meta element within a script, style or title, while
// Blink tokenizes. Where the two readings differ there is no saying what the
// page declares, and so it counts as nothing. The XML declaration, which
// browsers heed where they find no meta, is of no interest: it must stand at
// the very beginning, where no insertion moves it.
func declared(text []byte, final bool) declaration {
	p := prescanner{text: text, final: final}
	d := p.scan()
	if d.encoding == "" {
		return d
	}
	p = prescanner{text: text, final: final, skipRawText: true}
	if other := p.scan(); other != d {
		return declaration{more: other.more}
	}
	return d
}

// prescanner is the standard's "prescan a byte stream to determine its
// encoding", less its first step: finder.sniff looks for UTF-16.
type prescanner struct {
	text        []byte
	pos         int
	final       bool // no more text will come, or can be waited for
	skipRawText bool // read as a tokenizer does
}

func (p *prescanner) scan() declaration {
	for p.pos < window {
		i := bytes.IndexByte(p.text[p.pos:], '<')
		if i < 0 {
			p.pos = len(p.text)
			break
		}
		if p.pos += i; p.pos >= window {
			break
		}
		rest := p.text[p.pos:]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			p.skipPast(2, "-->") // its dashes may be those of "<!--"
		case len(rest) > 5 && equalFold(rest[:5], "<meta") && (isSpace(rest[5]) || rest[5] == '/'):
			p.pos += 5
			encoding, complete := p.meta()
			if encoding != "" {
				return declaration{encoding: encoding}
			}
			if !complete {
				return declaration{more: !p.final}
			}
		case len(rest) > 1 && isLetter(rest[1]), len(rest) > 2 && rest[1] == '/' && isLetter(rest[2]):
			p.tag()
		case len(rest) > 1 && (rest[1] == '!' || rest[1] == '/' || rest[1] == '?'):
			p.skipPast(1, ">")
		default:
			p.pos++
		}
	}
	return declaration{more: !p.final && len(p.text) < window+len("<meta ")}
}

// skipPast moves behind the next end at least n bytes ahead.
func (p *prescanner) skipPast(n int, end string) {
	if i := bytes.Index(p.text[p.pos+n:], []byte(end)); i >= 0 {
		p.pos += n + i + len(end)
	} else {
		p.pos = len(p.text)
	}
}

// tag skips a tag other than meta, and where asked to, the text of elements
// whose content is not markup.
func (p *prescanner) tag() {
	start := p.pos + 1
	for p.pos < len(p.text) && !isSpace(p.text[p.pos]) && p.text[p.pos] != '>' {
		p.pos++
	}
	name, _, _ := bytes.Cut(p.text[start:p.pos], []byte("/"))
	for {
		if _, _, ok := p.attribute(); !ok {
			break
		}
	}
	p.pos = min(p.pos+1, len(p.text))
	if !p.skipRawText {
		return
	}
	for _, raw := range [...]string{"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"} {
		if equalFold(name, raw) {
			if i := indexFold(p.text[p.pos:], "</"+raw); i >= 0 {
				p.pos += i
			} else {
				p.pos = len(p.text)
			}
		}
	}
}

// meta reads the attributes of a meta element, behind whose name p stands. It
// returns the encoding that it declares, if any, and whether it is complete.
func (p *prescanner) meta() (encoding string, complete bool) {
	var gotPragma, needPragma, charsetSeen, contentSeen, pragmaSeen bool
	for {
		name, value, ok := p.attribute()
		if !ok {
			break
		}
		switch {
		case equalFold(name, "http-equiv") && !pragmaSeen:
			pragmaSeen = true
			gotPragma = equalFold(value, "content-type")
		case equalFold(name, "content") && !contentSeen:
			contentSeen = true
			if e := encodingFromContent(value); e != "" && !charsetSeen && encoding == "" {
				encoding, needPragma = e, true
			}
		case equalFold(name, "charset") && !charsetSeen:
			charsetSeen = true
			encoding, needPragma = getEncoding(value), false
		}
	}
	if p.pos >= len(p.text) {
		return "", false
	}
	p.pos++
	if needPragma && !gotPragma {
		return "", true
	}
	switch encoding {
	case "utf-16le", "utf-16be":
		return "utf-8", true
	case "x-user-defined":
		return "windows-1252", true
	}
	return encoding, true
}

// attribute is the standard's "get an attribute"; ok is false at the tag's '>'
// or at the end of the text.
func (p *prescanner) attribute() (name, value []byte, ok bool) {
	p.skip(func(c byte) bool { return isSpace(c) || c == '/' })
	start := p.pos
	p.skip(func(c byte) bool {
		return !isSpace(c) && c != '/' && c != '>' && (c != '=' || p.pos == start)
	})
	if start == p.pos {
		return nil, nil, false
	}
	name = p.text[start:p.pos]
	p.skip(isSpace)
	if p.pos >= len(p.text) {
		return nil, nil, false
	}
	if p.text[p.pos] != '=' {
		return name, nil, true
	}
	p.pos++
	p.skip(isSpace)
	if p.pos >= len(p.text) {
		return nil, nil, false
	}
	if quote := p.text[p.pos]; quote == '"' || quote == '\'' {
		p.pos++
		start = p.pos
		p.skip(func(c byte) bool { return c != quote })
		value = p.text[start:p.pos]
		if p.pos >= len(p.text) {
			return nil, nil, false
		}
		p.pos++
		return name, value, true
	}
	start = p.pos
	p.skip(func(c byte) bool { return !isSpace(c) && c != '>' })
	return name, p.text[start:p.pos], p.pos < len(p.text)
}

func (p *prescanner) skip(while func(byte) bool) {
	for p.pos < len(p.text) && while(p.text[p.pos]) {
		p.pos++
	}
}

// encodingFromContent is the standard's "extracting a character encoding from
// a meta element", for "text/html; charset=…".
func encodingFromContent(s []byte) string {
	for {
		i := indexFold(s, "charset")
		if i < 0 {
			return ""
		}
		s = bytes.TrimLeft(s[i+len("charset"):], "\t\n\f\r ")
		if len(s) > 0 && s[0] == '=' {
			break
		}
	}
	s = bytes.TrimLeft(s[1:], "\t\n\f\r ")
	if len(s) > 0 && (s[0] == '"' || s[0] == '\'') {
		end := bytes.IndexByte(s[1:], s[0])
		if end < 0 {
			return ""
		}
		return getEncoding(s[1 : 1+end])
	}
	if end := bytes.IndexAny(s, "\t\n\f\r ;"); end >= 0 {
		s = s[:end]
	}
	return getEncoding(s)
}
