package proxy

import (
	"net/http"
	"path"
	"strings"
)

// etags marks the entity tags of rewritten pages and recognises them again.
//
// A page that we rewrote is another representation than the site's, so it has
// another entity tag (RFC 9110, section 8.8.3): the site's, with a suffix that
// changes with everything that a page's bytes or policies depend on. On the
// way in the suffix comes off, so that the site can answer 304. A tag without
// it names a copy from before our time, or from another configuration; a 304
// would revive that copy, so such tags are dropped.
type etags struct {
	suffix string // `-cb.HASH"`, which replaces the closing quote
}

// marker stands in every suffix, whatever the configuration.
const etagMarker = "-cb."

func newETags(hash string) etags { return etags{suffix: etagMarker + hash + `"`} }

// mark returns tag with the suffix, or tag itself where it is malformed.
func (e etags) mark(tag string) string {
	if len(tag) < 2 || !strings.HasSuffix(tag, `"`) || strings.Count(tag, `"`) != 2 {
		return tag
	}
	return strings.TrimSuffix(tag, `"`) + e.suffix
}

// unmark returns the tags of an If-None-Match that are ours, without their
// suffix; "" means that none is.
func (e etags) unmark(lines []string) string {
	var kept []string
	for _, line := range lines {
		for tag := range splitETags(line) {
			if site, ok := strings.CutSuffix(tag, e.suffix); ok {
				kept = append(kept, site+`"`)
			}
		}
	}
	return strings.Join(kept, ", ")
}

// splitETags yields the entity tags of a list. Commas are legal inside the
// quotes, so the quotes are what is followed.
func splitETags(line string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line != "" {
			line = strings.TrimLeft(line, " \t,")
			open := strings.IndexByte(line, '"')
			if open < 0 {
				return
			}
			end := strings.IndexByte(line[open+1:], '"')
			if end < 0 {
				return
			}
			end += open + 2
			if !yield(line[:end]) {
				return
			}
			line = line[end:]
		}
	}
}

// savedHeader are the request header fields that were replaced for the site's
// eyes and are put back afterwards, since handlers around us may read them.
type savedHeader struct {
	names  [5]string
	values [5][]string
	n      int
}

func (s *savedHeader) set(h http.Header, name string, values []string) {
	old, had := h[name]
	if !had && values == nil {
		return
	}
	s.names[s.n], s.values[s.n] = name, old
	s.n++
	if values == nil {
		delete(h, name)
	} else {
		h[name] = values
	}
}

func (s *savedHeader) restore(h http.Header) {
	for i := range s.n {
		if s.values[i] == nil {
			delete(h, s.names[i])
		} else {
			h[s.names[i]] = s.values[i]
		}
	}
}

// fieldValues is room for the values of the few fields that nearly every
// document gets anew, so that they take no allocation of their own.
type fieldValues struct {
	room [3]string
	n    int
}

// one returns a field of this one line.
func (f *fieldValues) one(line string) []string {
	if f.n == len(f.room) {
		return []string{line}
	}
	f.room[f.n] = line
	f.n++
	return f.room[f.n-1 : f.n : f.n]
}

// askForDocument changes a document request so that the answer can be
// rewritten: an encoding that we can edit, the whole body, and no validator
// that would bring an old copy back. It reports whether the client holds a
// copy of ours that the site may confirm by 304.
func (m *Middleware) askForDocument(h http.Header, values *fieldValues) (saved savedHeader, revalidates bool) {
	saved.set(h, "Accept-Encoding", values.one(editableEncoding(h["Accept-Encoding"])))
	saved.set(h, "Range", nil)
	saved.set(h, "If-Range", nil)
	lines := h["If-None-Match"]
	if tags := m.etags.unmark(lines); tags != "" {
		saved.set(h, "If-None-Match", values.one(tags))
		return saved, true
	}
	saved.set(h, "If-None-Match", nil)
	saved.set(h, "If-Modified-Since", nil) // a date cannot tell our copies from older ones
	return saved, false
}

// editableEncoding cuts the client's Accept-Encoding to gzip, where it is
// accepted, and identity otherwise. It is never left out: Go's transport would
// then ask for gzip by itself and decode it, which loses the Content-Length.
func editableEncoding(lines []string) string {
	if acceptsCoding(lines, "gzip") {
		return "gzip"
	}
	return "identity"
}

// fileTypes are extensions that are hardly ever a page's, though browsers open
// them by a link.
var fileTypes = map[string]bool{
	".pdf": true, ".svg": true, ".png": true, ".jpg": true, ".jpeg": true, ".gif": true, ".webp": true, ".avif": true,
	".ico": true, ".mp3": true, ".mp4": true, ".webm": true, ".zip": true, ".gz": true, ".csv": true, ".txt": true,
	".json": true, ".xml": true, ".doc": true, ".docx": true, ".xls": true, ".xlsx": true, ".ppt": true, ".pptx": true,
}

// likelyFile reports whether a document request is for a file by its name. Its
// validators and ranges are then left to the site: a download that broke off can
// be resumed, and a picture is confirmed by 304. A page of such a name is still
// rewritten; only a copy from before our time may be confirmed once.
func likelyFile(name string) bool { return fileTypes[strings.ToLower(path.Ext(name))] }
