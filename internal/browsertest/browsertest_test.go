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

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.uber.org/goleak"

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

// inEach runs a test in each engine that has the whole face, and others.
func inEach(t *testing.T, test func(t *testing.T, engine browsertest.Engine), others ...browsertest.Engine) {
	for _, engine := range append([]browsertest.Engine{browsertest.Chromium, browsertest.Firefox}, others...) {
		t.Run(string(engine), func(t *testing.T) { test(t, engine) })
	}
}

// TestFind: a browser that is not there is named with its cure.
func TestFind(t *testing.T) {
	for engine, env := range map[browsertest.Engine]string{browsertest.Chromium: browsertest.Env, browsertest.Firefox: browsertest.FirefoxEnv} {
		path, err := browsertest.Find(engine)
		if err != nil {
			t.Errorf("%s: %v", engine, err)
		}
		t.Setenv(env, path)
		if again, err := browsertest.Find(engine); again != path {
			t.Errorf("%s=%s finds %q, %v", env, path, again, err)
		}
		t.Setenv(env, "/no/such/browser")
		_, err = browsertest.Find(engine)
		if err == nil || !strings.Contains(err.Error(), env) || !strings.Contains(err.Error(), "Debian's package "+string(engine)) {
			t.Errorf("%s: %v", engine, err)
		}
	}
	if _, err := browsertest.Find("netscape"); err == nil {
		t.Error("netscape was found")
	}
}

// TestNothingIsLeft: with its test a browser ends, and what drives it.
func TestNothingIsLeft(t *testing.T) {
	for _, engine := range []browsertest.Engine{browsertest.Firefox, browsertest.WebKit} {
		t.Run(string(engine), func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Run("a tab", func(t *testing.T) {
				b := browsertest.Start(t, browsertest.Config{Engine: engine, Hosts: map[string]http.Handler{"shop.example": page("")}})
				b.NewTab(t).Open("https://shop.example/")
			})
			http.DefaultClient.CloseIdleConnections()
			goleak.VerifyNone(t, before)
		})
	}
}

func TestTabRecords(t *testing.T) { inEach(t, tabRecords) }

