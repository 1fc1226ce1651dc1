package browsertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// webKit drives WebKitGTK's MiniBrowser. WebKitWebDriver has one session at a
// time, so each tab has a driver and a browser of its own.
type webKit struct{ path, proxy, display string }

// startWebKit starts the X server, which MiniBrowser cannot do without.
func startWebKit(t testing.TB, path, proxy string) (*webKit, error) {
	xvfb, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skip("no browser: WebKitGTK needs an X server; install Debian's package xvfb")
	}
	// It writes the number of the display that it has found to be free.
	p, err := startProcess(exec.Command(xvfb, "-displayfd", "2", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"))
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { p.stop(0) })
	display, err := p.await(regexp.MustCompile(`^(\d+)$`))
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", xvfb, err)
	}
	return &webKit{path, proxy, ":" + display}, nil
}

func (w *webKit) open(t testing.TB, beside page, preload []string) (page, *record, error) {
	if beside != nil || len(preload) > 0 {
		return nil, nil, errors.New("WebKit has neither sibling tabs nor preload scripts here; have the page carry the script")
	}
	port, err := freePort()
	if err != nil {
		return nil, nil, err
	}
	home := t.TempDir()
	cmd := exec.Command(w.path, "--port="+port, "--host=127.0.0.1")
	cmd.Env = append(os.Environ(), "DISPLAY="+w.display, "HOME="+home, "XDG_CACHE_HOME="+home, "XDG_DATA_HOME="+home,
		"GDK_BACKEND=x11", "LIBGL_ALWAYS_SOFTWARE=1", "GSETTINGS_BACKEND=memory", "NO_AT_BRIDGE=1")
	driver, err := startProcess(cmd)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { driver.stop(0) })
	p := &webKitPage{url: "http://127.0.0.1:" + port + "/session"}
	if err := p.begin(w.proxy); err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { _ = p.call(http.MethodDelete, "", nil, nil) })
	return p, nil, p.resize(windowWidth, windowHeight)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// webKitPage is a session of WebDriver (W3C) with its one window.
type webKitPage struct{ url string }

// begin makes the session once the driver listens.
func (p *webKitPage) begin(proxy string) error {
	// A proxy in the capabilities would be spoken to in TLS (sslProxy).
	options := map[string]any{"args": []string{"--automation", "--ignore-tls-errors", "--proxy=http://" + proxy}}
	wanted := map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"webkitgtk:browserOptions": options,
		"timeouts":                 map[string]any{"script": patience.Milliseconds(), "pageLoad": patience.Milliseconds()},
	}}}
	var made struct{ SessionID string }
	deadline := time.Now().Add(patience)
	for {
		err := p.call(http.MethodPost, "", wanted, &made)
		var refused *net.OpError
		if err == nil || !errors.As(err, &refused) || time.Now().After(deadline) {
			p.url += "/" + made.SessionID
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// call sends a command and decodes its value into result, unless that is nil.
func (p *webKitPage) call(method, path string, params, result any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	raw, err := json.Marshal(params)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct{ Value json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, answer.Value)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, result)
}

func (p *webKitPage) navigate(url string) error {
	return p.call(http.MethodPost, "/url", map[string]any{"url": url}, nil)
}

func (p *webKitPage) evaluate(expression string) (json.RawMessage, error) {
	var out struct{ Value, Error string }
	err := p.call(http.MethodPost, "/execute/async", map[string]any{"args": []any{}, "script": `
		const done = arguments[arguments.length - 1];
		(async () => JSON.stringify(await (` + expression + `)))().then(
			(value) => done({value: value ?? 'null', error: ''}),
			(e) => done({value: '', error: String(e)}))`}, &out)
	if err == nil && out.Error != "" {
		err = errors.New(out.Error)
	}
	return json.RawMessage(out.Value), err
}

func (p *webKitPage) perform(device map[string]any) error {
	device["id"] = device["type"]
	return p.call(http.MethodPost, "/actions", map[string]any{"actions": []any{device}}, nil)
}

func (p *webKitPage) click(at Point) error { return p.perform(pointerActions(at)) }

func (p *webKitPage) drag(path []Point) error { return p.perform(pointerActions(path...)) }

func (p *webKitPage) wheel(at, by Point) error { return p.perform(wheelActions(at, by)) }

func (p *webKitPage) press(keys string, modifiers []chromedp.Modifier) error {
	return p.perform(keyActions(keys, modifiers))
}

// resize makes the window so large that the page has the size.
func (p *webKitPage) resize(width, height int64) error {
	for range 2 {
		raw, err := p.evaluate("[outerWidth - innerWidth, outerHeight - innerHeight]")
		if err != nil {
			return err
		}
		var frame [2]int64
		if err := json.Unmarshal(raw, &frame); err != nil {
			return err
		}
		size := map[string]any{"width": width + frame[0], "height": height + frame[1]}
		if err := p.call(http.MethodPost, "/window/rect", size, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *webKitPage) screenshot() ([]byte, error) {
	var data string
	if err := p.call(http.MethodGet, "/screenshot", nil, &data); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(data)
}
