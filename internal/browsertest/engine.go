package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Engine is a make of browser.
type Engine string

// The engines.
const (
	// Chromium is driven over its DevTools protocol.
	Chromium Engine = "chromium"
	// Firefox is driven over WebDriver BiDi, which it speaks by itself.
	Firefox Engine = "firefox"
	// WebKit is WebKitGTK's MiniBrowser, driven over classic WebDriver by
	// WebKitWebDriver on an X server of its own. It serves for smoke tests: it
	// takes no preload scripts, and tells of no console, request or violation.
	// Where it is not installed, Start skips the test.
	WebKit Engine = "webkit"
)

// Env and FirefoxEnv are the environment variables that name the executables of
// Chromium and Firefox, where those are not in PATH under a usual name.
const (
	Env        = "COBROWSE_CHROMIUM"
	FirefoxEnv = "COBROWSE_FIREFOX"
)

// EngineEnv names the environment variable that chooses the engine for all tests
// that name none, "firefox" for example.
const EngineEnv = "COBROWSE_ENGINE"

// Find returns the engine's executable: what its environment variable names,
// or else chromium, chromium-browser or google-chrome; firefox-esr or firefox;
// WebKitWebDriver in PATH.
func Find(engine Engine) (string, error) {
	var names []string
	var env, debian string
	switch engine {
	case Chromium:
		names, env, debian = []string{"chromium", "chromium-browser", "google-chrome"}, Env, "chromium"
	case Firefox:
		names, env, debian = []string{"firefox-esr", "firefox"}, FirefoxEnv, "firefox-esr"
	case WebKit:
		names, debian = []string{"WebKitWebDriver"}, "webkit2gtk-driver"
	default:
		return "", fmt.Errorf("no browser: there is no engine %q", engine)
	}
	cure := "install Debian's package " + debian
	if env != "" {
		cure += ", or name an executable in " + env
		if name := os.Getenv(env); name != "" {
			names = []string{name}
		}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser: none of %s is in PATH; %s", strings.Join(names, ", "), cure)
}

// driver is a running browser.
type driver interface {
	// open opens a tab: in the session of another one, or where that is nil in
	// a session of its own. The record is the tab's, from its first moment on;
	// nil where the engine keeps none.
	open(t testing.TB, beside page, preload []string) (page, *record, error)
}

// page is a tab as its engine drives it: what engines do differently. A [Tab]
// makes of it what tests want. Its methods give up after patience.
type page interface {
	navigate(url string) error
	// evaluate returns the expression's value, a promise's when it is settled,
	// as JSON. Undefined is null.
	evaluate(expression string) (json.RawMessage, error)
	click(at Point) error
	// drag presses the mouse at the first point and lets go at the last.
	drag(path []Point) error
	wheel(at, by Point) error
	press(keys string, modifiers []chromedp.Modifier) error
	resize(width, height int64) error
	// screenshot returns a PNG of what is visible.
	screenshot() ([]byte, error)
}

// Point is a place in a page, or a distance, in CSS pixels from the left and
// upper edges of what is visible.
type Point struct{ X, Y float64 }
