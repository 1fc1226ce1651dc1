package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long a tab waits for what must happen. It only decides how
// soon a failure is told, so it is long enough for a machine under load.
const patience = 60 * time.Second

// ScreenshotsEnv names the environment variable that holds a folder for
// screenshots. Without it [Tab.Screenshot] does nothing.
const ScreenshotsEnv = "COBROWSE_SCREENSHOTS"

// Tab is one tab of a browser. Its methods fail the test where the browser
// does not do as it is told.
type Tab struct {
	t       testing.TB
	browser *Browser
	page    page
	record  *record
	preload []string
}

// NewTab opens a tab with cookies and storage of its own. Preload are scripts
// that run in every document before the page's own.
func (b *Browser) NewTab(t testing.TB, preload ...string) *Tab {
	t.Helper()
	return b.openTab(t, nil, preload)
}

// Sibling opens another tab that shares cookies and localStorage with this one.
func (tab *Tab) Sibling() *Tab {
	tab.t.Helper()
	return tab.browser.openTab(tab.t, tab.page, tab.preload)
}

func (b *Browser) openTab(t testing.TB, beside page, preload []string) *Tab {
	t.Helper()
	p, r, err := b.driver.open(t, beside, preload)
	if err != nil {
		t.Fatalf("opening a tab of %s: %v", b.Engine, err)
	}
	return &Tab{t: t, browser: b, page: p, record: r, preload: preload}
}

// must fails the test where the browser could not do something.
func (tab *Tab) must(err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatalf("in %s: %v%s", tab.browser.Engine, err, tab.said())
	}
}

// Open navigates and waits for the load event.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.must(tab.page.navigate(url))
}

// Eval evaluates a JavaScript expression in the page; a promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	v, err := eval[T](tab, expression)
	if err != nil {
		tab.t.Fatalf("evaluating %.1000s: %v%s", expression, err, tab.said())
	}
	return v
}

func eval[T any](tab *Tab, expression string) (T, error) {
	var v T
	raw, err := tab.page.evaluate(expression)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, err
	}
	// A null would leave the zero value, which no test should take for an answer.
	if string(raw) == "null" {
		if again, err := json.Marshal(v); err == nil && string(again) != "null" {
			return v, fmt.Errorf("the value is null or undefined, not a %T", v)
		}
	}
	return v, nil
}

// Wait waits until the expression is truthy, across navigations. An expression
// that throws counts as false.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		ok, err := eval[bool](tab, "Boolean("+expression+")")
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			tab.t.Fatalf("never became true in %s: %s (last error: %v)%s", tab.browser.Engine, expression, err, tab.said())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Click clicks with the mouse in the middle of the element that the expression
// yields, as a person would: what lies on top of it gets the click. The element
// may be in a frame of the same origin.
func (tab *Tab) Click(expression string) {
	tab.t.Helper()
	tab.Wait(expression)
	at := Eval[[]float64](tab, `(() => {
		const el = `+expression+`; el.scrollIntoView({block: 'nearest'});
		const r = el.getBoundingClientRect(), at = [r.x + r.width / 2, r.y + r.height / 2];
		for (let f = el.ownerDocument.defaultView.frameElement; f; f = f.ownerDocument.defaultView.frameElement) {
			const r = f.getBoundingClientRect(); at[0] += r.x + f.clientLeft; at[1] += r.y + f.clientTop;
		}
		return at;
	})()`)
	tab.must(tab.page.click(Point{at[0], at[1]}))
}

// Drag presses the mouse at the first point, moves it along the others, and
// lets go at the last.
func (tab *Tab) Drag(path ...Point) {
	tab.t.Helper()
	if len(path) < 2 {
		tab.t.Fatal("a drag needs two points")
	}
	tab.must(tab.page.drag(path))
}

// Wheel turns the mouse wheel over a point. Browsers driven over WebDriver take
// whole pixels: fractions are cut off there.
func (tab *Tab) Wheel(at, by Point) {
	tab.t.Helper()
	tab.must(tab.page.wheel(at, by))
}

// Press presses keys, such as kb.Enter or "a", with modifiers held down.
func (tab *Tab) Press(keys string, modifiers ...chromedp.Modifier) {
	tab.t.Helper()
	tab.must(tab.page.press(keys, modifiers))
}

// Size sets the size of the page in CSS pixels.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.must(tab.page.resize(width, height))
}

// Screenshot writes name.png into the folder that [ScreenshotsEnv] names, for
// a person to look at. Other browsers than Chromium add theirs to the name.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	dir := os.Getenv(ScreenshotsEnv)
	if dir == "" {
		return
	}
	if tab.browser.Engine != Chromium {
		name += "-" + string(tab.browser.Engine)
	}
	time.Sleep(500 * time.Millisecond) // for the eye: transitions end
	png, err := tab.page.screenshot()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		tab.t.Errorf("taking a screenshot: %v", err)
	}
}

// Clean fails the test where the console holds an error or a warning, or a
// policy was violated.
func (tab *Tab) Clean() {
	tab.t.Helper()
	if c := tab.Console(); len(c) > 0 {
		tab.t.Errorf("the console is not empty:\n%s", strings.Join(c, "\n"))
	}
	for _, v := range tab.Violations() {
		tab.t.Errorf("policy violated: %+v", v)
	}
}

// said returns what the tab has complained about, for failure messages.
func (tab *Tab) said() string {
	if tab.record == nil {
		return ""
	}
	if c := tab.Console(); len(c) > 0 {
		return "\nconsole:\n" + strings.Join(c, "\n")
	}
	return ""
}
