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
	if got, want := p.CSP(), "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "+
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
	if !bytes.Contains(p.Script().Body, []byte(`"https://zoom.test:8443"`)) || !bytes.Contains(p.Script().Body, []byte(`"/help/x/desk"`)) {
		t.Error("the script lacks its settings")
	}
	if got := p.Refused("anything"); !bytes.Equal(got, p.Refused(desk.NotSignedIn)) {
		t.Error("an unknown reason is not treated as a missing sign-in")
	}
	if bytes.Equal(p.Refused(desk.NotConfigured), p.Refused(desk.NotSignedIn)) {
		t.Error("both refusals are the same page")
	}
	if away := p.Refused(desk.Unavailable); !bytes.Contains(away, []byte("load this page again")) || bytes.Contains(away, []byte("not signed in")) {
		t.Errorf("a source that cannot tell: %s", away)
	}
	for _, page := range [][]byte{p.HTML(), p.Refused(desk.NotConfigured), p.Refused(desk.NotSignedIn), p.Refused(desk.Unavailable)} {
		for _, bad := range []string{"<style", " style=", "onclick", "<script>", "{{", "ZgotmplZ", "http://"} {
			if bytes.Contains(page, []byte(bad)) {
				t.Errorf("a page holds %q", bad)
			}
		}
	}
}

func TestFrameAncestors(t *testing.T) {
	s := desk.Settings{Base: "/_cobrowse", ZoomHost: "us01-zcb.zoom.us"}
	if p, err := desk.New(s); err != nil || p.Frameable() {
		t.Errorf("frameable without ancestors (%v)", err)
	}
	s.FrameAncestors = []string{"https://crm.example", "https://*.desk.example:8443"}
	p, err := desk.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Frameable() || !strings.HasSuffix(p.CSP(), "; frame-ancestors https://crm.example https://*.desk.example:8443") {
		t.Errorf("frameable: %v, CSP %q", p.Frameable(), p.CSP())
	}
}

func TestTitleAndSignOut(t *testing.T) {
	s := desk.Settings{Base: "/_cobrowse", ZoomHost: "us01-zcb.zoom.us"}
	plain, err := desk.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(plain.HTML(), []byte("logout")) || !bytes.Contains(plain.HTML(), []byte("<h1>Cobrowse desk</h1>")) {
		t.Error("the plain page has a sign-out, or not its title")
	}
	s.Title, s.SignOut = `Help <b>"desk"`, true
	p, err := desk.New(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h1>Help &lt;b&gt;&#34;desk&#34;</h1>", `<form id="sign-out" method="post" action="/_cobrowse/logout">`} {
		if !bytes.Contains(p.HTML(), []byte(want)) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if !strings.Contains(p.CSP(), "form-action 'self' https:;") {
		t.Errorf("a logout cannot go on to the identity provider: %s", p.CSP())
	}
}

// TestCredentialless: the frame has the attribute where the page must not depend on
// Zoom's consent, and else nowhere.
func TestCredentialless(t *testing.T) {
	for _, want := range []bool{false, true} {
		p, err := desk.New(desk.Settings{Base: "/_cobrowse", ZoomHost: "us01-zcb.zoom.us", Credentialless: want})
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(p.Script().Body, []byte("credentialless")); got != want {
			t.Errorf("%v: %v", want, got)
		}
	}
}

func TestRefusedWithLogin(t *testing.T) {
	p, err := desk.New(desk.Settings{Base: "/_cobrowse", ZoomHost: "us01-zcb.zoom.us"})
	if err != nil {
		t.Fatal(err)
	}
	for path, linked := range map[string]bool{
		"/_cobrowse/login":             true,
		"/_cobrowse/login?r=%2Fdesk&x": true,
		"":                             false,
		"//evil.example":               false,
		`/\evil.example`:               false,
		"https://evil.example":         false,
		"javascript:alert(1)":          false,
		`/x" onclick="y`:               false,
	} {
		page := p.RefusedWithLogin(path)
		if got := bytes.Contains(page, []byte(`<a class="button" href="/`)); got != linked {
			t.Errorf("%q is linked: %v, want %v", path, got, linked)
		}
		if !linked && !bytes.Equal(page, p.Refused(desk.NotSignedIn)) {
			t.Errorf("%q gives another page than without a login", path)
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
		"ancestor with a path":       {Base: "/_cobrowse", ZoomHost: "zoom.us", FrameAncestors: []string{"https://crm.example/x"}},
		"any ancestor":               {Base: "/_cobrowse", ZoomHost: "zoom.us", FrameAncestors: []string{"*"}},
		"two ancestors in one":       {Base: "/_cobrowse", ZoomHost: "zoom.us", FrameAncestors: []string{"https://a.example https://b.example"}},
		"ancestor with a directive":  {Base: "/_cobrowse", ZoomHost: "zoom.us", FrameAncestors: []string{"https://a.example; script-src *"}},
		"long title":                 {Base: "/_cobrowse", ZoomHost: "zoom.us", Title: strings.Repeat("x", 81)},
	} {
		if _, err := desk.New(s); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
