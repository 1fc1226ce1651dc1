package proxy

import (
	"net/http"
	"sync/atomic"
)

// field is a field of a site's header that matters here.
type field uint8

const (
	fieldAcceptRanges field = iota
	fieldCacheControl
	fieldContentDisposition
	fieldContentEncoding
	fieldContentLength
	fieldContentRange
	fieldContentType
	fieldETag
	fieldIncremental
	fieldIntegrityPolicy
	fieldLocation
	fieldPolicy
	fieldReportOnly
	fieldTrailer
	fieldVary
	fieldDigest // any of those that isDigest knows
)

// fieldNames spell them as net/http does.
var fieldNames = [...]string{
	fieldAcceptRanges:       "Accept-Ranges",
	fieldCacheControl:       "Cache-Control",
	fieldContentDisposition: "Content-Disposition",
	fieldContentEncoding:    "Content-Encoding",
	fieldContentLength:      "Content-Length",
	fieldContentRange:       "Content-Range",
	fieldContentType:        "Content-Type",
	fieldETag:               "Etag",
	fieldIncremental:        "Incremental",
	fieldIntegrityPolicy:    "Integrity-Policy",
	fieldLocation:           "Location",
	fieldPolicy:             "Content-Security-Policy",
	fieldReportOnly:         "Content-Security-Policy-Report-Only",
	fieldTrailer:            "Trailer",
	fieldVary:               "Vary",
}

// siteHeader is a header with a note of which fields it had when the site gave
// it. Most of those that could matter are missing from most answers, and to
// look for each of them takes longer than to decide on those that are there.
type siteHeader struct {
	http.Header
	had uint32 // a bit for each field
}

// has reports whether the site gave the field.
func (h siteHeader) has(f field) bool { return h.had>>f&1 != 0 }

// hasAny reports whether the site gave one of the fields whose bits are set.
func (h siteHeader) hasAny(bits uint32) bool { return h.had&bits != 0 }

// policyFields are the bits of the fields that package csp looks at.
const policyFields = 1<<fieldPolicy | 1<<fieldReportOnly | 1<<fieldIntegrityPolicy

// lines are the lines of the field as they are now, where the site gave any.
func (h siteHeader) lines(f field) []string {
	if !h.has(f) {
		return nil
	}
	return h.Header[fieldNames[f]]
}

// fieldCount is how many fields the last document had, so that the next one's
// map is made as large as it will be. A map that grows past eight fields, as most
// sites' do, takes half as much memory again.
type fieldCount struct{ atomic.Int32 }

// maxFieldCount bounds it: one strange answer must not make all others dear.
const maxFieldCount = 64

// note remembers n. It writes only where that is news, since all cores read it.
func (c *fieldCount) note(n int) {
	if n := int32(min(n, maxFieldCount)); n != c.Load() { // #nosec G115 -- at most 64
		c.Store(n)
	}
}

// copyFields replaces a header's fields by those of another one. It returns the
// bits of those that matter here.
func copyFields(to, from http.Header) (had uint32) {
	clear(to)
	for name, lines := range from {
		to[name] = lines
		if f, matters := fieldOf(name); matters {
			had |= 1 << f
		}
	}
	return had
}

// fieldOf is the inverse of fieldNames.
func fieldOf(name string) (f field, matters bool) {
	switch name {
	case "Accept-Ranges":
		return fieldAcceptRanges, true
	case "Cache-Control":
		return fieldCacheControl, true
	case "Content-Disposition":
		return fieldContentDisposition, true
	case "Content-Encoding":
		return fieldContentEncoding, true
	case "Content-Length":
		return fieldContentLength, true
	case "Content-Range":
		return fieldContentRange, true
	case "Content-Type":
		return fieldContentType, true
	case "Etag":
		return fieldETag, true
	case "Incremental":
		return fieldIncremental, true
	case "Integrity-Policy":
		return fieldIntegrityPolicy, true
	case "Location":
		return fieldLocation, true
	case "Content-Security-Policy":
		return fieldPolicy, true
	case "Content-Security-Policy-Report-Only":
		return fieldReportOnly, true
	case "Trailer":
		return fieldTrailer, true
	case "Vary":
		return fieldVary, true
	case "Content-Md5", "Digest", "Content-Digest", "Repr-Digest", "Unencoded-Digest", "Signature", "Signature-Input":
		return fieldDigest, true
	}
	return 0, false
}
