package header

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// Name is what the agents of this source have as their Source.
const Name = "header"

// Source is an [agent.Identifier] for one configuration. It is immutable.
type Source struct {
	user, name, groups, email string // canonical, as net/http keys them
	separator                 string
	proxies                   []netip.Prefix
	ours                      map[string]bool // folded names
}

// New makes a source. Errors name the field of Config and the cure.
func New(c Config) (*Source, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &Source{
		user:      textproto.CanonicalMIMEHeaderKey(c.User),
		name:      textproto.CanonicalMIMEHeaderKey(c.Name),
		groups:    textproto.CanonicalMIMEHeaderKey(c.Groups),
		email:     textproto.CanonicalMIMEHeaderKey(c.Email),
		separator: string(c.GroupSeparator),
		proxies:   c.TrustedProxies,
		ours:      make(map[string]bool),
	}
	for _, name := range []string{s.user, s.name, s.groups, s.email} {
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
	case len(r.Header[s.user]) == 0:
		// A gateway that asserts a name for nobody has let nobody in.
		return agent.Agent{}, agent.ErrNoCredential
	}
	return s.read(r.Header)
}

func (s *Source) read(h http.Header) (agent.Agent, error) {
	who := agent.Agent{Source: Name}
	var err error
	if who.ID, err = one(h, s.user); err != nil {
		return agent.Agent{}, err
	}
	if strings.Contains(who.ID, ",") {
		return agent.Agent{}, refuse(s.user, errList)
	}
	for _, f := range []struct {
		key string
		to  *string
	}{{s.name, &who.Name}, {s.email, &who.Email}} {
		if empty(h[f.key]) {
			continue // an account without a name or address
		}
		if *f.to, err = one(h, f.key); err != nil {
			return agent.Agent{}, err
		}
	}
	who.Name = agent.DisplayName(who.Name)
	if !empty(h[s.groups]) { // Authelia sends an empty one for a user without groups
		list, err := one(h, s.groups)
		if err != nil {
			return agent.Agent{}, err
		}
		if who.Groups, err = ParseGroups(list, s.separator); err != nil {
			return agent.Agent{}, refuse(s.groups, err)
		}
	}
	if err := who.Check(); err != nil {
		return agent.Agent{}, refuse(s.user, err)
	}
	return who, nil
}

// empty reports whether a header is absent, or came once with nothing in it.
func empty(values []string) bool {
	return len(values) == 0 || len(values) == 1 && values[0] == ""
}

// one returns the value of a header that must come once.
func one(h http.Header, key string) (string, error) {
	values := h[key]
	if len(values) != 1 {
		return "", refuse(key, errTwice)
	}
	value := strings.Trim(values[0], " \t") // optional white space, RFC 9110, section 5.6.3
	if value == "" || len(value) > MaxValue || !isText(value) {
		return "", refuse(key, errValue)
	}
	return value, nil
}

func refuse(key string, why error) error {
	return fmt.Errorf("header %s %w: %w", textproto.CanonicalMIMEHeaderKey(key), why, agent.ErrInvalidCredential)
}
