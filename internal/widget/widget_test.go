package widget_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/widget"
)

func build(t *testing.T, s widget.Settings) *widget.Bundle {
	t.Helper()
	b, err := widget.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSizes: what each page pays for us.
func TestSizes(t *testing.T) {
	b := build(t, settings())
	for _, tc := range []struct {
		file *widget.File
		max  int
	}{{b.Loader(), 2 << 10}, {b.Widget(), 8 << 10}} {
		t.Logf("%s: %d bytes, gzip %d, brotli %d", tc.file.Name, len(tc.file.Body), len(tc.file.Gzip), len(tc.file.Brotli))
		if len(tc.file.Gzip) >= tc.max {
			t.Errorf("%s has %d bytes gzipped, the limit is %d", tc.file.Name, len(tc.file.Gzip), tc.max)
		}
	}
}

func TestFiles(t *testing.T) {
	b := build(t, settings())
	for _, f := range []*widget.File{b.Loader(), b.Widget()} {
		if !regexp.MustCompile(`^(loader|widget)-[0-9a-f]{12}\.js$`).MatchString(f.Name) {
			t.Errorf("name %q", f.Name)
		}
		if f.ContentType != "text/javascript; charset=utf-8" || !strings.HasPrefix(f.Integrity, "sha256-") {
			t.Errorf("%s: %s, %s", f.Name, f.ContentType, f.Integrity)
		}
		if strings.Contains(string(f.Body), "__COBROWSE") {
			t.Errorf("%s still has a placeholder", f.Name)
		}
		for _, r := range string(f.Body) {
			if r > 127 {
				t.Errorf("%s is not ASCII: %q", f.Name, r)
				break
			}
		}
		gz, err := gzip.NewReader(bytes.NewReader(f.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{"gzip": gz, "brotli": brotli.NewReader(bytes.NewReader(f.Brotli))} {
			if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, f.Body) {
				t.Errorf("%s: %s does not give the body back (%v)", f.Name, name, err)
			}
		}
	}
	if !bytes.Contains(b.Loader().Body, []byte(b.Widget().Name)) {
		t.Error("the loader does not know the widget")
	}
	if !bytes.Contains(b.Loader().Body, []byte("https://us01-zcb.zoom.us/static/resource/sdk/sdkKey/js/3.10.x")) {
		t.Error("the loader does not know the SDK")
	}
}

// TestHash: the same settings give the same files; every setting changes
// what a page's copy depends on.
func TestHash(t *testing.T) {
	yes := true
	first := build(t, settings())
	if again := build(t, settings()); again.Hash() != first.Hash() || again.Loader().Name != first.Loader().Name {
		t.Error("the same settings give different files")
	}
	for name, change := range map[string]func(*widget.Settings){
		"base":     func(s *widget.Settings) { s.Base = "/help" },
		"host":     func(s *widget.Settings) { s.ZoomHost = "eu01-zcb.zoom.us" },
		"key":      func(s *widget.Settings) { s.SDKKey = "other" },
		"version":  func(s *widget.Settings) { s.SDKVersion = "3.9.0" },
		"eager":    func(s *widget.Settings) { s.Eager = true },
		"none":     func(s *widget.Settings) { s.Button.None = true },
		"label":    func(s *widget.Settings) { s.Button.Label = "x" },
		"position": func(s *widget.Settings) { s.Button.Position = widget.TopLeft },
		"color":    func(s *widget.Settings) { s.Button.Color = "#123456" },
		"attach":   func(s *widget.Settings) { s.Button.Attach = "#x" },
		"shortcut": func(s *widget.Settings) { s.Button.Shortcut = "f9" },
		"agent":    func(s *widget.Settings) { s.Session.AgentAnnotation = &yes },
		"customer": func(s *widget.Settings) { s.Session.CustomerAnnotation = &yes },
		"assist":   func(s *widget.Settings) { s.Session.RemoteAssist = []string{"scroll_page"} },
		"multi":    func(s *widget.Settings) { s.Session.MultiTab = &yes },
		"mask":     func(s *widget.Settings) { s.Masks = masks() },
	} {
		s := settings()
		change(&s)
		if got := build(t, s); got.Hash() == first.Hash() {
			t.Errorf("%s does not change the hash", name)
		}
	}
}

// TestHostileText: no setting can end a script or be anything but data.
func TestHostileText(t *testing.T) {
	s := settings()
	s.Button.Label = "</script><img src=x onerror=alert(1)>\u2028\u2029&\u202e\U0001f600\x00"
	s.Button.Attach = `"]</script>`
	s.SDKKey = "a/b?c#d</script>"
	b := build(t, s)
	for _, f := range []*widget.File{b.Loader(), b.Widget()} {
		if strings.Contains(string(f.Body), "</script") || strings.ContainsAny(string(f.Body), "\u2028\u2029\u202e\x00") {
			t.Errorf("%s carries raw text", f.Name)
		}
	}
	if !strings.Contains(string(b.Loader().Body), "/sdk/a%2Fb%3Fc%23d%3C%2Fscript%3E/js/") {
		t.Error("the key is not escaped in the SDK's URL")
	}
}

func TestInvalidSettings(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*widget.Settings)
		want   string
	}{
		"base":              {func(s *widget.Settings) { s.Base = "cobrowse" }, "base"},
		"base slash":        {func(s *widget.Settings) { s.Base = "/_cobrowse/" }, "base"},
		"host with scheme":  {func(s *widget.Settings) { s.ZoomHost = "https://zoom.us" }, "zoom host"},
		"host with path":    {func(s *widget.Settings) { s.ZoomHost = "zoom.us/x" }, "zoom host"},
		"no key":            {func(s *widget.Settings) { s.SDKKey = "" }, "SDK key"},
		"version":           {func(s *widget.Settings) { s.SDKVersion = "latest" }, "SDK version"},
		"position":          {func(s *widget.Settings) { s.Button.Position = "middle" }, "button position"},
		"color":             {func(s *widget.Settings) { s.Button.Color = "red;}" }, "button color"},
		"shortcut modifier": {func(s *widget.Settings) { s.Button.Shortcut = "super+h" }, "shortcut"},
		"shortcut bare":     {func(s *widget.Settings) { s.Button.Shortcut = "h" }, "ctrl"},
		"shortcut shift":    {func(s *widget.Settings) { s.Button.Shortcut = "shift+h" }, "ctrl"},
		"shortcut end":      {func(s *widget.Settings) { s.Button.Shortcut = "ctrl+" }, "shortcut"},
		"shortcut word":     {func(s *widget.Settings) { s.Button.Shortcut = "ctrl+help" }, "shortcut"},
		"assist":            {func(s *widget.Settings) { s.Session.RemoteAssist = []string{"scroll page"} }, "remote assist"},
		"empty mask":        {func(s *widget.Settings) { s.Masks = []widget.Mask{{}} }, "mask 1"},
		"empty selector":    {func(s *widget.Settings) { s.Masks = []widget.Mask{{Selectors: []string{"a", " "}}} }, "selector"},
		"attribute":         {func(s *widget.Settings) { s.Masks = []widget.Mask{{Attributes: []string{"data-x"}}} }, "attribute"},
		"path star":         {func(s *widget.Settings) { s.Masks = []widget.Mask{{Paths: []string{"/a*b"}, AllInput: true}} }, "path"},
		"path relative":     {func(s *widget.Settings) { s.Masks = []widget.Mask{{Paths: []string{"a"}, AllInput: true}} }, "path"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings()
			tc.change(&s)
			if _, err := widget.New(s); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that names %q", err, tc.want)
			}
		})
	}
}

// TestTexts: every language has every text, each in its line: the scripts find
// them by their place alone.
func TestTexts(t *testing.T) {
	src, err := os.ReadFile("src/texts.ts")
	if err != nil {
		t.Fatal(err)
	}
	enum := regexp.MustCompile(`(?s)const enum Text \{\n(.*?)\}`).FindSubmatch(src)
	if enum == nil {
		t.Fatal("there is no enum Text")
	}
	want := bytes.Count(enum[1], []byte("\n"))
	lists := regexp.MustCompile("(?s)const ([A-Z]{2}) = `(.*?)`;").FindAllSubmatch(src, -1)
	if len(lists) != 5 {
		t.Errorf("%d languages", len(lists))
	}
	for _, list := range lists {
		lines := strings.Split(string(list[2]), "\n")
		if len(lines) != want {
			t.Errorf("%s has %d texts, want %d", list[1], len(lines), want)
		}
		for i, line := range lines {
			if strings.TrimSpace(line) == "" {
				t.Errorf("%s: text %d is empty", list[1], i)
			}
		}
	}
}
