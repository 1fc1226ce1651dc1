// Package claims reads what a token says of a person, strictly.
//
// JSON leaves open what a duplicate member means, and encoding/json matches
// names in any case. Both let two readers of one token see two people. So
// [Parse] refuses duplicates and matches names exactly, with go-jose's own
// decoder, and the accessors refuse a claim of another type than theirs
// instead of taking it for absent.
//
//	set, err := claims.Parse(payload)
//	who, err := set.Agent(claims.Names{ID: "sub", Name: "name", Groups: "groups"})
package claims

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// maxDepth is how deep claims may be nested. The decoder recurses.
const maxDepth = 32

// Set is the claims of one token: a JSON object.
type Set map[string]any

// Faults of a token's claims. None names a value.
var (
	errNoObject = errors.New("the claims are no JSON object, or name a member twice")
	errDeep     = errors.New("the claims are nested too deeply")
	errType     = errors.New("is of another type than expected")
	errAbsent   = errors.New("is missing")
	errUnproven = errors.New("is not verified by the provider")
)

// Parse reads the payload of a token whose signature has been checked.
func Parse(payload []byte) (Set, error) {
	if depth(payload) > maxDepth {
		return nil, errDeep
	}
	var set Set
	if err := json.Unmarshal(payload, &set); err != nil || set == nil {
		return nil, errNoObject
	}
	return set, nil
}

// depth returns how many brackets are open at most. Brackets in strings count
// as well, which is near enough for a limit.
func depth(payload []byte) int {
	deepest, open := 0, 0
	for _, c := range payload {
		switch c {
		case '{', '[':
			open++
			deepest = max(deepest, open)
		case '}', ']':
			open--
		}
	}
	return deepest
}

// find returns the claim of that name. A name with dots that is no claim itself
// is a path into objects, such as Keycloak's "realm_access.roles"; a URL as a
// name, as Auth0 wants it, is found first.
func (s Set) find(name string) (any, bool) {
	if v, ok := s[name]; ok {
		return v, true
	}
	var at any = map[string]any(s)
	for part := range strings.SplitSeq(name, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = object[part]; !ok {
			return nil, false
		}
	}
	return at, true
}

// Has reports whether there is a claim of that name.
func (s Set) Has(name string) bool {
	v, ok := s.find(name)
	return ok && v != nil
}

// String returns a claim that is a string; "" where it is absent or null.
func (s Set) String(name string) (string, error) {
	v, _ := s.find(name)
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	return "", fault(name, errType)
}

// Strings returns a claim that is an array of strings, or one string, as some
// providers send a single group or audience; nil where it is absent or null.
func (s Set) Strings(name string) ([]string, error) {
	v, _ := s.find(name)
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []string{v}, nil
	case []any:
		list := make([]string, 0, len(v))
		for _, element := range v {
			text, ok := element.(string)
			if !ok {
				return nil, fault(name, errType)
			}
			list = append(list, text)
		}
		return list, nil
	}
	return nil, fault(name, errType)
}

// Names says which claims describe an agent. An empty name means that the
// provider has no such claim.
type Names struct {
	ID, Name, Email, Groups string
}

// Agent returns the agent whom the claims describe, who keeps
// [agent.Agent.Check]. The claim ID must be there. An email address that the
// provider says is not verified (OpenID Connect Core, section 5.1) is nobody's
// ID, and is left out otherwise: whoever chose it may have chosen a
// colleague's.
func (s Set) Agent(names Names) (who agent.Agent, err error) {
	if who.ID, err = s.String(names.ID); err != nil {
		return agent.Agent{}, err
	}
	if who.ID == "" {
		return agent.Agent{}, fault(names.ID, errAbsent)
	}
	unproven := s.Has("email_verified") && s["email_verified"] != true && s["email_verified"] != "true"
	if names.ID == "email" && unproven {
		return agent.Agent{}, fault(names.ID, errUnproven)
	}
	if names.Name != "" {
		name, err := s.String(names.Name)
		if err != nil {
			return agent.Agent{}, err
		}
		who.Name = agent.DisplayName(name)
	}
	if names.Email != "" && !unproven {
		if who.Email, err = s.String(names.Email); err != nil {
			return agent.Agent{}, err
		}
	}
	if names.Groups != "" {
		if who.Groups, err = s.Strings(names.Groups); err != nil {
			return agent.Agent{}, err
		}
	}
	return who, who.Check()
}

func fault(name string, why error) error { return fmt.Errorf("claim %q %w", name, why) }
