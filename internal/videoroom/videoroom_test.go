package videoroom

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestInvalidSettings(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Settings)
		want   string
	}{
		"base":          {func(s *Settings) { s.Base = "cobrowse" }, "base"},
		"zoom path":     {func(s *Settings) { s.ZoomPath = "https://zoom.us" }, "zoom path"},
		"a range":       {func(s *Settings) { s.Toolkit = "2.5.x" }, "exact"},
		"a word":        {func(s *Settings) { s.Toolkit = "latest" }, "exact"},
		"a way out":     {func(s *Settings) { s.Toolkit = "2.5.0-1/../../x" }, "exact"},
		"a policy more": {func(s *Settings) { s.Base = "/a; script-src *" }, "base"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Settings{Base: "/_cobrowse"}
			tc.change(&s)
			if _, err := New(s); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that names %q", err, tc.want)
			}
		})
	}
}

// TestPolicy: what the room may load, and from whom.
func TestPolicy(t *testing.T) {
	zoom, err := New(Settings{Base: "/_cobrowse"})
	if err != nil {
		t.Fatal(err)
	}
	sandbox, err := New(Settings{Base: "/_cobrowse", ZoomPath: "/_cobrowse/sandbox", Framed: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		room          *Room
		toolkit       string
		opener        string
		has, has2, no []string
	}{
		"zoom": {
			room: zoom, toolkit: "https://source.zoom.us/uitoolkit/2.5.0-1/", opener: "same-origin",
			has: []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "https://*.zoom.us", "wss://*.zoom.us"},
			no:  []string{" * ", " https: ", "http:"},
		},
		"sandbox": {
			room: sandbox, toolkit: "/_cobrowse/sandbox/uitoolkit/2.5.0-1/", opener: "unsafe-none",
			has: []string{"default-src 'none'", "frame-ancestors 'none'", "script-src 'self';"},
			no:  []string{"zoom.us", "unsafe", "https:"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			csp := tc.room.CSP()
			for _, want := range tc.has {
				if !strings.Contains(csp, want) {
					t.Errorf("%s: no %s", csp, want)
				}
			}
			for _, not := range tc.no {
				if strings.Contains(csp, not) {
					t.Errorf("%s: %s", csp, not)
				}
			}
			if scripts := regexp.MustCompile(`script-src [^;]*`).FindString(csp); strings.Contains(scripts, "unsafe-inline") || strings.Contains(scripts, "'unsafe-eval'") || strings.Contains(scripts, "data:") {
				t.Errorf("scripts may be text: %s", scripts)
			}
			if got := tc.room.OpenerPolicy(); got != tc.opener {
				t.Errorf("opener policy %q, want %q", got, tc.opener)
			}
			if !strings.Contains(string(tc.room.Script().Body), `{"toolkit":"`+tc.toolkit+`"}`) {
				t.Errorf("the script does not know %s", tc.toolkit)
			}
		})
	}
	if strings.Contains(string(zoom.HTML()), "<style") || strings.Contains(string(zoom.HTML()), "onclick") || strings.Count(string(zoom.HTML()), "<script") != 1 {
		t.Error("the page has inline code")
	}
}

// TestTexts: every language says something in every place, and none says what
// another one does by oversight.
func TestTexts(t *testing.T) {
	src, err := os.ReadFile("src/texts.ts")
	if err != nil {
		t.Fatal(err)
	}
	tables := regexp.MustCompile(`(?s)const ([A-Z]{2}): Texts = \{\n(.*?)\n\};`).FindAllSubmatch(src, -1)
	if len(tables) != 5 {
		t.Fatalf("%d languages", len(tables))
	}
	word := regexp.MustCompile(`'([^'\n]{12,})'`)
	seen := map[string]string{}
	for _, table := range tables {
		if strings.Contains(string(table[2]), "''") {
			t.Errorf("%s has an empty text", table[1])
		}
		for _, text := range word.FindAllSubmatch(table[2], -1) {
			other, known := seen[string(text[1])]
			if known && other != string(table[1]) {
				t.Errorf("%s and %s both say %q", other, table[1], text[1])
			}
			seen[string(text[1])] = string(table[1])
		}
	}
}
