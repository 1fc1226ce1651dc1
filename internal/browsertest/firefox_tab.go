package browsertest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"github.com/chromedp/chromedp"
)

// firefoxPage is a tab of Firefox: a top-level browsing context.
type firefoxPage struct {
	f             *firefox
	context, user string
}

func (f *firefox) open(t testing.TB, beside page, preload []string) (page, *record, error) {
	p := &firefoxPage{f: f}
	if other, ok := beside.(*firefoxPage); ok {
		p.user = other.user
	} else if err := p.newSession(t); err != nil {
		return nil, nil, err
	}
	// A window rather than a tab: Firefox slows down tabs that are behind.
	var made struct{ Context string }
	err := f.bidi.call("browsingContext.create", map[string]any{"type": "window", "userContext": p.user}, &made)
	if err != nil {
		return nil, nil, err
	}
	p.context = made.Context
	t.Cleanup(func() { _ = f.bidi.call("browsingContext.close", map[string]any{"context": p.context}, nil) })
	for _, script := range append([]string{watchViolations}, preload...) {
		if err := p.preload(script); err != nil {
			return nil, nil, err
		}
	}
	return p, f.tabs.record(p.context), p.resize(windowWidth, windowHeight)
}

// newSession makes cookies and storage of the tab's own: a user context, which
// Firefox calls a container.
func (p *firefoxPage) newSession(t testing.TB) error {
	var made struct{ UserContext string }
	if err := p.f.bidi.call("browser.createUserContext", struct{}{}, &made); err != nil {
		return err
	}
	p.user = made.UserContext
	t.Cleanup(func() { _ = p.f.bidi.call("browser.removeUserContext", map[string]any{"userContext": p.user}, nil) })
	return nil
}

// preload has a script run first in every document of the tab. Its parameter
// is the channel by which watchViolations reports.
func (p *firefoxPage) preload(script string) error {
	return p.f.bidi.call("script.addPreloadScript", map[string]any{
		"functionDeclaration": "(" + violationBinding + ") => {" + script + "\n}",
		"arguments":           []any{map[string]any{"type": "channel", "value": map[string]any{"channel": violationBinding}}},
		"contexts":            []string{p.context},
	}, nil)
}

func (p *firefoxPage) navigate(url string) error {
	return p.f.bidi.call("browsingContext.navigate", map[string]any{"context": p.context, "url": url, "wait": "complete"}, nil)
}

func (p *firefoxPage) evaluate(expression string) (json.RawMessage, error) {
	var out struct {
		Type             string
		Result           remoteValue
		ExceptionDetails struct{ Text string }
	}
	err := p.f.bidi.call("script.evaluate", map[string]any{
		"expression":   expression,
		"target":       map[string]any{"context": p.context},
		"awaitPromise": true,
	}, &out)
	if err != nil {
		return nil, err
	}
	if out.Type == "exception" {
		return nil, errors.New(out.ExceptionDetails.Text)
	}
	return out.Result.plain()
}

// perform runs the actions of one input device.
func (p *firefoxPage) perform(device map[string]any) error {
	// What a person works in is the window in front.
	if err := p.f.activate(p.context); err != nil {
		return err
	}
	device["id"] = device["type"]
	return p.f.bidi.call("input.performActions", map[string]any{"context": p.context, "actions": []any{device}}, nil)
}

func (f *firefox) activate(context string) error {
	return f.bidi.call("browsingContext.activate", map[string]any{"context": context}, nil)
}

func (p *firefoxPage) click(at Point) error { return p.perform(pointerActions(at)) }

func (p *firefoxPage) drag(path []Point) error { return p.perform(pointerActions(path...)) }

func (p *firefoxPage) wheel(at, by Point) error { return p.perform(wheelActions(at, by)) }

func (p *firefoxPage) press(keys string, modifiers []chromedp.Modifier) error {
	return p.perform(keyActions(keys, modifiers))
}

func (p *firefoxPage) resize(width, height int64) error {
	return p.f.bidi.call("browsingContext.setViewport", map[string]any{
		"context": p.context, "viewport": map[string]any{"width": width, "height": height},
	}, nil)
}

func (p *firefoxPage) screenshot() ([]byte, error) {
	var out struct{ Data string }
	if err := p.f.bidi.call("browsingContext.captureScreenshot", map[string]any{"context": p.context}, &out); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(out.Data)
}
