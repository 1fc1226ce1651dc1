package header

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// Faults of a list of groups.
var (
	errEmptyGroup = errors.New("has an empty group")
	errManyGroups = errors.New("has too many groups")
)

// ParseGroups reads a list of groups: names between separators, with optional
// white space around each. Every name is one that [agent.Agent.Check] admits;
// duplicates are dropped. An empty name is an error, because a list that was cut or
// joined wrongly shows in nothing else. The error names no value.
func ParseGroups(list, separator string) ([]string, error) {
	parts := strings.SplitN(list, separator, agent.MaxGroups+1)
	if len(parts) > agent.MaxGroups {
		return nil, errManyGroups
	}
	groups := make([]string, 0, len(parts))
	seen := make(map[string]bool, len(parts))
	for _, g := range parts {
		switch g = strings.Trim(g, " \t"); {
		case g == "":
			return nil, errEmptyGroup
		case seen[g]:
			continue
		}
		seen[g] = true
		groups = append(groups, g)
	}
	if err := (agent.Agent{ID: Name, Groups: groups}).Check(); err != nil {
		return nil, errValue
	}
	return groups, nil
}

// isText reports whether a header's value is text: UTF-8 without controls.
// net/http refuses most controls already; other servers in front may not.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
