package header

import (
	"fmt"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// Reader reads an identity from headers whose author is beyond doubt, such as
// those of the answer that a gateway gave to this server itself. It is
// immutable. For the headers of a request there is [Source].
type Reader struct {
	user, name, groups, email string // canonical, as net/http keys them
	separator                 string
}

// NewReader makes a reader. TrustedProxies of the configuration are no matter
// here. Errors name the field of Config and the cure.
func NewReader(c Config) (*Reader, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &Reader{
		user:      textproto.CanonicalMIMEHeaderKey(c.User),
		name:      textproto.CanonicalMIMEHeaderKey(c.Name),
		groups:    textproto.CanonicalMIMEHeaderKey(c.Groups),
		email:     textproto.CanonicalMIMEHeaderKey(c.Email),
		separator: string(c.GroupSeparator),
	}, nil
}

// Names returns the names of the headers that are read, in their canonical form.
func (r *Reader) Names() []string { return []string{r.user, r.name, r.groups, r.email} }

// reads reports whether a header is one of those that are read.
func (r *Reader) reads(key string) bool {
	return key == r.user || key == r.name || key == r.groups || key == r.email
}

// Read returns the agent whom the headers name. It fails with
// [agent.ErrNoCredential] where they name none, and with
// [agent.ErrInvalidCredential] where they are ambiguous or malformed.
func (r *Reader) Read(h http.Header) (agent.Agent, error) {
	if len(h[r.user]) == 0 {
		// A gateway that asserts a name for nobody has let nobody in.
		return agent.Agent{}, agent.ErrNoCredential
	}
	who := agent.Agent{Source: Name}
	var err error
	if who.ID, err = one(h, r.user); err != nil {
		return agent.Agent{}, err
	}
	if strings.Contains(who.ID, ",") {
		return agent.Agent{}, refuse(r.user, errList)
	}
	for _, f := range []struct {
		key string
		to  *string
	}{{r.name, &who.Name}, {r.email, &who.Email}} {
		if empty(h[f.key]) {
			continue // an account without a name or address
		}
		if *f.to, err = one(h, f.key); err != nil {
			return agent.Agent{}, err
		}
	}
	who.Name = agent.DisplayName(who.Name)
	if !empty(h[r.groups]) { // Authelia sends an empty one for a user without groups
		list, err := one(h, r.groups)
		if err != nil {
			return agent.Agent{}, err
		}
		if who.Groups, err = ParseGroups(list, r.separator); err != nil {
			return agent.Agent{}, refuse(r.groups, err)
		}
	}
	if err := who.Check(); err != nil {
		return agent.Agent{}, refuse(r.user, err)
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
