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

// differsByTag is the oracle: it parses a document before and after, with
// scripting on and off, and says in words how the trees differ other than by
// our element as the first element child of head; "" means not at all. The
// doctype, on which quirks mode depends, is part of the tree.
func differsByTag(before, after []byte) string {
	for _, scripting := range []bool{true, false} {
		a, b := parse(before, scripting), parse(after, scripting)
		if a == nil || b == nil {
			return "x/net/html cannot parse it"
		}
		head := child(child(b, "html"), "head")
		if head == nil {
			return "no head"
		}
		ours := head.FirstChild
		for ours != nil && ours.Type != html.ElementNode {
			ours = ours.NextSibling
		}
		if ours == nil || !isOurs(ours) {
			return "our element is not the first in head"
		}
		head.RemoveChild(ours)
		if x, y := tree(a), tree(b); x != y {
			return fmt.Sprintf("scripting %v:\n%s\nbecame\n%s", scripting, x, y)
		}
	}
	return ""
}

// parse leaves out a byte order mark, as decoders do: to x/net/html it is text.
func parse(b []byte, scripting bool) *html.Node {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	n, err := html.ParseWithOptions(bytes.NewReader(b), html.ParseOptionEnableScripting(scripting))
	if err != nil {
		return nil
	}
	return n
}

func isOurs(n *html.Node) bool {
	return n.Data == "script" && len(n.Attr) == 2 && strings.HasPrefix(n.Attr[0].Val, testMarker) &&
		n.Attr[1].Key == "async" && n.FirstChild == nil
}

func child(n *html.Node, name string) *html.Node {
	if n == nil {
		return nil
	}
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode && c.Data == name {
			return c
		}
	}
	return nil
}

// tree writes a tree down. Two texts side by side, as where our element stood
// between them, count as one.
func tree(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, indent string)
	walk = func(n *html.Node, indent string) {
		if n.Type == html.TextNode && n.PrevSibling != nil && n.PrevSibling.Type == html.TextNode {
			b.WriteString(n.Data)
		} else {
			fmt.Fprintf(&b, "\n%s%d %s:%s%v", indent, n.Type, n.Namespace, n.Data, n.Attr)
		}
		for c := range n.ChildNodes() {
			walk(c, indent+" ")
		}
	}
	walk(n, "")
	return b.String()
}

// headPolicies lists the policies that x/net/html finds in head.
func headPolicies(doc []byte) []string {
	var list []string
	head := child(child(parse(doc, true), "html"), "head")
	if head == nil {
		return nil
	}
	for c := range head.ChildNodes() {
		attr := map[string]string{}
		for _, a := range c.Attr {
			attr[a.Key] = a.Val
		}
		if c.Data == "meta" && strings.EqualFold(attr["http-equiv"], "content-security-policy") && attr["content"] != "" {
			list = append(list, attr["content"])
		}
	}
	return list
}

// html5lib returns the documents of html5lib's tree construction tests, which
// ship with the x/net module (see testdata/README.md). Fragments are left out.
func html5lib(tb testing.TB) [][]byte {
	tb.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		tb.Fatalf("finding the x/net module: %v", err)
	}
	data := filepath.Join(strings.TrimSpace(string(dir)), "html/testdata/html5lib-tests/tree-construction")
	var docs [][]byte
	for _, pattern := range []string{"*.dat", "scripted/*.dat"} {
		files, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil || len(files) == 0 {
			tb.Fatalf("no html5lib data in %s: %v", data, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				tb.Fatal(err)
			}
			for _, c := range strings.Split("\n"+string(b), "\n#data\n")[1:] {
				// The line break restores that of an empty document, which
				// the split has taken.
				input, expected, ok := strings.Cut("\n"+c, "\n#errors\n")
				if !ok {
					tb.Fatalf("%s: a case without #errors: %q", file, c)
				}
				if !strings.Contains(expected, "#document-fragment\n") {
					docs = append(docs, []byte(strings.TrimPrefix(input, "\n")))
				}
			}
		}
	}
	return docs
}
