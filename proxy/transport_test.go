package proxy

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestDeskOverTLS: browsers keep to HTTPS for the desk wherever TLS ends, and a
// header of the client's own makes no difference.
func TestDeskOverTLS(t *testing.T) {
	behind := func(r *http.Request) bool { return r.Header.Get("Test-Front") == "tls" }
	tests := []struct {
		name    string
		overTLS func(*http.Request) bool
		origins []string
		header  string
		tls     bool
		want    string
	}{
		{"TLS", nil, nil, "", true, hstsValue},
		{"plain", nil, nil, "", false, ""},
		{"plain, and the client says otherwise", nil, nil, "X-Forwarded-Proto", false, ""},
		{"TLS ends in front", behind, nil, "Test-Front", false, hstsValue},
		{"plain in front, too", behind, nil, "", false, ""},
		{"an https origin", nil, []string{"https://shop.example"}, "", false, hstsValue},
		{"an http origin", nil, []string{"http://shop.example"}, "", false, ""},
		{"another host's origin", nil, []string{"https://other.example"}, "", false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newTestMiddleware(t, Config{OverTLS: test.overTLS, Origins: test.origins})
			t.Cleanup(func() { _ = m.Close() })
			r := httptest.NewRequest(http.MethodGet, "http://shop.example/_cobrowse/desk", nil)
			if test.header != "" {
				r.Header.Set(test.header, map[string]string{"X-Forwarded-Proto": "https", "Test-Front": "tls"}[test.header])
			}
			if test.tls {
				r.TLS = new(tls.ConnectionState)
			}
			w := httptest.NewRecorder()
			if err := m.ServeHTTP(w, r, nil); err != nil {
				t.Fatal(err)
			}
			if got := w.Header().Get(hstsField); got != test.want {
				t.Errorf("%s %q, want %q", hstsField, got, test.want)
			}
		})
	}
}
