package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want string
		fails    bool
	}{
		"once":        {"a " + old + " b", "a " + good + " b", false},
		"done":        {"a " + good + " b", "a " + good + " b", false},
		"never":       {"a b", "a b", true},
		"twice":       {old + old, old + old, true},
		"half done":   {old + good, old + good, true},
		"done, twice": {good + good, good + good, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "record.js")
			if err := os.WriteFile(path, []byte(tc.in), 0o600); err != nil {
				t.Fatal(err)
			}
			err := run(path)
			if (err != nil) != tc.fails {
				t.Errorf("error %v", err)
			}
			if got, _ := os.ReadFile(path); string(got) != tc.want {
				t.Errorf("%s", got)
			}
		})
	}
	if err := run(filepath.Join(t.TempDir(), "no")); err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("error %v", err)
	}
}
