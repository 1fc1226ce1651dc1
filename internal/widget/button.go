package widget

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// corners are the values of CSS inset for the positions.
var corners = map[string]string{
	BottomRight: "auto 20px 20px auto",
	BottomLeft:  "auto auto 20px 20px",
	TopRight:    "20px 20px auto auto",
	TopLeft:     "20px auto auto 20px",
}

var colorPattern = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

// style returns the rules that follow the widget's style sheet. Nothing of
// the operator's gets into it but what is matched against a pattern.
func (b Button) style() (string, error) {
	position := b.Position
	if position == "" {
		position = BottomRight
	}
	inset, ok := corners[position]
	if !ok {
		return "", fmt.Errorf("button position %q must be %s, %s, %s or %s", position, BottomRight, BottomLeft, TopRight, TopLeft)
	}
	color := b.Color
	if color == "" {
		color = DefaultColor
	}
	if !colorPattern.MatchString(color) {
		return "", fmt.Errorf("button color %q must be #rrggbb, such as %s", color, DefaultColor)
	}
	direction, align := "column", "flex-end"
	if strings.HasPrefix(position, "top") {
		direction = "column-reverse"
	}
	if strings.HasSuffix(position, "left") {
		align = "flex-start"
	}
	return fmt.Sprintf(":host{inset:%s!important}.root{--color:%s;--ink:%s;--edge:%s;flex-direction:%s;align-items:%s}",
		inset, color, ink(color), edge(color), direction, align), nil
}

// ink returns the text color on a background: black or white, whichever
// contrasts more. One of them always has 4.5:1 (WCAG 2.2, 1.4.3).
func ink(background string) string {
	l := luminance(background)
	if contrast(l, 0) > contrast(l, 1) {
		return "#000000"
	}
	return "#ffffff"
}

// edge returns the border color of buttons: the background's own where it has
// 3:1 against the white panel (WCAG 2.2, 1.4.11), else a gray that has.
func edge(background string) string {
	if contrast(luminance(background), 1) >= 3 {
		return background
	}
	return "#6b7280"
}

// contrast is the contrast ratio of two relative luminances.
func contrast(a, b float64) float64 {
	return (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05)
}

// luminance is the relative luminance of a color #rrggbb as WCAG 2.2 defines it.
func luminance(color string) float64 {
	n, err := strconv.ParseUint(color[1:], 16, 32)
	if err != nil {
		return 0 // the pattern has let nothing else through
	}
	channel := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

// shortcut is a key combination as src/settings.ts declares it.
type shortcut struct {
	Ctrl  bool `json:"ctrl"`
	Alt   bool `json:"alt"`
	Shift bool `json:"shift"`
	Meta  bool `json:"meta"`
	// Key is KeyboardEvent.key in lower case.
	Key string `json:"key"`
}

// parseShortcut parses "ctrl+shift+h"; empty means none. A single character
// needs ctrl, alt or meta (WCAG 2.2, 2.1.4: without them it would fire while
// somebody dictates or types).
func parseShortcut(text string) (*shortcut, error) {
	if text == "" {
		return nil, nil // JSON's null in the script
	}
	s := &shortcut{}
	parts := strings.Split(strings.ToLower(text), "+")
	for _, p := range parts[:len(parts)-1] {
		switch p {
		case "ctrl":
			s.Ctrl = true
		case "alt":
			s.Alt = true
		case "shift":
			s.Shift = true
		case "meta":
			s.Meta = true
		default:
			return nil, fmt.Errorf("button shortcut %q: %q is no modifier; there are ctrl, alt, shift and meta", text, p)
		}
	}
	s.Key = parts[len(parts)-1]
	single := utf8.RuneCountInString(s.Key) == 1 && s.Key != " "
	if !single && !functionKey.MatchString(s.Key) {
		return nil, fmt.Errorf("button shortcut %q must end in one character or a function key, such as ctrl+shift+h or f9", text)
	}
	if single && !s.Ctrl && !s.Alt && !s.Meta {
		return nil, fmt.Errorf("button shortcut %q needs ctrl, alt or meta: a bare character would fire while somebody types", text)
	}
	return s, nil
}

var functionKey = regexp.MustCompile(`^f([1-9]|1[0-2])$`)
