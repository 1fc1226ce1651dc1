package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	under := func(prefix string) Matcher {
		return func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, prefix) }
	}
	tests := []struct {
		name string
		cfg  InjectConfig
		path string
		want string
	}{
		{"no rules", InjectConfig{}, "/a", Injected},
		{"only, inside", InjectConfig{Only: []Matcher{under("/a"), under("/b")}}, "/b/c", Injected},
		{"only, outside", InjectConfig{Only: []Matcher{under("/a")}}, "/b", "rules"},
		{"except", InjectConfig{Except: []Matcher{under("/b")}}, "/b", "rules"},
		{"except beats only", InjectConfig{Only: []Matcher{under("/")}, Except: []Matcher{under("/b")}}, "/b", "rules"},
		{"private", InjectConfig{Private: []string{"/konto"}}, "/konto", "private-path"},
		{"private in another case", InjectConfig{Private: []string{"/Konto"}}, "/KONTO", "private-path"},
		{"private, exact only", InjectConfig{Private: []string{"/konto"}}, "/konto/x", Injected},
		{"private, prefix", InjectConfig{Private: []string{"/konto*"}}, "/konto/x", "private-path"},
		{"private, encoded", InjectConfig{Private: []string{"/konto*"}}, "/%6bonto/x", "private-path"},
		{"private, doubled slash", InjectConfig{Private: []string{"/konto"}}, "//konto", "private-path"},
		{"private, dots", InjectConfig{Private: []string{"/konto"}}, "/x/%2e%2e/konto", "private-path"},
		{"nobody", InjectConfig{Percent: new(float64)}, "/", "percent"},
		{"dry run", InjectConfig{DryRun: true}, "/", "dry-run"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			count := newCounter()
			tt.cfg.Expose = true
			m := newTestMiddleware(t, Config{Inject: tt.cfg, Observer: count})
			srv := front(t, m, serve(200, page, htmlType, `ETag: "v1"`))
			got := ask(t, "GET", srv.URL+tt.path, document)
			checkResult(t, got, count, tt.want)
			if tt.want != Injected && (got.body != page || got.Header.Get("Etag") != `"v1"` || got.Header.Get("Vary") != "") {
				t.Errorf("touched: %q %v", got.body, got.Header)
			}
		})
	}
}

func TestDryRunLeavesTheRequest(t *testing.T) {
	m := newTestMiddleware(t, Config{Inject: InjectConfig{DryRun: true}})
	srv := front(t, m, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != `"v1"` || r.Header.Get("Range") != "bytes=0-1" || r.Header.Get("Accept-Encoding") != "br" {
			t.Errorf("the site saw %v", r.Header)
		}
		serve(200, page, htmlType)(w, r)
	}))
	ask(t, "GET", srv.URL, document, `If-None-Match: "v1"`, "Range: bytes=0-1", "Accept-Encoding: br")
}

// TestPercent checks that the share is about right and that a visitor keeps
// the answer.
func TestPercent(t *testing.T) {
	for _, percent := range []float64{0, 1, 25, 50, 99.5, 100} {
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			ru := newRules(&Config{Inject: InjectConfig{Percent: &percent}, ClientIP: peerIP})
			const visitors = 20000
			in := 0
			for i := range visitors {
				r := &http.Request{RemoteAddr: fmt.Sprintf("10.%d.%d.7:1234", i>>8, i&255), Header: http.Header{"User-Agent": {"Browser"}}}
				first := ru.percent >= 100 || ru.inShare(r)
				r.RemoteAddr = strings.Replace(r.RemoteAddr, "1234", "4321", 1)
				if first != (ru.percent >= 100 || ru.inShare(r)) {
					t.Fatal("a visitor's answer changed with the port")
				}
				if first {
					in++
				}
			}
			if share := float64(in) * 100 / visitors; share < percent-1 || share > percent+1 {
				t.Errorf("%v%% of the visitors", share)
			}
		})
	}
}

func TestSite(t *testing.T) {
	m := newTestMiddleware(t, Config{Origins: []string{"http://shop.example", "https://shop.example", "https://www.shop.example:8443"}})
	for host, want := range map[string]string{
		"shop.example":          "https://shop.example",
		"SHOP.example":          "https://shop.example",
		"www.shop.example:8443": "https://www.shop.example:8443",
		"www.shop.example":      "",
		"evil.example":          "",
		"":                      "",
	} {
		if got := m.transport.siteOf(&http.Request{Host: host}); got != want {
			t.Errorf("siteOf(%q) = %q, want %q", host, got, want)
		}
	}
}
