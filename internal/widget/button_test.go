package widget

import "testing"

// TestInk: the text on every colour has 4.5:1, and the border 3:1 on white.
func TestInk(t *testing.T) {
	for _, tc := range []struct{ color, ink, edge string }{
		{"#000000", "#ffffff", "#000000"},
		{"#ffffff", "#000000", "#6b7280"},
		{"#0b5cff", "#ffffff", "#0b5cff"},
		{"#FFD400", "#000000", "#6b7280"},
		{"#767676", "#000000", "#767676"},
	} {
		if got := ink(tc.color); got != tc.ink {
			t.Errorf("ink on %s is %s, want %s", tc.color, got, tc.ink)
		}
		if got := edge(tc.color); got != tc.edge {
			t.Errorf("edge of %s is %s, want %s", tc.color, got, tc.edge)
		}
	}
	for r := 0; r < 256; r += 17 {
		for g := 0; g < 256; g += 17 {
			for b := 0; b < 256; b += 17 {
				color := "#" + hex(r) + hex(g) + hex(b)
				if c := contrast(luminance(ink(color)), luminance(color)); c < 4.5 {
					t.Fatalf("%s on %s has %.2f:1", ink(color), color, c)
				}
				if c := contrast(luminance(edge(color)), 1); c < 3 {
					t.Fatalf("edge %s on white has %.2f:1", edge(color), c)
				}
			}
		}
	}
}

func hex(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>4], digits[n&15]})
}

// TestContrastKnown checks against values that WCAG's own tools give.
func TestContrastKnown(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want float64
	}{
		{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#0000ff", "#ffffff", 8.59},
	} {
		if got := contrast(luminance(tc.a), luminance(tc.b)); got < tc.want-0.01 || got > tc.want+0.01 {
			t.Errorf("%s on %s: %.3f, want %.2f", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestPathExpression(t *testing.T) {
	for _, tc := range []struct {
		paths []string
		want  string
	}{
		{nil, ""},
		{[]string{"/a.b"}, `^/a\.b$`},
		{[]string{"/a*"}, `^/a`},
		{[]string{"*.php"}, `\.php$`},
		{[]string{"*x*"}, `x`},
		{[]string{"*"}, ``},
		{[]string{"/a", "/b/*"}, `^/a$|^/b/`},
	} {
		if got, err := pathExpression(tc.paths); err != nil || got != tc.want {
			t.Errorf("%q gives %q (%v), want %q", tc.paths, got, err, tc.want)
		}
	}
}
