// Command patch changes the one line of rrweb's recorder that breaks strict
// policies. It runs after "npm ci" and before the bundler, in this folder's
// parent:
//
//	go run ./internal/sandbox/patch -dir internal/sandbox
//
// On each change of a style attribute, @rrweb/record 2.1.6 parses the old value
// by setting a style attribute on an element that is in no document. Where a
// page's policy forbids inline styles, that is a violation each time. Setting
// style.cssText does the same and is allowed (CSP Level 3, section 6.1.14:
// style-src-attr is about markup).
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	file = "node_modules/@rrweb/record/dist/record.js"
	old  = `old.setAttribute("style", m.oldValue);`
	good = `old.style.cssText = m.oldValue;`
)

func main() {
	dir := flag.String("dir", ".", "folder that holds node_modules")
	flag.Parse()
	if err := run(filepath.Join(*dir, filepath.FromSlash(file))); err != nil {
		fmt.Fprintln(os.Stderr, "patch:", err)
		os.Exit(1)
	}
}

// run patches the file, unless that was done before.
func run(path string) error {
	source, err := os.ReadFile(path) //nolint:gosec // the path is the developer's own
	if err != nil {
		return fmt.Errorf("run npm ci first: %w", err)
	}
	text := string(source)
	switch found, done := strings.Count(text, old), strings.Count(text, good); {
	case found == 0 && done == 1:
		return nil
	case found != 1 || done != 0:
		return fmt.Errorf("%s holds %q %d times instead of once: see whether this version still needs the change", path, old, found)
	}
	text = strings.Replace(text, old, good, 1)
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // as npm wrote it
}
