package inject

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// signatures are the first bytes that decide the encoding, whatever else says
// otherwise (HTML, 13.2.3.2 and 13.2.3.3). UTF-32's marks are none to browsers:
// they are here so that such a document is left alone. "<?x" in UTF-16 is the
// first step of the prescan, which a charset in Content-Type forestalls.
var signatures = []struct {
	prefix   string
	mark     bool // a byte order mark
	encoding string
}{
	{"\xEF\xBB\xBF", true, "utf-8"},
	{"\xFF\xFE\x00\x00", true, "utf-32"},
	{"\x00\x00\xFE\xFF", true, "utf-32"},
	{"\xFF\xFE", true, "utf-16le"},
	{"\xFE\xFF", true, "utf-16be"},
	{"<\x00?\x00x\x00", false, "utf-16le"},
	{"\x00<\x00?\x00x", false, "utf-16be"},
}

// byteOrder is that of UTF-16.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// sniff looks at the first bytes, as soon as there are enough of them, and at
// the charset parameter: it says false if there are not.
func (f *finder) sniff(text []byte, last bool) bool {
	for _, s := range signatures {
		if !s.mark && len(f.label) > 0 {
			continue
		}
		if bytes.HasPrefix(text, []byte(s.prefix)) {
			if s.mark {
				f.bom = len(s.prefix)
			}
			f.sniffed = true
			f.use(s.encoding)
			return true
		}
		if !last && len(text) < len(s.prefix) && strings.HasPrefix(s.prefix, string(text)) {
			return false
		}
	}
	f.sniffed = true
	switch encoding := getEncoding(f.label); {
	case len(f.label) == 0:
		f.shifts = true // until a declaration says that it is something else
	case encoding != "":
		f.use(encoding)
	case indexFold(f.label, "utf-7") >= 0:
		f.skip = ReasonUTF7
	case indexFold(f.label, "utf-32") >= 0:
		f.skip = ReasonUTF32
	default:
		f.skip = ReasonCharset
	}
	return true
}

// use takes an encoding as final.
func (f *finder) use(encoding string) {
	f.encoding, f.settled = encoding, true
	f.shifts = encoding == "iso-2022-jp"
	switch encoding {
	case "utf-16le", "utf-16be":
		f.wide, f.order = true, byteOrder(binary.LittleEndian)
		if encoding == "utf-16be" {
			f.order = binary.BigEndian
		}
	case "utf-32":
		f.skip = ReasonUTF32
	case "replacement":
		f.skip = ReasonReplacement
	}
	if !f.wide {
		f.scanner.pos = max(f.scanner.pos, f.bom)
	}
}

// settle makes sure that the encoding is known as well as it can be, and says
// false if more text is needed for that. With last there will be no more.
func (f *finder) settle(text []byte, last bool) bool {
	if f.settled {
		return true
	}
	if !last && len(text) < f.tryAgain {
		return false
	}
	d := declared(text, last)
	if d.more {
		// Each try starts over, so the tries must become rarer, or a long
		// tag that comes byte by byte would cost its length squared.
		f.tryAgain = len(text) + 16 + len(text)/8
		return false
	}
	if d.encoding == "" {
		f.settled = true
		return true
	}
	f.charset = d.encoding
	f.use(d.encoding)
	return true
}

// units returns the text as the scanner reads it, one byte a code unit. UTF-16
// becomes ASCII where it is that, and 0x80, which means nothing to the scanner,
// where it is not. An odd last byte is left out, as browsers leave it out.
func (f *finder) units(text []byte) []byte {
	if !f.wide {
		return text
	}
	for i := f.offset(len(f.narrow)); i+1 < len(text); i += 2 {
		f.narrow = append(f.narrow, byte(min(f.order.Uint16(text[i:]), 0x80)))
	}
	return f.narrow
}

// offset says where in the text the unit of that number begins.
func (f *finder) offset(unit int) int {
	if f.wide {
		return f.bom + 2*unit
	}
	return unit
}

// decode returns a part of the text as UTF-8 where it is Unicode, and as it is
// otherwise.
func (f *finder) decode(text []byte) []byte {
	if !f.wide {
		return text
	}
	units := make([]uint16, 0, len(text)/2)
	for ; len(text) > 1; text = text[2:] {
		units = append(units, f.order.Uint16(text))
	}
	return []byte(string(utf16.Decode(units)))
}

// encode appends s in the document's encoding. In encodings other than UTF-16
// that is the bytes of s.
func (f *finder) encode(b []byte, s string) []byte {
	if !f.wide {
		return append(b, s...)
	}
	var units [2]uint16
	for _, r := range s {
		for _, unit := range utf16.AppendRune(units[:0], r) {
			b = f.order.AppendUint16(b, unit)
		}
	}
	return b
}
