package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
)

//go:embed templates/*.html
var templateFiles embed.FS

// page is what the layout needs to know of one page.
type page struct {
	// Title stands in the title element and in the page's heading.
	Title string
	// View names the template of the main column, without ".html".
	View string
	// Data is handed to the view.
	Data any
	// Lang and Charset default to "en" and "utf-8".
	Lang, Charset string
	// HeadFirst and HeadLast are put at the beginning and the end of head.
	HeadFirst, HeadLast template.HTML
	// Nonce is put on the layout's own script element.
	Nonce string
	// NoScript leaves the layout's own script element out, for policies that
	// would not allow it.
	NoScript bool
}

// views renders pages. Its templates are parsed once; a template that doesn't
// parse or fails is a fault of this package, so that it panics.
type views struct {
	templates *template.Template
	groups    []Group
}

func newViews() *views {
	return &views{
		templates: template.Must(template.ParseFS(templateFiles, "templates/*.html")),
		groups:    Catalogue(),
	}
}

// render returns the page inside the bank's layout.
func (v *views) render(p page) []byte {
	if p.Lang == "" {
		p.Lang = "en"
	}
	if p.Charset == "" {
		p.Charset = "utf-8"
	}
	main := v.execute(p.View, p)
	return v.execute("layout", struct {
		page
		Groups []Group
		Main   template.HTML
	}{p, v.groups, template.HTML(main)}) // #nosec G203 -- our own template's output, escaped there
}

// part returns one template without the layout: frames and fragments.
func (v *views) part(name string, data any) []byte {
	return v.execute(name, data)
}

func (v *views) execute(name string, data any) []byte {
	var out bytes.Buffer
	if err := v.templates.ExecuteTemplate(&out, name+".html", data); err != nil {
		panic(fmt.Sprintf("site: template %s: %v", name, err))
	}
	return out.Bytes()
}