func tabRecords(t *testing.T, engine browsertest.Engine) {
	b := browsertest.Start(t, browsertest.Config{Engine: engine, Hosts: map[string]http.Handler{
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
		if c := strings.Join(tab.Console(), "\n"); !strings.Contains(c, "Error: two") || !strings.Contains(c, "https://elsewhere.example/y.png") {
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

func TestTabsAreSeparate(t *testing.T) { inEach(t, tabsAreSeparate) }

func tabsAreSeparate(t *testing.T, engine browsertest.Engine) {
	b := browsertest.Start(t, browsertest.Config{Engine: engine, Hosts: map[string]http.Handler{"shop.example": page("")}})
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

func TestOwnServerWithCertificate(t *testing.T) { inEach(t, ownServer) }

func ownServer(t *testing.T, engine browsertest.Engine) {
	own := httptest.NewUnstartedServer(page("<h1>Own</h1>"))
	b := browsertest.Start(t, browsertest.Config{Engine: engine, Routes: map[string]string{"own.example": own.Listener.Addr().String()}})
	own.TLS = &tls.Config{Certificates: []tls.Certificate{b.Certificate()}}
	own.StartTLS()
	defer own.Close()
	tab := b.NewTab(t)
	tab.Open("https://own.example/")
	tab.Wait("document.querySelector('h1').textContent === 'Own'")
	tab.Clean()
}

func TestPreloads(t *testing.T) { inEach(t, preloads) }

func preloads(t *testing.T, engine browsertest.Engine) {
	b := browsertest.Start(t, browsertest.Config{Engine: engine, Hosts: map[string]http.Handler{
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

// TestInput: what a test does with mouse and keys is what a person does, so the
// page gets trusted events, in every engine the same.
func TestInput(t *testing.T) { inEach(t, input, browsertest.WebKit) }

func input(t *testing.T, engine browsertest.Engine) {
	b := browsertest.Start(t, browsertest.Config{Engine: engine, Hosts: map[string]http.Handler{
		"shop.example": page(`<meta name="viewport" content="width=device-width"><style>body { margin: 0; height: 5000px }</style>
			<input style="position: fixed; left: 20px; top: 20px"><button style="position: fixed; left: 20px; top: 80px">b</button>
			<script>
			window.heard = [];
			for (const type of ['mousedown', 'mousemove', 'mouseup', 'click'])
				addEventListener(type, (e) => heard.push([type, e.clientX, e.clientY, e.buttons, e.isTrusted].join(' ')));
			addEventListener('keydown', (e) => heard.push([e.key, e.ctrlKey, e.shiftKey, e.isTrusted].join(' ')));
			</script>`),
	}})
	tab := b.NewTab(t)
	tab.Open("https://shop.example/")
	reset := func() { browsertest.Eval[bool](tab, "(heard.length = 0, true)") }
	t.Run("click and type", func(t *testing.T) {
		tab.Click("document.querySelector('input')")
		reset()
		tab.Press("aB1")
		tab.Wait("document.querySelector('input').value === 'aB1'")
		tab.Press(kb.Backspace)
		tab.Wait("document.querySelector('input').value === 'aB'")
		tab.Press(kb.Tab)
		tab.Wait("document.activeElement === document.querySelector('button')")
		reset()
		tab.Press(kb.Enter)
		tab.Wait("heard.some((h) => h.startsWith('click'))")
		reset()
		tab.Press("H", chromedp.ModifierCtrl, chromedp.ModifierShift)
		tab.Wait("heard.includes('H true true true')")
	})
	t.Run("drag", func(t *testing.T) {
		reset()
		tab.Drag(browsertest.Point{X: 300, Y: 300}, browsertest.Point{X: 400, Y: 310}, browsertest.Point{X: 420, Y: 330})
		tab.Wait("heard.some((h) => h.startsWith('mouseup 420 330 0 true'))")
		for _, want := range []string{"mousedown 300 300 1 true", "mousemove 400 310 1 true"} {
			if !browsertest.Eval[bool](tab, "heard.includes('"+want+"')") {
				t.Errorf("not heard: %s, but %q", want, browsertest.Eval[[]string](tab, "heard"))
			}
		}
	})
	t.Run("wheel and size", func(t *testing.T) {
		tab.Wheel(browsertest.Point{X: 300, Y: 300}, browsertest.Point{Y: 700})
		tab.Wait("scrollY >= 600")
		tab.Size(700, 500)
		tab.Wait("innerHeight === 500 && innerWidth === 700")
	})
}

// TestNoWayOut: what is not of the world is refused, whatever way a page takes,
// and known to have been asked for.
func TestNoWayOut(t *testing.T) {
	local := httptest.NewServer(page("not for pages"))
	defer local.Close()
	b := browsertest.Start(t, browsertest.Config{Engine: browsertest.Firefox, Hosts: map[string]http.Handler{
		"shop.example": page(""), "*.zoom.us": page(""),
	}})
	tab := b.NewTab(t)
	tab.Open("https://shop.example/")
	for _, url := range []string{"https://elsewhere.example/", "http://shop.example/", "https://zoom.us/", "http://localhost/", local.URL} {
		if !browsertest.Eval[bool](tab, "fetch('"+url+"', {mode: 'no-cors'}).then(() => false, () => true)") {
			t.Errorf("%s can be reached", url)
		}
	}
	// Nothing else: the browser itself asks for nothing.
	got := slices.Sorted(slices.Values(b.Refused()))
	want := []string{strings.TrimPrefix(local.URL, "http://"), "elsewhere.example:443", "localhost", "zoom.us:443"}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("refused: %q, not %q", got, want)
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
