package caddymodule_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

// TestFieldsAreDocumented reads the comments of the JSON fields, which Caddy's
// site prints: each is there, consists of sentences, and tells the default
// or that there is none.
func TestFieldsAreDocumented(t *testing.T) {
	fields := 0
	for _, name := range []string{"handler.go", "settings.go", "agents_policy.go", "agents_header.go", "agents_forwardauth.go", "agents_jwt.go", "agents_oidc.go", "agents_oidc_settings.go", "agents_zoomapp.go", "agents_zoomapp_install.go", "agents_zoomapp_login.go", "agents_zoomapp_tokens.go", "video.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			fields++
			text := strings.TrimSpace(field.Doc.Text())
			if !strings.HasPrefix(text, strings.TrimSuffix(field.Names[0].Name, "Raw")) && !strings.HasPrefix(text, field.Names[0].Name) ||
				!strings.HasSuffix(text, ".") || !strings.Contains(text, "default") && !strings.HasSuffix(text, "Required.") {
				t.Errorf("%s: %s is documented as %q", name, field.Names[0].Name, text)
			}
			if !strings.Contains(field.Tag.Value, `,omitempty"`) {
				t.Errorf("%s: %s has the tag %s", name, field.Names[0].Name, field.Tag.Value)
			}
			return true
		})
	}
	if fields < 40 {
		t.Errorf("only %d fields were found", fields)
	}
}

// TestSwitchesAreDocumented keeps the lists of policy switches complete.
func TestSwitchesAreDocumented(t *testing.T) {
	for _, name := range []string{"settings.go", "../Caddyfile.example"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range csp.Switches() {
			if !strings.Contains(string(text), string(word)) {
				t.Errorf("%s does not tell of csp allow %s", name, word)
			}
		}
	}
}
