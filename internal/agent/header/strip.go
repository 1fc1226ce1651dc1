package header

import (
	"net/http"
	"net/textproto"
	"strings"
)

// Strip removes the identity headers from h in every spelling: any case, and
// any punctuation for '-'. Call it on each request that does not come from a
// trusted proxy, before anything reads the headers or sends them on; [Source.Clean] does so.
// It returns how many fields it removed.
func (s *Source) Strip(h http.Header) int {
	n := 0
	for key := range h {
		if s.ours[fold(key)] {
			delete(h, key)
			n++
		}
	}
	return n
}

// Clean removes from a request, and from its trailers, the identity headers
// that no trusted proxy has set: from elsewhere all of them, from a trusted
// proxy all spellings but the configured one, since that proxy is known to have
// replaced the client's only there. It returns how many fields it removed.
//
// Called before [Source.Identify], it makes a forged header an absent one: the
// request is then refused for want of a credential.
func (s *Source) Clean(r *http.Request) int {
	n := s.Strip(r.Trailer) // trailers come from the client, whoever passed them on
	if !s.Trusted(r) {
		return n + s.Strip(r.Header)
	}
	_, other := s.spellings(r.Header)
	for _, key := range other {
		delete(r.Header, key)
	}
	return n + len(other)
}

// spellings returns the keys of h that are identity headers: those that are
// spelled as configured (in any case, as HTTP has it), and the others.
func (s *Source) spellings(h http.Header) (configured, other []string) {
	for key := range h {
		switch {
		case !s.ours[fold(key)]:
		case s.reader.reads(key):
			configured = append(configured, key)
		default:
			other = append(other, key)
		}
	}
	return configured, other
}

// fold returns what the spellings of a header's name have in common: lower
// case, and '-' for everything that is neither letter nor digit. That is what
// CGI does to '-' (RFC 3875, section 4.1.18), what PHP does to '.', and what
// others may do to the rest of the characters that RFC 9110 allows in a name.
// White space around the name, which some servers let through, is not counted.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(textproto.TrimString(name)))
}
