package desk_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

func TestHeaders(t *testing.T) {
	p, err := desk.New(desk.Settings{Base: "/_cobrowse", ZoomHost: "us01-zcb.zoom.us"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.CSP(), "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
		"frame-src https://us01-zcb.zoom.us; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"; got != want {
		t.Errorf("CSP %q, want %q", got, want)
	}
	if got, want := p.PermissionsPolicy(), `autoplay=(self "https://us01-zcb.zoom.us"), camera=(self "https://us01-zcb.zoom.us"), `+
		`display-capture=(self "https://us01-zcb.zoom.us"), geolocation=(self "https://us01-zcb.zoom.us"), `+
		`microphone=(self "https://us01-zcb.zoom.us")`; got != want {
		t.Errorf("Permissions-Policy %q, want %q", got, want)
	}
}

func TestPages(t *testing.T) {
	p, err := desk.New(desk.Settings{Base: "/help/x", ZoomHost: "zoom.test:8443"})
	if err != nil {
		t.Fatal(err)
	}
	html := string(p.HTML())
	for _, want := range []string{`src="/help/x/` + p.Script().Name + `"`, `href="/help/x/` + p.Style().Name + `"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if !bytes.Contains(p.Script().Body, []byte(`"https://zoom.test:8443"`)) || !bytes.Contains(p.Script().Body, []byte(`"/help/x/desk/token"`)) {
		t.Error("the script lacks its settings")
	}
	if got := p.Refused("anything"); !bytes.Equal(got, p.Refused(desk.NotSignedIn)) {
		t.Error("an unknown reason is not treated as a missing sign-in")
	}
	if bytes.Equal(p.Refused(desk.NotConfigured), p.Refused(desk.NotSignedIn)) {
		t.Error("both refusals are the same page")
	}
	for _, page := range [][]byte{p.HTML(), p.Refused(desk.NotConfigured), p.Refused(desk.NotSignedIn)} {
		for _, bad := range []string{"<style", " style=", "onclick", "<script>", "{{", "ZgotmplZ", "http://"} {
			if bytes.Contains(page, []byte(bad)) {
				t.Errorf("a page holds %q", bad)
			}
		}
	}
}

func TestInvalidSettings(t *testing.T) {
	for name, s := range map[string]desk.Settings{
		"no base":                    {ZoomHost: "us01-zcb.zoom.us"},
		"base with quote":            {Base: `/"x`, ZoomHost: "us01-zcb.zoom.us"},
		"no host":                    {Base: "/_cobrowse"},
		"host with scheme":           {Base: "/_cobrowse", ZoomHost: "https://us01-zcb.zoom.us"},
		"host that ends a directive": {Base: "/_cobrowse", ZoomHost: "zoom.us; script-src *"},
	} {
		if _, err := desk.New(s); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
