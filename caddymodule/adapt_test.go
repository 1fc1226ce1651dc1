package caddymodule_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/cobrowse-proxy/cobrowse-proxy/caddymodule"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// separator stands between a Caddyfile and what becomes of it.
const separator = "\n----------\n"

// adapt turns a Caddyfile into indented JSON.
func adapt(t testing.TB, text string) (string, []caddyconfig.Warning, error) {
	t.Helper()
	result, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return "", warnings, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, result, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return indented.String(), warnings, nil
}

// TestAdapt compares Caddyfiles with the JSON, or the end of the error, that
// must come of them.
func TestAdapt(t *testing.T) {
	files, err := filepath.Glob("testdata/adapt/*.caddytest")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".caddytest"), func(t *testing.T) {
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, found := strings.Cut(string(golden), separator)
			if !found && !*update {
				t.Fatalf("%s has no line %q", file, strings.TrimSpace(separator))
			}
			input = strings.TrimSpace(input) + "\n"
			got, warnings, err := adapt(t, input)
			if err != nil {
				got = err.Error()
			}
			if *update {
				if err := os.WriteFile(file, []byte(strings.TrimSpace(input)+separator+got+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(warnings) > 0 {
				t.Errorf("warnings: %v", warnings)
			}
			if got != strings.TrimSpace(want) {
				t.Errorf("adapting gave\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestExample shows that the file which operators copy from is valid, formatted,
// and shows every field that exists.
func TestExample(t *testing.T) {
	example, err := os.ReadFile("../Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	if formatted := caddyfile.Format(example); !bytes.Equal(formatted, example) {
		t.Error("Caddyfile.example is not formatted as 'caddy fmt' does it")
	}
	got, warnings, err := adapt(t, string(example))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %v", err, warnings)
	}
	for _, name := range fieldNames(reflect.TypeFor[caddymodule.Handler]()) {
		if name == "none" { // contradicts the other words of button; the text shows it
			continue
		}
		if !strings.Contains(got, `"`+name+`": `) {
			t.Errorf("the example does not show the field %s", name)
		}
	}
}

// fieldNames lists the JSON names of a struct and of the structs in it.
func fieldNames(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		name, _, tagged := strings.Cut(field.Tag.Get("json"), ",")
		if !tagged {
			continue
		}
		names = append(names, name)
		inner := field.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			names = append(names, fieldNames(inner)...)
		}
	}
	return names
}
