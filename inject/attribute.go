package inject

import "bytes"

// attribute is one attribute of a start tag.
type attribute struct {
	name  []byte // as written
	value span   // without quotes, in the bytes of the tag
	quote byte   // '"', '\'' or 0
}

// attributes walks over the attributes of one complete start tag, from '<' to
// '>', by the tokenizer's rules.
type attributes struct {
	tag []byte
	pos int
}

// newAttributes returns a walk that starts after the tag's name.
func newAttributes(tag []byte) attributes {
	i := 1
	for i < len(tag) && !isSpace(tag[i]) && tag[i] != '/' && tag[i] != '>' {
		i++
	}
	return attributes{tag, i}
}

// next returns the next attribute, or false at the tag's end.
func (w *attributes) next() (a attribute, ok bool) {
	w.skip(func(c byte) bool { return isSpace(c) || c == '/' })
	start := w.pos
	if start >= len(w.tag) || w.tag[start] == '>' {
		return a, false
	}
	w.pos++ // whatever it is, even '=', it begins a name
	w.skip(func(c byte) bool { return !isSpace(c) && c != '/' && c != '>' && c != '=' })
	a.name = w.tag[start:w.pos]
	end := w.pos
	w.skip(isSpace)
	if w.pos >= len(w.tag) || w.tag[w.pos] != '=' {
		a.value = span{end, end}
		return a, true
	}
	w.pos++
	w.skip(isSpace)
	a.value, a.quote = w.readValue()
	return a, true
}

// readValue reads what stands after the equals sign and white space.
func (w *attributes) readValue() (value span, quote byte) {
	if w.pos < len(w.tag) && (w.tag[w.pos] == '"' || w.tag[w.pos] == '\'') {
		quote = w.tag[w.pos]
		w.pos++
		start := w.pos
		w.skip(func(c byte) bool { return c != quote })
		value = span{start, w.pos}
		w.pos = min(w.pos+1, len(w.tag))
		return value, quote
	}
	start := w.pos
	w.skip(func(c byte) bool { return !isSpace(c) && c != '>' })
	return span{start, w.pos}, 0
}

func (w *attributes) skip(while func(byte) bool) {
	for w.pos < len(w.tag) && while(w.tag[w.pos]) {
		w.pos++
	}
}

// find returns the first attribute of that name, which is the one that counts.
func find(tag []byte, name string) (attribute, bool) {
	w := newAttributes(tag)
	for {
		a, ok := w.next()
		if !ok || equalFold(a.name, name) {
			return a, ok
		}
	}
}

// hasSource says whether the src attribute of a tag contains the marker. Only
// a script's src counts: a page may name our URL in its text, in a comment or
// in a preload link and yet not run our script.
func hasSource(tag, marker []byte) bool {
	if !bytes.Contains(tag, marker) {
		return false
	}
	src, ok := find(tag, "src")
	return ok && bytes.Contains(tag[src.value.start:src.value.end], marker)
}

// equalFold compares b with an ASCII string in lower case, as the standard's
// "ASCII case-insensitive match" does.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != s[i] {
			return false
		}
	}
	return true
}

// indexFold finds an ASCII string in lower case, whatever the case in b.
func indexFold(b []byte, s string) int {
	for i := 0; i+len(s) <= len(b); i++ {
		if lower(b[i]) == s[0] && equalFold(b[i:i+len(s)], s) {
			return i
		}
	}
	return -1
}
