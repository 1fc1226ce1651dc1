package proxy

import (
	"html"
	"strings"
)

// tag is the element that every document gets. It holds no code, so it needs
// nothing of a policy but leave for its URL, and it is small: browsers look
// for a page's charset in the first 1024 bytes.
type tag struct {
	marker string // the loader's path up to its hash: what tells an injected page
	plain  string // the element for most pages
	open   string // its beginning, where attributes follow
}

func newTag(loaderPath string) tag {
	open := `<script src="` + html.EscapeString(loaderPath) + `" async`
	name := loaderPath[strings.LastIndexByte(loaderPath, '/')+1:]
	stem, _, _ := strings.Cut(name, "-")
	return tag{
		marker: strings.TrimSuffix(loaderPath, name) + stem + "-",
		plain:  open + "></script>",
		open:   open,
	}
}

// with returns the element with the page's own nonce, or with the loader's
// integrity, where its policy asks for one of them.
func (t tag) with(nonce, integrity string) string {
	if nonce == "" && integrity == "" {
		return t.plain
	}
	var b strings.Builder
	b.WriteString(t.open)
	if integrity != "" {
		b.WriteString(` integrity="` + html.EscapeString(integrity) + `"`)
	}
	if nonce != "" {
		b.WriteString(` nonce="` + html.EscapeString(nonce) + `"`)
	}
	b.WriteString("></script>")
	return b.String()
}
