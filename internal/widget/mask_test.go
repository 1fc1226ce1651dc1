package widget_test

import "github.com/cobrowse-proxy/cobrowse-proxy/internal/widget"

// masks are rules of which the last counts everywhere.
func masks() []widget.Mask {
	return []widget.Mask{
		{Paths: []string{"/account/*", "/login"}, AllInput: true, Selectors: []string{".iban", "#balance"}},
		{Paths: []string{"*.pdf.html"}, Attributes: []string{"data-pii=yes", "name=ssn"}},
		{AllInput: true},
	}
}
