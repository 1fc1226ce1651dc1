package caddymodule_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAuditTellsOfConfigurations: the record says when its lines begin to come of
// another configuration, also where the process was another one, and not which.
func TestAuditTellsOfConfigurations(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	const key, label = "audit-key-of-32-characters-0123456789", "Ask-Mia-4711"
	t.Setenv("COBROWSE_AUDIT_KEY", key)
	s := startSite(t, serveHTML(page), "cobrowse {\n audit {\n file "+file+"\n }\n }\nrespond site")
	changed := func(step string, want int) {
		t.Helper()
		if got := s.postToken("/_cobrowse/sessions", `{"page":"/"}`); got.status != http.StatusCreated {
			t.Fatalf("%s: %d %s", step, got.status, got.body)
		}
		record, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(record), `"event":"config.changed"`); got != want {
			t.Errorf("%s: %d changes on record, want %d:\n%s", step, got, want, record)
		}
		for _, hidden := range []string{key, sdkSecret, label} {
			if strings.Contains(string(record), hidden) {
				t.Errorf("%s: the record has %q", step, hidden)
			}
		}
	}
	first := s.block
	labelled := strings.Replace(first, "audit {", "button {\n label "+label+"\n }\n audit {", 1)
	changed("start", 1)
	changed("next customer", 1)
	s.reload("header X-Other 1\n" + first)
	changed("a reload of something else", 1)
	s.reload(labelled)
	changed("another label", 2)
	s.reload("respond gone") // closes the file, as a stop does
	s.reload(labelled)
	changed("as before the stop", 2)
	s.refused(first + "\nnonsense")
	changed("a configuration that was refused", 2)
	s.reload(first)
	changed("as at first", 3)
}
