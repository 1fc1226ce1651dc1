package inject

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// policy is one meta element with http-equiv=content-security-policy.
type policy struct {
	content string // decoded
	value   span   // of the content attribute's value in the text, without quotes
	quote   byte   // 0 where it has none
	fixed   bool   // it cannot be written back, see decodeValue
}

// policies returns the policies among the head's meta elements, in order (HTML,
// 4.2.5.3, "Content security policy state"). It allocates, so it first makes
// sure by a byte search that there is something to find; scanner has already
// seen to it that only children of head are looked at.
func (f *finder) policies(text []byte) []policy {
	units := f.units(text)
	var list []policy
	for _, m := range f.scanner.metas {
		tag := units[m.start:m.end]
		if indexFold(tag, "http-equiv") < 0 {
			continue
		}
		if p, ok := f.policy(tag, text[f.offset(m.start):f.offset(m.end)]); ok {
			p.value.start += f.offset(m.start)
			p.value.end += f.offset(m.start)
			list = append(list, p)
		}
	}
	return list
}

// policy reads one meta element; tag is its units, text its bytes.
func (f *finder) policy(tag, text []byte) (p policy, ok bool) {
	pragma, ok := find(tag, "http-equiv")
	if !ok {
		return p, false
	}
	state, _ := f.decodeValue(tag[pragma.value.start:pragma.value.end], pragma.quote)
	if !equalFold([]byte(state), "content-security-policy") {
		return p, false
	}
	content, ok := find(tag, "content")
	if !ok || content.value.start == content.value.end {
		return p, false
	}
	p.quote = content.quote
	p.value = content.value
	if f.wide {
		p.value = span{2 * p.value.start, 2 * p.value.end}
	}
	p.content, p.fixed = f.decodeValue(f.decode(text[p.value.start:p.value.end]), p.quote)
	return p, true
}

// decodeValue resolves the character references of an attribute's value by
// x/net/html, whose rules for attributes its UnescapeString does not follow.
//
// In an encoding other than Unicode, a reference to a character beyond ASCII
// yields UTF-8 among the page's own bytes. Such a value is fixed: it could not
// be written back, and no valid policy needs that.
func (f *finder) decodeValue(value []byte, quote byte) (decoded string, fixed bool) {
	if bytes.IndexByte(value, '&') < 0 && bytes.IndexByte(value, '\r') < 0 {
		return string(value), false
	}
	tag := append(make([]byte, 0, len(value)+8), "<a b="...)
	if quote != 0 {
		tag = append(tag, quote)
	}
	tag = append(tag, value...)
	if quote != 0 {
		tag = append(tag, quote)
	}
	z := html.NewTokenizer(bytes.NewReader(append(tag, '>')))
	z.Next()
	z.TagName()
	_, v, _ := z.TagAttr()
	unicode := f.wide || f.encoding == "utf-8"
	return string(v), !unicode && beyondASCII(v) != beyondASCII(value)
}

// beyondASCII counts the bytes that are not ASCII.
func beyondASCII(b []byte) (n int) {
	for _, c := range b {
		if c >= 0x80 {
			n++
		}
	}
	return n
}

// escaping are the characters that cannot stand in a quoted value as they are:
// '&' might begin a character reference, and quotes the value's end. CSP's
// keywords stand in single quotes, so that those stay where they may.
var (
	escapeDouble = strings.NewReplacer("&", "&amp;", `"`, "&#34;")
	escapeSingle = strings.NewReplacer("&", "&amp;", "'", "&#39;")
)

// encodeValue appends the new value of a content attribute. Where it had no
// quotes it gets them, since without them it could have no spaces.
func (f *finder) encodeValue(b []byte, value string, quote byte) []byte {
	switch quote {
	case '\'':
		return f.encode(b, escapeSingle.Replace(value))
	case '"':
		return f.encode(b, escapeDouble.Replace(value))
	}
	return f.encode(b, `"`+escapeDouble.Replace(value)+`"`)
}
