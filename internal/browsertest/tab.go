package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a tab waits for what must happen. It only decides how
// soon a failure is told, so it is long enough for a machine under load.
const patience = 60 * time.Second

// ScreenshotsEnv names the environment variable that holds a folder for
// screenshots. Without it [Tab.Screenshot] does nothing.
const ScreenshotsEnv = "COBROWSE_SCREENSHOTS"

// Tab is one tab of the browser. Its methods fail the test where the browser
// does not do as it is told.
type Tab struct {
	t       testing.TB
	ctx     context.Context
	preload []string
	record  *record
}

// NewTab opens a tab with cookies and storage of its own. Preload are scripts
// that run in every document before the page's own.
func (b *Browser) NewTab(t testing.TB, preload ...string) *Tab {
	t.Helper()
	return newTab(t, b.ctx, preload, chromedp.WithNewBrowserContext())
}

// Sibling opens another tab that shares cookies and localStorage with this one.
func (tab *Tab) Sibling() *Tab {
	tab.t.Helper()
	return newTab(tab.t, tab.ctx, tab.preload)
}

func newTab(t testing.TB, parent context.Context, preload []string, opts ...chromedp.ContextOption) *Tab {
	t.Helper()
	tab := &Tab{t: t, preload: preload, record: &record{}}
	ctx, cancel := chromedp.NewContext(parent, append(opts, chromedp.WithListener(tab.record.listen))...)
	t.Cleanup(cancel)
	tab.ctx = ctx
	tab.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, target, runtime.AddBinding, runtime.AddBindingParams{Name: violationBinding}); err != nil {
			return err
		}
		for _, source := range append([]string{watchViolations}, preload...) {
			p := page.AddScriptToEvaluateOnNewDocumentParams{Source: source}
			if _, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, p); err != nil {
				return err
			}
		}
		return nil
	}))
	return tab
}

// Context returns the chromedp context, for what this package has no word for.
func (tab *Tab) Context() context.Context { return tab.ctx }

// Do runs chromedp actions.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if err := tab.try(steps...); err != nil {
		tab.t.Fatalf("in the browser: %v%s", err, tab.said())
	}
}

func (tab *Tab) try(steps ...chromedp.Action[chromedp.Void]) error {
	// The first run of a context starts its tab and binds it to the context
	// it is given, so that one must not carry the deadline.
	if err := chromedp.Do(tab.ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// Open navigates and waits for the load event.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(url))
}

// Eval evaluates a JavaScript expression in the page; a promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	v, err := eval[T](tab, expression)
	if err != nil {
		tab.t.Fatalf("evaluating %s: %v%s", expression, err, tab.said())
	}
	return v
}

func eval[T any](tab *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
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
			tab.t.Fatalf("never became true: %s (last error: %v)%s", expression, err, tab.said())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Click clicks with the mouse in the middle of the element that the expression
// yields, as a person would: what lies on top of it gets the click.
func (tab *Tab) Click(expression string) {
	tab.t.Helper()
	tab.Wait(expression)
	at := Eval[[]float64](tab, `(() => {
		const el = `+expression+`; el.scrollIntoView({block: 'nearest'});
		const r = el.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2];
	})()`)
	tab.Do(chromedp.MouseClickXY(at[0], at[1]))
}

// Press presses keys, such as kb.Enter or "a", with modifiers held down.
func (tab *Tab) Press(keys string, modifiers ...chromedp.Modifier) {
	tab.t.Helper()
	tab.Do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// Size sets the size of the page in CSS pixels.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.Do(chromedp.EmulateViewport(width, height))
}

// Screenshot writes name.png into the folder that [ScreenshotsEnv] names, for
// a person to look at.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	dir := os.Getenv(ScreenshotsEnv)
	if dir == "" {
		return
	}
	time.Sleep(500 * time.Millisecond) // for the eye: transitions end
	png, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		tab.t.Errorf("taking a screenshot: %v", err)
	}
}

// Console returns the errors and warnings of the console, exceptions, and what
// the browser complains about.
func (tab *Tab) Console() []string {
	tab.record.mu.Lock()
	defer tab.record.mu.Unlock()
	return slices.Clone(tab.record.console)
}

// Violations returns the securitypolicyviolation events of all documents of
// the tab's own process.
func (tab *Tab) Violations() []Violation {
	tab.record.mu.Lock()
	defer tab.record.mu.Unlock()
	return slices.Clone(tab.record.violations)
}

// Requests returns the URL of every request that the tab has made, those too
// that went nowhere. Frames of other sites are processes of their own: of
// theirs it knows the document only.
func (tab *Tab) Requests() []string {
	tab.record.mu.Lock()
	defer tab.record.mu.Unlock()
	return slices.Clone(tab.record.requests)
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
	if c := tab.Console(); len(c) > 0 {
		return "\nconsole:\n" + strings.Join(c, "\n")
	}
	return ""
}
