package proxy

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestOwner(t *testing.T) {
	tests := []struct {
		path string
		want ownership
	}{
		{"/_cobrowse", ours},
		{"/_cobrowse/", ours},
		{"/_cobrowse/token", ours},
		{"/_cobrowse/loader-3f.js", ours},
		{"/_cobrowse/desk/join", ours},

		{"/_COBROWSE/token", disguised},
		{"/%5fcobrowse/token", disguised},
		{"/%5Fcobrowse/token", disguised},
		{"/_cobrowse%2ftoken", disguised},
		{"/%255fcobrowse", disguised},
		{"/%255fcobrowse/x", disguised},
		{"//_cobrowse/", disguised},
		{"/./_cobrowse/", disguised},
		{"/x/../_cobrowse/", disguised},
		{"/x/%2e%2e/_cobrowse/", disguised},
		{"/_cobrowse/%2e%2e/admin", disguised},
		{"/_cobrowse/../admin", disguised},
		{"/_cobrowse//token", disguised},
		{"/_cobrowse/token;x", disguised},
		{`/_cobrowse\token`, disguised},
		{`\_cobrowse\token`, disguised},
		{"/_cobrowse;x", disguised},
		{"/_cobrowse;x/token", disguised},
		{"/_cobrowse.", disguised},
		{"/_cobrowse./", disguised},
		{"/_cobrowse%20/token", disguised},
		{"/_cobrowse%00", disguised},
		{"/_cobrowse%00.png", disguised},
		{"/_cobrowse/a%00", disguised},
		{"/_cobrowse/%", disguised},
		{"/%25255fcobrowse/desk", disguised},
		{"/_cobrow%C5%BFe/desk", disguised},
		{"/%2525252525252525252525252525x", disguised},

		{"/", foreign},
		{"/_cobrowsex", foreign},
		{"/_cobrows", foreign},
		{"/_cobrowse-old/x", foreign},
		{"/_cobrowse.json", foreign},
		{"/a/_cobrowse/", foreign},
		{"/a%2f_cobrowse/", foreign},
		{"/a%2fb", foreign},
		{"/100%25", foreign},
		{"/caf%C3%A9", foreign},
		{"/a;b=c/d", foreign},
		{"/a//b", foreign},
		{"*", foreign},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			u := parseRequestPath(t, tt.path)
			if got := owner(u, "/_cobrowse"); got != tt.want {
				t.Errorf("owner(%q) = %v, want %v", tt.path, got, tt.want)
			}
		})
	}
}

// parseRequestPath reads a path as net/http's server does, and falls back to
// an opaque path where it would have refused the request.
func parseRequestPath(t testing.TB, path string) *url.URL {
	t.Helper()
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return &url.URL{Path: path}
	}
	return u
}

func TestDisguisedPathReachesNobody(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	for _, path := range []string{"/_COBROWSE/token", "/%5fcobrowse/desk", "//_cobrowse/", "/x/../_cobrowse/token"} {
		t.Run(path, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://shop.example/", nil)
			r.URL = parseRequestPath(t, path)
			w := httptest.NewRecorder()
			err := m.ServeHTTP(w, r, func(http.ResponseWriter, *http.Request) error {
				t.Error("the site was asked")
				return nil
			})
			if err != nil || w.Code != http.StatusBadRequest {
				t.Errorf("got %d, %v; want 400", w.Code, err)
			}
			if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
				t.Errorf("Content-Type %q", ct)
			}
		})
	}
}

// FuzzOwner checks what must hold for any path: one that is ours is written
// canonically, and one that the standard library's cleaning turns into ours is
// never given to the site.
func FuzzOwner(f *testing.F) {
	for _, s := range []string{"/_cobrowse/token", "/%255fcobrowse", "/x/../_cobrowse/", `\_cobrowse`, "/_cobrowse%", "/a;/..;/_cobrowse"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		const base = "/_cobrowse"
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" {
			return
		}
		got := owner(u, base)
		if got == ours && (!strings.HasPrefix(u.EscapedPath(), base) || strings.ContainsAny(u.EscapedPath(), `%\;`)) {
			t.Errorf("%q is called ours", path)
		}
		if got == foreign {
			for _, reading := range []string{u.Path, strings.ToLower(u.Path), unescape(u.Path)} {
				if joined := (&url.URL{Path: "/"}).JoinPath(reading).Path; joined == base || strings.HasPrefix(joined, base+"/") {
					t.Errorf("%q is called foreign, but reads as %q", path, joined)
				}
			}
		}
	})
}

func BenchmarkOwner(b *testing.B) {
	u, _ := url.ParseRequestURI("/konto/umsatz/2026/november.html")
	b.ReportAllocs()
	for b.Loop() {
		if owner(u, "/_cobrowse") != foreign {
			b.Fatal("not foreign")
		}
	}
}
