package claims

import (
	"reflect"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

func TestAgent(t *testing.T) {
	standard := Names{ID: "sub", Name: "name", Email: "email", Groups: "groups"}
	tests := []struct {
		name    string
		names   Names
		payload string
		want    agent.Agent
		refused bool
	}{
		{"all", standard, `{"sub":"7","name":"Anna","email":"a@x","groups":["a","b"]}`, agent.Agent{ID: "7", Name: "Anna", Email: "a@x", Groups: []string{"a", "b"}}, false},
		{"subject only", standard, `{"sub":"7","name":null,"groups":null}`, agent.Agent{ID: "7"}, false},
		{"Keycloak's path", Names{ID: "sub", Groups: "realm_access.roles"}, `{"sub":"7","realm_access":{"roles":["a"]}}`, agent.Agent{ID: "7", Groups: []string{"a"}}, false},
		{"a name with dots goes first", Names{ID: "sub", Groups: "a.b"}, `{"sub":"7","a.b":"x","a":{"b":"y"}}`, agent.Agent{ID: "7", Groups: []string{"x"}}, false},
		{"a path through text", Names{ID: "sub", Groups: "sub.roles"}, `{"sub":"7"}`, agent.Agent{ID: "7"}, false},
		{"unverified address", standard, `{"sub":"7","email":"boss@x","email_verified":false}`, agent.Agent{ID: "7"}, false},
		{"unverified address as text", standard, `{"sub":"7","email":"boss@x","email_verified":"false"}`, agent.Agent{ID: "7"}, false},
		{"verified address as ID", Names{ID: "email"}, `{"email":"a@x","email_verified":true}`, agent.Agent{ID: "a@x"}, false},
		{"unverified address as ID", Names{ID: "email"}, `{"email":"boss@x","email_verified":false}`, agent.Agent{}, true},
		{"no ID", standard, `{"name":"Anna"}`, agent.Agent{}, true},
		{"empty ID", standard, `{"sub":""}`, agent.Agent{}, true},
		{"ID of another type", standard, `{"sub":7}`, agent.Agent{}, true},
		{"name of another type", standard, `{"sub":"7","name":["Anna"]}`, agent.Agent{}, true},
		{"groups of another type", standard, `{"sub":"7","groups":{"a":true}}`, agent.Agent{}, true},
		{"an empty group", standard, `{"sub":"7","groups":["a",""]}`, agent.Agent{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := Parse([]byte(tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			got, err := set.Agent(tt.names)
			if (err != nil) != tt.refused || err == nil && !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v; want %+v, refused %t", got, err, tt.want, tt.refused)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, payload := range map[string]string{
		"twice":               `{"a":1,"a":2}`,
		"twice, deeper":       `{"a":[{"b":1,"b":1}]}`,
		"twice, in an escape": `{"a":1,"\u0061":2}`,
		"array":               `[]`,
		"null":                `null`,
		"nothing":             ``,
		"more":                `{}{}`,
		"deep":                `{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`,
	} {
		if set, err := Parse([]byte(payload)); err == nil {
			t.Errorf("%s: %v", name, set)
		}
	}
}

// FuzzAgent asserts that claims make no agent whom no source may assert.
func FuzzAgent(f *testing.F) {
	f.Add([]byte(`{"sub":"7","name":"Anna","email":"a@x","groups":["a","b"]}`), "groups")
	f.Add([]byte(`{"sub":"7","a":{"b":["c"]}}`), "a.b")
	f.Fuzz(func(t *testing.T, payload []byte, groups string) {
		set, err := Parse(payload)
		if err != nil {
			return
		}
		who, err := set.Agent(Names{ID: "sub", Name: "name", Email: "email", Groups: groups})
		if err == nil && (who.Check() != nil || who.ID != set["sub"] || who.Name != agent.DisplayName(who.Name)) {
			t.Fatalf("%s: %+v", payload, who)
		}
	})
}
