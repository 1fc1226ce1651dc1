package caddymodule_test

import (
	"net/http"
	"testing"
)

// TestDeskBehindProxy ends TLS in front of Caddy: the desk believes who
// trusted_proxies names, and nobody else.
func TestDeskBehindProxy(t *testing.T) {
	ask := func(t *testing.T, s *site, header ...string) string {
		t.Helper()
		return s.do(http.MethodGet, "/_cobrowse/desk", "", header...).header.Get("Strict-Transport-Security")
	}
	const block, https = "cobrowse\nrespond site", "X-Forwarded-Proto: https"
	t.Run("trusted", func(t *testing.T) {
		s := startSiteWith(t, serveHTML(page), "servers {\n trusted_proxies static 127.0.0.1/32 ::1/128\n }", "http", block)
		if got := ask(t, s, https); got == "" {
			t.Error("TLS ends at a trusted proxy, and browsers are not told to keep to HTTPS")
		}
		for _, header := range [][]string{nil, {"X-Forwarded-Proto: http"}, {https, "X-Forwarded-Proto: http"}, {"X-Forwarded-Proto: "}} {
			if got := ask(t, s, header...); got != "" {
				t.Errorf("%q: %s", header, got)
			}
		}
	})
	t.Run("not trusted", func(t *testing.T) {
		for _, global := range []string{"", "servers {\n trusted_proxies static 192.0.2.0/24\n }"} {
			s := startSiteWith(t, serveHTML(page), global, "http", block)
			if got := ask(t, s, https, "X-Forwarded-For: 192.0.2.1"); got != "" {
				t.Errorf("%q: a client's own header counts: %s", global, got)
			}
		}
	})
}
