package proxy

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestOriginPolicy has every row of the table at originPolicy.check.
func TestOriginPolicy(t *testing.T) {
	const (
		listed = "https://shop.example"
		other  = "https://evil.example"
		absent = ""
	)
	configured := []string{"https://shop.example", "http://shop.example:8080"}
	type row struct {
		name, site, origin string
		want               string // the refusal, or ""
		readable           string
	}
	withOrigins := []row{
		{"same-origin, absent", "same-origin", absent, "", ""},
		{"same-origin, configured", "same-origin", listed, "", ""},
		{"same-origin, another", "same-origin", other, originUnlisted, ""},
		{"same-site, configured", "same-site", listed, "", listed},
		{"same-site, another", "same-site", "https://www.shop.example", originUnlisted, ""},
		{"same-site, absent", "same-site", absent, originNotFromPage, ""},
		{"cross-site, configured", "cross-site", listed, "", listed},
		{"cross-site, another", "cross-site", other, originUnlisted, ""},
		{"cross-site, absent", "cross-site", absent, originNotFromPage, ""},
		{"none, absent", "none", absent, originNotFromPage, ""},
		{"none, configured", "none", listed, originNotFromPage, ""},
		{"absent, configured", absent, listed, "", listed},
		{"absent, configured with port", absent, "http://shop.example:8080", "", "http://shop.example:8080"},
		{"absent, other scheme", absent, "http://shop.example", originUnlisted, ""},
		{"absent, other port", absent, "https://shop.example:8443", originUnlisted, ""},
		{"absent, default port written out", absent, "https://shop.example:443", originUnlisted, ""},
		{"absent, subdomain", absent, "https://a.shop.example", originUnlisted, ""},
		{"absent, listed is a prefix", absent, "https://shop.example.evil.example", originUnlisted, ""},
		{"absent, with path", absent, "https://shop.example/", originUnlisted, ""},
		{"absent, in capitals", absent, "HTTPS://SHOP.EXAMPLE", originUnlisted, ""},
		{"absent, with user", absent, "https://shop.example@evil.example", originUnlisted, ""},
		{"absent, two in one", absent, "https://shop.example https://evil.example", originUnlisted, ""},
		{"absent, absent", absent, absent, originNotFromPage, ""},
		{"same-origin, null", "same-origin", "null", originNull, ""},
		{"cross-site, null", "cross-site", "null", originNull, ""},
		{"none, null", "none", "null", originNull, ""},
		{"absent, null", absent, "null", originNull, ""},
		{"unknown word", "same-planet", listed, originNotFromPage, ""},
		{"capitals", "Same-Origin", listed, originNotFromPage, ""},
		{"two words", "same-origin, cross-site", listed, originNotFromPage, ""},
	}
	withoutOrigins := []row{
		{"same-origin, absent", "same-origin", absent, "", ""},
		{"same-origin, any", "same-origin", other, "", ""},
		{"same-origin, null", "same-origin", "null", originNull, ""},
		{"same-site, any", "same-site", listed, originUnmarked, ""},
		{"cross-site, any", "cross-site", listed, originUnmarked, ""},
		{"cross-site, absent", "cross-site", absent, originUnmarked, ""},
		{"none, absent", "none", absent, originNotFromPage, ""},
		{"absent, any", absent, listed, originUnmarked, ""},
		{"absent, absent", absent, absent, originUnmarked, ""},
		{"absent, null", absent, "null", originNull, ""},
	}
	run := func(policy originPolicy, rows []row) func(*testing.T) {
		return func(t *testing.T) {
			for _, row := range rows {
				t.Run(row.name, func(t *testing.T) {
					header := http.Header{}
					if row.site != absent {
						header.Set("Sec-Fetch-Site", row.site)
					}
					if row.origin != absent {
						header.Set("Origin", row.origin)
					}
					readable, refusal := policy.check(header)
					if refusal != row.want || readable != row.readable {
						t.Errorf("readable %q, refusal %q; want %q, %q", readable, refusal, row.readable, row.want)
					}
				})
			}
		}
	}
	t.Run("configured", run(newOriginPolicy(configured), withOrigins))
	t.Run("not configured", run(newOriginPolicy(nil), withoutOrigins))
}

