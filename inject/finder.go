package inject

import (
	"bytes"
	"strings"
)

const escape = 0x1B // begins ISO-2022-JP's shifts away from ASCII

// finder is all that is found out about one document before the decision. It
// is given the held text, from the beginning, as often as that grows. What it
// finds depends on the text alone, not on how it was cut into pieces; only a
// flush can end its reading earlier.
type finder struct {
	scanner scanner
	hold    int    // Limits.Hold
	skip    Reason // why the document passes untouched, once known
	eof     bool   // the whole text has been read

	label   []byte // Options.Charset
	sniffed bool   // the first bytes have been looked at
	bom     int    // the byte order mark's length
	wide    bool   // UTF-16
	order   byteOrder
	narrow  []byte // UTF-16: one byte a code unit, see units

	encoding string // the encoding's name; "" where nothing declares one
	settled  bool   // encoding is final
	charset  string // Head.Charset
	tryAgain int    // how much text there must be before the next prescan
	shifts   bool   // an escape may begin text that is not ASCII

	markup bool // Options.RequireMarkup is met, or not asked for
	blank  int  // how many units of white space the text starts with
}

func (f *finder) reset(o *Options) {
	f.scanner.reset(o.Marker)
	*f = finder{
		scanner: f.scanner,
		hold:    o.Limits.Hold,
		label:   append(f.label[:0], strings.TrimSpace(o.Charset)...),
		narrow:  f.narrow[:0],
		markup:  !o.RequireMarkup,
	}
}

// read looks at the held text, which grew since the last time. It returns true
// when there is nothing more to wait for: the end of head and the encoding are
// known, or the document passes untouched, or the hold is full, or the document
// complete (eof). A flush ends the wait too, where the insertion point is known.
func (f *finder) read(text []byte, eof, flush bool) bool {
	full := len(text) >= f.hold
	text = text[:min(len(text), f.hold)]
	last := eof || full
	if f.skip == "" && !f.sniffed && !f.sniff(text, last) {
		return false
	}
	if f.skip != "" {
		return true
	}
	units := f.units(text)
	if !f.markup && !f.startsWithMarkup(units, last) {
		return f.skip != ""
	}
	stopped, waiting := f.scan(units, text, last)
	if s := &f.scanner; f.skip == "" && s.point < 0 {
		switch {
		case waiting:
			return false
		case stopped:
			f.skip = ReasonEscape
		case full:
			f.skip = ReasonHold
		case !eof:
			return false
		default:
			if s.finish(len(units)); s.point < 0 {
				f.skip = ReasonNoPoint
			}
		}
	}
	if f.skip != "" {
		return true
	}
	f.eof = eof && !full && !stopped
	last = last || flush
	if f.scanner.mode != inBody && !stopped && !last {
		return false
	}
	return f.settle(text, last)
}

// complete says that the end of head was seen.
func (f *finder) complete() bool { return f.scanner.mode == inBody || f.eof }

// scan lets the scanner read on. Where the encoding may be ISO-2022-JP it
// stops at an escape, since behind that what looks like markup may be halves of
// characters. stopped says that it did so for good, waiting that it takes more
// text to know the encoding.
func (f *finder) scan(units, text []byte, last bool) (stopped, waiting bool) {
	s := &f.scanner
	for f.shifts {
		i := bytes.IndexByte(units[s.pos:], escape)
		if i < 0 {
			break
		}
		s.run(units[:s.pos+i])
		if s.mode == inBody {
			break
		}
		if !f.settle(text, last) {
			return false, true
		}
		if f.shifts {
			return true, false
		}
	}
	s.run(units)
	if s.marked {
		f.skip = ReasonAlreadyInjected
	}
	return false, false
}

// startsWithMarkup says whether the first unit that is not white space is '<'.
// Where it certainly is not, the document is skipped.
func (f *finder) startsWithMarkup(units []byte, last bool) bool {
	i := max(f.blank, f.scanner.pos) // the scanner stands behind the byte order mark
	for i < len(units) && isSpace(units[i]) {
		i++
	}
	f.blank = i
	f.markup = i < len(units) && units[i] == '<'
	if !f.markup && (last || i < len(units)) {
		f.skip = ReasonNoMarkup
	}
	return f.markup
}
