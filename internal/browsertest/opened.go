package browsertest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// opener is an engine that finds the tabs that pages open.
type opener interface {
	// opened returns a tab of the same session as beside whose address holds
	// part, or nil where there is none yet.
	opened(t testing.TB, beside page, part string) (page, *record, error)
}

// Opened waits for a tab that a page of this tab's session has opened by itself,
// such as by window.open, and whose address holds part. What happened there before
// is recorded in Chromium's console only, and no preload script has run in it.
func (tab *Tab) Opened(part string) *Tab {
	tab.t.Helper()
	driver, ok := tab.browser.driver.(opener)
	if !ok {
		tab.t.Fatalf("tabs that pages open are not found in %s", tab.browser.Engine)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		p, r, err := driver.opened(tab.t, tab.page, part)
		tab.must(err)
		if p != nil {
			return &Tab{t: tab.t, browser: tab.browser, page: p, record: r, preload: tab.preload}
		}
		if time.Now().After(deadline) {
			tab.t.Fatalf("no tab with an address that holds %s was opened%s", part, tab.said())
		}
	}
}

// Front brings the tab in front of the others of its window, as a person does who
// goes back to it: behind another one, pages are not drawn, and many wait.
func (tab *Tab) Front() {
	tab.t.Helper()
	switch p := tab.page.(type) {
	case *chromiumPage:
		tab.must(p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, cdppage.BringToFront, cdp.Empty{})
			return err
		})))
	case *firefoxPage:
		tab.must(p.f.activate(p.context))
	default:
		tab.t.Fatalf("tabs cannot be brought to the front in %s", tab.browser.Engine)
	}
}

func (c *chromium) opened(t testing.TB, beside page, part string) (page, *record, error) {
	parent := beside.(*chromiumPage).ctx
	targets, err := chromedp.Targets(parent)
	if err != nil {
		return nil, nil, err
	}
	session := chromedp.FromContext(parent).BrowserContextID
	for _, found := range targets {
		if found.Type != "page" || found.Attached || found.BrowserContextID != session || !strings.Contains(found.URL, part) {
			continue
		}
		r := new(record)
		ctx, cancel := chromedp.NewContext(parent, chromedp.WithTargetID(found.TargetID), chromedp.WithListener(r.listen))
		t.Cleanup(cancel)
		p := &chromiumPage{ctx}
		return p, r, p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
			return err
		}))
	}
	return nil, nil, nil
}

func (f *firefox) opened(_ testing.TB, beside page, part string) (page, *record, error) {
	var tree struct {
		Contexts []struct{ Context, URL, UserContext string }
	}
	if err := f.bidi.call("browsingContext.getTree", map[string]any{"maxDepth": 0}, &tree); err != nil {
		return nil, nil, err
	}
	session := beside.(*firefoxPage).user
	for _, found := range tree.Contexts {
		if found.UserContext == session && strings.Contains(found.URL, part) {
			return &firefoxPage{f: f, context: found.Context, user: session}, f.tabs.record(found.Context), nil
		}
	}
	return nil, nil, nil
}