func TestOriginFieldsComeOnce(t *testing.T) {
	for _, policy := range []originPolicy{newOriginPolicy(nil), newOriginPolicy([]string{"https://shop.example"})} {
		for _, header := range []http.Header{
			{"Sec-Fetch-Site": {"same-origin", "same-origin"}},
			{"Sec-Fetch-Site": {"same-origin", "cross-site"}, "Origin": {"https://shop.example"}},
			{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://shop.example", "https://evil.example"}},
			{"Sec-Fetch-Site": {"same-origin"}, "Origin": {""}},
			{"Sec-Fetch-Site": {""}, "Origin": {"https://shop.example"}},
		} {
			if readable, refusal := policy.check(header); refusal != originMalformed || readable != "" {
				t.Errorf("%v: readable %q, refusal %q", header, readable, refusal)
			}
		}
	}
}

// TestOriginsAsOperatorsWriteThem: browsers write lower case and no default
// port, whatever the configuration says.
func TestOriginsAsOperatorsWriteThem(t *testing.T) {
	policy := newOriginPolicy([]string{"https://Shop.Example:443", "http://shop.example:80", "https://a.example:8443", "http://b.example:443"})
	tests := []struct {
		origin string
		want   bool
	}{
		{"https://shop.example", true},
		{"http://shop.example", true},
		{"https://a.example:8443", true},
		{"http://b.example:443", true},
		{"https://a.example", false},
		{"http://b.example", false},
		{"https://b.example", false},
	}
	for _, test := range tests {
		_, refusal := policy.check(http.Header{"Origin": {test.origin}})
		if (refusal == "") != test.want {
			t.Errorf("%s: refusal %q", test.origin, refusal)
		}
	}
}

func TestOriginPreflight(t *testing.T) {
	configured := func(c *Config) { c.Origins = []string{"https://shop.example"} }
	preflight := map[string]string{"Origin": "https://shop.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
	with := func(name, value string) map[string]string {
		header := maps.Clone(preflight)
		header[name] = value
		return header
	}
	tests := []struct {
		name   string
		change func(*Config)
		header map[string]string
		status int
	}{
		{"configured", configured, preflight, http.StatusNoContent},
		{"another", configured, with("Origin", "https://evil.example"), http.StatusForbidden},
		{"null", configured, with("Origin", "null"), http.StatusForbidden},
		{"wildcard", configured, with("Origin", "*"), http.StatusForbidden},
		{"none configured", func(*Config) {}, preflight, http.StatusForbidden},
		{"no preflight: no origin", configured, with("Origin", ""), http.StatusMethodNotAllowed},
		{"no preflight: no method", configured, with("Access-Control-Request-Method", ""), http.StatusMethodNotAllowed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newTokenFixture(t, test.change)
			r := httptest.NewRequest(http.MethodOptions, "/_cobrowse/token", nil)
			for name, value := range test.header {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			f.endpoint.ServeHTTP(w, r)
			checkPreflight(t, w, test.status)
		})
	}
}

func checkPreflight(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	want := map[string]string{"Vary": "Origin"}
	if status == http.StatusNoContent {
		want["Access-Control-Allow-Origin"] = "https://shop.example"
		want["Access-Control-Allow-Methods"] = "POST"
		want["Access-Control-Allow-Headers"] = "Content-Type"
		want["Access-Control-Max-Age"] = "600"
	}
	for _, name := range []string{
		"Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
		"Access-Control-Max-Age", "Access-Control-Allow-Credentials",
	} {
		if got := w.Header().Get(name); got != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
	}
}
