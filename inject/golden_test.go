package inject

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenDocuments returns the documents in testdata by file name.
func goldenDocuments(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.html")
	if err != nil || len(files) < 30 {
		tb.Fatalf("%d documents in testdata, %v", len(files), err)
	}
	docs := map[string][]byte{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		docs[file] = b
	}
	return docs
}

func editPolicies(h *Head) Edit {
	e := Edit{Tag: testTag}
	for _, p := range h.Policies {
		e.Policies = append(e.Policies, p+" 'edited'")
	}
	return e
}

func TestGolden(t *testing.T) {
	heads := map[string]string{}
	for file, doc := range goldenDocuments(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			d := &document{Options: Options{Marker: testMarker}, edit: editPolicies}
			if err := d.run(doc); err != nil {
				t.Fatal(err)
			}
			heads[file] = fmt.Sprintf("%+v", d.head(t))
			compareGolden(t, file+".golden", d.out.Bytes())
			for _, coding := range append(codings, "") {
				o := d.Options
				o.ContentEncoding = token(coding)
				c := &document{Options: o, edit: editPolicies, cut: pieces(3)}
				if err := c.run(encoded(t, coding, doc)); err != nil {
					t.Fatal(err)
				}
				text, err := decoded(coding, c.out.Bytes(), 1<<20)
				if err != nil || !bytes.Equal(text, d.out.Bytes()) || !equalHeads(c.head(t), d.heads[0]) {
					t.Errorf("%s: %+v %v\n%s", coding, c.heads, err, text)
				}
			}
		})
	}
	var b strings.Builder
	for _, file := range slices.Sorted(maps.Keys(heads)) {
		fmt.Fprintf(&b, "%-24s %s\n", strings.TrimSuffix(filepath.Base(file), ".html"), heads[file])
	}
	compareGolden(t, "testdata/heads.golden", []byte(b.String()))
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", file, got, want)
	}
}
