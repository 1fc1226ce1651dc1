package inject_test

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
)

func Example() {
	page := "<!DOCTYPE html><!-- no <head> --><title>Shop</title><p>Welcome\n"

	r := inject.New(os.Stdout, inject.Options{
		Charset: "utf-8",
		Decide: func(h *inject.Head) inject.Edit {
			return inject.Edit{Tag: `<script src="/hello.js" async></script>`}
		},
	})
	defer r.Discard()
	if _, err := io.Copy(r, strings.NewReader(page)); err != nil {
		fmt.Println(err)
	}
	if err := r.Close(); err != nil {
		fmt.Println(err)
	}
	// Output: <!DOCTYPE html><!-- no <head> --><script src="/hello.js" async></script><title>Shop</title><p>Welcome
}

// A page's policy is told, and can be replaced. Its charset is told too, where
// Content-Type must name it from now on.
func Example_policy() {
	page := `<html><head><meta charset=latin1>` +
		`<meta http-equiv="Content-Security-Policy" content="script-src &apos;self&apos;">` +
		"</head><body>"

	r := inject.New(os.Stdout, inject.Options{
		Decide: func(h *inject.Head) inject.Edit {
			fmt.Printf("Content-Type: text/html; charset=%s\n%q\n", h.Charset, h.Policies)
			return inject.Edit{
				Tag:      "<script src=//cdn.example/x.js></script>",
				Policies: []string{h.Policies[0] + " cdn.example"},
			}
		},
	})
	defer r.Discard()
	_, _ = io.WriteString(r, page)
	_ = r.Close()
	// Output:
	// Content-Type: text/html; charset=windows-1252
	// ["script-src 'self'"]
	// <html><head><script src=//cdn.example/x.js></script><meta charset=latin1><meta http-equiv="Content-Security-Policy" content="script-src 'self' cdn.example"></head><body>
}

// In doubt, a document passes untouched, and Decide is told why.
func Example_untouched() {
	r := inject.New(os.Stdout, inject.Options{
		RequireMarkup: true,
		Decide: func(h *inject.Head) inject.Edit {
			fmt.Println(h.Skip)
			return inject.Edit{Tag: "<script src=/x.js></script>"}
		},
	})
	defer r.Discard()
	_, _ = io.WriteString(r, `{"html": "<head></head>"}`)
	_ = r.Close()
	// Output:
	// no-markup
	// {"html": "<head></head>"}
}
