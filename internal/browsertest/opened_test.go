package browsertest_test

import (
	"net/http"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// TestOpened: the tab that a click opens is found, in its session only.
func TestOpened(t *testing.T) { inEach(t, opened) }

func opened(t *testing.T, engine browsertest.Engine) {
	b := browsertest.Start(t, browsertest.Config{Engine: engine, Hosts: map[string]http.Handler{
		"shop.example": page(`<button onclick="open('/room#one', '_blank', 'noopener')">Open</button>`),
	}})
	one, other := b.NewTab(t), b.NewTab(t)
	for _, tab := range []*browsertest.Tab{one, other} {
		tab.Open("https://shop.example/")
		tab.Click("document.querySelector('button')")
	}
	room := one.Opened("/room#one")
	room.Wait("location.hash === '#one'")
	browsertest.Eval[bool](room, "localStorage.setItem('whose', 'one'), true")
	if !browsertest.Eval[bool](other.Opened("/room#one"), "localStorage.getItem('whose') === null") {
		t.Error("a tab of another session was found")
	}
	browsertest.Eval[bool](room, "console.error('heard'), true")
	if c := room.Console(); len(c) != 1 {
		t.Errorf("console: %q", c)
	}
	one.Front()
	one.Wait("document.visibilityState === 'visible'")
	room.Front()
	room.Wait("document.visibilityState === 'visible'")
	room.Size(400, 500)
	room.Wait("innerWidth === 400")
}
