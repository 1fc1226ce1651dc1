package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// TestBelowASite: everything at a prefix of the site's own origin, under
// 'self' alone.
func TestBelowASite(t *testing.T) { inEach(t, belowASite) }

func belowASite(t *testing.T, engine browsertest.Engine) {
	needBundle(t)
	service := newService(t, nil)
	mux := http.NewServeMux()
	mux.Handle("/_cobrowse/sandbox/", http.StripPrefix("/_cobrowse/sandbox", service))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'")
		_, _ = w.Write([]byte(`<!doctype html><title>Shop</title><link rel="icon" href="data:,"><base href="https://elsewhere.example/"><p id="counter">own origin</p>` +
			`<script src="` + shopURL + `/_cobrowse/sandbox/static/resource/sdk/` + testKey + `/js/3.10.x"></script>`))
	})
	b := browsertest.Start(t, browsertest.Config{Engine: engine, Hosts: map[string]http.Handler{shopHost: mux}})
	customer := b.NewTab(t, browsertest.KeepShadowRoots)
	customer.Open(shopURL + "/")
	browsertest.Eval[bool](customer, `(ZoomCobrowseSDK.init({}, ({session}) => {
		session.on('pincode_updated', (p) => { window.pin = p.pincode; });
		session.start({sdkToken: '`+mint(t, token.RoleCustomer, "c", "Mia")+`'});
	}), true)`)
	customer.Wait("window.pin")
	desk := b.NewTab(t)
	desk.Open(shopURL + "/_cobrowse/sandbox/sdkapi/zcb/frame-templates/desk?access_token=" + mint(t, token.RoleAgent, "a", "Ann"))
	desk.Wait("document.querySelector('#pin')")
	join(desk, browsertest.Eval[string](customer, "window.pin"))
	desk.Wait(seenText + ".includes('own origin')")
	for _, tab := range []*browsertest.Tab{customer, desk} {
		checkQuiet(t, tab, shopHost)
	}
}
