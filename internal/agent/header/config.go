package header

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// Names of the headers by default, which are Authelia's.
const (
	DefaultUser   = "Remote-User"
	DefaultName   = "Remote-Name"
	DefaultGroups = "Remote-Groups"
	DefaultEmail  = "Remote-Email"
)

// MaxValue is the longest value of one header, in bytes.
const MaxValue = 8 << 10

// Config says which headers carry an identity, and whose word they are.
type Config struct {
	// User, Name, Groups and Email are the headers' names. Empty ones get the
	// defaults, so that a client's copy of each is always removed. Only User
	// must be in a request.
	User, Name, Groups, Email string
	// GroupSeparator stands between two groups in the header Groups: ',' by
	// default; Authentik writes '|'.
	GroupSeparator rune
	// TrustedProxies are the addresses of the proxies that set the headers, and
	// that remove those of clients. There is no default.
	TrustedProxies []netip.Prefix
}

// Errors of [New].
var errNoProxies = errors.New("identity headers without trusted proxies would let any client be any agent: name the addresses of the proxies that set them")

func (c *Config) setDefaults() {
	for _, d := range []struct {
		name     *string
		standard string
	}{{&c.User, DefaultUser}, {&c.Name, DefaultName}, {&c.Groups, DefaultGroups}, {&c.Email, DefaultEmail}} {
		if *d.name == "" {
			*d.name = d.standard
		}
	}
	if c.GroupSeparator == 0 {
		c.GroupSeparator = ','
	}
}

// reserved are headers that every proxy or browser sets: an identity from one
// of them would be anybody's, and stripping it would break the site.
var reserved = []string{
	"accept", "authorization", "connection", "content-length", "content-type", "cookie", "forwarded", "host", "origin", "referer",
	"te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
}

// proxies returns the trusted proxies as they are compared.
func (c *Config) proxies() ([]netip.Prefix, error) {
	if len(c.TrustedProxies) == 0 {
		return nil, errNoProxies
	}
	list, err := agent.CanonicalPrefixes(c.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	return list, nil
}

func (c *Config) validate() error {
	seen := make(map[string]string)
	for _, name := range []string{c.User, c.Name, c.Groups, c.Email} {
		folded := fold(name)
		switch other, twice := seen[folded]; {
		case !isFieldName(name):
			return fmt.Errorf("identity header %q is no header name: write one of letters, digits, '-' and '_', such as %s", name, DefaultUser)
		case slices.Contains(reserved, folded):
			return fmt.Errorf("identity header %s has a meaning of its own in HTTP: choose one that only the trusted proxy sets, such as %s", name, DefaultUser)
		case twice:
			return fmt.Errorf("identity headers %s and %s are spellings of one name: give each its own", other, name)
		}
		seen[folded] = name
	}
	if s := c.GroupSeparator; s > unicode.MaxASCII || !unicode.IsPunct(s) && !unicode.IsSymbol(s) && s != ' ' {
		return fmt.Errorf("group separator %q must be one punctuation character of ASCII, such as ',' or '|', or a space", s)
	}
	return nil
}

// isFieldName is stricter than RFC 9110, section 5.1: other punctuation in a
// name would be a slip.
func isFieldName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	})
}
