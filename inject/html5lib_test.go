package inject

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const testTag = `<script src="/_cobrowse/loader-0123456789ab.js" async></script>`

// html5lib returns the documents of html5lib's tree construction tests, which
// ship with the x/net module (see testdata/README.md).
func html5lib(tb testing.TB) [][]byte {
	tb.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		tb.Fatalf("finding the x/net module: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)),
		"html/testdata/html5lib-tests/tree-construction", "*.dat"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no html5lib data in %s: %v", dir, err)
	}
	var docs [][]byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, c := range bytes.Split(append([]byte("\n"), b...), []byte("\n#data\n"))[1:] {
			data, rest, ok := bytes.Cut(c, []byte("\n#errors\n"))
			if !ok {
				if data, rest, ok = bytes.Cut(append([]byte("\n"), c...), []byte("\n#errors\n")); ok {
					data = bytes.TrimPrefix(data, []byte("\n"))
				}
			}
			if !ok {
				tb.Fatalf("%s: a case without #errors: %q", file, c)
			}
			if bytes.Contains(rest, []byte("#document-fragment\n")) {
				continue
			}
			docs = append(docs, data)
		}
	}
	return docs
}

func TestCount(t *testing.T) {
	docs := html5lib(t)
	fmt.Println(len(docs))
	n := 0
	for _, d := range docs {
		mine := -1
		f := newFinder(Options{Charset: "utf-8"})
		f.read(d, true, false)
		if f.skip == "" {
			mine = f.scanner.point
		}
		good := map[int]bool{}
		for at := 0; at <= len(d); at++ {
			if oracle(d, splice(d, at, testTag)) == "" {
				good[at] = true
			}
		}
		if len(good) > 0 {
			n++
		}
		if (mine >= 0) != (len(good) > 0) || mine >= 0 && !good[mine] {
			fmt.Printf("%q mine %d %s good %v why %s\n", d, mine, f.skip, good, func() string {
				if mine >= 0 {
					return oracle(d, splice(d, mine, testTag))
				}
				return ""
			}())
		}
	}
	fmt.Println("injectable", n)
}

func splice(d []byte, at int, s string) []byte {
	return append(append(append([]byte{}, d[:at]...), s...), d[at:]...)
}

func newFinder(o Options) *finder {
	o.Limits.setDefaults()
	f := new(finder)
	f.reset(&o)
	return f
}

// oracle compares trees
func oracle(before, after []byte) string {
	for _, scripting := range []bool{true, false} {
		a, err := html.ParseWithOptions(bytes.NewReader(before), html.ParseOptionEnableScripting(scripting))
		if err != nil {
			return err.Error()
		}
		b, err := html.ParseWithOptions(bytes.NewReader(after), html.ParseOptionEnableScripting(scripting))
		if err != nil {
			return err.Error()
		}
		h := findHead(b)
		if h == nil {
			return "no head"
		}
		c := h.FirstChild
		for c != nil && c.Type != html.ElementNode {
			c = c.NextSibling
		}
		if c == nil || c.Data != "script" || len(c.Attr) != 2 || c.Attr[0].Val != "/_cobrowse/loader-0123456789ab.js" {
			return "not first"
		}
		h.RemoveChild(c)
		var x, y bytes.Buffer
		dump(&x, a, 0)
		dump(&y, b, 0)
		if x.String() != y.String() {
			return "differs"
		}
	}
	return ""
}

func findHead(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && c.Data == "html" {
			for h := c.FirstChild; h != nil; h = h.NextSibling {
				if h.Type == html.ElementNode && h.Data == "head" {
					return h
				}
			}
		}
	}
	return nil
}

func dump(w *bytes.Buffer, n *html.Node, depth int) {
	if n.Type == html.TextNode && n.PrevSibling != nil && n.PrevSibling.Type == html.TextNode {
		fmt.Fprintf(w, "%s", n.Data)
	} else {
		fmt.Fprintf(w, "\n%d %d %s %s %v ", depth, n.Type, n.Namespace, n.Data, n.Attr)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		dump(w, c, depth+1)
	}
}
