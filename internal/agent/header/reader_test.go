package header

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// TestReader: what a gateway answers is read as strictly as what it sends on.
func TestReader(t *testing.T) {
	reader, err := NewReader(Config{User: "x-user", GroupSeparator: '|'})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"X-User", "Remote-Name", "Remote-Groups", "Remote-Email"}; !slices.Equal(reader.Names(), want) {
		t.Errorf("names %v, want %v", reader.Names(), want)
	}
	who, err := reader.Read(http.Header{"X-User": {"anna"}, "Remote-Name": {"Anna Müller"}, "Remote-Groups": {"staff|agents"}})
	if err != nil || who.ID != "anna" || who.Name != "Anna Müller" || !slices.Equal(who.Groups, []string{"staff", "agents"}) {
		t.Errorf("agent %+v, %v", who, err)
	}
	for name, tt := range map[string]struct {
		header http.Header
		want   error
	}{
		"nothing":          {nil, agent.ErrNoCredential},
		"a name only":      {http.Header{"Remote-Name": {"Anna"}}, agent.ErrNoCredential},
		"another spelling": {http.Header{"X_user": {"anna"}}, agent.ErrNoCredential},
		"empty":            {http.Header{"X-User": {""}}, agent.ErrInvalidCredential},
		"a list":           {http.Header{"X-User": {"anna,bob"}}, agent.ErrInvalidCredential},
		"twice":            {http.Header{"X-User": {"anna", "bob"}}, agent.ErrInvalidCredential},
		"an empty group":   {http.Header{"X-User": {"anna"}, "Remote-Groups": {"a||b"}}, agent.ErrInvalidCredential},
	} {
		if who, err := reader.Read(tt.header); !errors.Is(err, tt.want) || who.ID != "" {
			t.Errorf("%s: agent %+v, %v", name, who, err)
		}
	}
	if _, err := NewReader(Config{User: "Cookie"}); err == nil {
		t.Error("a reserved header is read")
	}
}
