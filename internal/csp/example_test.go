package csp_test

import (
	"fmt"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/csp"
)

func Example() {
	editor, err := csp.New(csp.Config{
		Scripts: []csp.Script{
			{Path: "/_cobrowse/loader-4f1c.js", Integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
			{Path: "/_cobrowse/widget-9a02.js"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	headers := []string{"default-src 'self'; img-src *", "script-src 'nonce-cjRuZDBt' 'strict-dynamic'"}
	plan := editor.Plan("https://shop.example", headers, nil, nil, nil)
	fmt.Println("nonce:", plan.Nonce)
	for _, line := range plan.Enforced {
		fmt.Println(line)
	}
	// Output:
	// nonce: cjRuZDBt
	// default-src 'self'; img-src *; script-src 'self' https://us01-zcb.zoom.us; connect-src 'self' https://*.zoom.us wss://*.zoom.us; font-src 'self' https://*.zoom.us; style-src 'self' https://*.zoom.us; frame-src 'self' https://*.zoom.us; media-src 'self' https://*.zoom.us
	// script-src 'nonce-cjRuZDBt' 'strict-dynamic'
}
