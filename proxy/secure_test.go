package proxy

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const plainPage = "<!DOCTYPE html><html><head><title>Konto</title></head><body></body></html>"

// secured are the fields of owasp_headers.
var secured = []string{"Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy"}

// lines renders the secured fields of an answer, every line of each.
func lines(h http.Header) string {
	var b strings.Builder
	for _, name := range secured {
		for _, value := range h.Values(name) {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	return b.String()
}

const allSecured = `Strict-Transport-Security: max-age=31536000
X-Content-Type-Options: nosniff
Referrer-Policy: same-origin
Content-Security-Policy: base-uri http: https:
`

// TestOWASPHeaders: what is missing is added to documents, what is there stays, and
// nothing else is touched.
func TestOWASPHeaders(t *testing.T) {
	const html = "text/html; charset=utf-8"
	tests := []struct {
		name   string
		config Config
		site   http.Header // what the site sends
		status int
		fields []string // of the request, besides that it is for a document
		want   string
		result string
	}{
		{name: "nothing there", site: http.Header{"Content-Type": {html}}, want: allSecured, result: "injected"},
		{name: "error page", status: 404, site: http.Header{"Content-Type": {html}}, want: allSecured, result: "injected"},
		{
			name: "everything there, weaker or not",
			site: http.Header{
				"Content-Type": {html}, "Strict-Transport-Security": {"max-age=60"}, "X-Content-Type-Options": {"none"},
				"Referrer-Policy": {"unsafe-url"}, "Content-Security-Policy": {"img-src 'self'", "object-src 'none'"},
			},
			want: `Strict-Transport-Security: max-age=60
X-Content-Type-Options: none
Referrer-Policy: unsafe-url
Content-Security-Policy: img-src 'self'
Content-Security-Policy: object-src 'none'
`,
			result: "skipped; reason=private-path",
			config: Config{Inject: InjectConfig{Private: []string{"/*"}}},
		},
		{
			name: "report-only is no policy", site: http.Header{"Content-Type": {html}, "Content-Security-Policy-Report-Only": {"base-uri 'none'"}},
			want: allSecured, result: "injected",
		},
		{
			name: "page that gets no button", site: http.Header{"Content-Type": {html}}, want: allSecured, result: "skipped; reason=private-path",
			config: Config{Inject: InjectConfig{Private: []string{"/*"}}},
		},
		{name: "dry run", config: Config{Inject: InjectConfig{DryRun: true}}, site: http.Header{"Content-Type": {html}}, want: allSecured, result: "skipped; reason=dry-run"},
		{name: "no HTML", site: http.Header{"Content-Type": {"text/plain"}}, result: "skipped; reason=media-type"},
		{name: "no document", site: http.Header{"Content-Type": {html}}, fields: []string{"Sec-Fetch-Dest: empty"}, result: "skipped; reason=not-a-document"},
		{name: "redirect without a page", status: 302, site: http.Header{"Location": {"/login"}}, result: "skipped; reason=status"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.OWASPHeaders, tt.config.Inject.Expose = true, true
			m := newTestMiddleware(t, tt.config)
			t.Cleanup(func() { _ = m.Close() })
			srv := secureFront(t, m, tt.site, tt.status)
			fields := tt.fields
			if fields == nil {
				fields = []string{"Sec-Fetch-Dest: document"}
			}
			a := askTLS(t, srv, fields...)
			if got := lines(a.Header); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			if got := a.Header.Get("X-Cobrowse"); got != tt.result {
				t.Errorf("X-Cobrowse %q, want %q", got, tt.result)
			}
		})
	}
}

// TestOWASPHeadersOff is the default.
func TestOWASPHeadersOff(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	t.Cleanup(func() { _ = m.Close() })
	a := askTLS(t, secureFront(t, m, http.Header{"Content-Type": {"text/html"}}, 0), "Sec-Fetch-Dest: document")
	if got := lines(a.Header); got != "" {
		t.Errorf("got\n%s", got)
	}
}

// TestOWASPHeadersOverHTTP: browsers must not be told over plain HTTP to use
// nothing but HTTPS, unless a configured origin says that TLS ends in front of us.
func TestOWASPHeadersOverHTTP(t *testing.T) {
	for name, tt := range map[string]struct {
		origins []string
		want    string
	}{
		"plain":                 {nil, ""},
		"plain origin":          {[]string{"http://shop.example"}, ""},
		"TLS ends in front":     {[]string{"https://shop.example"}, "max-age=31536000"},
		"another host's origin": {[]string{"https://other.example"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTestMiddleware(t, Config{OWASPHeaders: true, Origins: tt.origins})
			t.Cleanup(func() { _ = m.Close() })
			r := httptest.NewRequest(http.MethodGet, "http://shop.example/", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			w := httptest.NewRecorder()
			err := m.ServeHTTP(w, r, func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Content-Type", "text/html")
				_, err := io.WriteString(w, plainPage)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := w.Header().Get("Strict-Transport-Security"); got != tt.want {
				t.Errorf("Strict-Transport-Security %q, want %q", got, tt.want)
			}
			if got := w.Header().Get("Referrer-Policy"); got != "same-origin" {
				t.Errorf("Referrer-Policy %q", got)
			}
		})
	}
}

// secureFront is our proxy over HTTPS before a site that answers one page.
func secureFront(t *testing.T, m *Middleware, header http.Header, status int) *httptest.Server {
	t.Helper()
	if status == 0 {
		status = http.StatusOK
	}
	site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		if header.Get("Location") == "" {
			_, _ = io.WriteString(w, plainPage)
		}
	})
	srv := httptest.NewTLSServer(m.Wrap(site))
	t.Cleanup(srv.Close)
	return srv
}

// askTLS is ask over HTTPS, without following redirects.
func askTLS(t *testing.T, srv *httptest.Server, fields ...string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, srv.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	c := srv.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{Response: resp, body: string(body)}
}
