package header

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// Name is what the agents of this source have as their Source.
const Name = "header"

// Source is an [agent.Identifier] for one configuration. It is immutable.
type Source struct {
	reader  Reader
	proxies []netip.Prefix
	ours    map[string]bool // folded names
}

// New makes a source. Errors name the field of Config and the cure.
func New(c Config) (*Source, error) {
	proxies, err := c.proxies()
	if err != nil {
		return nil, err
	}
	reader, err := NewReader(c)
	if err != nil {
		return nil, err
	}
	s := &Source{reader: *reader, proxies: proxies, ours: make(map[string]bool)}
	for _, name := range reader.Names() {
		s.ours[fold(name)] = true
	}
	return s, nil
}

// Trusted reports whether r comes straight from a trusted proxy.
func (s *Source) Trusted(r *http.Request) bool {
	return agent.Contains(s.proxies, agent.PeerAddr(r))
}

// What is wrong with a request's headers. None names a value.
var (
	errPeer     = errors.New("comes from a peer that is no trusted proxy")
	errSpelling = errors.New("comes in another spelling than the configured one")
	errTwice    = errors.New("comes more than once")
	errValue    = errors.New("is empty, too long, not UTF-8, or has control characters")
	errList     = errors.New("is a list, as of a proxy that joins what it should replace")
)

// Identify implements [agent.Identifier]. Where the request has no identity
// header in any spelling, the error is [agent.ErrNoCredential]; a request from
// elsewhere that has one, and one of a trusted proxy that is ambiguous or
// malformed, is refused with [agent.ErrInvalidCredential].
func (s *Source) Identify(r *http.Request) (agent.Agent, error) {
	present, other := s.spellings(r.Header)
	switch {
	case len(present)+len(other) == 0:
		return agent.Agent{}, agent.ErrNoCredential
	case !s.Trusted(r):
		return agent.Agent{}, refuse(slices.Min(append(present, other...)), errPeer)
	case len(other) > 0:
		return agent.Agent{}, refuse(slices.Min(other), errSpelling)
	}
	return s.reader.Read(r.Header)
}
