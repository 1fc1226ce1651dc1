package browsertest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium drives Chromium. Its world is made by resolver rules, and it trusts
// the certificate by the pin of its key.
type chromium struct{ ctx context.Context }

func startChromium(t testing.TB, path string, b *Browser, c *Config) (*chromium, error) {
	// Cleanups run last in, first out: the tabs, the browser, then the servers.
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), chromiumFlags(path, b, c)...)
	t.Cleanup(cancel)
	quiet := chromedp.WithErrorf(func(string, ...any) {}) // protocol noise at the end of a test
	ctx, cancel = chromedp.NewContext(ctx, quiet)
	t.Cleanup(cancel)
	return &chromium{ctx}, chromedp.Do(ctx)
}

func chromiumFlags(path string, b *Browser, c *Config) []chromedp.ExecAllocatorOption {
	flags := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	flags = append(
		flags,
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // tests run as root in containers
		chromedp.DisableGPU,
		chromedp.WindowSize(windowWidth, windowHeight),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", resolverRules(b.routes)),
		chromedp.Flag("ignore-certificate-errors-spki-list", b.cert.pin),
	)
	if c.Media {
		for _, name := range []string{"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream", "allow-loopback-in-peer-connection"} {
			flags = append(flags, chromedp.Flag(name, true))
		}
	}
	for name, value := range c.Flags {
		if value == "" {
			flags = append(flags, chromedp.Flag(name, true))
			continue
		}
		flags = append(flags, chromedp.Flag(name, value))
	}
	return flags
}

func resolverRules(routes map[string]string) string {
	var rules []string
	for name, to := range routes {
		rules = append(rules, "MAP "+name+" "+to)
	}
	slices.Sort(rules)
	return strings.Join(append(rules, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"), ", ")
}

func (c *chromium) open(t testing.TB, beside page, preload []string) (page, *record, error) {
	parent, opts := c.ctx, []chromedp.ContextOption{chromedp.WithNewBrowserContext()}
	if other, ok := beside.(*chromiumPage); ok {
		parent, opts = other.ctx, nil
	}
	r := new(record)
	ctx, cancel := chromedp.NewContext(parent, append(opts, chromedp.WithListener(r.listen))...)
	t.Cleanup(cancel)
	p := &chromiumPage{ctx}
	return p, r, p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, target, runtime.AddBinding, runtime.AddBindingParams{Name: violationBinding}); err != nil {
			return err
		}
		for _, source := range append([]string{watchViolations}, preload...) {
			p := cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: source}
			if _, err := cdp.Call(ctx, target, cdppage.AddScriptToEvaluateOnNewDocument, p); err != nil {
				return err
			}
		}
		return nil
	}))
}

// chromiumPage is a tab of Chromium.
type chromiumPage struct{ ctx context.Context }

func (p *chromiumPage) do(steps ...chromedp.Action[chromedp.Void]) error {
	// The first run of a context starts its tab and binds it to the context
	// it is given, so that one must not carry the deadline.
	if err := chromedp.Do(p.ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

func (p *chromiumPage) navigate(url string) error { return p.do(chromedp.Navigate(url)) }

func (p *chromiumPage) evaluate(expression string) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err == nil && len(raw) == 0 {
		raw = []byte("null")
	}
	return raw, err
}

func (p *chromiumPage) click(at Point) error { return p.do(chromedp.MouseClickXY(at.X, at.Y)) }

func (p *chromiumPage) drag(path []Point) error {
	first, last := path[0], path[len(path)-1]
	steps := []chromedp.Action[chromedp.Void]{chromedp.MouseEvent("mousePressed", first.X, first.Y, chromedp.ButtonLeft)}
	for _, at := range path[1:] {
		steps = append(steps, chromedp.MouseEvent("mouseMoved", at.X, at.Y, chromedp.ButtonLeft))
	}
	return p.do(append(steps, chromedp.MouseEvent("mouseReleased", last.X, last.Y, chromedp.ButtonLeft))...)
}

func (p *chromiumPage) wheel(at, by Point) error {
	return p.do(chromedp.MouseEvent("mouseWheel", at.X, at.Y, func(e *input.DispatchMouseEventParams) {
		// cdproto leaves out what is zero, and Chromium wants both.
		e.DeltaX, e.DeltaY = cmp.Or(by.X, 0.001), cmp.Or(by.Y, 0.001)
	}))
}

func (p *chromiumPage) press(keys string, modifiers []chromedp.Modifier) error {
	return p.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

func (p *chromiumPage) resize(width, height int64) error {
	return p.do(chromedp.EmulateViewport(width, height))
}

func (p *chromiumPage) screenshot() ([]byte, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// Context returns the chromedp context, for what this package has no word for.
// Only Chromium has one.
func (tab *Tab) Context() context.Context {
	tab.t.Helper()
	p, ok := tab.page.(*chromiumPage)
	if !ok {
		tab.t.Fatal(fmt.Errorf("only tabs of Chromium have a chromedp context, not %T", tab.page))
	}
	return p.ctx
}

// Do runs chromedp actions, in Chromium only.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	tab.Context()
	tab.must(tab.page.(*chromiumPage).do(steps...))
}
