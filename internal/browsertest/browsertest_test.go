package browsertest_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// page serves a constant page with headers given as name, value pairs.
func page(body string, header ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for i := 0; i < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		_, _ = io.WriteString(w, "<!doctype html><link rel=icon href='data:,'>"+body)
	})
}

func TestTabRecords(t *testing.T) {
	b := browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{
		"shop.example": page(`<h1>Shop</h1><script>console.error('one', 2)</script>
			<img src="https://elsewhere.example/x.png">`, "Content-Security-Policy", "img-src 'none' data:"),
		"other.example": page(`<script>setTimeout(() => { throw new Error('two') })</script>
			<img src="https://elsewhere.example/y.png">`),
	}})
	t.Run("console, violation", func(t *testing.T) {
		tab := b.NewTab(t)
		tab.Open("https://shop.example/")
		if got := browsertest.Eval[string](tab, "document.querySelector('h1').textContent"); got != "Shop" {
			t.Errorf("h1 is %q", got)
		}
		if !slices.Contains(tab.Console(), `error: "one" 2`) {
			t.Errorf("console: %q", tab.Console())
		}
		v := tab.Violations()
		if len(v) != 1 || v[0].Directive != "img-src" || v[0].Disposition != "enforce" {
			t.Errorf("violations: %+v", v)
		}
	})
	t.Run("exception, requests that go nowhere", func(t *testing.T) {
		tab := b.NewTab(t)
		tab.Open("https://other.example/")
		tab.Wait("document.readyState == 'complete'")
		if c := strings.Join(tab.Console(), "\n"); !strings.Contains(c, "Error: two") || !strings.Contains(c, "ERR_NAME_NOT_RESOLVED") {
			t.Errorf("console: %s", c)
		}
		if !slices.Contains(tab.Requests(), "https://elsewhere.example/y.png") {
			t.Errorf("requests: %q", tab.Requests())
		}
	})
	if v := b.Visits("other.example"); len(v) != 1 || v[0].Path != "/" {
		t.Errorf("visits: %+v", v)
	}
}

func TestTabsAreSeparate(t *testing.T) {
	b := browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{"shop.example": page("")}})
	one := b.NewTab(t)
	one.Open("https://shop.example/")
	browsertest.Eval[bool](one, "localStorage.setItem('a', '1'), true")
	sibling, stranger := one.Sibling(), b.NewTab(t)
	sibling.Open("https://shop.example/")
	stranger.Open("https://shop.example/")
	if !browsertest.Eval[bool](sibling, "localStorage.getItem('a') === '1'") {
		t.Error("a sibling does not share localStorage")
	}
	if !browsertest.Eval[bool](stranger, "localStorage.getItem('a') === null") {
		t.Error("another tab shares localStorage")
	}
}

func TestOwnServerWithCertificate(t *testing.T) {
	own := httptest.NewUnstartedServer(page("<h1>Own</h1>"))
	b := browsertest.Start(t, browsertest.Config{Routes: map[string]string{"own.example": own.Listener.Addr().String()}})
	own.TLS = &tls.Config{Certificates: []tls.Certificate{b.Certificate()}}
	own.StartTLS()
	defer own.Close()
	tab := b.NewTab(t)
	tab.Open("https://own.example/")
	tab.Wait("document.querySelector('h1').textContent === 'Own'")
	tab.Clean()
}

func TestPreloads(t *testing.T) {
	b := browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{
		"shop.example": page(`<div></div><script>document.querySelector('div').attachShadow({mode: 'closed'}).append('in')</script>`),
	}})
	for name, tc := range map[string]struct{ preload, want string }{
		"none": {"", "document.querySelector('div').shadowRoot === null"},
		"keep": {
			browsertest.KeepShadowRoots,
			"document.querySelector('div').shadowRoot === null && shadowRootOf(document.querySelector('div')).textContent === 'in'",
		},
		"open": {browsertest.OpenShadowRoots, "document.querySelector('div').shadowRoot.textContent === 'in'"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := b.NewTab(t, tc.preload)
			tab.Open("https://shop.example/")
			if !browsertest.Eval[bool](tab, tc.want) {
				t.Errorf("false: %s", tc.want)
			}
		})
	}
}

func TestZoomNeeds(t *testing.T) {
	const sdk = `<script src="https://us01-zcb.zoom.us/static/resource/sdk/k/js/3.10.x"></script>
		<script>ZoomCobrowseSDK.init({}, () => {})</script>`
	all := "script-src 'unsafe-inline' https://us01-zcb.zoom.us; connect-src https://*.zoom.us wss://*.zoom.us; " +
		"img-src data: https://*.zoom.us; font-src https://*.zoom.us; style-src https://*.zoom.us 'unsafe-inline'; " +
		"frame-src https://*.zoom.us; worker-src blob:"
	zoom := browsertest.NewZoom(t)
	zoom.Behave(browsertest.Behaviour{Needs: true, Inline: true, Worker: true})
	b := browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{
		"open.example":       page(sdk),
		"listed.example":     page(sdk, "Content-Security-Policy", all),
		"none.example":       page(sdk, "Content-Security-Policy", strings.NewReplacer("wss://*.zoom.us", "", "img-src data: https://*.zoom.us", "img-src data:", "font-src https://*.zoom.us", "font-src 'none'", "frame-src https://*.zoom.us", "frame-src 'none'", "style-src https://*.zoom.us 'unsafe-inline'", "style-src 'none'", "worker-src blob:", "worker-src 'none'").Replace(all)),
		browsertest.ZoomHost: zoom,
	}})
	names := []string{"blob-worker", "connect", "font", "frame", "image", "inline-style", "style", "websocket"}
	seen := 0
	for host, want := range map[string]func(string) bool{
		"open.example":   func(string) bool { return true },
		"listed.example": func(string) bool { return true },
		"none.example":   func(need string) bool { return need == "connect" },
	} {
		tab := b.NewTab(t)
		tab.Open("https://" + host + "/")
		zoom.Await(t, "need", seen+len(names))
		for _, c := range zoom.Calls("need")[seen:] {
			var need struct {
				Name string
				OK   bool
			}
			if err := json.Unmarshal(c.Args, &need); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(names, need.Name) || need.OK != want(need.Name) {
				t.Errorf("%s: %s", host, c.Args)
			}
		}
		seen += len(names)
	}
}
