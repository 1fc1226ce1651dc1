package widget_test

import (
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// withButton is a JavaScript expression: the paths of all same-origin documents
// of a page that show the button.
const withButton = `(() => {
	const found = [];
	(function walk(w) {
		try { if (w.document.querySelector('cobrowse-help')) found.push(w.location.pathname); } catch { return; }
		for (let i = 0; i < w.length; i++) walk(w[i]);
	})(window);
	return found.join();
})()`

func TestFrames(t *testing.T) {
	const small = `<!doctype html><html lang="en"><head>{{tag}}<link rel=icon href="data:,"><title>F</title></head><body><h1>Frame</h1></body></html>`
	pages := map[string]string{
		"/frames": `<html><head>{{tag}}<link rel=icon href="data:,"><title>Old</title></head>
			<frameset rows="80,*"><frame src="/banner" name="banner"><frameset cols="200,*">
			<frame src="/menu" name="menu"><frame src="/content" name="content"></frameset></frameset></html>`,
		"/nested-framesets": `<html><head>{{tag}}<link rel=icon href="data:,"></head><frameset cols="200,*"><frame src="/menu"><frame src="/frames" name="inner"></frameset></html>`,
		"/foreign-content":  `<html><head>{{tag}}<link rel=icon href="data:,"></head><frameset cols="200,*"><frame src="/menu"><frame src="https://partner.example/other"></frameset></html>`,
		"/iframes":          `<!doctype html><html lang="en"><head>{{tag}}<link rel=icon href="data:,"></head><body><iframe src="/content" width=900 height=500></iframe><object data="/menu" type="text/html"></object></body></html>`,
		"/iframe-frames":    `<!doctype html><html lang="en"><head>{{tag}}<link rel=icon href="data:,"></head><body><iframe src="/frames" width=900 height=500></iframe></body></html>`,
		"/foreign-top":      `<!doctype html><html lang="en"><head><link rel=icon href="data:,"></head><body><iframe src="https://shop.example/content" width=900 height=500></iframe></body></html>`,
		"/banner":           small, "/menu": small, "/content": small, "/content2": small,
	}
	w := start(t, settings(), func(s *site) { s.pages = pages })
	settle := `document.readyState === 'complete' && new Promise((r) => setTimeout(() => r(true), 400))`

	for _, tc := range []struct{ name, url, want string }{
		{"frameset", "https://shop.example/frames", "/content"},
		{"framesets in framesets", "https://shop.example/nested-framesets", "/content"},
		{"largest frame is foreign", "https://shop.example/foreign-content", "/menu"},
		{"iframe and object", "https://shop.example/iframes", "/iframes"},
		{"frameset in an iframe", "https://shop.example/iframe-frames", "/iframe-frames"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tab := w.browser.NewTab(t, browsertest.KeepShadowRoots)
			tab.Open(tc.url)
			tab.Wait(withButton + " === '" + tc.want + "'")
			browsertest.Eval[bool](tab, settle)
			if got := browsertest.Eval[string](tab, withButton); got != tc.want {
				t.Errorf("the button is shown by %q, want %q", got, tc.want)
			}
			tab.Screenshot("frames")
			tab.Clean()
		})
	}

	t.Run("foreign page around", func(t *testing.T) {
		w := start(t, settings(), func(s *site) { s.pages = pages })
		tab := w.browser.NewTab(t)
		tab.Open("https://partner.example/foreign-top")
		browsertest.Eval[bool](tab, settle)
		var loader, script int
		for _, v := range w.browser.Visits(shop) {
			switch v.Path {
			case "/_cobrowse/" + w.bundle.Loader().Name:
				loader++
			case "/_cobrowse/" + w.bundle.Widget().Name:
				script++
			}
		}
		if loader != 1 || script != 0 {
			t.Errorf("the loader was fetched %d times and the widget %d times", loader, script)
		}
	})

	t.Run("session in a frame", func(t *testing.T) {
		tab := w.browser.NewTab(t, browsertest.KeepShadowRoots)
		tab.Open("https://shop.example/frames")
		// From the top, frames are windows by name.
		frame := func(selector string) string {
			return `frames.content.shadowRootOf?.(frames.content.document.querySelector('cobrowse-help'))?.querySelector('` + selector + `')`
		}
		tab.Wait(frame(".help"))
		browsertest.Eval[bool](tab, "("+frame(".help")+".click(), "+frame(".main")+".click(), true)")
		tab.Wait(frame(".digits"))
		browsertest.Eval[bool](tab, "(frames.content.location = '/content2', true)")
		w.zoom.Await(t, "join", 1)
		tab.Wait(frame(".help") + "?.innerText === 'Sharing'")
		tab.Clean()
	})

	t.Run("border dragged", func(t *testing.T) {
		tab := w.browser.NewTab(t, browsertest.KeepShadowRoots)
		tab.Open("https://shop.example/frames")
		tab.Wait(withButton + " === '/content'")
		browsertest.Eval[bool](tab, "(document.querySelector('frameset frameset').cols = '*,200', true)")
		tab.Wait(withButton + " === '/menu'")
		browsertest.Eval[bool](tab, "(document.querySelector('frameset frameset').cols = '200,*', true)")
		tab.Wait(withButton + " === '/content'")
		tab.Clean()
	})
}
